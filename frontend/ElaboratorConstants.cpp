// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Constants from files, which become part of the program.

#include "frontend/Elaborator.h"

#include "runtime/Npy.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

#include <cfloat>
#include <cmath>

using namespace llvm;
using namespace rondo;

// Compilers, assemblers and linkers take their time for each.
static constexpr int64_t mostNumbers = int64_t(1) << 24;

// The numbers of a file, which is read once; its place among the constants, or nothing after an error.
std::optional<unsigned> Elaborator::readConstant(const std::string &file, mlir::Location loc) {
  StringRef program = cast<mlir::FileLineColLoc>(loc).getFilename();
  SmallString<128> path(file);
  if (sys::path::is_relative(path)) {
    path = sys::path::parent_path(program);
    sys::path::append(path, file);
  }
  auto [known, isNew] = constants.try_emplace(file, graph->info.constants.size());
  if (!isNew)
    return known->second;
  sys::fs::file_status status;
  if (std::error_code code = sys::fs::status(path, status); code || status.type() != sys::fs::file_type::regular_file) {
    error(loc) << "cannot read '" << path << "': " << (code ? code.message() : "it is no regular file");
    return std::nullopt;
  }
  NpyFile npy;
  rondo::Error fault;
  if (!npy.read(path.c_str(), fault)) {
    error(loc) << fault.message();
    return std::nullopt;
  }
  int64_t count = npy.array.count();
  if (count > mostNumbers) {
    error(loc) << "expected at most " << mostNumbers << " numbers in '" << path << "', found " << count;
    return std::nullopt;
  }
  auto numbers = std::make_shared<std::vector<double>>(count);
  for (int64_t i = 0; i < count; ++i) {
    double number = (*numbers)[i] = npy.array.get(i);
    if (!(std::fabs(number) <= FLT_MAX)) {
      std::string text;
      raw_string_ostream(text) << format("%g", number);
      error(loc) << "expected " << (std::isfinite(number) ? "numbers of single precision" : "finite numbers") << " in '"
                 << path << "', found " << text;
      return std::nullopt;
    }
  }
  const Shape &shape = npy.array.shape;
  graph->info.constants.push_back({file, {shape.dim, shape.dim + shape.rank}, std::move(numbers)});
  return known->second;
}

Node *Elaborator::declareConst(const ConstStmt &stmt) {
  ValueType type;
  bool hasShape = evaluateShape(stmt.shape, type.shape);
  std::optional<unsigned> place = readConstant(stmt.file.str(), stmt.fileLoc);
  if (!hasShape || !place)
    return nullptr;
  ArrayRef<int64_t> found = graph->info.constants[*place].shape;
  if (type.shape != found) {
    error(stmt.name.loc) << "expected an array of shape " << spellShape(type.shape) << " in '" << stmt.file
                         << "', found " << spellShape(found);
    return nullptr;
  }
  Node *node = make(NodeOp::Given, std::move(type), stmt.name.loc);
  node->region = nullptr;
  node->index = *place;
  return node;
}
