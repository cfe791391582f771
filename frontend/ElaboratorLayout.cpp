// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Layouts: what each use of a cell, and of a function with parameters, is in files of other frameworks.

#include "frontend/Elaborator.h"
#include "frontend/LayoutBuilder.h"

#include "llvm/ADT/StringExtras.h"

#include <set>

using namespace llvm;
using namespace rondo;

//===----------------------------------------------------------------------===//
// Functions with parameters
//===----------------------------------------------------------------------===//

// A vector or a whole tensor of one's own that is one of the file.
static void addWhole(LayoutModule &module, StringRef name, const Node &parameter) {
  const auto &shape = parameter.type.shape;
  LayoutPiece piece;
  piece.parameter = parameter.index;
  piece.tensor = module.tensors.size();
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  if (count > 1)
    piece.dimensions.push_back({count, 1, 1});
  module.tensors.push_back({name.str(), {shape.begin(), shape.end()}});
  module.pieces.push_back(piece);
}

// The weights of a product with vectors are one matrix of all of them; in Keras it has the outputs last.
static void addMatrix(LayoutModule &module, StringRef name, ArrayRef<Node *> weights, bool isTransposed) {
  int64_t rows = weights.front()->type.shape.front(), width = 0, at = 0;
  for (Node *weight : weights)
    width += weight->type.shape.back();
  for (Node *weight : weights) {
    int64_t columns = weight->type.shape.back();
    LayoutPiece piece;
    piece.parameter = weight->index;
    piece.tensor = module.tensors.size();
    piece.foreign = isTransposed ? at * rows : at;
    piece.dimensions = {{rows, columns, isTransposed ? 1 : width}, {columns, 1, isTransposed ? rows : 1}};
    module.pieces.push_back(piece);
    at += columns;
  }
  module.tensors.push_back({name.str(), {isTransposed ? width : rows, isTransposed ? rows : width}});
}

// A module of each layout, which `describe` fills.
void Elaborator::addModules(const std::string &path, StringRef kind,
                            function_ref<void(LayoutModule &module, unsigned layout)> describe) {
  if (!knownModules.insert(path).second) // an instance is used again
    return;
  for (auto [i, layout] : enumerate(layoutNames)) {
    LayoutModule module;
    module.layout = layout;
    module.path = path;
    module.kind = kind.str();
    describe(module, i);
    graph->info.modules.push_back(std::move(module));
  }
}

void Elaborator::addLinearModule(const std::string &path, ArrayRef<Node *> weights, Node *bias) {
  // Of other inputs than vectors no framework has it.
  if (any_of(weights, [](Node *weight) { return weight->type.shape.size() != 2; }))
    return;
  addModules(path, "linear", [&](LayoutModule &module, unsigned layout) {
    bool isKeras = layout == 1;
    addMatrix(module, isKeras ? "kernel" : "weight", weights, isKeras);
    if (bias)
      addWhole(module, "bias", *bias);
  });
}

void Elaborator::addEmbeddingModule(const std::string &path, Node *table) {
  addModules(path, "embedding", [&](LayoutModule &module, unsigned layout) {
    addWhole(module, layout == 1 ? "embeddings" : "weight", *table);
  });
}

void Elaborator::addNormModule(const std::string &path, Node *gain, Node *bias) {
  addModules(path, "layer_norm", [&](LayoutModule &module, unsigned layout) {
    addWhole(module, layout == 1 ? "gamma" : "weight", *gain);
    addWhole(module, layout == 1 ? "beta" : "bias", *bias);
  });
}

