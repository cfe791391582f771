// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What training takes is not estimated: each way of cutting the window is compiled until its buffers lie in an arena.
// The segments are the same ones for every size of memory, a power of two of them near the square root of the number of
// positions; what changes is how many of them are stored at a time.

#include "tools/compiler/TrainingMemory.h"

#include "dialect/ProductOptimizers.h"
#include "dialect/SegmentsAttribute.h"
#include "tools/compiler/Description.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rondo;

/// Code, runtime and stacks.
static constexpr int64_t processBytes = int64_t(8) << 20;

static constexpr std::pair<char, int64_t> units[] = {
    {'G', int64_t(1) << 30}, {'M', int64_t(1) << 20}, {'K', int64_t(1) << 10}};

std::optional<int64_t> rondo::parseBytes(StringRef text) {
  int64_t unit = 1, number;
  for (auto [letter, bytes] : units)
    if (text.ends_with(std::string(1, letter))) {
      unit = bytes;
      text = text.drop_back();
      break;
    }
  int64_t bytes;
  if (text.empty() || !llvm::isDigit(text.front()) || text.getAsInteger(10, number) ||
      llvm::MulOverflow(number, unit, bytes) || bytes <= 0)
    return std::nullopt;
  return bytes;
}

std::string rondo::printBytes(int64_t bytes) {
  for (auto [letter, unit] : units)
    if (bytes >= 10 * unit)
      return std::to_string(llvm::divideCeil(bytes, unit)) + letter;
  return std::to_string(bytes);
}

static int64_t sizeOf(MemRefType type) {
  return type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

/// Whether functions share what they have in this role under one name.
static bool isShared(Role role) {
  switch (role) {
  case Role::parameter:
  case Role::gradient:
  case Role::moment1:
  case Role::moment2:
  case Role::packed:
    return true;
  default:
    return false;
  }
}

int64_t rondo::trainingBytes(CompiledModel &model, bool f64) {
  bool sumsBatches = model.info.train.accumulate > 1;
  int64_t bytes = processBytes, arena = 0;
  llvm::StringSet<> shared;
  for (auto function : model.module->getOps<func::FuncOp>()) {
    auto entry = function->getAttrOfType<EntryAttr>(entryAttribute);
    if (!entry || isForCheck(function, f64))
      continue;
    bool trains = entry.getKind() == EntryKind::train_grad || entry.getKind() == EntryKind::update;
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      auto type = dyn_cast<MemRefType>(function.getArgumentTypes()[i]);
      std::optional<NamedRole> role = roleOf(function.getArgAttrDict(i));
      if (type && role && role->role == Role::arena)
        arena = std::max(arena, sizeOf(type));
      else if (type && trains &&
               (!role || !isShared(role->role) || shared.insert((role->word() + "/" + role->name).str()).second))
        bytes += sizeOf(type) * (sumsBatches && role && role->role == Role::gradient ? 2 : 1);
    }
  }
  return bytes + arena;
}

/// The cut of a window of that length.
static Segments segmentsOf(int64_t length) {
  int64_t count = 1;
  while (count * count < length)
    count *= 2;
  return {count, length / count, length % count, /*group=*/0};
}

namespace {
/// What a way of cutting takes, and why it is none, if so.
struct Need {
  int64_t bytes = 0;
  std::string obstacle;
};
} // namespace

static FailureOr<Need> needOf(Program &program, const CompileOptions &options, std::optional<Segments> segments,
                              TimingScope &timing) {
  CompileOptions alone;
  alone.frontend = options.frontend;
  alone.lowering.copyOptionValuesFrom(options.lowering);
  alone.f64 = options.f64;
  alone.check = false;
  alone.functions = {"train"};
  alone.segments = segments;
  FailureOr<CompiledModel> model = compileModel(program, alone, Stage::Buffer, timing);
  if (failed(model))
    return failure();
  auto gradient = model->module->lookupSymbol<func::FuncOp>("train_grad");
  auto reason = gradient->getAttrOfType<StringAttr>(uncutAttribute);
  return Need{trainingBytes(*model, alone.f64), reason ? reason.str() : ""};
}

LogicalResult rondo::chooseSegments(Program &program, CompileOptions &options, TimingScope &timing) {
  TimingScope scope = timing.nest("memory");
  std::unique_ptr<Graph> graph = elaborate(program, options.frontend);
  if (!graph)
    return failure();
  const ModelInfo &info = graph->info;
  if (info.losses.empty())
    return emitError(program.start) << "expected a loss with --mem, which is the memory of training, found none in "
                                       "model '"
                                    << info.name << "'";
  if (takesProducts(*findOptimizer(info.train.optimizer)))
    return emitError(program.start) << "expected another optimizer of model '" << info.name << "' with --mem, found '"
                                    << info.train.optimizer << "'";
  std::string obstacle = !info.windowAxis() || info.train.k2 < 4 ? "it has too few positions"
                         : info.train.k1 != info.train.k2        ? "its windows overlap"
                         : !info.streamable || info.keepsRenamed || !runsInParts(*graph)
                             ? "it looks ahead, or reads all positions that were"
                             : "";
  int64_t least = INT64_MAX;
  auto fits = [&](std::optional<Segments> segments) -> FailureOr<bool> {
    FailureOr<Need> need = needOf(program, options, segments, scope);
    if (failed(need))
      return failure();
    if (!need->obstacle.empty())
      obstacle = need->obstacle;
    least = std::min(least, need->bytes);
    if (need->bytes > options.memory)
      return false;
    if (obstacle.empty())
      options.segments = segments;
    return true;
  };
  Segments segments = segmentsOf(info.train.k2);
  FailureOr<bool> found = fits(obstacle.empty() ? std::optional(segments) : std::nullopt);
  for (segments.group = segments.count / 2; succeeded(found) && !*found && obstacle.empty() && segments.group > 0;
       segments.group /= 2)
    found = fits(segments);
  if (failed(found))
    return failure();
  if (*found)
    return success();
  InFlightDiagnostic error = emitError(program.start);
  error << "expected --mem to be at least " << printBytes(least) << " for training model '" << info.name << "', found "
        << printBytes(options.memory);
  if (!obstacle.empty())
    error << "; its windows of " << info.train.k2 << " positions are stored as a whole: " << obstacle;
  return error;
}

LogicalResult rondo::checkMemory(CompiledModel &model, const CompileOptions &options) {
  int64_t bytes = trainingBytes(model, options.f64);
  if (bytes <= options.memory)
    return success();
  return emitError((*model.module)->getLoc())
         << "expected --mem to be at least " << printBytes(bytes) << " for training model '" << model.info.name
         << "' and scoring data, found " << printBytes(options.memory);
}
