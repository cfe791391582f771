// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The program that is written: its axes, statements and cells, and the weights of its parameters.

#ifndef RONDO_TOOLS_RONDOIMPORT_PROGRAM_H
#define RONDO_TOOLS_RONDOIMPORT_PROGRAM_H

#include "tools/rondo-import/Constant.h"

#include "llvm/ADT/StringRef.h"
#include <set>

namespace rondo::importer {

/// Valid names of the language, each given out once.
class Names {
public:
  /// The name itself if it is valid and free, else one like it: of "/encoder.0/Conv_output_0" encoder_0_Conv.
  std::string make(llvm::StringRef wanted);

private:
  std::set<std::string> taken;
};

/// An axis that the program declares.
struct ProgramAxis {
  std::string name;
  int64_t size = 1; // may be open: of the time axis and what follows from it
  bool isTime = false;
  bool isHidden = false; // nothing in the program varies over it
  std::string rule;      // behind the name, as "= T / 2"; empty of the time axis, or where its size says all
};

struct Parameter {
  std::string path;
  Sizes shape;
  std::vector<double> values;
};

/// How an array of ONNX lies in the program's files: it is reshaped to the parts of its dimensions without those of
/// size 1, transposed, and reshaped to the program's shape.
struct PortNote {
  bool isOutput = false;
  bool isInteger = false;         // whole numbers, which are real ones in the program
  std::string name, file;         // ONNX's and the program's
  std::vector<std::string> shape; // ONNX's
  std::vector<std::string> parts; // sizes, "batch" or an axis of open size
  std::vector<unsigned> order;    // the parts in the program's order
  size_t joined = 1;              // how many of the last ones are one dimension of features there
};

struct ImportedProgram {
  std::string model;
  std::vector<std::string> comments; // of the model
  std::vector<std::string> cells;
  std::vector<ProgramAxis> axes;
  std::vector<std::string> inputs, statements;
  std::vector<Parameter> parameters;
  std::vector<PortNote> ports;
  bool looksAhead = false; // so that a time axis of a known size has this size

  std::string text() const;
  void addCell(const std::string &cell);
};

/// The shortest decimal number that is the same one in single precision, or in double where it is no single one.
std::string spellNumber(double number);
/// An expression as a factor or a summand: in parentheses if it is no name, call or number.
std::string grouped(const std::string &text);
/// "[2, 3]"; of a size that is not known yet, as messages have it, "open".
std::string spellShape(const Sizes &shape);

} // namespace rondo::importer

#endif // RONDO_TOOLS_RONDOIMPORT_PROGRAM_H
