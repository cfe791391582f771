// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The functions of a layer.

#include "tools/compiler/LayerEntries.h"

#include "tools/compiler/CoverEntries.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace rondo;

FailureOr<SmallVector<EntryOptions>> rondo::layerEntries(const Graph &graph, bool f64) {
  const ModelInfo &info = graph.info;
  if (info.outputs.empty())
    return emitError(graph.loc) << "expected an output that a layer computes, found none in model '" << info.name
                                << "'";
  for (const ParameterInfo &parameter : info.parameters)
    if (parameter.isBuffer)
      return emitError(graph.loc) << "expected a layer of parameters that have gradients, found the buffer '"
                                  << parameter.path << "'";
  std::vector<bool> needed = findNeeded(graph, graph.outputs, /*training=*/std::nullopt);
  for (const auto &node : graph.nodes) {
    if (!needed[node->id])
      continue;
    if (node->op == NodeOp::Random || node->op == NodeOp::Training)
      return emitError(node->loc) << "expected the outputs of a layer to be the same in training and without, and not "
                                     "random, found what is not here";
    // Along an axis that ends with a call.
    bool isCut = info.windowAxis() && info.streamable && !info.keepsRenamed;
    for (AxisIndex axis = 1; axis <= info.axes.size(); ++axis)
      if ((node->type.axes & setOf(axis)) && info.isRagged(axis) && !(isCut && axis == info.windowAxis()))
        return emitError(node->loc) << "expected the outputs of a layer to be computed without the lengths of "
                                       "sequences, found a value over axis '"
                                    << info.axes[axis - 1].name << "', which is ragged";
    if (node->op == NodeOp::Length)
      return emitError(node->loc) << "expected the outputs of a layer to be computed without the lengths of "
                                     "sequences, found one here";
  }
  SmallVector<int64_t> lengths{info.windowAxis() ? info.train.k2 : 1};
  if (lengths.front() > 1 && runsInParts(graph) && !info.keepsRenamed)
    lengths.push_back(1);
  SmallVector<EntryOptions> entries;
  for (int64_t length : lengths) {
    EntryOptions options;
    options.name = llvm::formatv("vjp_{0}x{1}", info.train.batch, length).str();
    options.kind = EntryKind::vjp;
    options.rows = info.train.batch;
    options.sizes = info.sizesWith(length);
    options.f64 = f64;
    options.training = options.withLoss = false;
    entries.push_back(options);
  }
  return entries;
}
