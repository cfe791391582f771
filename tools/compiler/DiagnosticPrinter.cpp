// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Prints diagnostics with their lines of the source.

#include "tools/compiler/DiagnosticPrinter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace rondo;
using Color = llvm::raw_ostream::Colors;

DiagnosticPrinter::DiagnosticPrinter(llvm::SourceMgr &sources, MLIRContext &context, llvm::raw_ostream &os)
    : sources(sources), os(os), handler(&context, [this](Diagnostic &diagnostic) {
        print(diagnostic.getLocation(), diagnostic.getSeverity(), diagnostic.str());
        printLine(diagnostic.getLocation());
        for (Diagnostic &note : diagnostic.getNotes()) {
          print(note.getLocation(), note.getSeverity(), note.str());
          if (note.getLocation() != diagnostic.getLocation())
            printLine(note.getLocation());
        }
      }) {}

static llvm::raw_ostream &writeKind(llvm::raw_ostream &os, DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return llvm::WithColor::note(os);
  case DiagnosticSeverity::Warning:
    return llvm::WithColor::warning(os);
  case DiagnosticSeverity::Error:
    return llvm::WithColor::error(os);
  case DiagnosticSeverity::Remark:
    return llvm::WithColor::remark(os);
  }
  return os;
}

void DiagnosticPrinter::print(Location location, DiagnosticSeverity severity, const std::string &text) {
  auto place = location->findInstanceOf<FileLineColLoc>();
  if (place)
    llvm::WithColor(os, Color::SAVEDCOLOR, /*Bold=*/true)
        << place.getFilename().getValue() << ':' << place.getLine() << ':' << place.getColumn() << ": ";
  writeKind(os, severity);
  llvm::WithColor(os, Color::SAVEDCOLOR, /*Bold=*/true) << text;
  os << '\n';
}

/// The columns that `text` fills from the beginning of a line, and the text as it is shown: with blanks for tabs.
static std::string expandTabs(StringRef text, int &width) {
  static constexpr int tabStop = 8;
  std::string shown;
  width = 0;
  for (StringRef rest = text; !rest.empty();) {
    if (rest.consume_front("\t")) {
      int blanks = tabStop - width % tabStop;
      shown.append(blanks, ' ');
      width += blanks;
      continue;
    }
    StringRef part = rest.take_until([](char c) { return c == '\t'; });
    int columns = llvm::sys::unicode::columnWidthUTF8(part);
    // What is not UTF-8 or cannot be shown: a column for each byte.
    width += columns < 0 ? static_cast<int>(part.size()) : columns;
    shown += part;
    rest = rest.drop_front(part.size());
  }
  return shown;
}

void DiagnosticPrinter::printLine(Location location) {
  auto place = location->findInstanceOf<FileLineColLoc>();
  if (!place)
    return;
  unsigned line = place.getLine(), column = place.getColumn();
  for (unsigned buffer = 1; buffer <= sources.getNumBuffers(); ++buffer) {
    const llvm::MemoryBuffer *memory = sources.getMemoryBuffer(buffer);
    if (memory->getBufferIdentifier() != place.getFilename())
      continue;
    const char *start = sources.FindLocForLineAndColumn(buffer, line, 1).getPointer();
    if (!start)
      return;
    StringRef text(start, memory->getBufferEnd() - start);
    text = text.take_until([](char c) { return c == '\n' || c == '\r'; });
    if (llvm::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; }))
      return; // no text: nothing of it goes to a terminal
    int before, whole;
    expandTabs(text.take_front(column ? column - 1 : 0), before);
    os << expandTabs(text, whole) << '\n' << std::string(before, ' ');
    llvm::WithColor(os, Color::GREEN, /*Bold=*/true) << '^';
    os << '\n';
    return;
  }
}
