// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/EventFile.h"

#include <gtest/gtest.h>

using namespace rondo;

// The check value of the catalogue of checksums, and those of RFC 3720, B.4.
TEST(EventFile, ChecksumsAreCrc32c) {
  EXPECT_EQ(checksum32c("123456789", 9), 0xe3069283u);
  EXPECT_EQ(checksum32c("", 0), 0u);
  unsigned char bytes[32] = {};
  EXPECT_EQ(checksum32c(bytes, sizeof bytes), 0x8a9136aau);
  memset(bytes, 0xff, sizeof bytes);
  EXPECT_EQ(checksum32c(bytes, sizeof bytes), 0x62a8ab43u);
  for (unsigned char i = 0; i < 32; ++i)
    bytes[i] = i;
  EXPECT_EQ(checksum32c(bytes, sizeof bytes), 0x46dd794eu);
}
