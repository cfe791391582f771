// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A program's cells by name.

#include "frontend/Program.h"

using namespace llvm;
using namespace rondo;

CellDecl *Program::findCell(StringRef name, bool inLibrary) const {
  auto find = [&](const SourceFile &source) -> CellDecl * {
    for (const auto &cell : source.cells)
      if (cell->name.text == name)
        return cell.get();
    return nullptr;
  };
  if (CellDecl *cell = inLibrary ? nullptr : find(file))
    return cell;
  for (const SourceFile &source : library)
    if (CellDecl *cell = find(source))
      return cell;
  return nullptr;
}
