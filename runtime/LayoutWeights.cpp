// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Applies the pieces of layouts in both directions.
#include "runtime/LayoutWeights.h"

#include "runtime/Weights.h"

#include <cfloat>
#include <cmath>

using namespace rondo;

static bool isForeignReal(Type type) { return isReal(type) || type == Type::F16 || type == Type::BF16; }

static ShortText<1024> display(const Text &name) { return quoted(name.c_str(), name.size()); }

/// The module's slab of a file's tensor: all of it, or that of its direction. Null data where it is not there.
static Buffer slabOf(const TensorFile &file, const Place &place, size_t tensor) {
  const LayoutTensor &wanted = place.module->tensors[tensor];
  const Buffer *found = file.find(place.nameOf(tensor));
  if (!found)
    return Buffer();
  Buffer slab = *found;
  if (!wanted.hasDirections)
    return slab;
  bool isSecond = found->shape.dim[0] == 2 && place.module->isBackward;
  slab.shape = wanted.shape;
  slab.data = static_cast<char *>(slab.data) + (isSecond ? slab.bytes() : 0);
  return slab;
}

/// Whether the module has optional tensors, each one of its own, and the file none of them.
static bool isBare(const TensorFile &file, const Place &place) {
  bool isAny = false;
  for (size_t i = 0; i < place.module->tensors.size(); ++i) {
    const LayoutTensor &tensor = place.module->tensors[i];
    isAny |= tensor.isOptional;
    if (tensor.isOptional && (tensor.hasDirections || file.find(place.nameOf(i))))
      return false;
  }
  return isAny;
}

/// Whether its values can be taken: real, finite, and where they are added far from the type's largest.
static bool checkValues(const TensorFile &file, const Place &place, Type type, Error &error) {
  double largest = type == Type::F32 ? static_cast<double>(FLT_MAX) : DBL_MAX;
  for (size_t i = 0; i < place.module->tensors.size(); ++i) {
    Buffer slab = slabOf(file, place, i);
    Text name = place.nameOf(i);
    if (!slab.data)
      continue;
    if (!isForeignReal(slab.type))
      return error.fail("'%s' is %s, expected F32, F64, F16 or BF16", display(name).c_str(), fileNameOf(slab.type));
    if (int64_t at = firstNotFinite(slab, type); at >= 0)
      return error.fail("'%s' holds a value that is not finite in %s (element %lld)", display(name).c_str(),
                        nameOf(type), static_cast<long long>(at));
    for (const LayoutPiece &piece : place.module->pieces) {
      int64_t at = -1;
      bool isSmall = !piece.isSummed || piece.tensor != i || piece.each([&](int64_t, int64_t element) {
        at = element;
        return fabs(slab.get(element)) <= largest / 64;
      });
      if (!isSmall)
        return error.fail("'%s' holds a value that is too large to be added (element %lld)", display(name).c_str(),
                          static_cast<long long>(at));
    }
  }
  return true;
}

/// Sums are made of at most 64 terms.
static void applyPieces(const TensorFile &file, const Place &place, Parameters &parameters, Type type) {
  for (const LayoutPiece &piece : place.module->pieces) {
    Buffer from = slabOf(file, place, piece.tensor);
    Buffer to = parameters.values(parameters.model.parameters[piece.parameter], type);
    piece.each([&](int64_t own, int64_t foreign) {
      double value = from.data ? from.get(foreign) : 0;
      to.set(own, (piece.isFirst ? 0 : to.get(own)) + (piece.isNegative ? -value : value));
      return true;
    });
  }
}

bool rondo::takeForeign(const TensorFile &file, Layout layout, Parameters &parameters, Type type, WeightsInfo &info,
                        Error &error) {
  List<Place> places;
  if (!findPlaces(parameters.model, layout, file, places, error))
    return false;
  for (const Place &place : places)
    if (!checkValues(file, place, type, error))
      return false;
  if (!parameters.allocate(type, error))
    return false;
  for (Place &place : places) {
    place.isBare = isBare(file, place);
    applyPieces(file, place, parameters, type);
  }
  if (info.names)
    info.names->of[static_cast<int>(layout) - 1] = placesText(places);
  return true;
}

static bool isOwn(const TensorFile &file, const Model &model) {
  NamePrefix prefix = commonPrefix(file, model);
  for (const Parameter &parameter : model.parameters) {
    const Buffer *found = prefix.find(file, parameter.path);
    if (!found || found->shape != parameter.shape)
      return false;
  }
  return true;
}

