// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The processor that code is made for, by its name.

#include "passes/support/Processor.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace rondo;

/// What LLVM knows of a processor of this machine's architecture; null, with a reason, where it knows no such
/// architecture.
static std::unique_ptr<MCSubtargetInfo> describe(StringRef cpu, StringRef features, std::string &error) {
  InitializeNativeTarget();
  Triple triple(sys::getDefaultTargetTriple());
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  return std::unique_ptr<MCSubtargetInfo>(target ? target->createMCSubtargetInfo(triple, cpu, features) : nullptr);
}

std::optional<Processor> Processor::find(StringRef name, std::string &error) {
  if (name == "native") {
    StringRef cpu = sys::getHostCPUName();
    Processor processor{cpu.str(), "", Caches::ofThisMachine(cpu)};
    // The host may lack what the CPU's name implies (a virtual machine), so its own features count.
    for (const auto &feature : sys::getHostCPUFeatures())
      processor.features +=
          (processor.features.empty() ? "" : ",") + std::string(feature.second ? "+" : "-") + feature.first().str();
    return processor;
  }
  // A name that is unknown to LLVM makes it complain, so that is asked first; the oldest known ones lack 64 bits.
  std::unique_ptr<MCSubtargetInfo> any = describe("", "", error);
  if (!any)
    return std::nullopt;
  if (any->isCPUStringValid(name) && describe(name, "", error)->checkFeatures("+64bit"))
    return Processor{name.str(), "", Caches::ofName(name)};
  error = "unknown CPU '" + name.str() + "' for " + any->getTargetTriple().getArchName().str() +
          ": expected native, or a name as after clang's -march=, such as x86-64-v3, haswell, skylake-avx512 or znver4";
  return std::nullopt;
}

Machine Processor::machine() const {
  std::string error;
  std::unique_ptr<MCSubtargetInfo> subtarget = describe(cpu, features, error);
  bool wide = subtarget->checkFeatures("+avx512f");
  Machine machine;
  machine.width = wide ? 16 : subtarget->checkFeatures("+avx") ? 8 : 4;
  machine.registers = wide ? 32 : 16;
  machine.fma = wide || subtarget->checkFeatures("+fma");
  machine.l1 = caches.l1;
  machine.l2 = caches.l2;
  machine.l3 = caches.l3;
  // What a barrier costs was measured with the widest vectors only: others decide by as much work.
  machine.barrier = Machine().worthBarrier() / machine.operationsIn(1);
  return machine;
}
