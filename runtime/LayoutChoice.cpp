// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which place each module takes, of those that fit.
#include "runtime/LayoutFinder.h"

using namespace rondo;

bool LayoutFinder::isTaken(const Search &search, const Candidate &candidate) const {
  bool shares = candidate.directions == 2;
  for (const LayoutTensor &tensor : search.module->tensors)
    shares &= tensor.hasDirections;
  const bool *taken = known[candidate.known].isTaken;
  bool isOwn = search.chosen != nowhere && search.candidates[search.chosen].known == candidate.known;
  return !isOwn && (taken[search.module->isBackward] || (!shares && taken[!search.module->isBackward]));
}

void LayoutFinder::choose(Search &search, size_t candidate) {
  search.chosen = candidate;
  known[search.candidates[candidate].known].isTaken[search.module->isBackward] = true;
}

bool LayoutFinder::isFree(const Search &search, size_t i) const {
  return search.candidates[i].fits && !isTaken(search, search.candidates[i]);
}

size_t LayoutFinder::countFree(const Search &search) const {
  size_t count = 0;
  for (size_t i = 0; i < search.candidates.size(); ++i)
    count += isFree(search, i);
  return count;
}

bool LayoutFinder::chooseOnly() {
  for (Search &search : searches) {
    if (search.chosen != nowhere || countFree(search) != 1)
      continue;
    size_t only = 0;
    while (!isFree(search, only))
      ++only;
    choose(search, only);
    return true;
  }
  return false;
}

bool LayoutFinder::chooseNamed() {
  for (Search &search : searches) {
    size_t found = nowhere, count = 0;
    for (size_t i = 0; search.chosen == nowhere && i < search.candidates.size(); ++i) {
      const Text &prefix = search.candidates[i].place.prefix;
      bool isNamed = prefix.size() == search.module->path.size() + 1 && startsWith(prefix, search.module->path);
      if (isNamed && isFree(search, i)) {
        found = i;
        ++count;
      }
    }
    if (count == 1) {
      choose(search, found);
      return true;
    }
  }
  return false;
}

bool LayoutFinder::haveSame(const Search &a, const Search &b) const {
  if (countFree(a) != countFree(b) || a.module->isBackward != b.module->isBackward)
    return false;
  for (size_t i = 0; i < a.candidates.size(); ++i) {
    bool found = !isFree(a, i);
    for (size_t k = 0; k < b.candidates.size(); ++k)
      found |= isFree(b, k) && b.candidates[k].known == a.candidates[i].known;
    if (!found)
      return false;
  }
  return true;
}

static bool takeNumber(const char *&text, int64_t &number) {
  const char *begin = text;
  for (number = 0; *text >= '0' && *text <= '9' && text - begin < 9; ++text)
    number = number * 10 + (*text - '0');
  return text != begin;
}

/// Sorts places by the one number in which their names differ; false where they differ in more.
static bool sortSeries(const Search &search, List<size_t> &order) {
  auto nameAt = [&](size_t i) {
    Text name = search.candidates[i].place.prefix;
    name.append('\n');
    name.append(search.candidates[i].place.suffix);
    return name;
  };
  Text first = nameAt(order[0]);
  size_t begin = nowhere;
  List<int64_t> numbers;
  numbers.resize(search.candidates.size());
  for (size_t k = 1; k < order.size(); ++k) {
    Text other = nameAt(order[k]);
    size_t at = 0;
    while (at < first.size() && first.c_str()[at] == other.c_str()[at])
      ++at;
    while (at > 0 && first.c_str()[at - 1] >= '0' && first.c_str()[at - 1] <= '9')
      --at;
    if (begin != nowhere && begin != at)
      return false;
    begin = at;
    const char *restOfFirst = first.c_str() + at, *rest = other.c_str() + at;
    if (!takeNumber(restOfFirst, numbers[order[0]]) || !takeNumber(rest, numbers[order[k]]) ||
        strcmp(restOfFirst, rest) != 0)
      return false;
  }
  sortItems(order, [&](size_t a, size_t b) { return numbers[a] < numbers[b]; });
  return true;
}

bool LayoutFinder::chooseSeries() {
  for (const Search &first : searches) {
    if (first.chosen != nowhere || countFree(first) < 2)
      continue;
    List<Search *> alike;
    for (Search &search : searches)
      if (search.chosen == nowhere && haveSame(first, search))
        alike.add(&search);
    List<size_t> order;
    for (size_t i = 0; i < first.candidates.size(); ++i)
      if (isFree(first, i))
        order.add(i);
    if (alike.size() != order.size() || !sortSeries(first, order))
      continue;
    // Choices change what is free: the places first.
    List<size_t> places;
    for (size_t i : order)
      places.add(first.candidates[i].known);
    for (size_t i = 0; i < places.size(); ++i)
      for (size_t c = 0; c < alike[i]->candidates.size(); ++c)
        if (alike[i]->candidates[c].known == places[i])
          choose(*alike[i], c);
    return true;
  }
  return false;
}
