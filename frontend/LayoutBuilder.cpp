// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "frontend/LayoutBuilder.h"

#include "frontend/Elaborator.h"

#include "llvm/Support/CheckedArithmetic.h"

#include <numeric>

using namespace llvm;
using namespace rondo;

// Bounds the work of comparing them all.
static constexpr size_t maximalPieces = 4096;

// The most elements of a tensor that several parameters are parts of.
static constexpr int64_t maximalForeign = int64_t(1) << 60;

// The runtime adds without overflow.
static constexpr size_t maximalTerms = 64;

std::string rondo::joinForeign(StringRef layout, StringRef prefix, StringRef name) {
  if (prefix.empty() || name.empty())
    return (prefix + name).str();
  return (prefix + (layout == "keras" ? "/" : ".") + name).str();
}

static int64_t elementsOf(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
}

static std::vector<int64_t> stridesOf(ArrayRef<int64_t> shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t d = shape.size(); d-- > 1;)
    strides[d - 1] = strides[d] * shape[d];
  return strides;
}

unsigned LayoutBuilder::tensorNamed(StringRef name) {
  auto found = find_if(module.tensors, [&](const ForeignTensor &tensor) { return tensor.name == name; });
  unsigned index = found - module.tensors.begin();
  if (found != module.tensors.end())
    return index;
  module.tensors.emplace_back();
  module.tensors.back().name = name.str();
  isOfPart.push_back(false);
  directionKnown.push_back(false);
  return index;
}

bool LayoutBuilder::checkDirection(unsigned tensor, bool hasDirection, mlir::Location loc) {
  if (directionKnown[tensor] && module.tensors[tensor].hasDirections != hasDirection) {
    error(loc) << "expected 'direction' as the first place of '" << module.tensors[tensor].name
               << "' everywhere or nowhere";
    return false;
  }
  directionKnown[tensor] = true;
  module.tensors[tensor].hasDirections = hasDirection;
  return true;
}

bool LayoutBuilder::addValues(unsigned parameter, ArrayRef<PlaceRange> ranges, ArrayRef<TermRanges> terms,
                              mlir::Location loc) {
  const ParameterInfo &info = parameters[parameter];
  if (terms.size() > maximalTerms) {
    error(loc) << "expected at most " << maximalTerms << " tensors in a sum, found " << terms.size();
    return false;
  }
  if (ranges.size() > info.shape.size()) {
    error(ranges[info.shape.size()].loc) << "expected at most " << info.shape.size() << " places of '" << info.path
                                         << "' " << spellShape(info.shape) << ", found " << ranges.size();
    return false;
  }
  Box box{loc, {}, {}};
  std::vector<int64_t> strides = stridesOf(info.shape);
  Reference like{loc, 0, {}};
  for (auto [d, size] : enumerate(info.shape)) {
    int64_t low = 0, high = size;
    if (d < ranges.size()) {
      low = ranges[d].low.value_or(0);
      high = ranges[d].isSlice ? ranges[d].high.value_or(size) : -1;
      if (low < 0 || low >= high || high > size) {
        error(ranges[d].loc) << "expected a slice a:b of '" << info.path << "' with 0 <= a < b <= " << size;
        return false;
      }
    }
    box.low.push_back(low);
    box.size.push_back(high - low);
    like.piece.own += low * strides[d];
  }
  like.piece.parameter = parameter;
  like.piece.isSummed = terms.size() > 1;
  like.sizes = box.size;
  boxes[parameter].push_back(std::move(box));
  for (auto [i, term] : enumerate(terms)) {
    like.piece.isFirst = i == 0;
    if (!addTerm(term, like))
      return false;
  }
  return true;
}

