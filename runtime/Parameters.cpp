// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters, and packing them.
#include "runtime/Parameters.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

using namespace rondo;

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

bool Parameters::take(const Parameter &parameter, Type type, Buffer &buffer, Error &error) {
  for (const Values &values : known)
    if (values.parameter == &parameter && values.buffer.type == type) {
      buffer = values.buffer;
      return true;
    }
  return blocks.allocate(type, parameter.shape, buffer, error) && known.add({&parameter, buffer}, error);
}

bool Parameters::take(const Argument &packed, Buffer &buffer, Error &error) {
  for (const Packed &known : packedBuffers)
    if (*known.name == packed.name) {
      buffer = known.buffer;
      return true;
    }
  return blocks.allocate(packed.type, packed.shape, buffer, error) && packedBuffers.add({&packed.name, buffer}, error);
}

bool Parameters::allocate(Type type, Error &error) {
  Buffer buffer;
  for (const Parameter &parameter : model.parameters)
    if (!take(parameter, type, buffer, error))
      return false;
  return true;
}

bool Parameters::prepare(const Entry &entry, Error &error) {
  Buffer buffer;
  for (const Argument &argument : entry.args)
    if (argument.role == Role::Parameter ? !take(*model.parameter(argument.name), argument.type, buffer, error)
                                         : argument.role == Role::Packed && !take(argument, buffer, error))
      return false;
  return entry.pack.empty() || packingBy(*model.entry(entry.pack.c_str()), error) != SIZE_MAX;
}

template <typename Visit> size_t Parameters::eachOfImage(Visit visit) const {
  List<const Argument *> seen;
  size_t place = 0;
  auto isKnown = [&](const Argument &argument) {
    for (const Argument *other : seen)
      if (other->role == argument.role && other->type == argument.type && other->name == argument.name)
        return true;
    return false;
  };
  for (const Entry &entry : model.entries) {
    bool packs = false;
    for (const Entry &reader : model.entries)
      packs |= reader.pack == entry.name;
    for (const Argument &argument : entry.args) {
      if (packs || (argument.role != Role::Parameter && argument.role != Role::Packed) || isKnown(argument))
        continue;
      seen.add(&argument);
      visit(argument, place);
      constexpr size_t alignment = 64;
      size_t bytes = Buffer{nullptr, argument.type, argument.shape}.bytes();
      place += (bytes + alignment - 1) / alignment * alignment;
    }
  }
  return place;
}

size_t Parameters::imageBytes() const {
  return eachOfImage([](const Argument &, size_t) {});
}

void Parameters::writeImage(void *image) const {
  eachOfImage([&](const Argument &argument, size_t place) {
    Buffer buffer;
    if (argument.role == Role::Parameter)
      buffer = valuesToRead(*model.parameter(argument.name), argument.type);
    for (const Packed &packed : packedBuffers)
      if (argument.role == Role::Packed && *packed.name == argument.name)
        buffer = packed.buffer;
    memcpy(static_cast<char *>(image) + place, buffer.data, buffer.bytes());
  });
}

bool Parameters::useImage(const void *image, Error &error) {
  isImage = true;
  eachOfImage([&](const Argument &argument, size_t place) {
    Buffer buffer{static_cast<char *>(const_cast<void *>(image)) + place, argument.type, argument.shape};
    if (argument.role == Role::Parameter)
      known.add({model.parameter(argument.name), buffer}, error);
    else
      packedBuffers.add({&argument.name, buffer}, error);
  });
  return !error.failed();
}

Buffer Parameters::values(const Parameter &parameter, Type type) {
  changed();
  return valuesToRead(parameter, type);
}

Buffer Parameters::valuesToRead(const Parameter &parameter, Type type) const {
  for (const Values &values : known)
    if (values.parameter == &parameter && values.buffer.type == type)
      return values.buffer;
  return {nullptr, type, parameter.shape};
}

size_t Parameters::packingBy(const Entry &entry, Error &error) {
  if (isImage)
    return SIZE_MAX;
  for (size_t i = 0; i < packings.size(); ++i)
    if (packings[i].entry == &entry)
      return i;
  Packing packing{&entry, {}, 0};
  for (const Argument &argument : entry.args) {
    Buffer buffer;
    if (argument.role == Role::Constant)
      buffer = model.constant(argument.name)->values(argument.type);
    bool good = argument.role == Role::Parameter ? take(*model.parameter(argument.name), argument.type, buffer, error)
                : argument.role == Role::Packed  ? take(argument, buffer, error)
                : argument.role == Role::Arena   ? blocks.allocate(static_cast<size_t>(entry.arena), buffer.data, error)
                                                 : true;
    if (!good || !packing.pointers.add(buffer.data, error))
      return SIZE_MAX;
  }
  return packings.add(std::move(packing), error) ? packings.size() - 1 : SIZE_MAX;
}

void Parameters::pack(Team *team) {
  for (size_t i = 0; i < packings.size(); ++i)
    pack(i, team);
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
