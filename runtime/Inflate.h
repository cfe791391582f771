// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Decompression of the format deflate (RFC 1951), trusting nothing.
#ifndef RONDO_RUNTIME_INFLATE_H
#define RONDO_RUNTIME_INFLATE_H

#include <cstddef>
#include <cstdint>

namespace rondo {

/// No file makes more bytes of one of its own than this.
constexpr uint64_t mostOfDeflatedByte = 1032;

/// Decompresses `size` bytes to exactly `wanted`; false where they are no such stream. Takes no memory.
bool inflate(const uint8_t *data, size_t size, uint8_t *to, size_t wanted);

} // namespace rondo

#endif
