// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The front end's stages, one after another.

#include "frontend/Frontend.h"

#include "frontend/DiagnosticFilter.h"
#include "frontend/Elaborator.h"
#include "frontend/IRGen.h"
#include "frontend/Parser.h"
#include "frontend/Resolver.h"

#include "dialect/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringExtras.h"
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

/// An error at the first byte that no text has, of a file that is something else; success where there is none.
static mlir::LogicalResult checkText(const SourceMgr &sources, unsigned file, mlir::MLIRContext &context) {
  const MemoryBuffer &buffer = *sources.getMemoryBuffer(file);
  for (const char &c : buffer.getBuffer()) {
    bool isText = static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
    if (isText)
      continue;
    auto [line, column] = sources.getLineAndColumn(SMLoc::getFromPointer(&c), file);
    return mlir::emitError(mlir::FileLineColLoc::get(&context, buffer.getBufferIdentifier(), line, column))
           << "expected the text of a program, found the byte 0x" << toHex(StringRef(&c, 1));
  }
  return mlir::success();
}

std::unique_ptr<Program> rondo::parseProgram(SourceMgr &sources, mlir::MLIRContext &context) {
  context.loadDialect<RondoDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::math::MathDialect,
                      mlir::tensor::TensorDialect>();
  DiagnosticFilter filter(context);
  unsigned mainFile = sources.getMainFileID();
  StringRef name = sources.getMemoryBuffer(mainFile)->getBufferIdentifier();
  auto program = std::make_unique<Program>(context, mlir::FileLineColLoc::get(&context, name, 1, 1));
  if (mlir::failed(checkText(sources, mainFile, context)))
    return nullptr;
  program->file = Parser(Lexer(sources, mainFile, context)).parseFile();
  for (const LibraryFile &file : libraryFiles) {
    auto buffer = MemoryBuffer::getMemBuffer(file.text, file.name);
    unsigned id = sources.AddNewSourceBuffer(std::move(buffer), SMLoc());
    program->library.push_back(Parser(Lexer(sources, id, context)).parseFile());
  }
  if (!filter.hasErrors())
    resolve(*program);
  return filter.hasErrors() ? nullptr : std::move(program);
}

void rondo::dumpAST(const Program &program, raw_ostream &os) { dump(program.file, os); }

void rondo::printEquations(const Program &program, raw_ostream &os) { printLatex(program.file, os); }

std::unique_ptr<Graph> rondo::elaborate(const Program &program, const FrontendOptions &options) {
  DiagnosticFilter filter(program.context);
  return Elaborator(program, options).run();
}

void rondo::emitEntry(const Graph &graph, const EntryOptions &entry, mlir::ModuleOp module) {
  IRGen(graph, entry, *module->getContext()).emitFunction(module, graph.loc);
}
