// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// From a model's graph to a function of the rondo dialect. Its parts: IRGen.cpp (the function, lifting), IRGenLoss.cpp
// (means), IRGenOps.cpp (one operation), IRGenAxes.cpp (values at other positions), IRGenPool.cpp (what is computed
// over several axes, buffers), IRGenWindow.cpp (windows), IRGenScan.cpp (the time loop), IRGenBound.cpp (what reads all
// positions, where there are fewer than the function is made for).

#ifndef RONDO_FRONTEND_IRGEN_H
#define RONDO_FRONTEND_IRGEN_H

#include "frontend/Graph.h"

#include "dialect/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

namespace rondo {

/// Emits one function. The graph is free of errors, so nothing here fails.
class IRGen {
public:
  IRGen(const Graph &graph, const EntryOptions &options, mlir::MLIRContext &context);

  void emitFunction(mlir::ModuleOp module, mlir::Location loc);

private:
  /// A truth value that varies over axes alone.
  struct Condition {
    mlir::Value value;
    AxisSet axes;
  };

  // IRGen.cpp
  llvm::SmallVector<AxisIndex> dimensionsOf(AxisSet axes);
  int64_t sizeOf(AxisIndex axis);
  int64_t dimensionOf(AxisIndex axis, const ValueType &type);
  mlir::RankedTensorType tensorType(const ValueType &type);
  llvm::SmallVector<int64_t> dimensionsIn(const ValueType &from, const ValueType &to);
  mlir::Value lift(Node *node, const ValueType &type);
  mlir::Value constant(mlir::Location loc, double number, mlir::RankedTensorType type);
  bool drawsAlong(AxisSet rows);
  mlir::RankedTensorType seedType(AxisSet rows);
  void declareHeld(llvm::SmallVectorImpl<mlir::Type> &types, llvm::SmallVectorImpl<mlir::DictionaryAttr> &attributes);
  void declareArguments(llvm::SmallVectorImpl<mlir::Type> &types,
                        llvm::SmallVectorImpl<mlir::DictionaryAttr> &attributes);
  mlir::DictionaryAttr attribute(Role role, llvm::StringRef name);

  // IRGenLoss.cpp
  bool isMasked(const Node *loss);
  bool takesLengths(AxisIndex axis);
  llvm::SmallVector<AxisIndex> findLengths();
  mlir::Value emitMean(Node *loss);
  mlir::Value emitLength(AxisIndex axis, mlir::Location loc);
  mlir::Value emitMaskedMean(Node *loss);
  mlir::Value emitLoss();

  // IRGenOps.cpp
  mlir::Value emit(Node *node);
  template <typename Op, unsigned operands> mlir::Value emitElementwise(Node *node);
  mlir::Value emitComparison(Node *node, mlir::arith::CmpFPredicate predicate);
  mlir::Value emitSelect(Node *node);
  mlir::Value emitReduce(Node *node, ReduceKind kind);
  mlir::Value emitArgMax(Node *node);
  mlir::Value emitIndex(Node *node);
  mlir::Value emitLast(Node *node);
  mlir::Value emitRename(Node *node);
  mlir::Value slicePosition(mlir::Location loc, mlir::Value value, int64_t dim, int64_t position);
  mlir::Value emitConcat(Node *node);
  mlir::Value emitSlice(Node *node);
  mlir::Value emitCrossEntropy(Node *node);
  mlir::Value emitRandom(Node *node);

  // IRGenMatrix.cpp
  std::string axisLetters(AxisSet axes);
  mlir::Value emitProduct(Node *node);
  mlir::Value placesAlong(mlir::Location loc, mlir::RankedTensorType type, int64_t dim);
  mlir::Value emitRange(Node *node);
  mlir::Value emitDiagonal(Node *node);
  mlir::Value emitTranspose(Node *node);
  mlir::Value emitExpand(Node *node);
  mlir::Value reshaped(mlir::Value value, size_t rank, llvm::ArrayRef<int64_t> features);
  mlir::Value emitReshape(Node *node);

  // IRGenBound.cpp
  bool endsWithCall(AxisIndex axis);
  bool hasRowLengths(AxisIndex axis);
  bool endsWithRow(AxisIndex axis);
  AxisSet endsOver(AxisIndex axis);
  mlir::Value emitEnd(AxisIndex axis, mlir::Location loc);
  mlir::Value emitCount(AxisIndex axis, const ValueType &type, mlir::Location loc);
  mlir::Value emitWithin(AxisIndex axis, bool orFirst, mlir::Location loc);
  mlir::Value liftCondition(mlir::Value condition, AxisSet axes, mlir::Value value, const ValueType &type);
  mlir::Value selectWhere(mlir::Value condition, AxisSet axes, mlir::Value value, const ValueType &type,
                          double otherwise, mlir::Location loc);
  mlir::Value maskBehind(mlir::Value value, const ValueType &type, AxisIndex axis, double otherwise,
                         mlir::Location loc);
  mlir::Value zeroOfNone(mlir::Value value, const ValueType &type, AxisIndex axis, mlir::Location loc);
  void maskPorts();
  mlir::Value beforeSlopes(Node *node, unsigned i, mlir::Value value);
  mlir::Value emitOverPositions(Node *node);
  mlir::Value emitLastWithin(Node *node, const ValueType &from);
  mlir::Value maskedTerms(Node *terms, const ValueType &type, AxisIndex axis);

