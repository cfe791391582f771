// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the layouts. Their writer is the compiler, so an error here is a mismatch of versions.
#include "runtime/Layout.h"

#include "runtime/Json.h"
#include "runtime/Model.h"

using namespace rondo;

static constexpr const char *names[] = {"own", "torch", "keras", "onnx", "auto"};

const char *rondo::nameOf(Layout layout) { return names[static_cast<int>(layout)]; }

bool rondo::parseLayout(const char *text, const char *option, Layout &layout, Error &error, bool mayBeAuto) {
  layout = Layout::Own;
  for (int i = 0; i < (mayBeAuto ? 5 : 4) && text; ++i)
    if (strcmp(text, names[i]) == 0) {
      layout = static_cast<Layout>(i);
      return true;
    }
  return !text || error.fail("%s: expected torch, keras, onnx%s, found '%s'", option,
                             mayBeAuto ? ", own or auto" : " or own", quoted(text, strlen(text)).c_str());
}

static bool fail(Error &error) { return error.fail("model description: \"layouts\" is inconsistent"); }

static bool copyText(const Json *json, Text &text, Error &error) {
  if (!json || json->kind != Json::Kind::String)
    return fail(error);
  return text.append(json->string.c_str(), json->string.size(), error);
}

static bool readLayout(const Json &json, Layout &layout, Error &error) {
  const Json *name = json.find("layout");
  for (int i = 1; i <= foreignLayouts; ++i)
    if (name && name->string == names[i]) {
      layout = static_cast<Layout>(i);
      return true;
    }
  return fail(error);
}

static bool readTensor(const Json &json, LayoutTensor &tensor, Error &error) {
  const Json *shape = json.find("shape");
  if (!copyText(json.find("name"), tensor.name, error) || !shape)
    return fail(error);
  for (const Json &size : shape->items)
    if (!size.isInteger || size.integer < 1 || tensor.shape.rank >= Shape::maxRank - 1 ||
        !tensor.shape.add(size.integer))
      return fail(error);
  int64_t count;
  if (!multiplySizes(tensor.shape.dim, tensor.shape.rank, count))
    return fail(error);
  tensor.isOptional = json.find("optional") != nullptr;
  tensor.hasDirections = json.find("directions") != nullptr;
  return true;
}

/// Adds a dimension to the last element that the piece comes to; false where that is too large.
static bool extend(int64_t size, int64_t stride, int64_t &last) {
  int64_t step;
  return stride >= 0 && !__builtin_mul_overflow(size - 1, stride, &step) && !__builtin_add_overflow(last, step, &last);
}

/// As tools/compiler/LayoutDescription.cpp writes it.
static bool readPiece(const Json &json, const List<Parameter> &parameters, const LayoutModule &module,
                      LayoutPiece &piece, Error &error) {
  const List<Json> &numbers = json.items;
  size_t count = numbers.size();
  if (count < 5 || (count - 5) % 3 != 0 || (count - 5) / 3 > LayoutPiece::maxRank)
    return fail(error);
  for (const Json &number : numbers)
    if (!number.isInteger || number.integer < 0)
      return fail(error);
  piece.parameter = static_cast<size_t>(numbers[0].integer);
  piece.tensor = static_cast<size_t>(numbers[1].integer);
  if (piece.parameter >= parameters.size() || piece.tensor >= module.tensors.size())
    return fail(error);
  piece.isNegative = numbers[2].integer & 1;
  piece.isSummed = numbers[2].integer & 2;
  piece.isFirst = !(numbers[2].integer & 4);
  piece.own = numbers[3].integer;
  piece.foreign = numbers[4].integer;
  int64_t lastOwn = piece.own, lastForeign = piece.foreign;
  for (size_t i = 5; i < count; i += 3) {
    int dim = piece.rank++;
    piece.size[dim] = numbers[i].integer;
    piece.ownStride[dim] = numbers[i + 1].integer;
    piece.foreignStride[dim] = numbers[i + 2].integer;
    if (piece.size[dim] < 1 || !extend(piece.size[dim], piece.ownStride[dim], lastOwn) ||
        !extend(piece.size[dim], piece.foreignStride[dim], lastForeign))
      return fail(error);
  }
  return (lastOwn < parameters[piece.parameter].shape.count() &&
          lastForeign < module.tensors[piece.tensor].shape.count()) ||
         fail(error);
}

static bool readModule(const Json &json, const List<Parameter> &parameters, LayoutModule &module, Error &error) {
  const Json *scan = json.find("scan"), *prefix = json.find("prefix"), *layer = json.find("layer");
  const Json *tensors = json.find("tensors"), *pieces = json.find("pieces");
  if (!readLayout(json, module.layout, error) || !copyText(json.find("path"), module.path, error) ||
      !copyText(json.find("kind"), module.kind, error) || !tensors || !pieces)
    return fail(error);
  module.isScan = scan != nullptr;
  module.isBackward = scan && scan->string == "backward";
  module.isPlaced = prefix != nullptr;
  if (prefix && !copyText(prefix, module.prefix, error))
    return false;
  if (layer)
    module.layer = layer->integer;
  for (const Json &item : tensors->items) {
    LayoutTensor *tensor = module.tensors.add(LayoutTensor(), error);
    if (!tensor || !readTensor(item, *tensor, error))
      return false;
  }
  for (const Json &item : pieces->items) {
    LayoutPiece *piece = module.pieces.add(LayoutPiece(), error);
    if (!piece || !readPiece(item, parameters, module, *piece, error))
      return false;
  }
  return true;
}

bool Layouts::read(const Json &json, const List<Parameter> &parameters, Error &error) {
  isTooLarge = json.find("too_large") != nullptr;
  if (isTooLarge)
    return true;
  const Json *all = json.find("modules"), *patterns = json.find("ignored");
  if (!all || !patterns)
    return fail(error);
  for (const Json &item : all->items) {
    LayoutModule *module = modules.add(LayoutModule(), error);
    if (!module || !readModule(item, parameters, *module, error))
      return false;
  }
  for (const Json &item : patterns->items) {
    IgnoredNames *names = ignored.add(IgnoredNames(), error);
    if (!names || !readLayout(item, names->layout, error) || !copyText(item.find("pattern"), names->pattern, error))
      return false;
  }
  return true;
}

/// Whether the text fits the pattern: where it does not go on, the last * takes one more.
static bool fits(const char *text, const char *pattern) {
  const char *star = nullptr, *taken = nullptr;
  while (*text) {
    if (*pattern == '*') {
      star = ++pattern;
      taken = text;
    } else if (*pattern == *text) {
      ++pattern;
      ++text;
    } else if (star) {
      pattern = star;
      text = ++taken;
    } else {
      return false;
    }
  }
  while (*pattern == '*')
    ++pattern;
  return *pattern == 0;
}

bool Layouts::ignores(Layout layout, const Text &name) const {
  for (const IgnoredNames &names : ignored)
    if (names.layout == layout && fits(name.c_str(), names.pattern.c_str()))
      return true;
  return false;
}
