// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of nests over matrices: around tiles of rows, in which each nest runs along the rows after the one before.
//
// A sum along rows has a vector of partial sums for each row of the tile. They are summed up side by side: of two
// vectors one is made that has the sums of neighbouring lanes of both, until there is one with a lane for each row. A
// row's sum has the same order of additions whatever rows are beside it.

#include "passes/vector/MatrixEmitter.h"

#include "passes/support/LinalgBuilders.h"
#include "passes/support/LoopLimit.h"
#include "passes/vector/LoopRange.h"
#include "passes/vector/VectorBody.h"
#include "passes/vector/VectorMemory.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace rondo;

namespace {

class MatrixEmitter {
public:
  MatrixEmitter(OpBuilder &builder, const MatrixPlan &plan, bool fma)
      : b(builder), plan(plan), first(plan.nests.front()), loc(first.op->getLoc()), fma(fma),
        type(VectorType::get(plan.width, first.element)), indices(first.sizes.size()) {}

  void emit() {
    for (unsigned loop = 0; loop < first.sizes.size(); ++loop)
      ends.push_back(buildEndAlong(first.op, loop));
    emitOuter(0);
  }

private:
  Value constant(int64_t value) { return indexConstant(b, loc, value); }

  void emitOuter(unsigned loop) {
    bool isRows = loop == first.getRows();
    emitTiles(b, loc, first.sizes[loop], isRows ? plan.rows : 1, splitAlong(first.op, loop), nullptr, ends[loop],
              [&](Value position, int64_t size) {
                indices[loop] = position;
                if (!isRows)
                  return emitOuter(loop + 1);
                rows = size;
                for (const MatrixNest &nest : plan.nests)
                  emitRows(nest);
              });
  }

  //===-- one nest along the rows of the tile -------------------------------------------------------------------===//

  void emitRows(const MatrixNest &nest) {
    current = &nest;
    loadNumbers();
    unsigned lanes = nest.getLanes();
    int64_t extent = nest.sizes[lanes], vectors = extent / plan.width;
    int64_t tile = (vectors <= MatrixPlan::mostUnrolled ? std::max<int64_t>(vectors, 1) : 1) * plan.width;
    // No tile reaches from one thread's share into another one's, which is whole vectors (planTile).
    std::optional<Split> split = splitAlong(nest.op, lanes);
    while (split && tile > plan.width && split->unit % tile != 0)
      tile -= plan.width;
    SmallVector<Value> sums(nest.countSums(MatrixResult::Row) * rows, zeroVector(b, loc, type));
    if (sums.empty())
      return emitTiles(b, loc, extent, tile, split, nullptr, ends[lanes],
                       [&](Value position, int64_t size) { emitVectors(position, size, sums); });
    int64_t whole = extent / tile * tile;
    if (whole == tile)
      emitVectors(constant(0), tile, sums);
    else if (whole > 0)
      sums = emitSumLoop(b, loc, constant(0), constant(whole), constant(tile), sums,
                         [&](Value position, ValueRange carried) {
                           SmallVector<Value> next(carried);
                           emitVectors(position, tile, next);
                           return next;
                         });
    if (whole < extent)
      emitVectors(constant(whole), extent - whole, sums);
    storeRowSums(sums);
  }

  /// A vector of each row.
  struct Part {
    Value position;
    int64_t lanes = 1;                      // that are used
    llvm::DenseMap<unsigned, Value> shared; // by the rows, of the inputs
    SmallVector<Value> columns;             // sums along columns, of the outputs
  };

