// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Philox4x32-10 (Salmon et al. 2011), of which all random numbers are made: those of the runtime, and what the
// compiler's interpreter says that a program draws.
#ifndef RONDO_RUNTIME_PHILOX_H
#define RONDO_RUNTIME_PHILOX_H

#include <cstdint>

namespace rondo {

/// The rounds, the factors of counter words 0 and 2, and what is added to the words of the key after each round.
constexpr int philoxRounds = 10;
constexpr uint32_t philoxFactor[2] = {0xD2511F53u, 0xCD9E8D57u}, philoxStep[2] = {0x9E3779B9u, 0xBB67AE85u};

/// Replaces `counter` by the four words drawn for it and `key`.
inline void philox(uint32_t counter[4], const uint32_t key[2]) {
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < philoxRounds; ++round) {
    uint64_t p0 = static_cast<uint64_t>(counter[0]) * philoxFactor[0];
    uint64_t p1 = static_cast<uint64_t>(counter[2]) * philoxFactor[1];
    uint32_t next0 = static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ k0;
    uint32_t next2 = static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ k1;
    counter[1] = static_cast<uint32_t>(p1);
    counter[3] = static_cast<uint32_t>(p0);
    counter[0] = next0;
    counter[2] = next2;
    k0 += philoxStep[0];
    k1 += philoxStep[1];
  }
}

} // namespace rondo

#endif
