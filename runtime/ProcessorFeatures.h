// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The instruction sets that a compiled model may need, by the names that the compiler's --mcpu stands for: the compiler
// lists those of its target in the description, the runtime asks the processor for them.
#ifndef RONDO_RUNTIME_PROCESSORFEATURES_H
#define RONDO_RUNTIME_PROCESSORFEATURES_H

#include <cstdint>

namespace rondo {

/// Registers that the system must keep for a set to be used, as bits of XCR0.
constexpr uint32_t keepsNothing = 0, keepsYmm = 0x6, keepsZmm = 0xe6, keepsTiles = 0x60000;

/// Where CPUID says whether the processor has a set: bit `bit` of a register (0: eax, .. 3: edx).
struct ProcessorFeature {
  const char *name;
  uint32_t leaf, subleaf;
  int reg, bit;
  uint32_t kept;
};

constexpr ProcessorFeature processorFeatures[] = {
    {"sse3", 1, 0, 2, 0, keepsNothing},
    {"ssse3", 1, 0, 2, 9, keepsNothing},
    {"sse4.1", 1, 0, 2, 19, keepsNothing},
    {"sse4.2", 1, 0, 2, 20, keepsNothing},
    {"movbe", 1, 0, 2, 22, keepsNothing},
    {"popcnt", 1, 0, 2, 23, keepsNothing},
    {"lzcnt", 0x80000001, 0, 2, 5, keepsNothing},
    {"bmi", 7, 0, 1, 3, keepsNothing},
    {"bmi2", 7, 0, 1, 8, keepsNothing},
    {"avx", 1, 0, 2, 28, keepsYmm},
    {"f16c", 1, 0, 2, 29, keepsYmm},
    {"fma", 1, 0, 2, 12, keepsYmm},
    {"xop", 0x80000001, 0, 2, 11, keepsYmm},
    {"fma4", 0x80000001, 0, 2, 16, keepsYmm},
    {"avx2", 7, 0, 1, 5, keepsYmm},
    {"vaes", 7, 0, 2, 9, keepsYmm},
    {"vpclmulqdq", 7, 0, 2, 10, keepsYmm},
    {"gfni", 7, 0, 2, 8, keepsNothing},
    {"avxvnni", 7, 1, 0, 4, keepsYmm},
    {"avxifma", 7, 1, 0, 23, keepsYmm},
    {"avx512f", 7, 0, 1, 16, keepsZmm},
    {"avx512dq", 7, 0, 1, 17, keepsZmm},
    {"avx512ifma", 7, 0, 1, 21, keepsZmm},
    {"avx512cd", 7, 0, 1, 28, keepsZmm},
    {"avx512bw", 7, 0, 1, 30, keepsZmm},
    {"avx512vl", 7, 0, 1, 31, keepsZmm},
    {"avx512vbmi", 7, 0, 2, 1, keepsZmm},
    {"avx512vbmi2", 7, 0, 2, 6, keepsZmm},
    {"avx512vnni", 7, 0, 2, 11, keepsZmm},
    {"avx512bitalg", 7, 0, 2, 12, keepsZmm},
    {"avx512vpopcntdq", 7, 0, 2, 14, keepsZmm},
    {"avx512fp16", 7, 0, 3, 23, keepsZmm},
    {"avx512bf16", 7, 1, 0, 5, keepsZmm},
    {"amx-bf16", 7, 0, 3, 22, keepsTiles},
    {"amx-tile", 7, 0, 3, 24, keepsTiles},
    {"amx-int8", 7, 0, 3, 25, keepsTiles},
};

} // namespace rondo

#endif