// `like` says what it is of the parameter.
bool LayoutBuilder::addTerm(const TermRanges &ranges, const Reference &like) {
  const TensorTerm &term = *ranges.term;
  mlir::Location loc = term.tensor.loc;
  StringRef path = parameters[like.piece.parameter].path;
  Reference reference = like;
  reference.loc = loc;
  reference.tensor = tensorNamed(term.tensor.text);
  reference.piece.isNegative = term.isNegative;
  if (!checkDirection(reference.tensor, ranges.hasDirection, loc))
    return false;
  size_t own = like.sizes.size();
  size_t rank = own + count_if(ranges.ranges, [](const PlaceRange &range) { return !range.isSlice; });
  if (ranges.ranges.size() > rank || (term.isTransposed && own < 2)) {
    error(loc) << "expected "
               << (term.isTransposed && own < 2 ? "a matrix to transpose" : "no more slices than dimensions")
               << " for '" << path << "' of shape " << spellShape(parameters[like.piece.parameter].shape);
    return false;
  }
  for (unsigned d = 0; d < rank; ++d) {
    bool isIndex = d < ranges.ranges.size() && !ranges.ranges[d].isSlice;
    if (!isIndex)
      reference.foreignOf.push_back(d);
  }
  if (term.isTransposed)
    std::swap(reference.foreignOf[own - 1], reference.foreignOf[own - 2]);
  reference.dims.assign(rank, {0, 1, false});
  for (auto [k, d] : enumerate(reference.foreignOf))
    reference.dims[d] = {0, like.sizes[k], true};
  for (auto [d, range] : enumerate(ranges.ranges)) {
    Dim &dim = reference.dims[d];
    dim.isWhole = range.isSlice && !range.low && !range.high;
    dim.low = range.low.value_or(0);
    bool isInside = dim.low >= 0 && dim.low <= maximalElements;
    if (isInside && (!range.isSlice || !range.high || *range.high == dim.low + dim.size))
      continue;
    auto diagnostic = error(range.loc) << "expected " << dim.size << (dim.size == 1 ? " place" : " places") << " of '"
                                       << term.tensor.text << "' from 0 on, as many as '" << path
                                       << "' has here, found " << dim.low;
    if (range.isSlice)
      diagnostic << ":" << (range.high ? std::to_string(*range.high) : "");
    return false;
  }
  references.push_back(std::move(reference));
  return true;
}

bool LayoutBuilder::addIgnored(const TermRanges &ranges) {
  Reference reference{ranges.term->tensor.loc, tensorNamed(ranges.term->tensor.text), {}};
  reference.isIgnored = true;
  for (const PlaceRange &range : ranges.ranges) {
    bool isWhole = range.isSlice && !range.low && !range.high;
    int64_t low = range.low.value_or(0), high = range.isSlice ? range.high.value_or(-1) : low + 1;
    if (!isWhole && (low < 0 || high <= low || high > maximalElements)) {
      error(range.loc) << "expected a slice a:b with 0 <= a < b of what is ignored";
      return false;
    }
    reference.dims.push_back({low, isWhole ? -1 : high - low, isWhole});
  }
  if (!checkDirection(reference.tensor, ranges.hasDirection, reference.loc))
    return false;
  references.push_back(std::move(reference));
  return true;
}

bool LayoutBuilder::addOptional(const LayoutName &name) {
  auto found = find_if(module.tensors, [&](const ForeignTensor &tensor) { return tensor.name == name.text; });
  if (found == module.tensors.end()) {
    error(name.loc) << "expected a tensor that a line before names after 'optional', found '" << name.text << "'";
    return false;
  }
  found->isOptional = true;
  return true;
}

bool LayoutBuilder::addPart(const LayoutModule &part, StringRef prefix, StringRef suffix, mlir::Location loc) {
  unsigned offset = module.tensors.size();
  for (const ForeignTensor &tensor : part.tensors) {
    std::string name = joinForeign(part.layout, prefix, tensor.name) + suffix.str();
    if (any_of(module.tensors, [&](const ForeignTensor &other) { return other.name == name; })) {
      error(loc) << "expected each tensor of the file in one part, found '" << name << "' a second time";
      return false;
    }
    module.tensors.push_back(tensor);
    module.tensors.back().name = name;
    isOfPart.push_back(true);
    directionKnown.push_back(true);
  }
  for (LayoutPiece piece : part.pieces) {
    piece.tensor += offset;
    partParameters[piece.parameter] = true;
    module.pieces.push_back(std::move(piece));
  }
  return true;
}

