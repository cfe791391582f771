// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Places: candidates by names, those that fit by shapes, and the choice.
#include "runtime/LayoutPlaces.h"

using namespace rondo;

namespace {

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

bool isSeparator(Layout layout, char c) {
  return layout == Layout::Keras ? c == '/' : c == '.' || (layout == Layout::Onnx && (c == '/' || c == '_'));
}

bool startsWith(const Text &text, const Text &start) {
  return text.size() >= start.size() && memcmp(text.c_str(), start.c_str(), start.size()) == 0;
}

bool endsWith(const Text &text, const Text &end) {
  return text.size() >= end.size() && strcmp(text.c_str() + text.size() - end.size(), end.c_str()) == 0;
}

Text part(const Text &text, size_t begin, size_t end) { return Text(text.c_str() + begin, end - begin); }

/// Whether a module's names may end so. `""`, `_l0`, `_l0_reverse`: the latter of a scan backward, which is there too
/// where there are layers at all.
bool isSuffix(const LayoutModule &module, const char *suffix) {
  if (!*suffix)
    return module.layer < 0;
  if (module.layout != Layout::Torch || suffix[0] != '_' || suffix[1] != 'l')
    return false;
  const char *digits = suffix + 2, *end = digits;
  int64_t layer = 0;
  for (; *end >= '0' && *end <= '9' && end - digits < 9; ++end)
    layer = layer * 10 + (*end - '0');
  if (end == digits || (module.layer >= 0 && module.layer != layer))
    return false;
  bool isReverse = strcmp(end, "_reverse") == 0;
  if (!isReverse && *end)
    return false;
  // A layer that the program names may be one of its own, of which nothing is called reverse.
  return isReverse ? module.isBackward : !module.isBackward || module.layer >= 0;
}

/// How many directions the file's tensor has more than the module's, or 0 where it does not fit.
int64_t directionsOf(const LayoutTensor &tensor, const Buffer &found) {
  if (!tensor.hasDirections)
    return found.shape == tensor.shape;
  bool fits = found.shape.rank > 0 && found.shape.from(1) == tensor.shape;
  return fits && (found.shape.dim[0] == 1 || found.shape.dim[0] == 2) ? found.shape.dim[0] : 0;
}

class Finder {
public:
  Finder(const Model &model, Layout layout, const TensorFile &file) : layout(layout), file(file) {
    for (const LayoutModule &module : model.layouts.modules)
      if (module.layout == layout)
        searches.add().module = &module;
    for (const NamedTensor &tensor : file.tensors)
      isIgnored.add(model.layouts.ignores(layout, tensor.name));
    for (size_t i = 0; i < file.tensors.size(); ++i)
      if (!isIgnored[i])
        byName.add(i);
    sortItems(byName, [&](size_t a, size_t b) { return isLess(file.tensors[a].name, file.tensors[b].name); });
  }

  bool find(List<Place> &places, Error &error) {
    if (layout == Layout::Keras && isUnnamed())
      return findUnnamed(places, error);
    for (Search &search : searches)
      addCandidates(search);
    while (chooseOnly() || chooseNamed() || chooseSeries())
      ;
    Text faults;
    for (Search &search : searches)
      addFaults(search, faults);
    addSuperfluous(faults);
    if (!faults.empty())
      return error.fail("the tensors do not fit layout '%s':%s", nameOf(layout), faults.c_str());
    for (const Search &search : searches)
      places.add(search.candidates[search.chosen].place);
    return true;
  }

private:
  static bool isLess(const Text &a, const Text &b) {
    size_t common = a.size() < b.size() ? a.size() : b.size();
    int order = memcmp(a.c_str(), b.c_str(), common);
    return order < 0 || (order == 0 && a.size() < b.size());
  }