/// Whether both layouts would take the same values: modules of one kind, of which ONNX says what PyTorch does.
static bool saysTheSame(const Model &model) {
  for (const LayoutModule &module : model.layouts.modules)
    if (module.layout == Layout::Onnx && module.kind != "linear" && module.kind != "embedding" &&
        module.kind != "layer_norm" && module.kind != "batch_norm")
      return false;
  return true;
}

bool rondo::detectLayout(const TensorFile &file, const Model &model, Layout &layout, Error &error) {
  if (isOwn(file, model)) {
    layout = Layout::Own;
    return true;
  }
  Text fitting, faults;
  layout = Layout::Own;
  for (Layout candidate : {Layout::Torch, Layout::Keras, Layout::Onnx}) {
    if (candidate == Layout::Onnx && layout == Layout::Torch && saysTheSame(model))
      continue;
    List<Place> places;
    Error fault;
    if (!findPlaces(model, candidate, file, places, fault)) {
      faults.appendFormat("\n%s", fault.message());
      continue;
    }
    fitting.appendFormat("%s'%s'", fitting.empty() ? "" : ", ", nameOf(candidate));
    layout = layout == Layout::Own ? candidate : Layout::Auto;
  }
  if (layout == Layout::Own)
    return error.fail("no layout fits the tensors, neither the model's own nor:%s", faults.c_str());
  return layout != Layout::Auto ||
         error.fail(
             "expected one layout that fits the tensors, found %s: name it by --layout, layout= or PREFIX_load_layout",
             fitting.c_str());
}

/// Whether a tensor of the file may be that of a module: its name has the other as a word, or as the beginning of one
/// that goes on with the number of a layer.
static bool mayBe(const Text &name, const Text &wanted, Layout layout) {
  const char *separators = layout == Layout::Keras ? "/" : layout == Layout::Onnx ? "./_" : ".";
  for (const char *at = name.c_str(); (at = strstr(at, wanted.c_str())); ++at) {
    char after = at[wanted.size()];
    if ((at == name.c_str() || strchr(separators, at[-1])) &&
        (!after || (after == '_' && at[wanted.size() + 1] == 'l')))
      return true;
  }
  return false;
}

static bool areOwnNames(const TensorFile &file, const Model &model) {
  NamePrefix prefix = commonPrefix(file, model);
  for (const Parameter &parameter : model.parameters)
    if (!prefix.find(file, parameter.path))
      return false;
  return !model.parameters.empty();
}

static bool areNamesOf(const TensorFile &file, const Model &model, Layout layout) {
  if (layout == Layout::Own)
    return areOwnNames(file, model);
  bool isAny = false;
  for (const LayoutModule &module : model.layouts.modules)
    for (const LayoutTensor &tensor : module.tensors) {
      if (module.layout != layout || tensor.isOptional)
        continue;
      bool isFound = false;
      for (const NamedTensor &found : file.tensors)
        isFound |= mayBe(found.name, tensor.name, layout) || (layout == Layout::Keras && found.name == "arr_0");
      if (!isFound)
        return false;
      isAny = true;
    }
  return isAny;
}

const char *rondo::otherLayoutOfNames(const TensorFile &file, const Model &model, Layout expected) {
  if (areNamesOf(file, model, expected))
    return nullptr;
  for (Layout layout : {Layout::Own, Layout::Torch, Layout::Keras, Layout::Onnx})
    if (areNamesOf(file, model, layout))
      return nameOf(layout);
  return nullptr;
}

Text rondo::placesText(const List<Place> &places) {
  Text text;
  for (const Place &place : places) {
    bool isPlain = !strpbrk(place.prefix.c_str(), "\t\n") && strlen(place.prefix.c_str()) == place.prefix.size();
    if (!isPlain)
      return Text();
    text.append(place.module->path);
    text.append('\t');
    if (place.first >= 0) {
      text.appendFormat("%lld\n", static_cast<long long>(place.first));
      continue;
    }
    text.append(place.prefix);
    text.append('\t');
    text.append(place.suffix);
    text.append(place.isBare ? "\t-\n" : "\n");
  }
  return text;
}

