// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters, and packing them.
#include "runtime/Parameters.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

using namespace rondo;

Buffer Blocks::allocate(Type type, const Shape &shape) {
  Buffer buffer{nullptr, type, shape};
  buffer.data = allocateAligned(buffer.bytes());
  owned.add(buffer.data);
  return buffer;
}

void rondo::runEntry(const Entry &entry, void *const *arguments, Team *team) {
#ifdef __SSE2__
  unsigned int mode = _mm_getcsr();
  _mm_setcsr(mode | 0x8040); // flush results to zero, read denormals as zero
#endif
  runBody(*entry.code, arguments, team);
#ifdef __SSE2__
  _mm_setcsr(mode);
#endif
}

Buffer Parameters::values(const Parameter &parameter, Type type) {
  changed();
  for (const Values &values : known)
    if (values.parameter == &parameter && values.buffer.type == type)
      return values.buffer;
  return known.add({&parameter, blocks.allocate(type, parameter.shape)}).buffer;
}

Buffer Parameters::packed(const Argument &argument) {
  for (const Packed &known : packedBuffers)
    if (known.name == argument.name)
      return known.buffer;
  return packedBuffers.add({argument.name, blocks.allocate(argument.type, argument.shape)}).buffer;
}

size_t Parameters::packingBy(const Entry &entry) {
  for (size_t i = 0; i < packings.size(); ++i)
    if (packings[i].entry == &entry)
      return i;
  Packing &packing = packings.add({&entry, {}, 0});
  for (const Argument &argument : entry.args) {
    void *data = nullptr;
    if (argument.role == Role::Parameter)
      data = values(*model.parameter(argument.name), argument.type).data;
    else if (argument.role == Role::Packed)
      data = packed(argument).data;
    else if (argument.role == Role::Arena) {
      Shape bytes;
      bytes.add(entry.arena);
      data = blocks.allocate(Type::U8, bytes).data;
    }
    packing.pointers.add(data);
  }
  return packings.size() - 1;
}

void Parameters::pack(size_t packing, Team *team) {
  Packing &wanted = packings[packing];
  if (__atomic_load_n(&wanted.version, __ATOMIC_ACQUIRE) == version)
    return;
  pthread_mutex_lock(&lock);
  // Who waited finds it done.
  if (wanted.version != version) {
    runEntry(*wanted.entry, wanted.pointers.data(), team);
    __atomic_store_n(&wanted.version, version, __ATOMIC_RELEASE);
  }
  pthread_mutex_unlock(&lock);
}
