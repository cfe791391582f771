// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "tools/codegen/LoadedCode.h"

#include "tools/codegen/ParallelObjects.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace rondo;

llvm::Expected<LoadedCode> LoadedCode::load(ModuleOp module, ArrayRef<EntryFunction> entries, ArrayRef<Symbol> symbols,
                                            llvm::TargetMachine &machine, TimingScope &timing, unsigned mostObjects) {
  LoadedCode result;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code =
      translateModel(module, entries, /*constants=*/{}, "{}", executablePrefix, machine, context, timing);
  if (!code)
    return llvm::createStringError("the program could not be translated to LLVM IR");
  result.objects = emitObjects(std::move(code), executablePrefix, 2, machine, mostObjects);
  if (result.objects.empty())
    return llvm::createStringError("the target cannot emit objects");

  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  result.jit = std::move(*jit);
  llvm::orc::SymbolMap known;
  for (const Symbol &symbol : symbols)
    known[result.jit->mangleAndIntern(symbol.name)] = {llvm::orc::ExecutorAddr::fromPtr(symbol.address),
                                                       llvm::JITSymbolFlags::Exported};
  if (llvm::Error error = result.jit->getMainJITDylib().define(llvm::orc::absoluteSymbols(std::move(known))))
    return error;
  for (const SmallVector<char, 0> &object : result.objects) {
    StringRef bytes(object.data(), object.size());
    if (llvm::Error error = result.jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(bytes)))
      return error;
  }
  auto program = result.jit->lookup((executablePrefix + "_program").str());
  if (!program)
    return program.takeError();
  for (const rondo_entry *entry = program->toPtr<const rondo_program *>()->entries; entry->name; ++entry)
    result.entries[entry->name] = *entry;
  return result;
}
