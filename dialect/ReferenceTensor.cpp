// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on `tensor`. Shapes come from the values, so that types may be dynamic.

#include "dialect/ReferenceInterpreter.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;
using Kind = Tensor::Kind;

/// The numbers behind static attributes and index values.
static std::vector<int64_t> evaluate(Interpreter &in, ArrayRef<OpFoldResult> mixed) {
  std::vector<int64_t> numbers;
  for (OpFoldResult number : mixed) {
    if (auto value = dyn_cast<Value>(number))
      numbers.push_back(in.get(value).i[0]);
    else
      numbers.push_back(cast<IntegerAttr>(cast<Attribute>(number)).getInt());
  }
  return numbers;
}

/// The shape of a result of this type, whose dynamic sizes are given in order.
static std::vector<int64_t> shapeOf(Interpreter &in, Type type, ValueRange dynamicSizes) {
  std::vector<int64_t> shape = cast<RankedTensorType>(type).getShape().vec();
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size)) {
      size = in.get(dynamicSizes.front()).i[0];
      dynamicSizes = dynamicSizes.drop_front();
    }
  return shape;
}

static Tensor reshaped(Tensor tensor, ArrayRef<int64_t> shape) {
  tensor.shape = shape.vec();
  return tensor;
}

/// A tensor that no one may read: NaN, and integers that no program means.
static Tensor undefined(Kind kind, ArrayRef<int64_t> shape) {
  Tensor result = Tensor::zeros(kind, shape);
  std::fill(result.f32.begin(), result.f32.end(), std::numeric_limits<float>::quiet_NaN());
  std::fill(result.f64.begin(), result.f64.end(), std::numeric_limits<double>::quiet_NaN());
  std::fill(result.i.begin(), result.i.end(), wrap(kind, -0x5a5a5a5b));
  return result;
}

//===-- slices -----------------------------------------------------------------------------------------------===//

namespace {
/// A slice's place in the storage of a tensor of `shape`.
struct Slice {
  std::vector<int64_t> sizes, strides;
  int64_t offset = 0;
};
} // namespace

/// The slice that `op` (extract_slice or insert_slice) means within `shape`; an error if it reaches beyond.
template <typename SliceOp> static FailureOr<Slice> sliceOf(Interpreter &in, SliceOp op, ArrayRef<int64_t> shape) {
  std::vector<int64_t> offsets = evaluate(in, op.getMixedOffsets()), steps = evaluate(in, op.getMixedStrides());
  Slice slice{evaluate(in, op.getMixedSizes()), stridesOf(shape)};
  for (size_t d = 0; d < shape.size(); ++d) {
    int64_t size = slice.sizes[d], first = offsets[d], last = first + (size - 1) * steps[d];
    if (size < 0 || (size > 0 && (first < 0 || last < 0 || first >= shape[d] || last >= shape[d])))
      return op.emitOpError() << "takes elements " << first << " .. " << last << " of dimension " << d << ", which has "
                              << shape[d];
    slice.offset += first * slice.strides[d];
    slice.strides[d] *= steps[d];
  }
  return slice;
}

static LogicalResult extractSlice(Interpreter &in, tensor::ExtractSliceOp op) {
  const Tensor &source = in.get(op.getSource());
  FailureOr<Slice> slice = sliceOf(in, op, source.shape);
  if (failed(slice))
    return failure();
  llvm::SmallBitVector dropped = op.getDroppedDims();
  std::vector<int64_t> shape;
  for (auto [d, size] : llvm::enumerate(slice->sizes))
    if (!dropped.test(d))
      shape.push_back(size);
  return in.finish(op, reshaped(readView(source, slice->sizes, slice->strides, slice->offset), shape));
}

static LogicalResult insertSlice(Interpreter &in, tensor::InsertSliceOp op) {
  Tensor result = in.get(op.getDest());
  FailureOr<Slice> slice = sliceOf(in, op, result.shape);
  if (failed(slice))
    return failure();
  writeView(result, reshaped(in.get(op.getSource()), slice->sizes), slice->strides, slice->offset);
  return in.finish(op, std::move(result));
}