  /// So many numbers of each row from `position` on, row after row. `sums`: of each sum along rows, a vector for each
  /// row.
  void emitVectors(Value position, int64_t size, SmallVector<Value> &sums) {
    SmallVector<Part> parts;
    for (int64_t begin = 0; begin < size; begin += plan.width) {
      Part &part = parts.emplace_back();
      part.position = b.createOrFold<arith::AddIOp>(loc, position, constant(begin));
      part.lanes = std::min(plan.width, size - begin);
      part.columns.resize(current->results.size());
    }
    for (Part &part : parts) {
      enter(part);
      for (unsigned input = 0; input < countInputs(); ++input)
        if (isAlongLanes(input) && !isAlongRows(input))
          part.shared[input] = load(input, 0);
      for (auto [output, result] : llvm::enumerate(current->results))
        if (result == MatrixResult::Column)
          part.columns[output] = load(countInputs() + output, 0);
    }
    for (int64_t row = 0; row < rows; ++row)
      for (Part &part : parts) {
        enter(part);
        emitVector(part, row, sums);
      }
    for (Part &part : parts) {
      enter(part);
      for (auto [output, sum] : llvm::enumerate(part.columns))
        if (sum)
          store(countInputs() + output, 0, sum);
    }
  }

  void enter(const Part &part) {
    indices[current->getLanes()] = part.position;
    lanesUsed = part.lanes;
  }

  void emitVector(Part &part, int64_t row, SmallVector<Value> &sums) {
    linalg::GenericOp op = current->op;
    unsigned inputs = countInputs();
    SmallVector<Value> at = indicesAt(row);
    VectorBody body(b, *op.getBody(), plan.width, fma, at, current->getLanes());
    for (unsigned input = 0; input < inputs; ++input)
      if (!op.getBody()->getArgument(input).use_empty())
        body.setArgument(input, !isAlongLanes(input) ? numbers[input][isAlongRows(input) ? row : 0]
                                : isAlongRows(input) ? load(input, row)
                                                     : part.shared[input]);
    unsigned next = 0;
    SmallVector<Value *> carried(current->results.size());
    for (auto [output, result] : llvm::enumerate(current->results)) {
      if (result == MatrixResult::Matrix)
        continue;
      carried[output] = result == MatrixResult::Column ? &part.columns[output] : &sums[next++ * rows + row];
      body.setArgument(inputs + output, *carried[output]);
    }
    for (auto [output, value] : llvm::enumerate(body.evaluate()))
      if (Value *sum = carried[output])
        *sum = mask() && current->results[output] == MatrixResult::Row
                   ? arith::SelectOp::create(b, loc, mask(), value, *sum).getResult()
                   : value;
      else
        store(inputs + output, row, value);
  }

  //===-- sums along rows ---------------------------------------------------------------------------------------===//

  /// Lane l of the result is the sum of all lanes of vector l. There is a power of two of them.
  Value sumSideBySide(SmallVector<Value> vectors) {
    for (int64_t apart = plan.width / 2; apart > 0; apart /= 2) {
      // Of two vectors, or of one and itself, where there are more lanes than vectors.
      size_t count = int64_t(vectors.size()) == 2 * apart ? apart : vectors.size();
      for (size_t i = 0; i < count; ++i) {
        Value left = vectors[i], right = vectors[count < vectors.size() ? i + apart : i];
        SmallVector<int64_t> own, other;
        for (int64_t lane = 0; lane < plan.width; ++lane) {
          int64_t from = lane & apart ? plan.width : 0;
          own.push_back(from + lane);
          other.push_back(from + (lane ^ apart));
        }
        auto pick = [&](ArrayRef<int64_t> lanes) { return vector::ShuffleOp::create(b, loc, left, right, lanes); };
        vectors[i] = arith::AddFOp::create(b, loc, pick(own), pick(other));
      }
      vectors.resize(count);
    }
    return vectors.front();
  }