// From all that is said of the tensor.
bool LayoutBuilder::findShape(unsigned tensor) {
  std::vector<int64_t> &shape = module.tensors[tensor].shape;
  const std::string &name = module.tensors[tensor].name;
  std::vector<Reference *> all;
  for (Reference &reference : references)
    if (reference.tensor == tensor)
      all.push_back(&reference);
  size_t rank = 0;
  for (const Reference *reference : all)
    rank = std::max(rank, reference->dims.size());
  if (rank > maximalRank) {
    error(all.front()->loc) << "expected a tensor of at most " << maximalRank << " dimensions, found '" << name
                            << "' of " << rank;
    return false;
  }
  std::vector<int64_t> most(rank, 0), whole(rank, -1);
  for (Reference *reference : all) {
    if (reference->isIgnored)
      reference->dims.resize(rank, {0, -1, true});
    if (reference->dims.size() != rank) {
      auto diagnostic = error(reference->loc) << "expected '" << name << "' of " << rank << " dimensions, found it of "
                                              << reference->dims.size();
      diagnostic.attachNote(all.front()->loc) << "the tensor is used here first";
      return false;
    }
    for (auto [d, dim] : enumerate(reference->dims)) {
      most[d] = std::max(most[d], dim.isWhole ? 0 : dim.low + dim.size);
      if (!dim.isWhole || dim.size < 0)
        continue;
      if (whole[d] >= 0 && whole[d] != dim.size) {
        auto diagnostic = error(reference->loc) << "expected '" << name << "' with " << whole[d] << " in dimension "
                                                << d << ", found it with " << dim.size;
        diagnostic.attachNote(all.front()->loc) << "the tensor is used here first";
        return false;
      }
      whole[d] = dim.size;
    }
  }
  for (size_t d = 0; d < rank; ++d) {
    int64_t size = whole[d] >= 0 ? whole[d] : most[d];
    if (size < most[d] || size == 0) {
      error(all.front()->loc) << "expected '" << name << "' with "
                              << (size ? "at least " + std::to_string(most[d]) : "a size") << " in dimension " << d
                              << ", found " << (size ? "it whole with " + std::to_string(size) : "none");
      return false;
    }
    shape.push_back(size);
  }
  int64_t elements = 1;
  for (int64_t size : shape)
    if (MulOverflow(elements, size, elements) || elements > maximalForeign) {
      error(all.front()->loc) << "expected '" << name << "' of at most " << maximalForeign << " elements, found more";
      return false;
    }
  std::vector<Box> covered;
  for (Reference *reference : all) {
    Box box{reference->loc, {}, {}};
    for (auto [dim, size] : zip(reference->dims, shape)) {
      box.low.push_back(dim.low);
      box.size.push_back(dim.size < 0 ? size : dim.size);
    }
    covered.push_back(std::move(box));
  }
  return checkOnce(covered, shape, name, all.front()->loc);
}

// Whether the boxes are the whole, each element once.
bool LayoutBuilder::checkOnce(ArrayRef<Box> boxes, ArrayRef<int64_t> shape, StringRef name, mlir::Location loc) {
  int64_t found = 0;
  for (auto [i, box] : enumerate(boxes)) {
    found += elementsOf(box.size);
    for (const Box &other : boxes.take_front(i)) {
      bool overlap = true;
      for (size_t d = 0; d < shape.size(); ++d)
        overlap &= box.low[d] < other.low[d] + other.size[d] && other.low[d] < box.low[d] + box.size[d];
      if (!overlap)
        continue;
      auto diagnostic = error(box.loc) << "expected each element of '" << name << "' once, found some a second time";
      diagnostic.attachNote(other.loc) << "the first time is here";
      return false;
    }
  }
  if (found == elementsOf(shape))
    return true;
  error(loc) << "expected all " << elementsOf(shape) << " elements of '" << name << "' " << spellShape(shape)
             << " in the layout, found " << found;
  return false;
}

// Its offsets and dimensions, of which those that follow each other in both become one.
void LayoutBuilder::finishPiece(Reference &reference) {
  LayoutPiece &piece = reference.piece;
  piece.tensor = reference.tensor;
  std::vector<int64_t> foreign = stridesOf(module.tensors[reference.tensor].shape);
  std::vector<int64_t> own = stridesOf(parameters[piece.parameter].shape);
  for (auto [dim, stride] : zip(reference.dims, foreign))
    piece.foreign += dim.low * stride;
  for (auto [k, d] : enumerate(reference.foreignOf)) {
    PieceDim dim{reference.sizes[k], own[k], foreign[d]};
    if (dim.size == 1)
      continue;
    PieceDim *outer = piece.dimensions.empty() ? nullptr : &piece.dimensions.back();
    if (outer && outer->own == dim.own * dim.size && outer->foreign == dim.foreign * dim.size)
      *outer = {outer->size * dim.size, dim.own, dim.foreign};
    else
      piece.dimensions.push_back(dim);
  }
  module.pieces.push_back(std::move(piece));
}

bool LayoutBuilder::finish(unsigned first, unsigned end, mlir::Location loc) {
  if (references.size() + module.pieces.size() > maximalPieces) {
    error(loc) << "expected a layout of at most " << maximalPieces << " pieces, found "
               << references.size() + module.pieces.size();
    return false;
  }
  for (unsigned tensor = 0; tensor < module.tensors.size(); ++tensor)
    if (!isOfPart[tensor] && !findShape(tensor))
      return false;
  for (unsigned parameter = first; parameter < end; ++parameter)
    if (!partParameters.count(parameter) && !boxes.count(parameter)) {
      error(loc) << "expected a line for each parameter in layout '" << module.layout << "', found none for '"
                 << parameters[parameter].path << "'";
      return false;
    }
  for (auto &[parameter, own] : boxes) {
    if (partParameters.count(parameter)) {
      error(own.front().loc) << "expected each parameter in one line or part, found '" << parameters[parameter].path
                             << "' in both";
      return false;
    }
    if (!checkOnce(own, parameters[parameter].shape, parameters[parameter].path, own.front().loc))
      return false;
  }
  for (Reference &reference : references)
    if (!reference.isIgnored)
      finishPiece(reference);
  return true;
}
