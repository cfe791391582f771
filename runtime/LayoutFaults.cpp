// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is wrong with a file, in words.
#include "runtime/LayoutFinder.h"

using namespace rondo;

static ShortText<1024> shown(const Text &name) { return quoted(name.c_str(), name.size()); }

static Text moduleName(const LayoutModule &module) {
  return module.path.empty() ? Text("the model") : Text::format("'%s' (%s)", module.path.c_str(), module.kind.c_str());
}

static ShortText<300> expected(const LayoutTensor &tensor) {
  ShortText<300> text;
  if (!tensor.hasDirections)
    text.append(tensor.shape.str().c_str());
  else {
    text.append(tensor.shape.within(1).str().c_str());
    text.append(" or ");
    text.append(tensor.shape.within(2).str().c_str());
  }
  return text;
}

size_t LayoutFinder::nearest(const Search &search) const {
  size_t best = nowhere;
  for (size_t i = 0; i < search.candidates.size(); ++i) {
    const Candidate &found = search.candidates[i];
    if (best == nowhere) {
      best = i;
      continue;
    }
    const Candidate &other = search.candidates[best];
    bool isFreer = isTaken(search, other) && !isTaken(search, found);
    bool isAsFree = isTaken(search, other) == isTaken(search, found);
    if (isFreer ||
        (isAsFree && (found.named > other.named || (found.named == other.named && found.shaped > other.shaped))))
      best = i;
  }
  return best;
}

void LayoutFinder::addFault(const Place &place, size_t i, Text &faults) const {
  const LayoutTensor &tensor = place.module->tensors[i];
  Text name = place.nameOf(i);
  const Buffer *found = findTensor(name);
  bool isWanted = !tensor.isOptional || place.first >= 0;
  for (size_t other = 0; other < place.module->tensors.size(); ++other)
    isWanted |= place.module->tensors[other].isOptional && findTensor(place.nameOf(other));
  if (!found && isWanted)
    faults.appendFormat("\n  no '%s' of %s, expected %s", shown(name).c_str(), moduleName(*place.module).c_str(),
                        expected(tensor).c_str());
  if (found && !directionsOf(tensor, *found))
    faults.appendFormat("\n  '%s' of %s has the shape %s, expected %s", shown(name).c_str(),
                        moduleName(*place.module).c_str(), found->shape.str().c_str(), expected(tensor).c_str());
}

void LayoutFinder::addFaults(Search &search, Text &faults) {
  if (search.chosen != nowhere)
    return;
  const LayoutModule &module = *search.module;
  Text name = moduleName(module);
  if (countFree(search) > 1) {
    faults.appendFormat("\n  %s may be each of", name.c_str());
    for (size_t i = 0; i < search.candidates.size(); ++i)
      if (isFree(search, i))
        faults.appendFormat(" '%s'", shown(search.candidates[i].place.nameOf(0)).c_str());
    faults.append(": say which in a layout block of the model");
    search.isAmbiguous = true;
    return;
  }
  size_t best = nearest(search);
  // What is another part's, and would not fit this one, is no sign of where this one is.
  bool isOther = best != nowhere && isTaken(search, search.candidates[best]);
  if (best == nowhere || (isOther && !module.isPlaced && !search.candidates[best].fits)) {
    faults.appendFormat("\n  nothing is %s, which has", name.c_str());
    for (size_t i = 0; i < module.tensors.size(); ++i)
      faults.appendFormat("%s %s %s", i ? "," : "", module.tensors[i].name.c_str(),
                          expected(module.tensors[i]).c_str());
    return;
  }
  const Candidate &candidate = search.candidates[best];
  choose(search, best);
  if (isOther) {
    faults.appendFormat("\n  '%s' is %s, found that another part of the model is it too",
                        shown(candidate.place.nameOf(0)).c_str(), name.c_str());
    return;
  }
  for (size_t i = 0; i < module.tensors.size(); ++i)
    addFault(candidate.place, i, faults);
}

bool LayoutFinder::findUnnamed(List<Place> &places, Error &error) const {
  Text faults;
  size_t count = 0;
  for (const Search &search : searches) {
    Place place;
    place.module = search.module;
    place.first = static_cast<int64_t>(count);
    count += search.module->tensors.size();
    for (size_t i = 0; i < search.module->tensors.size(); ++i)
      addFault(place, i, faults);
    places.add(std::move(place));
  }
  for (size_t i = count; i < file.tensors.size(); ++i)
    faults.appendFormat("\n  'arr_%zu' is no part of the model", i);
  return faults.empty() || error.fail("the arrays, in the order of the program, do not fit layout '%s':%s",
                                      nameOf(layout), faults.c_str());
}

void LayoutFinder::addSuperfluous(Text &faults) const {
  for (size_t f = 0; f < file.tensors.size(); ++f) {
    const Text &name = file.tensors[f].name;
    int64_t uses = 0, wanted = 1;
    bool isOpen = false, isDirected = false;
    for (const Search &search : searches)
      for (size_t c = 0; c < search.candidates.size(); ++c)
        for (size_t i = 0; i < search.module->tensors.size(); ++i) {
          // Of several places all are spoken of already.
          bool isUse = search.chosen == c || (search.isAmbiguous && search.candidates[c].fits);
          if (!isUse || search.candidates[c].place.nameOf(i) != name)
            continue;
          ++uses;
          isOpen |= search.isAmbiguous;
          const LayoutTensor &tensor = search.module->tensors[i];
          isDirected |= tensor.hasDirections;
          if (tensor.hasDirections && directionsOf(tensor, file.tensors[f].value))
            wanted = file.tensors[f].value.shape.dim[0];
        }
    if (isIgnored[f])
      continue;
    if (uses == 0)
      faults.appendFormat("\n  '%s' %s is no part of the model", shown(name).c_str(),
                          file.tensors[f].value.shape.str().c_str());
    else if (uses < wanted)
      faults.appendFormat("\n  '%s' has %lld directions, expected 1: the model has a scan in one direction alone",
                          shown(name).c_str(), static_cast<long long>(wanted));
    else if (uses > wanted && isDirected && !isOpen)
      faults.appendFormat("\n  '%s' has 1 direction, expected 2: the model has scans in both", shown(name).c_str());
  }
}
