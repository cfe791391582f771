// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The search of findPlaces(), in three steps: the places that each module may have (LayoutPlaces.cpp), the choice among
// them (LayoutChoice.cpp), and the words for what is wrong (LayoutFaults.cpp).
#ifndef RONDO_RUNTIME_LAYOUTFINDER_H
#define RONDO_RUNTIME_LAYOUTFINDER_H

#include "runtime/LayoutPlaces.h"

namespace rondo {

/// The number of what there is none of.
constexpr size_t nowhere = SIZE_MAX;

/// A place, and whether a module going forward, or backward, has it.
struct KnownPlace {
  Place place;
  bool isTaken[2] = {false, false};
};

struct Candidate {
  Place place;
  /// Its number among all places.
  size_t known = nowhere;
  /// How many tensors have the right name, and of these the right shape.
  size_t named = 0, shaped = 0;
  /// Of its tensors that have directions, how many.
  int64_t directions = 0;
  bool fits = false;
};

/// A module with where it may be.
struct Search {
  const LayoutModule *module = nullptr;
  List<Candidate> candidates;
  size_t chosen = nowhere;
  /// Whether several fit.
  bool isAmbiguous = false;
};

class LayoutFinder {
public:
  LayoutFinder(const Model &model, Layout layout, const TensorFile &file);

  bool find(List<Place> &places, Error &error);

private:
  // LayoutPlaces.cpp
  /// The first of the names, by their order, that is not less.
  size_t lowerBound(const Text &name) const;
  const Buffer *findTensor(const Text &name) const;
  /// Whether the file is of arrays that numpy.savez gave names, arr_0, arr_1, ...
  bool isUnnamed() const;
  void identify(Candidate &candidate);
  void addCandidates(Search &search);
  /// Of a tensor whose name has that of one of the module's from `begin` to `end`.
  void addCandidate(Search &search, const Text &name, size_t begin, size_t end);
  void rate(Candidate &candidate) const;
  /// Whether a tensor stands beside the module's that is none of them.
  bool hasOther(const Place &place) const;
  /// Whether it is one of those that the model itself names.
  bool isOfPlacedValues(const Text &name) const;

  // LayoutChoice.cpp
  /// Whether another module has the place. Two directions may share theirs.
  bool isTaken(const Search &search, const Candidate &candidate) const;
  void choose(Search &search, size_t candidate);
  bool isFree(const Search &search, size_t i) const;
  size_t countFree(const Search &search) const;
  /// Each of these makes a choice that the one before leaves open; true where it has made one.
  bool chooseOnly();
  /// By the module's path, which the prefix is.
  bool chooseNamed();
  /// As many modules as places, all of which fit all of them, and names that differ in one number.
  bool chooseSeries();
  bool haveSame(const Search &a, const Search &b) const;

  // LayoutFaults.cpp
  /// All tensors of all modules, in the program's order.
  bool findUnnamed(List<Place> &places, Error &error) const;
  /// What is wrong with the module, or with the place that comes nearest.
  void addFaults(Search &search, Text &faults);
  size_t nearest(const Search &search) const;
  /// What is wrong with one tensor of a module at that place.
  void addFault(const Place &place, size_t i, Text &faults) const;
  /// Tensors that no module has chosen.
  void addSuperfluous(Text &faults) const;

  Layout layout;
  const Model &model;
  const TensorFile &file;
  List<Search> searches;
  List<bool> isIgnored;
  /// The tensors that are not, by their names.
  List<size_t> byName;
  /// All places of candidates, and which directions are taken there.
  List<KnownPlace> known;
};

/// How many directions the file's tensor has more than the module's, or 0 where it does not fit.
int64_t directionsOf(const LayoutTensor &tensor, const Buffer &found);
inline bool startsWith(const Text &text, const Text &start) {
  return text.size() >= start.size() && memcmp(text.c_str(), start.c_str(), start.size()) == 0;
}

} // namespace rondo

#endif
