// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// LLVM IR -> objects, several side by side.
//
// Parts are a matter of the code alone, not of the machine's cores, which shall not show in the bytes.

#include "tools/codegen/ParallelObjects.h"

#include "tools/codegen/EmitObject.h"
#include "tools/codegen/OptimizeLLVM.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/MC/TargetRegistry.h"
#include <atomic>
#include <thread>

using namespace llvm;
using namespace rondo;

namespace {

/// Instructions in one part at least: less is not worth a thread.
constexpr size_t worthPart = 2000;

/// By a function's name, the part that it belongs to.
struct Parts {
  StringMap<unsigned> partOf;
  unsigned count = 1;

  /// The largest functions first, each to the part with the least so far.
  Parts(Module &module, unsigned most) {
    std::vector<std::tuple<int64_t, unsigned, StringRef>> functions; // by -size, then in the module's order
    size_t all = 0;
    for (auto [i, function] : enumerate(module.functions()))
      if (!function.isDeclaration()) {
        functions.push_back({-int64_t(function.getInstructionCount()), i, function.getName()});
        all += function.getInstructionCount();
      }
    count = std::clamp<size_t>(all / worthPart, 1, most);
    llvm::sort(functions);
    std::vector<int64_t> sizes(count, 0);
    for (auto [size, position, name] : functions) {
      auto least = llvm::min_element(sizes);
      *least -= size;
      partOf[name] = least - sizes.begin();
    }
  }
};

} // namespace

/// The module's functions of one part; the others are declared. The first part has the variables.
static std::unique_ptr<Module> readPart(MemoryBufferRef bitcode, LLVMContext &context, const Parts &parts,
                                        unsigned part) {
  std::unique_ptr<Module> module = cantFail(getLazyBitcodeModule(bitcode, context));
  for (Function &function : *module)
    if (!function.isDeclaration() && parts.partOf.lookup(function.getName()) != part)
      function.deleteBody();
  cantFail(module->materializeAll());
  if (part == 0)
    return module;
  // The program is the last variable, behind those that it alone uses.
  SmallVector<GlobalVariable *> variables(make_pointer_range(module->globals()));
  for (GlobalVariable *variable : reverse(variables)) {
    variable->removeDeadConstantUsers();
    if (variable->use_empty())
      variable->eraseFromParent();
  }
  return module;
}

/// Nobody else calls the functions of the only part.
static void makeInternal(Module &module) {
  for (Function &function : module)
    if (function.hasHiddenVisibility() && !function.isDeclaration()) {
      function.setVisibility(GlobalValue::DefaultVisibility);
      function.setLinkage(GlobalValue::InternalLinkage);
    }
}

std::vector<SmallVector<char, 0>> rondo::emitObjects(std::unique_ptr<Module> module, StringRef prefix, unsigned level,
                                                     const TargetMachine &machine, unsigned most) {
  for (Function &function : *module)
    if (function.hasLocalLinkage()) {
      function.setLinkage(GlobalValue::ExternalLinkage);
      function.setVisibility(GlobalValue::HiddenVisibility);
      if (most > 1 && !function.getName().starts_with(prefix))
        function.setName(prefix + "_" + function.getName());
    }
  Parts parts(*module, most);
  // A part goes to its thread as bitcode: an LLVM context belongs to one thread.
  SmallVector<char, 0> bitcode;
  raw_svector_ostream os(bitcode);
  WriteBitcodeToFile(*module, os);
  module.reset();
  MemoryBufferRef buffer(StringRef(bitcode.data(), bitcode.size()), "rondo");
  std::vector<SmallVector<char, 0>> objects(parts.count);
  std::atomic<bool> good = true;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < parts.count; ++i)
    threads.emplace_back([&, i] {
      LLVMContext context;
      std::unique_ptr<Module> part = readPart(buffer, context, parts, i);
      std::unique_ptr<TargetMachine> own(machine.getTarget().createTargetMachine(
          machine.getTargetTriple(), machine.getTargetCPU(), machine.getTargetFeatureString(), machine.Options,
          machine.getRelocationModel(), machine.getCodeModel(), machine.getOptLevel()));
      raw_svector_ostream os(objects[i]);
      optimizeModule(*part, *own, level);
      if (parts.count == 1)
        makeInternal(*part);
      if (!emitMachineCode(*part, *own, CodeGenFileType::ObjectFile, os))
        good = false;
    });
  for (std::thread &thread : threads)
    thread.join();
  if (!good)
    objects.clear();
  return objects;
}
