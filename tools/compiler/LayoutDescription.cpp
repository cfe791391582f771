// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the runtime must know about layouts, as JSON.

#include "tools/compiler/LayoutDescription.h"

using namespace rondo;
using Json = nlohmann::ordered_json;

static Json describeTensor(const ForeignTensor &tensor) {
  Json json{{"name", tensor.name}, {"shape", tensor.shape}};
  if (tensor.isOptional)
    json["optional"] = true;
  if (tensor.hasDirections)
    json["directions"] = true;
  return json;
}

/// Numbers, to be short: parameter, tensor, kind (1: negative, 2: summed, 4: not the first of a sum), first elements of
/// both, and of each dimension its size and both strides.
static Json describePiece(const LayoutPiece &piece) {
  int kind = piece.isNegative + 2 * piece.isSummed + 4 * !piece.isFirst;
  Json json{piece.parameter, piece.tensor, kind, piece.own, piece.foreign};
  for (const PieceDim &dim : piece.dimensions)
    for (int64_t number : {dim.size, dim.own, dim.foreign})
      json.push_back(number);
  return json;
}

static Json describeModule(const LayoutModule &module) {
  Json json{{"layout", module.layout}, {"path", module.path}, {"kind", module.kind}};
  if (module.isScan)
    json["scan"] = module.isBackward ? "backward" : "forward";
  if (module.prefix)
    json["prefix"] = *module.prefix;
  if (module.layer)
    json["layer"] = *module.layer;
  json["tensors"] = Json::array();
  for (const ForeignTensor &tensor : module.tensors)
    json["tensors"].push_back(describeTensor(tensor));
  json["pieces"] = Json::array();
  for (const LayoutPiece &piece : module.pieces)
    json["pieces"].push_back(describePiece(piece));
  return json;
}

/// More than that, and a program that needs no layouts could not read its description.
static constexpr size_t maximalPieces = 50000;

Json rondo::describeLayouts(const ModelInfo &info) {
  size_t pieces = 0;
  for (const LayoutModule &module : info.modules)
    pieces += module.pieces.size() + module.tensors.size();
  if (pieces > maximalPieces)
    return {{"too_large", true}};
  Json modules = Json::array(), ignored = Json::array();
  for (const LayoutModule &module : info.modules)
    modules.push_back(describeModule(module));
  for (const IgnoredNames &names : info.ignored)
    ignored.push_back({{"layout", names.layout}, {"pattern", names.pattern}});
  return {{"modules", modules}, {"ignored", ignored}};
}
