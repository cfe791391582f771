// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Verifiers and type inference of the ops on neighbouring positions.

#include "dialect/RondoDialect.h"

using namespace mlir;
using namespace rondo;

/// The type of windows of a tensor, or what is wrong with them.
static FailureOr<RankedTensorType> typeOfWindows(RankedTensorType type, int64_t dim, int64_t size, int64_t stride,
                                                 int64_t dilation, function_ref<InFlightDiagnostic()> emitError) {
  if (dim < 0 || dim >= type.getRank())
    return emitError() << "expected a dimension of " << type << ", found " << dim;
  for (int64_t number : {size, stride, dilation})
    if (number < 1)
      return emitError() << "expected size, stride and dilation of at least 1, found " << size << ", " << stride
                         << " and " << dilation;
  int64_t positions = type.getDimSize(dim);
  // Without overflow: the last of a window's neighbours is at most at the last position.
  if (positions < 1 || (size > 1 && (positions - 1) / (size - 1) < dilation))
    return emitError() << "expected a window of " << size << " positions, " << dilation << " apart, within "
                       << positions;
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = (positions - 1 - (size - 1) * dilation) / stride + 1;
  shape.insert(shape.begin() + dim + 1, size);
  return RankedTensorType::get(shape, type.getElementType());
}

LogicalResult WindowOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, ValueRange operands,
                                         DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                         SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto error = [&] { return mlir::emitError(location.value_or(UnknownLoc::get(context))); };
  auto type = typeOfWindows(cast<RankedTensorType>(adaptor.getOperand().getType()), adaptor.getDim(), adaptor.getSize(),
                            adaptor.getStride(), adaptor.getDilation(), error);
  if (failed(type))
    return failure();
  types.push_back(*type);
  return success();
}

LogicalResult WindowOp::verify() { // window_c1, window_c2; window_c3 is checked by type inference
  return failed(typeOfWindows(getOperand().getType(), getDim(), getSize(), getStride(), getDilation(),
                              [&] { return emitOpError(); }))
             ? failure()
             : success();
}

LogicalResult OverlapAddOp::verify() {
  RankedTensorType type = getType(), windows = getOperand().getType();
  int64_t dim = getDim(), size = dim >= 0 && dim + 1 < windows.getRank() ? windows.getDimSize(dim + 1) : 1;
  auto expected = typeOfWindows(type, dim, size, getStride(), getDilation(), [&] { return emitOpError(); }); // _c1
  if (failed(expected))
    return failure();
  if (*expected != windows) // overlap_add_c2
    return emitOpError() << "expected windows of type " << *expected << ", found " << windows;
  return success();
}
