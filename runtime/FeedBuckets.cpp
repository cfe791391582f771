// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Batches of whole sequences of nearly one length, and the functions for short ones.
#include "runtime/Feed.h"

#include "runtime/Buckets.h"
#include "runtime/Random.h"

using namespace rondo;

/// Sorts each pool of batches by length, and shuffles its batches.
void Feed::sortPools(int64_t pass) {
  struct Item {
    int64_t length, place;
  };
  constexpr int64_t poolBatches = 16;
  int64_t batch = call->entry->batch, all = batches * batch;
  Random random(seed, hashName("pools", 5) + static_cast<uint64_t>(pass));
  List<Item> items;
  List<int64_t> rows;
  for (int64_t begin = 0; begin < all; begin += poolBatches * batch) {
    int64_t end = begin + poolBatches * batch < all ? begin + poolBatches * batch : all;
    items.clear();
    rows.clear();
    for (int64_t place = begin; place < end; ++place) {
      int64_t row = order[static_cast<size_t>(place)];
      items.add({arrays->validLength(row), place});
      rows.add(row);
    }
    sortItems(items, [](const Item &a, const Item &b) {
      return a.length != b.length ? a.length < b.length : a.place < b.place;
    });
    int64_t count = (end - begin) / batch;
    List<int64_t> places;
    for (int64_t i = 0; i < count; ++i)
      places.add(i);
    for (int64_t i = count - 1; i > 0; --i)
      std::swap(places[static_cast<size_t>(i)],
                places[static_cast<size_t>(random.below(static_cast<uint64_t>(begin + i), i + 1))]);
    for (int64_t i = 0; i < count * batch; ++i) {
      const Item &item = items[static_cast<size_t>(places[static_cast<size_t>(i / batch)] * batch + i % batch)];
      order[static_cast<size_t>(begin + i)] = rows[static_cast<size_t>(item.place - begin)];
    }
  }
}

Call *Feed::shortest(int64_t step) {
  if (!shorter)
    return nullptr;
  int64_t longest = 0;
  for (const Window &window : cut)
    if (int64_t length = arrays->validLength(window.row); length > longest)
      longest = length;
  Call *found = bucketFor(*shorter, longest);
  if (!found)
    return nullptr;
  found->setDraws(seed, step, 0);
  found->clearStates();
  found->setStart(true);
  arrays->fill(*found, cut.data());
  return found;
}
