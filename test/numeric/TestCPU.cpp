// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "test/numeric/TestCPU.h"

#include <cstdlib>
#include <gtest/gtest.h>

std::string rondo::testCPU() {
  const char *cpu = getenv("RONDO_TEST_CPU");
  return cpu ? cpu : "native";
}

bool rondo::takesWholeSweeps() { return getenv("RONDO_WHOLE_SWEEPS"); }

bool rondo::takesNext() {
  static const testing::TestInfo *running = nullptr;
  static unsigned number = 0;
  const testing::TestInfo *test = testing::UnitTest::GetInstance()->current_test_info();
  number = test == running ? number + 1 : 0;
  running = test;
  std::string cpu = testCPU();
  if (takesWholeSweeps() || number == 0)
    return true;
  return cpu == "native" ? number % 2 == 1 : (number + (cpu == "haswell")) % 3 == 0;
}