  /// The first of the names, by their order, that is not less.
  size_t lowerBound(const Text &name) const {
    size_t low = 0, high = byName.size();
    while (low < high) {
      size_t middle = (low + high) / 2;
      if (isLess(file.tensors[byName[middle]].name, name))
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

  const Buffer *findTensor(const Text &name) const {
    size_t at = lowerBound(name);
    bool isFound = at < byName.size() && file.tensors[byName[at]].name == name;
    return isFound ? &file.tensors[byName[at]].value : nullptr;
  }

  /// Whether the file is of arrays that numpy.savez gave names, arr_0, arr_1, ...
  bool isUnnamed() const {
    for (size_t i = 0; i < file.tensors.size(); ++i)
      if (!file.find(Text::format("arr_%zu", i)))
        return false;
    return !file.tensors.empty();
  }

  /// All tensors of all modules, in the program's order.
  bool findUnnamed(List<Place> &places, Error &error) const {
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

  void identify(Candidate &candidate) {
    for (candidate.known = 0; candidate.known < known.size(); ++candidate.known)
      if (known[candidate.known].place == candidate.place)
        return;
    known.add().place = candidate.place;
  }

  void addCandidates(Search &search) {
    const LayoutModule &module = *search.module;
    for (size_t f = 0; f < file.tensors.size(); ++f)
      for (size_t t = 0; t < module.tensors.size() && !isIgnored[f]; ++t) {
        const Text &name = file.tensors[f].name, &wanted = module.tensors[t].name;
        for (size_t at = 0; at + wanted.size() <= name.size(); ++at)
          if (memcmp(name.c_str() + at, wanted.c_str(), wanted.size()) == 0)
            addCandidate(search, name, at, at + wanted.size());
      }
    if (search.candidates.empty() && module.isPlaced) {
      Candidate candidate;
      candidate.place = ownPlace(module);
      identify(candidate);
      rate(candidate);
      search.candidates.add(std::move(candidate));
    }
  }

  /// Of a tensor whose name has that of one of the module's from `begin` to `end`.
  void addCandidate(Search &search, const Text &name, size_t begin, size_t end) {
    const LayoutModule &module = *search.module;
    bool isWord = begin == 0 || isSeparator(layout, name.c_str()[begin - 1]);
    if (!isWord || !isSuffix(module, name.c_str() + end))
      return;
    Candidate candidate;
    candidate.place.module = &module;
    candidate.place.prefix = part(name, 0, begin);
    candidate.place.suffix = part(name, end, name.size());
    size_t prefixSize = begin == 0 ? 0 : begin - 1;
    if (module.isPlaced && part(name, 0, prefixSize) != module.prefix)
      return;
    identify(candidate);
    for (const Candidate &other : search.candidates)
      if (other.known == candidate.known)
        return;
    rate(candidate);
    search.candidates.add(std::move(candidate));
  }

  void rate(Candidate &candidate) const {
    const LayoutModule &module = *candidate.place.module;
    int64_t directions = 0;
    size_t optional = 0, optionalFound = 0;
    bool fits = true;
    for (size_t i = 0; i < module.tensors.size(); ++i) {
      const LayoutTensor &tensor = module.tensors[i];
      const Buffer *found = findTensor(candidate.place.nameOf(i));
      optional += tensor.isOptional;
      if (!found) {
        fits &= tensor.isOptional;
        continue;
      }
      optionalFound += tensor.isOptional;
      ++candidate.named;
      int64_t count = directionsOf(tensor, *found);
      candidate.shaped += count > 0;
      fits &= count > 0 && (!tensor.hasDirections || directions == 0 || directions == count);
      directions = tensor.hasDirections ? count : directions;
    }
    candidate.directions = directions;
    candidate.fits = fits && (optionalFound == 0 || optionalFound == optional) && !hasOther(candidate.place);
  }

  /// Whether a tensor stands beside the module's that is none of them.
  bool hasOther(const Place &place) const {
    for (size_t at = lowerBound(place.prefix); at < byName.size(); ++at) {
      const Text &name = file.tensors[byName[at]].name;
      if (!startsWith(name, place.prefix))
        break;
      bool isBeside = endsWith(name, place.suffix) && name.size() > place.prefix.size() + place.suffix.size();
      size_t end = name.size() - place.suffix.size();
      for (size_t i = place.prefix.size(); isBeside && i < end; ++i)
        isBeside = !isSeparator(layout, name.c_str()[i]);
      // What has a layer is beside other layers.
      for (size_t i = place.prefix.size(); isBeside && place.suffix.empty() && i + 2 < end; ++i)
        isBeside = layout != Layout::Torch || memcmp(name.c_str() + i, "_l", 2) != 0 || name.c_str()[i + 2] < '0' ||
                   name.c_str()[i + 2] > '9';
      for (size_t t = 0; isBeside && t < place.module->tensors.size(); ++t)
        isBeside = place.nameOf(t) != name;
      if (isBeside && !isOfPlacedValues(name))
        return true;
    }
    return false;
  }

  /// Whether it is one of those that the model itself names.
  bool isOfPlacedValues(const Text &name) const {
    for (const Search &search : searches)
      for (const LayoutTensor &tensor : search.module->tensors)
        if (search.module->path.empty() && tensor.name == name)
          return true;
    return false;
  }

  /// Whether another module has the place. Two directions may share theirs.
  bool isTaken(const Search &search, const Candidate &candidate) const {
    bool shares = candidate.directions == 2;
    for (const LayoutTensor &tensor : search.module->tensors)
      shares &= tensor.hasDirections;
    const bool *taken = known[candidate.known].isTaken;
    bool isOwn = search.chosen != nowhere && search.candidates[search.chosen].known == candidate.known;
    return !isOwn && (taken[search.module->isBackward] || (!shares && taken[!search.module->isBackward]));
  }

  void choose(Search &search, size_t candidate) {
    search.chosen = candidate;
    known[search.candidates[candidate].known].isTaken[search.module->isBackward] = true;
  }

  bool isFree(const Search &search, size_t i) const {
    return search.candidates[i].fits && !isTaken(search, search.candidates[i]);
  }
  size_t countFree(const Search &search) const {
    size_t count = 0;
    for (size_t i = 0; i < search.candidates.size(); ++i)
      count += isFree(search, i);
    return count;
  }

  /// Each of these makes a choice that the one before leaves open; true where it has made one.
  bool chooseOnly() {
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

  /// By the module's path, which the prefix is.
  bool chooseNamed() {
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

  /// As many modules as places, all of which fit all of them, and names that differ in one number.
  bool chooseSeries() {
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

  bool haveSame(const Search &a, const Search &b) const {
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

  static bool takeNumber(const char *&text, int64_t &number) {
    const char *begin = text;
    for (number = 0; *text >= '0' && *text <= '9' && text - begin < 9; ++text)
      number = number * 10 + (*text - '0');
    return text != begin;
  }

  /// What is wrong with the module, or with the place that comes nearest.
  void addFaults(Search &search, Text &faults) {
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

  size_t nearest(const Search &search) const {
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

  /// What is wrong with one tensor of a module at that place.
  void addFault(const Place &place, size_t i, Text &faults) const {
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

  static ShortText<1024> shown(const Text &name) { return quoted(name.c_str(), name.size()); }
  static Text moduleName(const LayoutModule &module) {
    return module.path.empty() ? Text("the model")
                               : Text::format("'%s' (%s)", module.path.c_str(), module.kind.c_str());
  }

  /// Tensors that no module has chosen.
  void addSuperfluous(Text &faults) const {
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

  Layout layout;
  const TensorFile &file;
  List<Search> searches;
  List<bool> isIgnored;
  /// The tensors that are not, by their names.
  List<size_t> byName;
  /// All places of candidates, and which directions are taken there.
  List<KnownPlace> known;
};

} // namespace

Text Place::nameOf(size_t tensor) const {
  if (first >= 0)
    return Text::format("arr_%lld", static_cast<long long>(first) + static_cast<long long>(tensor));
  Text name = prefix;
  name.append(module->tensors[tensor].name);
  name.append(suffix);
  return name;
}

Place rondo::ownPlace(const LayoutModule &module) {
  Place place;
  place.module = &module;
  place.prefix = module.isPlaced ? module.prefix : module.path;
  if (!place.prefix.empty())
    place.prefix.append(module.layout == Layout::Keras ? '/' : '.');
  int64_t layer = module.layer >= 0 ? module.layer : module.isScan ? 0 : -1;
  if (layer >= 0 && module.layout == Layout::Torch)
    place.suffix = Text::format("_l%lld%s", static_cast<long long>(layer), module.isBackward ? "_reverse" : "");
  return place;
}

bool rondo::checkLayout(const Model &model, Layout layout, Error &error) {
  if (model.layouts.isTooLarge)
    return error.fail("the model '%s' has too many parts for a layout, expected at most some thousands",
                      model.name.c_str());
  Text missing;
  for (size_t i = 0; i < model.parameters.size(); ++i) {
    bool isDescribed = false;
    for (const LayoutModule &module : model.layouts.modules)
      for (const LayoutPiece &piece : module.pieces)
        isDescribed |= module.layout == layout && piece.parameter == i;
    if (!isDescribed)
      missing.appendFormat("%s '%s'", missing.empty() ? "" : ",", model.parameters[i].path.c_str());
  }
  return missing.empty() || error.fail("layout '%s' of the model '%s' does not say what its parameters are:%s",
                                       nameOf(layout), model.name.c_str(), missing.c_str());
}

bool rondo::findPlaces(const Model &model, Layout layout, const TensorFile &file, List<Place> &places, Error &error) {
  // Names are compared with all others.
  constexpr size_t most = 8192;
  if (file.tensors.size() > most)
    return error.fail("has %zu tensors, expected at most %zu", file.tensors.size(), most);
  return checkLayout(model, layout, error) && Finder(model, layout, file).find(places, error);
}
