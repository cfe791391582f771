// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The text of the program.

#include "tools/rondo-import/Program.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstdlib>

using namespace rondo::importer;

std::string rondo::importer::spellNumber(double number) {
  std::string text;
  for (int digits = 1; digits <= 17; ++digits) {
    text.clear();
    llvm::raw_string_ostream(text) << llvm::format("%.*g", digits, number);
    double back = std::strtod(text.c_str(), nullptr);
    if (back == number || (float(number) == number && float(back) == float(number)))
      break;
  }
  // e+20 is no number of the language, e20 is.
  if (size_t plus = text.find('+'); plus != std::string::npos)
    text.erase(plus, 1);
  return text.front() == '-' ? "(" + text + ")" : text;
}

std::string rondo::importer::grouped(const std::string &text) {
  int depth = 0;
  bool isOne = true;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    isOne &= depth > 0 || llvm::isAlnum(text[i]) || text[i] == '_' || text[i] == '.' ||
             (text[i] == ')' && i + 1 == text.size()) || (text[i] == '-' && i && text[i - 1] == 'e');
  }
  return isOne ? text : "(" + text + ")";
}

std::string rondo::importer::spellShape(const Sizes &shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : ", ") + (isOpen(size) ? "open" : std::to_string(size));
  return "[" + text + "]";
}

// A line of the model's; one that is too long goes on in the next, where an argument begins.
static void writeLine(llvm::raw_ostream &os, llvm::StringRef words) {
  constexpr size_t most = 116;
  std::string indent = "  ";
  while (words.size() > most) {
    size_t at = words.rfind(' ', most - indent.size());
    if (at == llvm::StringRef::npos)
      break;
    os << indent << words.take_front(at) << '\n';
    words = words.drop_front(at + 1);
    indent = "    ";
  }
  os << indent << words << '\n';
}

void ImportedProgram::addCell(const std::string &cell) {
  if (!llvm::is_contained(cells, cell))
    cells.push_back(cell);
}

std::string ImportedProgram::text() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const std::string &cell : cells)
    os << cell << '\n';
  for (const std::string &comment : comments)
    os << "/// " << comment << '\n';
  os << "model " << model << " {\n";
  for (const ProgramAxis &axis : axes) {
    if (axis.isHidden)
      continue;
    os << "  axis " << axis.name;
    if (!axis.rule.empty())
      os << ' ' << axis.rule;
    else if (!isOpen(axis.size) && (!axis.isTime || looksAhead))
      os << " = " << axis.size;
    os << '\n';
  }
  for (const std::string &input : inputs)
    writeLine(os, input);
  os << '\n';
  for (const std::string &statement : statements)
    writeLine(os, statement);
  os << "}\n";
  return text;
}
