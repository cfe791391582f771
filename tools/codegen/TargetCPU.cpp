// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The CPU that code is made for.

#include "tools/codegen/TargetCPU.h"

#include "passes/support/Processor.h"
#include "runtime/ProcessorFeatures.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using namespace rondo;

/// Leaves out loop strength reduction, a quarter of the time of code generation: the tiles' addresses are one base and
/// constant offsets as they are. LLVM 22 has no other switch for it than this global one: TargetPassConfig adds the
/// pass by its constructor, which disablePass() does not reach, and neither TargetOptions nor a function's attribute is
/// asked.
static void disableStrengthReduction() {
  auto &options = cl::getRegisteredOptions();
  if (auto option = options.find("disable-lsr"); option != options.end())
    static_cast<cl::opt<bool> *>(option->second)->setValue(true);
}

std::unique_ptr<TargetMachine> rondo::createTargetMachine(StringRef cpu, unsigned level, std::string &error) {
  std::optional<Processor> processor = Processor::find(cpu, error);
  if (!processor)
    return nullptr;
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  InitializeNativeTargetAsmParser();
  disableStrengthReduction();
  Triple triple(sys::getDefaultTargetTriple());
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  auto codeGenLevel = static_cast<CodeGenOptLevel>(level);
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, processor->cpu, processor->features, TargetOptions(), Reloc::PIC_, std::nullopt, codeGenLevel));
}

std::string rondo::missingInstructionSets(const TargetMachine &target) {
  std::string missing;
  StringMap<bool> host = sys::getHostCPUFeatures();
  for (const ProcessorFeature &feature : processorFeatures)
    if (!host.lookup(feature.name) && target.getMCSubtargetInfo()->checkFeatures(std::string("+") + feature.name))
      missing += (missing.empty() ? "" : ", ") + std::string(feature.name);
  return missing;
}
