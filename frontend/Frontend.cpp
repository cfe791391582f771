// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Text to a checked program.

#include "frontend/Frontend.h"

#include "frontend/DiagnosticFilter.h"
#include "frontend/NameChecker.h"
#include "frontend/Parser.h"

#include "dialect/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace rondo;

namespace {
struct LibraryFile {
  const char *name, *text;
};
} // namespace

// One entry per file of std/, made by EmbedLibrary.cmake.
static const LibraryFile libraryFiles[] = {
#include "frontend/Library.inc"
};

const CellDecl *Program::findCell(StringRef name) const {
  auto find = [&](const SourceFile &source) -> const CellDecl * {
    for (const auto &cell : source.cells)
      if (cell->name.text == name)
        return cell.get();
    return nullptr;
  };
  if (const CellDecl *cell = find(file))
    return cell;
  for (const SourceFile &source : library)
    if (const CellDecl *cell = find(source))
      return cell;
  return nullptr;
}

std::unique_ptr<Program> rondo::parseProgram(SourceMgr &sources, mlir::MLIRContext &context) {
  context.loadDialect<RondoDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::math::MathDialect,
                      mlir::tensor::TensorDialect>();
  DiagnosticFilter filter(context);
  unsigned mainFile = sources.getMainFileID();
  StringRef name = sources.getMemoryBuffer(mainFile)->getBufferIdentifier();
  auto program = std::make_unique<Program>(context, mlir::FileLineColLoc::get(&context, name, 1, 1));
  program->file = Parser(Lexer(sources, mainFile, context)).parseFile();
  for (const LibraryFile &file : libraryFiles) {
    auto buffer = MemoryBuffer::getMemBuffer(file.text, file.name);
    unsigned id = sources.AddNewSourceBuffer(std::move(buffer), SMLoc());
    program->library.push_back(Parser(Lexer(sources, id, context)).parseFile());
  }
  if (!filter.hasErrors())
    checkNames(*program);
  return filter.hasErrors() ? nullptr : std::move(program);
}

void rondo::dumpAST(const Program &program, raw_ostream &os) { dump(program.file, os); }
