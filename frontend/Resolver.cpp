// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The names of a program's cells and models, and cells that step themselves.

#include "frontend/Resolver.h"

#include <set>

using namespace llvm;
using namespace rondo;

namespace {

/// Finds the cells that step themselves, directly or through others, and chains of cells that are too long; says of the
/// other cells what they have with all that they use.
class RecursionChecker {
public:
  void check(CellDecl &cell) {
    if (!done.count(&cell) && !visit(cell))
      done.insert(&cell);
  }

private:
  static constexpr unsigned maximalCells = 32;

  // True if an error has been reported: one is enough for a chain.
  bool visit(CellDecl &cell) {
    if (done.count(&cell))
      return false;
    if (is_contained(active, &cell)) {
      mlir::emitError(cell.name.loc) << "expected a cell that does not step itself, found that '" << cell.name.text
                                     << "' does";
      return true;
    }
    if (active.size() == maximalCells) {
      mlir::emitError(cell.name.loc) << "expected at most " << maximalCells << " cells within one another";
      return true;
    }
    active.push_back(&cell);
    bool bad = any_of(cell.uses, [&](const CellUse &use) {
      if (visit(*use.cell))
        return true;
      (use.isStep ? cell.hasStates : cell.hasScans) |= use.cell->hasStates;
      cell.hasScans |= use.cell->hasScans;
      cell.hasParameters |= use.cell->hasParameters;
      return false;
    });
    active.pop_back();
    done.insert(&cell);
    return bad;
  }

  std::set<const CellDecl *> done;
  std::vector<const CellDecl *> active;
};

} // namespace

static void checkNew(StringMap<mlir::Location> &names, const Identifier &name, StringRef what) {
  auto [old, isNew] = names.try_emplace(name.text, name.loc);
  if (!isNew) {
    auto diagnostic = mlir::emitError(name.loc)
                      << "expected a new name, found '" << name.text << "', which another " << what << " has";
    diagnostic.attachNote(old->second) << "declared here";
  }
  if (findFunction(name.text))
    mlir::emitError(name.loc) << "expected a new name, found '" << name.text << "', which a function has";
}

void rondo::resolve(Program &program) {
  StringMap<mlir::Location> cells, models;
  for (const auto &cell : program.file.cells)
    checkNew(cells, cell->name, "cell");
  for (const auto &model : program.file.models)
    checkNew(models, model->name, "model");

  std::vector<CellDecl *> all;
  auto resolveCells = [&](const SourceFile &file, bool inLibrary) {
    for (const auto &cell : file.cells) {
      Resolver(program, inLibrary).resolve(*cell);
      all.push_back(cell.get());
    }
  };
  resolveCells(program.file, /*inLibrary=*/false);
  for (const SourceFile &file : program.library)
    resolveCells(file, /*inLibrary=*/true);
  RecursionChecker recursion;
  for (CellDecl *cell : all)
    recursion.check(*cell);
  for (const auto &model : program.file.models)
    Resolver(program, /*inLibrary=*/false).resolve(*model);
}
