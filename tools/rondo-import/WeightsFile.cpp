// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The weights of an imported program as a file.

#include "tools/rondo-import/WeightsFile.h"

#include "runtime/Safetensors.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace rondo;
using namespace rondo::importer;

std::string importer::checkWeights(const ImportedProgram &program, const ModelInfo &info) {
  for (const ParameterInfo &parameter : info.parameters) {
    auto known = llvm::find_if(program.parameters, [&](const Parameter &one) { return one.path == parameter.path; });
    if (known == program.parameters.end())
      return "the program's parameter '" + parameter.path + "' has no weights in the model";
    if (known->shape != Sizes(parameter.shape.begin(), parameter.shape.end()))
      return "the program's parameter '" + parameter.path + "' has shape " +
             spellShape(Sizes(parameter.shape.begin(), parameter.shape.end())) + ", its weights " +
             spellShape(known->shape);
  }
  if (info.parameters.size() != program.parameters.size())
    return "the program has " + std::to_string(info.parameters.size()) + " parameters, expected " +
           std::to_string(program.parameters.size());
  return "";
}

std::string importer::weightsFile(const ImportedProgram &program, llvm::SmallVectorImpl<char> &bytes) {
  List<NamedTensor> tensors;
  List<NamedText> metadata;
  std::vector<std::vector<float>> data;
  for (const Parameter &parameter : program.parameters) {
    data.emplace_back(parameter.values.begin(), parameter.values.end());
    if (!llvm::all_of(data.back(), [](float value) { return std::isfinite(value); }))
      return "the weights of '" + parameter.path + "' are not all finite in single precision";
  }
  for (auto [parameter, values] : llvm::zip(program.parameters, data)) {
    NamedTensor tensor;
    tensor.name = Text(parameter.path.c_str());
    tensor.value.data = values.data();
    tensor.value.type = Type::F32;
    for (int64_t size : parameter.shape)
      tensor.value.shape.add(size);
    tensors.add(static_cast<NamedTensor &&>(tensor));
  }
  NamedText model;
  model.name = Text("rondo.model");
  model.value = Text(program.model.c_str());
  metadata.add(static_cast<NamedText &&>(model));
  Text header = tensorFileHeader(tensors, metadata);
  bytes.append(header.c_str(), header.c_str() + header.size());
  for (const std::vector<float> &values : data)
    bytes.append(reinterpret_cast<const char *>(values.data()),
                 reinterpret_cast<const char *>(values.data() + values.size()));
  return "";
}
