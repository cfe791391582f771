// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asks the processor by CPUID, and by XGETBV whether the system keeps the registers of its vectors.
#include "runtime/Processor.h"

#include "runtime/ProcessorFeatures.h"

#include <cpuid.h>

using namespace rondo;

/// Low half of XCR0; 0 where it cannot be read.
static uint32_t keptRegisters() {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
    return 0;
  __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return a;
}

static bool hasFeature(const Text &name, uint32_t kept) {
  for (const ProcessorFeature &feature : processorFeatures) {
    if (name != feature.name)
      continue;
    uint32_t words[4];
    // A subleaf that the processor does not know reads as zeros.
    return __get_cpuid_count(feature.leaf, feature.subleaf, &words[0], &words[1], &words[2], &words[3]) &&
           (words[feature.reg] >> feature.bit & 1) && (kept & feature.kept) == feature.kept;
  }
  return false;
}

bool rondo::checkProcessor(const Model &model, Error &error) {
  uint32_t kept = keptRegisters();
  ShortText<1024> missing;
  for (const Text &name : model.features)
    if (!hasFeature(name, kept)) {
      missing.append(*missing.c_str() ? ", " : "");
      missing.append(name.c_str());
    }
  return !*missing.c_str() ||
         error.fail("the model '%s' was compiled for a processor with instruction sets that this one lacks: %s",
                    model.name.c_str(), missing.c_str());
}
