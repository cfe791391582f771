// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Shows and transforms the IR: mlir-opt with the dialect, every pass and every phase of the pipeline.

#include "passes/Pipelines.h"
#include "passes/Registration.h"
#include "tools/Version.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/CommandLine.h"

static llvm::cl::OptionCategory category("Rondo's options");
static llvm::cl::opt<bool> rondoPasses("rondo-passes",
                                       llvm::cl::desc("List the passes and phases of Rondo, and no others"),
                                       llvm::cl::cat(category));

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  rondo::registerDialects(registry);
  rondo::registerPasses();
  // MLIR lists all that are registered: at this point its own are not.
  if (llvm::is_contained(llvm::ArrayRef(argv, argc), llvm::StringRef("--rondo-passes"))) {
    mlir::printRegisteredPasses();
    rondo::printPipelines();
    return 0;
  }
  mlir::registerTransformsPasses();
  // The options that there are before MLIR's own are those of LLVM's libraries, none of which matters here.
  llvm::cl::HideUnrelatedOptions(category);
  rondo::setVersionOf("rondo-opt");
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Rondo optimizer driver\n", registry));
}
