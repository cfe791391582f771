// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The CPU that code is made for.

#include "tools/codegen/TargetCPU.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;

/// Leaves out loop strength reduction, a quarter of the time of code generation: the tiles' addresses are one base and
/// constant offsets as they are. LLVM 22 has no other switch for it than this global one: TargetPassConfig adds the pass
/// by its constructor, which disablePass() does not reach, and neither TargetOptions nor a function's attribute is asked.
static void disableStrengthReduction() {
  auto &options = cl::getRegisteredOptions();
  if (auto option = options.find("disable-lsr"); option != options.end())
    static_cast<cl::opt<bool> *>(option->second)->setValue(true);
}

std::unique_ptr<TargetMachine> rondo::createTargetMachine(StringRef cpu, unsigned level, std::string &error) {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  InitializeNativeTargetAsmParser();
  disableStrengthReduction();
  Triple triple(sys::getDefaultTargetTriple());
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  std::string features;
  if (cpu == "native") {
    cpu = sys::getHostCPUName();
    // The host may lack what the CPU's name implies (a virtual machine), so its own features count.
    for (const auto &feature : sys::getHostCPUFeatures())
      features += (features.empty() ? "" : ",") + std::string(feature.second ? "+" : "-") + feature.first().str();
  } else {
    // A name that is unknown to LLVM makes it complain, so that is asked first; the oldest known ones lack 64 bits.
    std::unique_ptr<MCSubtargetInfo> any(target->createMCSubtargetInfo(triple, "", ""));
    bool known = any->isCPUStringValid(cpu);
    if (known) {
      std::unique_ptr<MCSubtargetInfo> subtarget(target->createMCSubtargetInfo(triple, cpu, ""));
      known = subtarget->checkFeatures("+64bit");
    }
    if (!known) {
      error = "unknown CPU '" + cpu.str() + "' for " + triple.getArchName().str();
      return nullptr;
    }
  }
  auto codeGenLevel = static_cast<CodeGenOptLevel>(level);
  return std::unique_ptr<TargetMachine>(
      target->createTargetMachine(triple, cpu, features, TargetOptions(), Reloc::PIC_, std::nullopt, codeGenLevel));
}

rondo::VectorTarget rondo::vectorTargetOf(const TargetMachine &machine) {
  const MCSubtargetInfo &subtarget = *machine.getMCSubtargetInfo();
  if (subtarget.checkFeatures("+avx512f"))
    return {16, 32, true};
  bool fma = subtarget.checkFeatures("+fma");
  if (subtarget.checkFeatures("+avx"))
    return {8, 16, fma};
  return {4, 16, fma};
}