  // IRGenPool.cpp
  llvm::SmallVector<Condition, 2> conditionsOf(const Node &node, const ValueType &type, AxisSet pooled);
  mlir::Value emitWhere(llvm::ArrayRef<Condition> conditions, mlir::Value value, const ValueType &type,
                        double otherwise, mlir::Location loc);
  mlir::Value emitThere(llvm::ArrayRef<Condition> conditions, const ValueType &type, AxisSet pooled,
                        mlir::Location loc);
  mlir::Value reduceOver(ReduceKind kind, mlir::Value value, const ValueType &type, AxisSet pooled, mlir::Location loc);
  mlir::Value emitPool(Node *node);
  mlir::Value emitPrimed(const Prime &prime);

  // IRGenAxes.cpp
  std::optional<AxisIndex> cutAxis() const;
  bool carries(const Node &node) const;
  mlir::Value emitHistory(Node *node);
  mlir::Value tokensOf(mlir::Value numbers, Node *node);
  mlir::Value emitSlots(Node *node, const ValueType &type);
  mlir::Value emitFirst(Node *node, int64_t count);
  mlir::Value emitShift(Node *node);
  mlir::Value emitPick(Node *node);
  mlir::Value gatherFeature(Node *from, Node *tokens, Node *result);
  mlir::Value gatherAlong(Node *from, const ValueType &type, AxisIndex axis, mlir::Value positions,
                          const ValueType &position, Node *result);

  // IRGenWindow.cpp
  mlir::Value withoutEnds(mlir::Value value, int64_t dim, const WindowInfo &window);
  mlir::Value pad(mlir::Value value, int64_t dim, const WindowInfo &window);
  mlir::Value padding(mlir::Value value, int64_t dim, const WindowInfo &window, bool isBehind);
  mlir::Value emitWindow(Node *node);
  void eraseUnusedWindows();

  // IRGenScan.cpp
  mlir::Value leadWith(mlir::Value sequence, int64_t dim, bool back = false);
  mlir::Value emitWithinStep(AxisIndex axis, mlir::Value position, mlir::Location loc);
  mlir::Value emitScan(Node *node);

  const Graph &graph;
  const EntryOptions &options;
  mlir::OpBuilder builder;
  mlir::FloatType element;
  bool withLoss, streams;
  llvm::SmallVector<Node *> parameters, inputs, targets;     // that the function takes
  llvm::MapVector<int64_t, llvm::SmallVector<Node *>> given; // its constants, by their places, with all nodes of each
  llvm::SmallVector<Node *> held;                            // that it takes, or makes
  std::vector<bool> needed;                                  // by node id
  llvm::DenseMap<const Scan *, std::vector<Node *>> regions; // the needed nodes; null is outside of scans
  llvm::DenseMap<const Node *, mlir::Value> values;
  // Of windows: how they lie in memory, and the place of each of these dimensions in `values`.
  llvm::DenseMap<const Node *, mlir::Value> windows;
  llvm::DenseMap<const Node *, llvm::SmallVector<int64_t>> windowPlaces;
  llvm::DenseMap<const Node *, mlir::Value> histories; // of shifts and windows
  llvm::DenseMap<const Scan *, ScanOp> scans;
  llvm::SmallVector<AxisIndex> lengthAxes; // along which the function takes each sequence's length
  llvm::DenseMap<const Node *, mlir::Value> maskedMeans;
  llvm::DenseMap<AxisIndex, mlir::Value> lengths; // its arguments
  mlir::Value length;                             // its argument, or null
  mlir::Block *entry = nullptr;                   // the function's
  // Which positions of an axis there are, once that is made: [axis, batch], or [axis] of the call's.
  llvm::DenseMap<std::pair<AxisIndex, unsigned>, mlir::Value> withins;
  llvm::DenseMap<const Scan *, mlir::Value> scanWithins; // whether the current position is within each row
  llvm::DenseMap<AxisSet, mlir::Value> seeds;            // its arguments: of each sequence, of the batch as a whole
};

} // namespace rondo

#endif // RONDO_FRONTEND_IRGEN_H
