// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses tiles.
#include "runtime/CoverPlan.h"

using namespace rondo;

/// Whether this window is for a rest, at least 1, of fewer positions than it is long.
bool TileForm::isFor(size_t window, int64_t rest) const {
  const Window &of = windows[window];
  return window + 1 == windows.size() ||
         (of.mayBeShorter && of.fixedCost + static_cast<double>(rest) * of.cost <= restCost(window + 1, rest));
}

/// Of so many positions, by the windows from this one on.
double TileForm::restCost(size_t window, int64_t positions) const {
  double all = 0;
  for (; positions > 0; ++window) {
    const Window &of = windows[window];
    int64_t calls = positions / of.length, rest = positions % of.length, run = calls * of.length;
    if (rest > 0 && isFor(window, rest)) {
      ++calls;
      run = of.mayBeShorter ? positions : calls * of.length;
    }
    all += static_cast<double>(calls) * of.fixedCost + static_cast<double>(run) * of.cost;
    positions -= run;
  }
  return all;
}

double TileForm::cost(int64_t positions) const {
  if (!isWhole)
    return restCost(0, positions);
  const Window &of = windows[next(positions)];
  return positions > 0 ? of.fixedCost + static_cast<double>(positions) * of.cost : 0;
}

size_t TileForm::next(int64_t positions) const {
  size_t i = 0;
  if (isWhole) {
    while (i + 1 < windows.size() && windows[i + 1].length >= positions)
      ++i;
    return i;
  }
  while (windows[i].length > positions && !isFor(i, positions))
    ++i;
  return i;
}

/// How many rows a tile takes from this one on.
static int64_t rowsFrom(const TileForm &form, const int64_t *lengths, int64_t first, int64_t rows) {
  int64_t count = 1;
  while (count < form.rows && first + count < rows && (!form.isWhole || lengths[first + count] == lengths[first]))
    ++count;
  return count;
}

/// The cover of least cost by the first `count` forms.
static List<Tile> coverBy(const List<TileForm> &forms, size_t count, const int64_t *lengths, int64_t rows) {
  size_t n = static_cast<size_t>(rows);
  // Of the rows from each one on: what they cost, and the form of the first tile.
  List<double> least;
  List<uint8_t> choice;
  least.resize(n + 1);
  choice.resize(n);
  for (size_t i = n; i-- > 0;)
    for (size_t form = 0; form < count; ++form) {
      int64_t taken = rowsFrom(forms[form], lengths, static_cast<int64_t>(i), rows);
      double cost = forms[form].cost(lengths[i]) + forms[form].copyCost * static_cast<double>(lengths[i]) +
                    forms[form].beginCost + least[i + static_cast<size_t>(taken)];
      if (form == 0 || cost < least[i]) {
        least[i] = cost;
        choice[i] = static_cast<uint8_t>(form);
      }
    }
  List<Tile> tiles;
  for (int64_t i = 0; i < rows;) {
    const TileForm &form = forms[choice[static_cast<size_t>(i)]];
    int64_t taken = rowsFrom(form, lengths, i, rows);
    double copies = form.copyCost * static_cast<double>(lengths[i]);
    double all = form.cost(lengths[i]) + form.beginCost + copies;
    tiles.add({choice[static_cast<size_t>(i)], i, taken, lengths[i], all, copies});
    i += taken;
  }
  return tiles;
}

/// When the last thread ends if each takes the next tile as soon as it has none.
static double dealtTime(const List<Tile> &tiles, int64_t threads) {
  List<double> busy;
  busy.resize(static_cast<size_t>(threads));
  double end = 0;
  for (const Tile &tile : tiles) {
    double *first = busy.begin();
    for (double &other : busy)
      if (other < *first)
        first = &other;
    *first += tile.cost;
    end = *first > end ? *first : end;
  }
  return end;
}

CoverPlan rondo::planCover(const List<TileForm> &forms, const int64_t *lengths, int64_t rows, int64_t threads) {
  // Threads that share a tile wait for each other at each position, for about so many cycles.
  constexpr double waiting = 2500;
  CoverPlan best;
  double bestTime = 0;
  auto offer = [&](List<Tile> tiles, bool isDealtOut, double time) {
    if (best.tiles.empty() || time < bestTime) {
      best.tiles = std::move(tiles);
      best.isDealtOut = isDealtOut;
      bestTime = time;
    }
  };
  // Lower tiles cost more, but there are more of them to deal out.
  for (size_t count = forms.size(); count > 0; --count) {
    List<Tile> tiles = coverBy(forms, count, lengths, rows);
    double shared = 0;
    for (const Tile &tile : tiles)
      shared += (tile.cost - tile.copyCost) / static_cast<double>(threads) + tile.copyCost +
                (threads > 1 ? waiting * static_cast<double>(tile.positions) : 0);
    sortItems(tiles, [](const Tile &a, const Tile &b) { return a.cost > b.cost; });
    double dealt = dealtTime(tiles, threads);
    if (threads > 1 && dealt <= shared)
      offer(std::move(tiles), true, dealt);
    else
      offer(std::move(tiles), false, shared);
  }
  return best;
}
