// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writing of outputs.
#include "runtime/ResultFiles.h"

#include "runtime/Arrays.h"

using namespace rondo;

bool rondo::checkResultFormat(const char *path, const Model &model, Error &error) {
  FileFormat format = formatOf(path);
  if (format == FileFormat::Other)
    return error.fail("--out: expected a name that ends with .safetensors, .npy or .csv, found '%s'",
                      quoted(path, strlen(path)).c_str());
  if (format != FileFormat::Tensors && model.outputs.size() != 1)
    return error.fail("--out: %s holds one array, the model '%s' has %zu outputs: write .safetensors",
                      format == FileFormat::Npy ? ".npy" : ".csv", model.name.c_str(), model.outputs.size());
  if (format != FileFormat::Csv)
    return true;
  int window = model.windowAxis();
  const Port &output = model.outputs[0];
  for (int axis = 0; axis < window && output.varies(window); ++axis)
    if (output.varies(axis))
      return error.fail(
          "--out: '%s' has the axis '%s' before '%s', so that a position is no row of .csv: write .npy or "
          ".safetensors",
          output.name.c_str(), model.axes[static_cast<size_t>(axis)].name.c_str(),
          model.axes[static_cast<size_t>(window)].name.c_str());
  return true;
}

bool rondo::checkResultRows(const char *path, const Model &model, int64_t rows, Error &error) {
  return formatOf(path) != FileFormat::Csv || rows == 1 || !model.outputs[0].varies(model.windowAxis()) ||
         error.fail("--out: .csv holds one sequence, the inputs have %lld: write .npy or .safetensors",
                    static_cast<long long>(rows));
}

bool rondo::writeResults(const char *path, const Model &model, const RunInput &input, const List<NamedTensor> &results,
                         Error &error) {
  FileFormat format = formatOf(path);
  if (format == FileFormat::Npy)
    return writeNpyFile(path, results[0].value, error);
  if (format == FileFormat::Csv) {
    // A row is a position of the one sequence, or a sequence.
    int dims = model.outputs[0].varies(model.windowAxis()) ? 2 : 1;
    Buffer matrix = results[0].value;
    Shape shape;
    shape.add(matrix.shape.dim[dims - 1]);
    shape.add(matrix.shape.from(dims).count());
    matrix.shape = shape;
    return writeCsvFile(path, matrix, error);
  }
  List<NamedTensor> tensors;
  for (const NamedTensor &result : results)
    tensors.add(result);
  if (input.hasLengths) {
    Buffer lengths{const_cast<int64_t *>(input.lengths.data()), Type::I64, {}};
    lengths.shape.add(input.rows);
    tensors.add({lengthName(model.axes[static_cast<size_t>(model.windowAxis())]), lengths});
  }
  return writeTensorFile(path, tensors, {}, error);
}
