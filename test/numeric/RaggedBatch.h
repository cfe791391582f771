// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A batch of sequences of different lengths, and what each of its rows is alone.

#ifndef RONDO_TEST_NUMERIC_RAGGEDBATCH_H
#define RONDO_TEST_NUMERIC_RAGGEDBATCH_H

#include "dialect/Reference.h"
#include "frontend/Frontend.h"

#include <map>

namespace rondo {

/// Tensors by role and name, as "input.x".
using Named = std::map<std::string, Tensor>;

/// The loss and its gradient of a program, for so many rows and positions.
struct LossFunctions {
  std::unique_ptr<Graph> graph;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  mlir::func::FuncOp gradient() { return module->lookupSymbol<mlir::func::FuncOp>("train_grad"); }
  mlir::func::FuncOp loss() { return module->lookupSymbol<mlir::func::FuncOp>("train"); }
};

using Defines = std::vector<std::pair<std::string, std::string>>;

/// Those of the last model in the text, or of the same without `ragged`. Of the `T` positions the last `counted` count.
/// Without a graph where the program is refused.
LossFunctions buildLoss(mlir::MLIRContext &context, std::string text, bool isRagged, int64_t batch, int64_t T,
                        int64_t counted, const Defines &defines = {});

/// The arguments of a function by their names; those that are not given are zeros, and the first window starts.
std::vector<Tensor> argumentsOf(mlir::func::FuncOp function, const Named &given);

/// What the interpreter says of a function.
Named runNamed(mlir::func::FuncOp function, const Named &given);

/// The lengths of the rows along T, and along S where that is ragged too.
struct RaggedBatch {
  std::vector<int64_t> T, S;
  int64_t tokens;
  Named data = {};

  int64_t rows() const { return int64_t(T.size()); }
  /// Parameters, inputs and targets at random; reals behind the ends are not numbers.
  void makeData(LossFunctions &batch);
  /// The data of one row, so many positions from `first` on.
  Named rowOf(const ModelInfo &info, const Named &given, int64_t b, int64_t first, int64_t positions) const;
  /// Compares outputs at each position of a window, and the states behind the row's last one.
  void compareRow(const ModelInfo &info, const Named &found, const Named &alone, int64_t b, int64_t positions,
                  int64_t window) const;

private:
  std::vector<int64_t> extentsOf(const ModelInfo &info, int64_t b, int64_t positions) const;
};

/// Compares the loss and the gradients: the mean of those of the rows, each of so many positions.
void compareSums(Named &batch, const std::vector<std::pair<double, Named>> &alone);

} // namespace rondo

#endif // RONDO_TEST_NUMERIC_RAGGEDBATCH_H
