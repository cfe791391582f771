// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Verifier and type inference of the fused gate product.

#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"

using namespace mlir;
using namespace rondo;

LogicalResult GateProductOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                              ValueRange operands, DictionaryAttr attributes,
                                              OpaqueProperties properties, RegionRange regions,
                                              SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto error = [&] { return mlir::emitError(location.value_or(UnknownLoc::get(context))); };
  auto einsum = Einsum::parse(adaptor.getSpec(), error);
  if (failed(einsum))
    return failure();
  for (Value weight : adaptor.getWeights()) { // gate_product_c2
    auto type = einsum->inferType(cast<RankedTensorType>(adaptor.getLhs().getType()),
                                  cast<RankedTensorType>(weight.getType()), error);
    if (failed(type))
      return failure();
    types.push_back(*type);
  }
  return success();
}

LogicalResult GateProductOp::verify() {
  if (getWeights().size() < 2) // gate_product_c1; the number of results is checked by type inference
    return emitOpError() << "expected at least two weights, found " << getWeights().size();
  if (!llvm::all_equal(getWeights().getTypes())) // gate_product_c3
    return emitOpError() << "expected weights of equal types, found " << getWeights().getTypes();
  return success();
}
