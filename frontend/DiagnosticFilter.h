// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What stands between the front end's diagnostics and whoever prints them.

#ifndef RONDO_FRONTEND_DIAGNOSTICFILTER_H
#define RONDO_FRONTEND_DIAGNOSTICFILTER_H

#include "mlir/IR/Diagnostics.h"

#include <optional>
#include <set>
#include <string>

namespace rondo {

/// While it lives: counts errors, drops an error that has been reported at the same place in the same words (a
/// cell is checked at each of its uses), and reports a limited number of them.
class DiagnosticFilter {
public:
  explicit DiagnosticFilter(mlir::MLIRContext &context)
      : handler(&context, [this](mlir::Diagnostic &diagnostic) { return handle(diagnostic); }) {}
  ~DiagnosticFilter() { finish(); }

  bool hasErrors() const { return count != 0; }

private:
  static constexpr unsigned maximalErrors = 20;

  // Success means that the diagnostic is dealt with, failure that the next handler gets it.
  mlir::LogicalResult handle(mlir::Diagnostic &diagnostic) {
    if (finishing || diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error)
      return mlir::failure();
    if (!seen.emplace(diagnostic.getLocation().getAsOpaquePointer(), diagnostic.str()).second)
      return mlir::success();
    if (++count <= maximalErrors)
      return mlir::failure();
    if (!firstDropped)
      firstDropped = diagnostic.getLocation();
    return mlir::success();
  }

  void finish() {
    finishing = true;
    if (firstDropped)
      mlir::emitError(*firstDropped) << "expected fewer errors, found " << count - maximalErrors
                                     << " more that are not shown";
  }

  std::set<std::pair<const void *, std::string>> seen;
  std::optional<mlir::Location> firstDropped;
  unsigned count = 0;
  bool finishing = false;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace rondo

#endif // RONDO_FRONTEND_DIAGNOSTICFILTER_H
