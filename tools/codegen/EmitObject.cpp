// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// LLVM IR -> assembly or an object.

#include "tools/codegen/EmitObject.h"

#include "llvm/IR/LegacyPassManager.h"

using namespace llvm;
using namespace rondo;

bool rondo::emitMachineCode(Module &module, TargetMachine &machine, CodeGenFileType type, raw_pwrite_stream &os) {
  legacy::PassManager manager;
  if (machine.addPassesToEmitFile(manager, os, nullptr, type))
    return false;
  manager.run(module);
  return true;
}