// PyTorch counts the batches beside, which nothing here depends on.
void Elaborator::addBatchNormModule(const std::string &path, ArrayRef<Node *> parts) {
  if (none_of(graph->info.ignored, [](const IgnoredNames &names) { return names.pattern == "*num_batches_tracked"; }))
    graph->info.ignored.push_back({"torch", "*num_batches_tracked"});
  addModules(path, "batch_norm", [&](LayoutModule &module, unsigned layout) {
    bool isKeras = layout == 1;
    const StringRef names[][2] = {
        {"weight", "gamma"}, {"bias", "beta"}, {"running_mean", "moving_mean"}, {"running_var", "moving_variance"}};
    for (auto [name, part] : zip(names, parts))
      addWhole(module, name[isKeras], *part);
  });
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

namespace rondo {

/// Goes through the lines of a block with the numbers of the current frame.
class LayoutReader {
public:
  LayoutReader(Elaborator &elaborator, LayoutBuilder &builder, const LayoutModule &module, size_t firstModule)
      : elaborator(elaborator), builder(builder), module(module), firstModule(firstModule),
        inModel(!elaborator.frame->cell) {}

  bool read(const std::vector<LayoutLine> &lines, const std::string &path) {
    return all_of(lines, [&](const LayoutLine &line) { return spend(line) && read(line, path); });
  }

  std::vector<size_t> parts; // of the cell's module

private:
  bool read(const LayoutLine &line, const std::string &path) {
    switch (line.kind) {
    case LayoutLine::Kind::Values:
      return readValues(line, joinPath(path, line.path.text));
    case LayoutLine::Kind::Place:
      return readPlace(line, joinPath(path, line.path.text));
    case LayoutLine::Kind::Optional:
      return all_of(line.terms, [&](const TensorTerm &term) { return builder.addOptional(term.tensor); });
    case LayoutLine::Kind::Ignore:
      return readIgnore(line);
    case LayoutLine::Kind::Repeat:
      return readRepeat(line, path);
    }
    return false;
  }

  bool spend(const LayoutLine &line) {
    if (elaborator.budget > 0 && --elaborator.budget > 0)
      return true;
    elaborator.error(line.loc) << "expected a smaller model, found one of more than 200000 operations";
    return false;
  }

  bool readRepeat(const LayoutLine &line, const std::string &path) {
    std::optional<int64_t> count = elaborator.evaluateInteger(*line.count);
    if (count && *count < 0) {
      elaborator.error(line.count->loc) << "expected a number of repetitions that is not negative, found " << *count;
      return false;
    }
    for (int64_t i = 0; count && i < *count; ++i) {
      if (!spend(line))
        return false;
      elaborator.entryOf(*line.counter).meaning = Number::ofInteger(i);
      if (!read(line.lines, joinPath(path, joinPath(line.counter->text, std::to_string(i)))))
        return false;
    }
    return count.has_value();
  }

  bool readIgnore(const LayoutLine &line) {
    if (line.terms.empty()) {
      std::optional<std::string> pattern = readPrefix(line.prefix);
      if (pattern)
        elaborator.graph->info.ignored.push_back({module.layout, *pattern});
      return pattern.has_value();
    }
    std::optional<TermRanges> term = readTerm(line.terms.front());
    return term && builder.addIgnored(*term);
  }

  bool readValues(const LayoutLine &line, const std::string &path) {
    auto found = elaborator.parameterNodes.find(path);
    if (found == elaborator.parameterNodes.end() || !found->second) {
      elaborator.error(line.path.loc) << "expected the path of a parameter before '=', found '" << line.path.text
                                      << "'";
      return false;
    }
    std::vector<PlaceRange> ranges;
    std::vector<TermRanges> terms;
    for (const Subscript &subscript : line.subscripts) {
      if (subscript.isDirection) {
        elaborator.error(subscript.loc) << "expected 'direction' only as the first place of a tensor";
        return false;
      }
      if (!readRange(subscript, ranges))
        return false;
    }
    for (const TensorTerm &term : line.terms) {
      std::optional<TermRanges> read = readTerm(term);
      if (!read)
        return false;
      terms.push_back(std::move(*read));
    }
    return builder.addValues(found->second->index, ranges, terms, line.loc);
  }

  std::optional<TermRanges> readTerm(const TensorTerm &term) {
    TermRanges result{&term, {}, false};
    for (auto [i, subscript] : enumerate(term.subscripts)) {
      bool isFirst = i == 0;
      if (subscript.isDirection && isFirst && module.layout == "onnx") {
        result.hasDirection = true;
        continue;
      }
      if (subscript.isDirection) {
        elaborator.error(subscript.loc) << "expected 'direction' only as the first place of a tensor in layout 'onnx'";
        return std::nullopt;
      }
      if (!readRange(subscript, result.ranges))
        return std::nullopt;
    }
    return result;
  }

  bool readRange(const Subscript &subscript, std::vector<PlaceRange> &ranges) {
    PlaceRange range{subscript.loc, subscript.isSlice, std::nullopt, std::nullopt};
    if (subscript.low && !(range.low = elaborator.evaluateInteger(*subscript.low)))
      return false;
    if (subscript.high && !(range.high = elaborator.evaluateInteger(*subscript.high)))
      return false;
    ranges.push_back(range);
    return true;
  }

  std::optional<std::string> readPrefix(const std::vector<PrefixPart> &parts) {
    std::string prefix;
    for (const PrefixPart &part : parts) {
      std::optional<int64_t> number;
      if (part.number && !(number = elaborator.evaluateInteger(*part.number)))
        return std::nullopt;
      prefix += number ? std::to_string(*number) : part.text.str();
    }
    return prefix;
  }

  // In a model the place is kept, in a cell the part becomes one of the cell's module.
  bool readPlace(const LayoutLine &line, const std::string &path) {
    std::optional<std::string> prefix = readPrefix(line.prefix);
    std::optional<int64_t> layer;
    if (!prefix || (line.layer && !(layer = elaborator.evaluateInteger(*line.layer))))
      return false;
    if (layer && (module.layout != "torch" || *layer < 0)) {
      elaborator.error(line.layer->loc) << "expected 'layer' with a number from 0 on in layout 'torch' alone";
      return false;
    }
    std::vector<LayoutModule> &modules = elaborator.graph->info.modules;
    for (size_t i = firstModule; i < modules.size(); ++i) {
      if (modules[i].layout != module.layout || modules[i].path != path)
        continue;
      if (is_contained(parts, i)) {
        elaborator.error(line.path.loc) << "expected one line for each part, found a second for '" << line.path.text
                                        << "'";
        return false;
      }
      parts.push_back(i);
      if (inModel) {
        modules[i].prefix = *prefix;
        modules[i].layer = layer;
        return true;
      }
      return builder.addPart(modules[i], *prefix, layer ? "_l" + std::to_string(*layer) : "", line.loc);
    }
    std::vector<std::string> known;
    for (const LayoutModule &other : ArrayRef(modules).drop_front(firstModule))
      if (other.layout == module.layout)
        known.push_back("'" + other.path + "'");
    elaborator.error(line.path.loc) << "expected a part with a layout '" << module.layout << "' before '<-'"
                                    << (known.empty() ? "" : " (" + join(known, ", ") + ")") << ", found '" << path
                                    << "'";
    return false;
  }

  Elaborator &elaborator;
  LayoutBuilder &builder;
  const LayoutModule &module;
  size_t firstModule;
  bool inModel;
};

} // namespace rondo

// Of the blocks of a layout the first one whose conditions hold.
const LayoutDecl *Elaborator::chooseLayout(const std::vector<LayoutDecl> &layouts, StringRef name) {
  for (const LayoutDecl &layout : layouts) {
    if (layout.name.text != name)
      continue;
    bool holds = all_of(layout.conditions, [&](const auto &condition) {
      std::optional<Number> lhs = evaluate(*condition.first), rhs = evaluate(*condition.second);
      return lhs && rhs && lhs->value == rhs->value;
    });
    if (holds)
      return &layout;
  }
  return nullptr;
}

// At the end of a cell: its parts since become parts of its own module, where it has a layout.
void Elaborator::finishLayouts(const CellDecl &cell, size_t firstParameter, size_t firstModule) {
  size_t end = graph->info.parameters.size();
  if (failed || frame->sharesParameters)
    return;
  if (end == firstParameter && !cell.layouts.empty())
    error(cell.layouts.front().name.loc) << "expected parameters in a cell with a layout, found none in '"
                                         << cell.name.text << "'";
  if (end == firstParameter)
    return;
  for (const char *name : layoutNames) {
    const LayoutDecl *layout = chooseLayout(cell.layouts, name);
    if (!layout)
      continue;
    LayoutModule module;
    module.layout = name;
    module.path = frame->path;
    module.kind = cell.name.text.str();
    module.isScan = frame->loops.size() == 1;
    module.isBackward = module.isScan && frame->loops.front().backward;
    LayoutBuilder builder(module, graph->info.parameters, [&](mlir::Location loc) { return error(loc); });
    LayoutReader reader(*this, builder, module, firstModule);
    if (!reader.read(layout->lines, frame->path) || !builder.finish(firstParameter, end, layout->name.loc))
      return;
    std::vector<LayoutModule> &modules = graph->info.modules;
    modules.erase(std::remove_if(modules.begin() + firstModule, modules.end(),
                                 [&](const LayoutModule &part) { return part.layout == name; }),
                  modules.end());
    modules.push_back(std::move(module));
  }
}

// Parts whose parameters the model's lines describe are no parts of the file.
bool Elaborator::replaceParts(const LayoutModule &own, const LayoutDecl &layout) {
  std::set<unsigned> described;
  for (const LayoutPiece &piece : own.pieces)
    described.insert(piece.parameter);
  bool ok = true;
  llvm::erase_if(graph->info.modules, [&](const LayoutModule &part) {
    auto isDescribed = [&](const LayoutPiece &piece) { return described.count(piece.parameter) > 0; };
    bool isOther = part.layout != own.layout || none_of(part.pieces, isDescribed);
    auto missing = find_if_not(part.pieces, isDescribed);
    if (isOther || missing == part.pieces.end())
      return !isOther;
    error(layout.name.loc) << "expected lines for all parameters of '" << part.path << "' or for none, found none for '"
                           << graph->info.parameters[missing->parameter].path << "'";
    ok = false;
    return false;
  });
  return ok;
}

// The model's own parameters, and where parts of it are in a file.
void Elaborator::finishLayouts(const ModelDecl &model) {
  if (failed)
    return;
  for (const char *name : layoutNames) {
    const LayoutDecl *layout = chooseLayout(model.layouts, name);
    if (!layout)
      continue;
    LayoutModule module;
    module.layout = name;
    module.kind = "model";
    module.prefix = "";
    LayoutBuilder builder(module, graph->info.parameters, [&](mlir::Location loc) { return error(loc); });
    LayoutReader reader(*this, builder, module, 0);
    if (!reader.read(layout->lines, "") || !builder.finish(0, 0, layout->name.loc))
      return;
    if (!replaceParts(module, *layout))
      return;
    if (!module.tensors.empty())
      graph->info.modules.push_back(std::move(module));
  }
}
