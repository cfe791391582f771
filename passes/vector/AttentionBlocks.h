// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the loops of attention and of its derivative share.
//
// For each matrix of keys and each block of queries the keys come in blocks, from the first one on. A block of scores
// stays in the first-level cache, whatever the number of keys, and a block that no query sees is left out. Blocks begin
// at the same keys for each query, so no bit of a query's result depends on which others are in its block, nor on the
// thread.

#ifndef RONDO_PASSES_VECTOR_ATTENTIONBLOCKS_H
#define RONDO_PASSES_VECTOR_ATTENTIONBLOCKS_H

#include "dialect/AttentionTerms.h"
#include "dialect/RondoDialect.h"
#include "passes/support/LinalgBuilders.h"
#include "passes/support/Machine.h"
#include "passes/threads/WorkShare.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/BitVector.h"

namespace rondo {

/// Buffers on the stack, each of which all ops of a function use, one after the other: it has room for the largest part
/// that one of them takes. All of them together have less than 128 KB, which is what a thread of another program's may
/// have.
class Stack {
public:
  Stack(mlir::func::FuncOp function) : function(function) {}

  enum Buffer { Scores, Most, Sum, Factor, Rows, Derivative, Mean, Cotangent };
  mlir::Value take(mlir::OpBuilder &b, mlir::Location loc, Buffer number, mlir::MemRefType type);

private:
  mlir::func::FuncOp function;
  llvm::DenseMap<int, mlir::memref::AllocaOp> buffers;
};

/// Emits the loops around blocks of queries and keys, and what is done with one.
class AttentionBlocks {
public:
  virtual ~AttentionBlocks() = default;
  /// All of it, or this thread's share.
  virtual void emit();

protected:
  using Body = llvm::function_ref<mlir::Value(mlir::ValueRange elements)>;

  /// What an attention is of, and how it is cut: blocks of about `keysInBlock` keys, which are a multiple of
  /// `keyLanes`, and of as many queries as have room for so many bytes of scores; of `queriesInBlock` or a part of
  /// them, unless these are as many as a thread's units ask for (0). Where `allScoresBytes` have room for the scores of
  /// enough queries with all keys, these are there at one time.
  struct Operands {
    mlir::Operation *op;
    llvm::StringRef spec;
    double scale;
    std::optional<uint64_t> first;
    mlir::Value query, packedKeys, result;
    int64_t keys, keysInBlock, keyLanes, scoresBytes, queriesInBlock = 0, allScoresBytes = 0;
    // What is added to `first`, and how many keys there are: buffers of one number, or of one for each of `rows`; null
    // where that is none, or all.
    mlir::Value firsts = nullptr, lengths = nullptr;
    std::optional<llvm::StringRef> rows = std::nullopt;
  };
  AttentionBlocks(mlir::OpBuilder &builder, Stack &stack, const Operands &operands);

  virtual void emitQueries() = 0;
  /// The loops over these letters of the result, and within them `body`.
  void forEachPoint(llvm::StringRef letters, llvm::function_ref<void()> body);
  /// The loop over queries in tiles of so many, or over this thread's: `body` gets the first one and how many.
  void forEachTile(int64_t size, llvm::function_ref<void(mlir::Value position, int64_t size)> body);

  //===-- small ops ------------------------------------------------------------------------------------------===//

  mlir::Value constant(int64_t value) { return indexConstant(b, loc, value); }
  mlir::Value plus(mlir::Value value, int64_t number);
  mlir::Value number(double value) { return floatConstant(b, loc, element, value); }
  mlir::Value lowest();
  mlir::Value add(mlir::Value x, mlir::Value y) { return mlir::arith::AddFOp::create(b, loc, x, y); }
  mlir::Value sub(mlir::Value x, mlir::Value y) { return mlir::arith::SubFOp::create(b, loc, x, y); }
  mlir::Value mul(mlir::Value x, mlir::Value y) { return mlir::arith::MulFOp::create(b, loc, x, y); }
  mlir::Value exp(mlir::Value x);
  void fill(double value, mlir::Value buffer);

  //===-- parts of buffers -----------------------------------------------------------------------------------===//

  /// The place of so many scores of a query: rows are a line longer, else they would fall on few sets of the
  /// first-level cache.
  static int64_t rowOf(int64_t scores) { return llvm::alignTo(scores, Machine::line / 4) + Machine::line / 4; }
  int64_t bytesOf(int64_t elements) const { return elements * element.getIntOrFloatBitWidth() / 8; }
  mlir::Value take(Stack::Buffer buffer, llvm::ArrayRef<int64_t> shape) {
    return stack.take(b, loc, buffer, mlir::MemRefType::get(shape, element));
  }
  /// Of `buffer`, whose dimensions are the letters of `term`, `count` positions along `letter` from `first` on, with
  /// all that the last dimension has, at the loops' positions along the others.
  mlir::Value rowsOf(mlir::Value buffer, llvm::StringRef term, char letter, mlir::Value first, int64_t count);
  /// All that `buffer` has along `letters`, keys and the last dimension, at the loops' positions along the others.
  mlir::Value allOf(mlir::Value buffer, llvm::StringRef term, llvm::StringRef letters);
  /// The block's rows of queries or of the result.
  mlir::Value queriesOf(mlir::Value buffer, llvm::StringRef term) {
    return rowsOf(buffer, term, terms.position, firstQuery, rows);
  }
  /// Of the packed matrix at the loops' positions `blocks` from `block` on, and `count` terms from `first` on.
  mlir::Value packedPart(mlir::Value buffer, llvm::StringRef term, mlir::OpFoldResult block, int64_t blocks,
                         mlir::OpFoldResult first, int64_t count);
  /// The corner of a buffer on the stack.
  mlir::Value corner(mlir::Value buffer, llvm::ArrayRef<int64_t> sizes);