static Tensor concat(Interpreter &in, tensor::ConcatOp op) {
  std::vector<int64_t> shape = in.get(op.getInputs().front()).shape;
  uint64_t dim = op.getDim();
  shape[dim] = 0;
  for (Value input : op.getInputs())
    shape[dim] += in.get(input).shape[dim];
  Tensor result = Tensor::zeros(in.get(op.getInputs().front()).kind, shape);
  std::vector<int64_t> strides = stridesOf(shape);
  int64_t position = 0;
  for (Value input : op.getInputs()) {
    writeView(result, in.get(input), strides, position * strides[dim]);
    position += in.get(input).shape[dim];
  }
  return result;
}

//===-- single elements --------------------------------------------------------------------------------------===//

/// The row-major places of the elements at `indices`, one for each point that the indices are over.
static FailureOr<Tensor> placesOf(Interpreter &in, Operation *op, ValueRange indices, ArrayRef<int64_t> shape) {
  std::vector<int64_t> strides = stridesOf(shape);
  Tensor places = Tensor::zeros(Kind::Index, {});
  for (auto [d, value] : llvm::enumerate(indices)) {
    const Tensor &index = in.get(value);
    for (int64_t position : index.i)
      if (position < 0 || position >= shape[d])
        return op->emitOpError() << "expected an index below " << shape[d] << " for dimension " << d << ", found "
                                 << position;
    auto advance = [&, stride = strides[d]](int64_t place, int64_t position) { return place + position * stride; };
    places = mapElements<int64_t, int64_t>(Kind::Index, advance, places, index);
  }
  return places;
}

static LogicalResult extract(Interpreter &in, tensor::ExtractOp op) {
  const Tensor &source = in.get(op.getTensor());
  FailureOr<Tensor> places = placesOf(in, op, op.getIndices(), source.shape);
  if (failed(places))
    return failure();
  return withElementType(source.kind, [&](auto type) {
    using T = decltype(type);
    auto read = [&](int64_t place) { return elements<T>(source)[place]; };
    return in.finish(op, mapElements<T, int64_t>(source.kind, read, *places));
  });
}

static LogicalResult insert(Interpreter &in, tensor::InsertOp op) {
  Tensor result = in.get(op.getDest());
  FailureOr<Tensor> places = placesOf(in, op, op.getIndices(), result.shape);
  if (failed(places))
    return failure();
  writeView(result, in.get(op.getScalar()), {}, places->i[0]);
  return in.finish(op, std::move(result));
}

static Tensor fromElements(Interpreter &in, tensor::FromElementsOp op) {
  Tensor result = Tensor::zeros(in.get(op.getElements().front()).kind, op.getType().getShape());
  for (auto [n, element] : llvm::enumerate(op.getElements()))
    writeView(result, in.get(element), {}, n);
  return result;
}

//===-- bodies -----------------------------------------------------------------------------------------------===//

/// The value that a body over the coordinates of `shape` yields for each of them.
static FailureOr<Tensor> generate(Interpreter &in, Region &region, ArrayRef<int64_t> shape) {
  std::vector<Tensor> indices;
  for (unsigned d = 0; d < shape.size(); ++d)
    indices.push_back(coordinates(shape, d));
  FailureOr<std::vector<Tensor>> yielded = in.runBody(region.front(), indices, indices, shape);
  if (failed(yielded))
    return failure();
  return std::move(yielded->front());
}

static LogicalResult pad(Interpreter &in, tensor::PadOp op) {
  const Tensor &source = in.get(op.getSource());
  std::vector<int64_t> low = evaluate(in, op.getMixedLowPad()), high = evaluate(in, op.getMixedHighPad());
  std::vector<int64_t> shape = source.shape;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (low[d] < 0 || high[d] < 0)
      return op.emitOpError() << "expected padding of 0 or more, found " << std::min(low[d], high[d]);
    shape[d] += low[d] + high[d];
  }
  FailureOr<Tensor> result = generate(in, op.getRegion(), shape);
  if (failed(result))
    return failure();
  std::vector<int64_t> strides = stridesOf(shape);
  int64_t offset = 0;
  for (auto [skipped, stride] : llvm::zip(low, strides))
    offset += skipped * stride;
  writeView(*result, source, strides, offset);
  return in.finish(op, std::move(*result));
}

