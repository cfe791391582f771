// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A workload's program as machine code in this process, with the buffers of its entries.

#ifndef RONDO_TOOLS_BENCH_LOADEDMODEL_H
#define RONDO_TOOLS_BENCH_LOADEDMODEL_H

#include "dialect/Reference.h"
#include "runtime/Team.h"
#include "tools/codegen/LoadedCode.h"
#include "tools/compiler/ModelCompiler.h"
#include "tools/rondo-bench/Workload.h"

#include "mlir/IR/OwningOpRef.h"
#include <map>
#include <memory>
#include <set>

namespace rondo {

/// Dense memory of 64-byte alignment, shared by the arguments with one role and name.
struct Buffer {
  Tensor::Kind kind = Tensor::Kind::F32;
  std::vector<int64_t> shape;
  int64_t bytes = 0;
  std::unique_ptr<char, decltype(&std::free)> data{nullptr, &std::free};

  int64_t numElements() const;
  double at(int64_t index) const;
  void set(int64_t index, double value);
};

/// What a workload is compiled with.
struct LoadOptions {
  std::string programs; // the folder of the cells' programs
  std::string cpu = "native";
  int64_t unroll = 1;   // time steps in one iteration
  bool profile = false; // with a clock at each nest (PhaseClock.h)
  std::string objects;  // a folder that takes the code as WORKLOAD.o; none if empty
  Team *team = nullptr; // runs the entries; the calling thread if null
};

/// The model's code for a workload: `run`, or `train_grad` and `update`.
class LoadedModel {
public:
  /// Compiles and loads; null after an error, which is printed.
  static std::unique_ptr<LoadedModel> load(const Workload &workload, const LoadOptions &options);

  /// The buffer of the arguments with this role ("parameter", "input", ...) and name; null if there is none.
  Buffer *find(llvm::StringRef role, llvm::StringRef name = "");
  /// Calls f(role, name, buffer) for each buffer.
  void forEach(llvm::function_ref<void(llvm::StringRef, llvm::StringRef, Buffer &)> f);

  /// Calls an entry.
  void call(llvm::StringRef entry);
  /// What is to be called whenever the parameters have changed.
  void pack();
  /// One call of what the workload measures: the sequence, or gradient and update.
  void step();

  ModelInfo info;
  double compileSeconds = 0;       // from the text to loaded code
  std::vector<std::string> places; // of the nests that the profile counts, by index
  std::vector<double> placeFlops;  // of the products of each, at each visit

private:
  struct Entry {
    rondo_entry code;
    std::vector<void *> pointers;
  };

  void addEntry(mlir::Operation *function);

  bool train = false;
  Team *team = nullptr;
  std::map<std::string, Entry> entries;
  std::set<std::string> packs; // the entries that pack parameters for others
  std::map<std::pair<std::string, std::string>, Buffer> buffers;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> arguments;
  LoadedCode code;
};

/// The functions of a workload's model on tensors, for `batch` sequences of `length` steps, and what keeps them alive.
/// At Stage::Rondo `run` or `train`, from Stage::Differentiated on `run` or `train_grad` and `update`.
class WorkloadModule {
public:
  /// Null after an error, which is printed.
  static std::unique_ptr<WorkloadModule> load(const Workload &workload, const LoadOptions &options, int64_t batch,
                                              int64_t length, Stage stage, bool f64);
  ~WorkloadModule();

  mlir::ModuleOp module();

  mlir::func::FuncOp function(llvm::StringRef name);

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace rondo

#endif // RONDO_TOOLS_BENCH_LOADEDMODEL_H
