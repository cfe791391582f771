// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the passes know of a CPU is a matter of its name.

#include "passes/support/Processor.h"

#include <gtest/gtest.h>

using namespace rondo;

namespace {

Machine machineOf(llvm::StringRef cpu) {
  std::string error;
  std::optional<Processor> processor = Processor::find(cpu, error);
  EXPECT_TRUE(processor) << error;
  return processor ? processor->machine() : Machine();
}

TEST(Machine, VectorsFollowTheInstructionSets) {
  Machine wide = machineOf("cascadelake"), middle = machineOf("haswell"), old = machineOf("sandybridge");
  EXPECT_EQ(wide.width, 16);
  EXPECT_EQ(wide.registers, 32);
  EXPECT_EQ(middle.width, 8);
  EXPECT_EQ(middle.registers, 16);
  EXPECT_TRUE(middle.fma);
  EXPECT_EQ(old.width, 8);
  EXPECT_FALSE(old.fma);
  EXPECT_EQ(machineOf("x86-64").width, 4);
}

TEST(Machine, CachesFollowTheName) {
  EXPECT_EQ(machineOf("cascadelake").l2, 1 << 20);
  EXPECT_EQ(machineOf("skylake_avx512").l2, 1 << 20);
  EXPECT_EQ(machineOf("sapphirerapids").l2, 2 << 20);
  EXPECT_EQ(machineOf("znver2").l2, 512 << 10);
  EXPECT_EQ(machineOf("haswell").l2, 256 << 10);
  EXPECT_EQ(machineOf("x86-64-v3").l2, 256 << 10);
}

TEST(Machine, NativeHasCachesInTheirOrder) {
  Machine machine = machineOf("native");
  EXPECT_GE(machine.l1, Machine::page);
  EXPECT_GT(machine.l2, machine.l1);
}

TEST(Machine, FormulasGiveWhatWasMeasured) {
  Machine machine;
  EXPECT_EQ(machine.keptBytes(), 256 << 10);
  EXPECT_EQ(machine.readByEachCore(), 3 << 19);
  EXPECT_EQ(machine.readByEachCore(3), 5 << 19);
  EXPECT_EQ(machine.blockTerms(), 256);
  EXPECT_EQ(machine.wholeTerms(), 1536);
  machine.l1 = 48 << 10;
  EXPECT_EQ(machine.panelThatStays(), 32 << 10);
  EXPECT_EQ(machine.worthBarrier(), 40000);
  EXPECT_EQ(machine.worthThread(), 4000);
  EXPECT_EQ(machine.worthThreads(), 200000);
  EXPECT_EQ(machine.worthCall(), 10000);
}

} // namespace
