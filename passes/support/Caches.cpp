// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The caches of each CPU.

#include "passes/support/Caches.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <algorithm>
#include <string>

using namespace llvm;
using rondo::Caches;

static constexpr Caches kilobytes(int64_t l1, int64_t l2, int64_t l3) { return {l1 << 10, l2 << 10, l3 << 10}; }

// Where parts of one name differ, the smallest ones count: code for more cache than there is loses more than code for
// less. Of the levels, x86-64-v4 is that of servers; a name that is not listed has the caches of older ones.
Caches rondo::Caches::ofName(StringRef cpu) {
  std::string name = cpu.str(); // LLVM has some names with underscores as well
  std::replace(name.begin(), name.end(), '_', '-');
  return StringSwitch<Caches>(name)
      .Cases({"skx", "skylake-avx512", "cascadelake", "cooperlake", "x86-64-v4"}, kilobytes(32, 1024, 16384))
      .Case("icelake-server", kilobytes(48, 1280, 16384))
      .Cases({"sapphirerapids", "emeraldrapids", "graniterapids", "graniterapids-d", "diamondrapids"},
             kilobytes(48, 2048, 32768))
      .Cases({"icelake-client", "rocketlake"}, kilobytes(48, 512, 4096))
      .Cases({"tigerlake", "alderlake", "raptorlake", "meteorlake"}, kilobytes(48, 1280, 4096))
      .Cases({"arrowlake", "arrowlake-s", "lunarlake", "pantherlake", "wildcatlake", "novalake"},
             kilobytes(48, 2048, 4096))
      .Cases({"gracemont", "sierraforest", "grandridge", "clearwaterforest"}, kilobytes(32, 1024, 4096))
      .Cases({"knl", "knm", "silvermont", "goldmont", "goldmont-plus", "tremont"}, kilobytes(24, 512, 512))
      .Case("znver1", kilobytes(32, 512, 4096))
      .Case("znver2", kilobytes(32, 512, 8192))
      .Case("znver3", kilobytes(32, 512, 16384))
      .Case("znver4", kilobytes(32, 1024, 16384))
      .Case("znver5", kilobytes(48, 1024, 16384))
      .Cases({"bdver1", "bdver2", "bdver3", "bdver4"}, kilobytes(16, 1024, 4096))
      .Default(kilobytes(32, 256, 4096));
}

/// The text of `file` among what the system says of a cache of the first processor; empty if it says nothing.
static std::string describedCache(int index, const char *file) {
  std::string path = ("/sys/devices/system/cpu/cpu0/cache/index" + Twine(index) + "/" + file).str();
  ErrorOr<std::unique_ptr<MemoryBuffer>> text = MemoryBuffer::getFileAsStream(path);
  return text ? (*text)->getBuffer().trim().str() : std::string();
}

Caches rondo::Caches::ofThisMachine(StringRef cpu) {
  Caches known = ofName(cpu);
  for (int index = 0; index < 8; ++index) {
    int64_t size;
    StringRef text;
    std::string level = describedCache(index, "level"), type = describedCache(index, "type");
    std::string written = describedCache(index, "size");
    text = written;
    if (type == "Instruction" || !text.consume_back("K") || text.getAsInteger(10, size) || size < 4)
      continue;
    size <<= 10;
    if (level == "1")
      known.l1 = size;
    else if (level == "2")
      known.l2 = size;
    else if (level == "3")
      known.l3 = bit_floor(uint64_t(size / 2));
  }
  return known;
}
