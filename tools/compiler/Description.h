// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the runtime must know about a compiled model, as JSON (runtime/Model.h reads it).

#ifndef RONDO_TOOLS_COMPILER_DESCRIPTION_H
#define RONDO_TOOLS_COMPILER_DESCRIPTION_H

#include "tools/codegen/Entries.h"
#include "tools/compiler/ModelCompiler.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Target/TargetMachine.h"
#include <string>

namespace rondo {

/// Whether an entry is there for gradcheck alone: in double precision, where the model is not.
bool isForCheck(mlir::func::FuncOp function, bool f64);

/// The entries (rondo.entry) among the functions of a module, whose functions have buffers for arguments.
std::vector<EntryFunction> entriesOf(mlir::ModuleOp module, bool f64);

/// Describes model and entries. The module is at the stage of buffers; the code will be made for `machine`. `command`
/// is how the program is compiled, without the output.
std::string describeModel(const CompiledModel &model, bool f64, const llvm::TargetMachine &machine,
                          const std::string &command);

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_DESCRIPTION_H