static LogicalResult dim(Interpreter &in, tensor::DimOp op) {
  const Tensor &source = in.get(op.getSource());
  int64_t position = in.get(op.getIndex()).i[0];
  if (position < 0 || position >= static_cast<int64_t>(source.shape.size()))
    return op.emitOpError() << "expected a dimension below " << source.shape.size() << ", found " << position;
  Tensor result = Tensor::zeros(Kind::Index, {});
  result.i[0] = source.shape[position];
  return in.finish(op, std::move(result));
}

LogicalResult reference::runTensor(Interpreter &in, Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<tensor::EmptyOp>([&](tensor::EmptyOp op) -> LogicalResult {
        FailureOr<Kind> kind = Tensor::kindOf(op.getType().getElementType());
        if (failed(kind))
          return unknownOp(op);
        return in.finish(op, undefined(*kind, shapeOf(in, op.getType(), op.getDynamicSizes())));
      })
      .Case<tensor::SplatOp>([&](tensor::SplatOp op) {
        return in.finish(op, repeated(in.get(op.getInput()), shapeOf(in, op.getType(), op.getDynamicSizes())));
      })
      .Case<tensor::FromElementsOp>([&](tensor::FromElementsOp op) -> LogicalResult {
        if (op.getElements().empty())
          return in.finish(op, Tensor::zeros(*Tensor::kindOf(op.getType().getElementType()), op.getType().getShape()));
        return in.finish(op, fromElements(in, op));
      })
      .Case<tensor::GenerateOp>([&](tensor::GenerateOp op) -> LogicalResult {
        FailureOr<Tensor> result = generate(in, op.getBody(), shapeOf(in, op.getType(), op.getDynamicExtents()));
        return failed(result) ? failure() : in.finish(op, std::move(*result));
      })
      .Case<tensor::ExtractOp>([&](tensor::ExtractOp op) { return extract(in, op); })
      .Case<tensor::InsertOp>([&](tensor::InsertOp op) { return insert(in, op); })
      .Case<tensor::ExtractSliceOp>([&](tensor::ExtractSliceOp op) { return extractSlice(in, op); })
      .Case<tensor::InsertSliceOp>([&](tensor::InsertSliceOp op) { return insertSlice(in, op); })
      .Case<tensor::ConcatOp>([&](tensor::ConcatOp op) { return in.finish(op, concat(in, op)); })
      .Case<tensor::PadOp>([&](tensor::PadOp op) { return pad(in, op); })
      .Case<tensor::DimOp>([&](tensor::DimOp op) { return dim(in, op); })
      .Case<tensor::CastOp>([&](tensor::CastOp op) -> LogicalResult {
        const Tensor &source = in.get(op.getSource());
        auto type = dyn_cast<RankedTensorType>(op.getType());
        if (type && failed(verifyCompatibleShape(type.getShape(), source.shape)))
          return op.emitOpError() << "expected a value of type " << type << ", found " << source.typeString();
        return in.finish(op, source);
      })
      .Case<tensor::ExpandShapeOp>([&](tensor::ExpandShapeOp op) {
        return in.finish(op, reshaped(in.get(op.getSrc()), evaluate(in, op.getMixedOutputShape())));
      })
      .Case<tensor::CollapseShapeOp>([&](tensor::CollapseShapeOp op) {
        const Tensor &source = in.get(op.getSrc());
        std::vector<int64_t> shape;
        for (const auto &group : op.getReassociationIndices()) {
          shape.push_back(1);
          for (int64_t d : group)
            shape.back() *= source.shape[d];
        }
        return in.finish(op, reshaped(source, shape));
      })
      .Default([](Operation *op) { return unknownOp(op); });
}