/// Finds the module's line; false where there is none.
static bool findPlace(const Text &text, Place &place) {
  const char *path = place.module->path.c_str();
  size_t length = place.module->path.size();
  for (const char *line = text.c_str(); *line;) {
    const char *end = strchr(line, '\n');
    const char *first = strchr(line, '\t');
    if (!end || !first || first > end)
      return false;
    const char *second = static_cast<const char *>(memchr(first + 1, '\t', static_cast<size_t>(end - first - 1)));
    if (static_cast<size_t>(first - line) == length && memcmp(line, path, length) == 0) {
      if (second) {
        place.prefix = Text(first + 1, static_cast<size_t>(second - first - 1));
        const char *third = static_cast<const char *>(memchr(second + 1, '\t', static_cast<size_t>(end - second - 1)));
        place.isBare = third != nullptr;
        place.suffix = Text(second + 1, static_cast<size_t>((third ? third : end) - second - 1));
        return true;
      }
      Text number(first + 1, static_cast<size_t>(end - first - 1));
      return parseSteps(number, place.first) && place.first < INT32_MAX;
    }
    line = end + 1;
  }
  return false;
}

NamedTensor *ForeignWeights::find(const Text &name) {
  for (NamedTensor &tensor : tensors)
    if (tensor.name == name)
      return &tensor;
  return nullptr;
}

/// Makes room for a module's tensor. A second direction makes the room of the first one twice as large.
bool ForeignWeights::add(const Place &place, size_t index, Type type, Error &error) {
  const LayoutTensor &wanted = place.module->tensors[index];
  Text name = place.nameOf(index);
  NamedTensor *found = find(name);
  bool isSecond = found && wanted.hasDirections && found->value.shape.dim[0] == 1 && place.module->isBackward &&
                  found->value.shape.from(1) == wanted.shape;
  if (found && !isSecond)
    return error.fail("expected one part of the model for each tensor, found '%s' a second time for '%s': say where "
                      "each is in a layout block of the model",
                      display(name).c_str(), place.module->path.c_str());
  if (!found) {
    found = &tensors.add();
    found->name = std::move(name);
    memory.add();
    uses.add();
  }
  size_t at = static_cast<size_t>(found - tensors.begin());
  ++uses[at];
  Buffer &value = found->value;
  value.type = type;
  value.shape = wanted.hasDirections ? wanted.shape.within(uses[at]) : wanted.shape;
  if (!memory[at].resize(value.bytes(), error))
    return false;
  value.data = memory[at].data();
  return true;
}

/// Whether the module's optional tensors would be zeros.
static bool isZero(const Parameters &parameters, Type type, const LayoutModule &module) {
  for (const LayoutPiece &piece : module.pieces) {
    Buffer from = parameters.valuesToRead(parameters.model.parameters[piece.parameter], type);
    bool isRead = piece.isFirst && module.tensors[piece.tensor].isOptional;
    if (isRead && !piece.each([&](int64_t own, int64_t) { return from.get(own) == 0; }))
      return false;
  }
  return true;
}

bool ForeignWeights::make(const Parameters &parameters, Type type, Layout layout, const WeightsInfo &info,
                          Error &error) {
  if (!checkLayout(parameters.model, layout, error))
    return false;
  for (const LayoutModule &module : parameters.model.layouts.modules) {
    if (module.layout != layout)
      continue;
    Place place;
    place.module = &module;
    if (!info.names || !findPlace(info.names->of[static_cast<int>(layout) - 1], place))
      place = ownPlace(module);
    bool isBare = place.isBare && isZero(parameters, type, module);
    for (size_t i = 0; i < module.tensors.size(); ++i)
      if (!(isBare && module.tensors[i].isOptional) && !add(place, i, type, error))
        return false;
    for (const LayoutPiece &piece : module.pieces) {
      if (!piece.isFirst || (isBare && module.tensors[piece.tensor].isOptional))
        continue;
      const LayoutTensor &tensor = module.tensors[piece.tensor];
      Buffer from = parameters.valuesToRead(parameters.model.parameters[piece.parameter], type);
      const Buffer &to = find(place.nameOf(piece.tensor))->value;
      bool isSecond = tensor.hasDirections && to.shape.dim[0] == 2;
      int64_t begin = isSecond ? tensor.shape.count() : 0;
      piece.each([&](int64_t own, int64_t foreign) {
        to.set(begin + foreign, piece.isNegative ? -from.get(own) : from.get(own));
        return true;
      });
    }
  }
  return true;
}
