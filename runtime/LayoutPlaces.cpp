// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Places: candidates by names, and those that fit by shapes.
#include "runtime/LayoutFinder.h"

#include "runtime/LayoutWeights.h"

using namespace rondo;

static bool isSeparator(Layout layout, char c) {
  return layout == Layout::Keras ? c == '/' : c == '.' || (layout == Layout::Onnx && (c == '/' || c == '_'));
}

static bool endsWith(const Text &text, const Text &end) {
  return text.size() >= end.size() && strcmp(text.c_str() + text.size() - end.size(), end.c_str()) == 0;
}

static Text part(const Text &text, size_t begin, size_t end) { return Text(text.c_str() + begin, end - begin); }

/// Whether a module's names may end so. `""`, `_l0`, `_l0_reverse`: the latter of a scan backward, which is there too
/// where there are layers at all.
static bool isSuffix(const LayoutModule &module, const char *suffix) {
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

int64_t rondo::directionsOf(const LayoutTensor &tensor, const Buffer &found) {
  if (!tensor.hasDirections)
    return found.shape == tensor.shape;
  bool fits = found.shape.rank > 0 && found.shape.from(1) == tensor.shape;
  return fits && (found.shape.dim[0] == 1 || found.shape.dim[0] == 2) ? found.shape.dim[0] : 0;
}

static bool isLess(const Text &a, const Text &b) {
  size_t common = a.size() < b.size() ? a.size() : b.size();
  int order = memcmp(a.c_str(), b.c_str(), common);
  return order < 0 || (order == 0 && a.size() < b.size());
}

LayoutFinder::LayoutFinder(const Model &model, Layout layout, const TensorFile &file)
    : layout(layout), model(model), file(file) {
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

bool LayoutFinder::find(List<Place> &places, Error &error) {
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
  if (!faults.empty()) {
    const char *other = otherLayoutOfNames(file, model, layout);
    return error.fail("the tensors do not fit layout '%s'%s%s%s:%s", nameOf(layout),
                      other ? ", found names of layout '" : "", other ? other : "", other ? "'" : "", faults.c_str());
  }
  for (const Search &search : searches)
    places.add(search.candidates[search.chosen].place);
  return true;
}

size_t LayoutFinder::lowerBound(const Text &name) const {
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

const Buffer *LayoutFinder::findTensor(const Text &name) const {
  size_t at = lowerBound(name);
  bool isFound = at < byName.size() && file.tensors[byName[at]].name == name;
  return isFound ? &file.tensors[byName[at]].value : nullptr;
}

bool LayoutFinder::isUnnamed() const {
  for (size_t i = 0; i < file.tensors.size(); ++i)
    if (!file.find(Text::format("arr_%zu", i)))
      return false;
  return !file.tensors.empty();
}

void LayoutFinder::identify(Candidate &candidate) {
  for (candidate.known = 0; candidate.known < known.size(); ++candidate.known)
    if (known[candidate.known].place == candidate.place)
      return;
  known.add().place = candidate.place;
}

void LayoutFinder::addCandidates(Search &search) {
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

void LayoutFinder::addCandidate(Search &search, const Text &name, size_t begin, size_t end) {
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

void LayoutFinder::rate(Candidate &candidate) const {
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

bool LayoutFinder::hasOther(const Place &place) const {
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

bool LayoutFinder::isOfPlacedValues(const Text &name) const {
  for (const Search &search : searches)
    for (const LayoutTensor &tensor : search.module->tensors)
      if (search.module->path.empty() && tensor.name == name)
        return true;
  return false;
}

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
  return checkLayout(model, layout, error) && LayoutFinder(model, layout, file).find(places, error);
}