  void storeRowSums(ArrayRef<Value> sums) {
    unsigned inputs = countInputs();
    for (auto [output, result] : llvm::enumerate(current->results)) {
      if (result != MatrixResult::Row)
        continue;
      SmallVector<Value> vectors(sums.take_front(rows));
      sums = sums.drop_front(rows);
      vectors.resize(llvm::PowerOf2Ceil(rows), zeroVector(b, loc, type));
      Value total = sumSideBySide(std::move(vectors));
      unsigned operand = inputs + output;
      Value buffer = current->op->getOperand(operand);
      AffineMap map = current->maps[operand];
      bool isContiguous = map.getResults().back() == b.getAffineDimExpr(current->getRows()) &&
                          cast<MemRefType>(buffer.getType()).isLastDimUnitStride();
      if (isContiguous) {
        Value used = rows < plan.width ? firstLanes(b, loc, plan.width, rows) : Value();
        Value before = loadVector(b, loc, type, buffer, position(operand, 0), used);
        storeVector(b, loc, arith::AddFOp::create(b, loc, before, total), buffer, position(operand, 0), used);
        continue;
      }
      for (int64_t row = 0; row < rows; ++row) {
        SmallVector<Value> at = position(operand, row);
        Value before = memref::LoadOp::create(b, loc, buffer, at);
        Value sum = vector::ExtractOp::create(b, loc, total, row);
        memref::StoreOp::create(b, loc, arith::AddFOp::create(b, loc, before, sum), buffer, at);
      }
    }
  }

  //===-- memory ------------------------------------------------------------------------------------------------===//

  unsigned countInputs() { return current->maps.size() - current->results.size(); }
  bool isAlongLanes(unsigned operand) { return current->maps[operand].isFunctionOfDim(current->getLanes()); }
  bool isAlongRows(unsigned operand) { return current->maps[operand].isFunctionOfDim(current->getRows()); }

  SmallVector<Value> indicesAt(int64_t row) {
    SmallVector<Value> at(indices);
    Value &position = at[current->getRows()];
    position = b.createOrFold<arith::AddIOp>(loc, position, constant(row));
    return at;
  }

  SmallVector<Value> position(unsigned operand, int64_t row) {
    SmallVector<Value> at = indicesAt(row), result;
    for (AffineExpr expression : current->maps[operand].getResults())
      result.push_back(at[cast<AffineDimExpr>(expression).getPosition()]);
    return result;
  }

  /// Null where all lanes are used.
  Value mask() { return lanesUsed < plan.width ? firstLanes(b, loc, plan.width, lanesUsed) : Value(); }

  Value load(unsigned operand, int64_t row) {
    return loadVector(b, loc, type, current->op->getOperand(operand), position(operand, row), mask());
  }

  void store(unsigned operand, int64_t row, Value value) {
    storeVector(b, loc, value, current->op->getOperand(operand), position(operand, row), mask());
  }

  /// What is one number for a row, or for all, is read before the first vector.
  void loadNumbers() {
    numbers.clear();
    for (unsigned input = 0; input < countInputs(); ++input) {
      SmallVector<Value> &values = numbers.emplace_back();
      Value buffer = current->op->getOperand(input);
      if (isAlongLanes(input))
        continue;
      for (int64_t row = 0; row < (isAlongRows(input) ? rows : 1); ++row)
        values.push_back(isa<MemRefType>(buffer.getType())
                             ? memref::LoadOp::create(b, loc, buffer, position(input, row)).getResult()
                             : buffer);
    }
  }

  OpBuilder &b;
  const MatrixPlan &plan;
  const MatrixNest &first;
  Location loc;
  bool fma;
  VectorType type;
  SmallVector<Value> ends;    // of the loops, how many iterations the call needs; null: all
  SmallVector<Value> indices; // of the loops, as far as they are open
  const MatrixNest *current = nullptr;
  int64_t rows = 1, lanesUsed = 1;         // of the tile
  SmallVector<SmallVector<Value>> numbers; // of the current nest's inputs that do not vary along the lanes, by rows
};

} // namespace

void rondo::emitMatrices(OpBuilder &builder, const MatrixPlan &plan, bool fma) {
  MatrixEmitter(builder, plan, fma).emit();
}
