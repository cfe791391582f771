// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Cells for the recurrent operators of ONNX: those of the library where one says the same, else one that is written.

#ifndef RONDO_TOOLS_RONDOIMPORT_CELLS_H
#define RONDO_TOOLS_RONDOIMPORT_CELLS_H

#include "tools/rondo-import/Program.h"

namespace rondo::importer {

/// An activation: its name in small letters, and its two constants where it has them.
struct Activation {
  std::string name;
  double alpha = 0, beta = 0;
};

/// What a recurrent node computes in one step.
struct CellKind {
  std::string op; // RNN, GRU or LSTM
  std::vector<Activation> activations;
  double clip = 0; // none
  bool hasPeepholes = false, couplesForget = false, resetsBehind = false;
  bool isMasked = false; // behind a sequence's length states stay and what is returned is zero

  /// Its name. Adds the cells that the program needs.
  std::string write(ImportedProgram &program) const;

private:
  std::string activate(size_t i, const std::string &value, ImportedProgram &program) const;
  std::string body(ImportedProgram &program) const;
  std::string nameInLibrary() const;
};

/// How many of alpha and beta an activation has; -1 if there is no such one.
int constantsOf(const std::string &name);
/// Fills in the constants that ONNX's operator of that name has where nothing is said; false if there are none.
bool setUsualConstants(Activation &activation, int given);

} // namespace rondo::importer

#endif // RONDO_TOOLS_RONDOIMPORT_CELLS_H