  //===-- ops on blocks --------------------------------------------------------------------------------------===//

  /// A linalg op over rows, or over rows and what else an operand has; operands are of a row or of an element.
  void forEach(mlir::ValueRange inputs, mlir::Value output, bool isSum, Body body);
  /// A phase of products of its first two inputs: points x lanes sums of `summed` terms.
  /// Where a block has fewer keys than code is made for, the loop over keys is `loopOverKeys`.
  void phase(int64_t points, int64_t lanes, int64_t summed, mlir::ValueRange inputs, mlir::Value output,
             llvm::ArrayRef<mlir::AffineMap> maps, unsigned loopOverKeys, Body epilogue);
  /// Maps of a phase's loops: points, lanes, terms.
  mlir::AffineMap mapTo(llvm::ArrayRef<mlir::AffineExpr> results) {
    return mlir::AffineMap::get(3, 0, results, b.getContext());
  }
  mlir::AffineExpr loop(unsigned number) { return b.getAffineDimExpr(number); }
  mlir::AffineMap packedMap(int64_t width) { return mapTo({loop(1).floorDiv(width), loop(2), loop(1) % width}); }

  /// What the queries of a block begin with: no key is seen.
  void beginQueries();
  /// The blocks of keys that one of the queries sees. Of the last one there may be fewer keys than `count`
  /// (`keysInPart`).
  void forEachKeyBlock(llvm::function_ref<void(mlir::Value key, int64_t count)> body);
  bool isOneBlock() const { return keys <= keyBlock; }
  /// The scores of `count` keys from `key` on.
  mlir::Value scoresOf(mlir::Value key, int64_t count);
  /// Products of the queries and `count` keys from `key` on, infinitely low where a key is hidden.
  void emitScores(mlir::Value key, int64_t count);
  /// The maximum with these too.
  void emitMost();
  /// Their exponentials, less the maximum, and the sum of these too.
  void emitExponentials();
  /// All of this, less the maximum so far; in the first of several blocks and behind it what there was before is scaled
  /// to the new maximum.
  void emitWeights(mlir::Value key, int64_t count);
  /// The sum of weights becomes its inverse.
  void invertSum();

  static constexpr int64_t mostQueries = 32; // in a block

  mlir::OpBuilder &b;
  mlir::Location loc;
  Stack &stack;
  AttentionTerms terms;
  mlir::Type element;
  double scale;
  std::optional<int64_t> first; // keys that the first query sees beside its own, at most all
  mlir::Value packedKeys, query;
  int64_t features, dims, keys, queries, keyBlock, queryBlock;
  llvm::DenseMap<char, mlir::Value> at; // the loops' positions, but for queries and keys
  mlir::Value firstQuery;               // of the block
  int64_t rows = 0;                     // its queries
  // Of the block's queries: themselves, scores (then weights) of a block of keys, their maximum so far, the weights'
  // sum (at last its inverse), and what sums so far are to be scaled by, if there are several blocks.
  mlir::Value queryRows, scores, most, sum, factor;
  mlir::Value scoresBuffer;
  bool holdsAllScores = false; // of the block's queries, at their keys' places
  mlir::Value keysInPart;      // of the block at hand, a number (i64); null: as many as code is made for

  /// At a matrix: where its queries begin, and how many keys there are.
  void readBounds();

private:
  mlir::Value numberIn(mlir::Value buffer);
  bool endsAnywhere() const { return given.firsts || given.lengths; }
  void forEachBlockUpTo(mlir::Value seen, llvm::function_ref<void(mlir::Value key, int64_t count)> body);
  mlir::Value seesNothing();
  std::optional<Split> splitAlong(char letter) {
    return split && split->loop == terms.result.find(letter) ? split : std::nullopt;
  }
  int64_t chooseQueryBlock(const Operands &operands, int64_t bytesOfQuery, int64_t bytes);
  mlir::Value scattered(mlir::Value position, int64_t size);
  void hideUnseen(mlir::Value key, int64_t count);
  mlir::Value part(mlir::Value buffer, llvm::ArrayRef<mlir::OpFoldResult> offsets, llvm::ArrayRef<int64_t> sizes,
                   const llvm::BitVector &isDropped);

  static constexpr int64_t enoughQueries = 16;
  Operands given;
  mlir::Value queriesEnd;           // behind the last one that a call needs; null: all
  mlir::Value firstSeen, keysThere; // of the row at hand: `first` and what is added; how many keys, or null
  std::optional<Split> split;
  llvm::SmallVector<int64_t> extents; // of the result
  mlir::Value mostBuffer, sumBuffer, factorBuffer;
};

/// An error where a buffer of `op` has no strides: parts of buffers are taken, of which the places must follow from
/// them.
mlir::LogicalResult expectStrides(mlir::Operation *op);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_ATTENTIONBLOCKS_H
