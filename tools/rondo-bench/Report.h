// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is printed of a measurement, and what is written as JSON.

#ifndef RONDO_TOOLS_BENCH_REPORT_H
#define RONDO_TOOLS_BENCH_REPORT_H

#include "tools/rondo-bench/Machine.h"
#include "tools/rondo-bench/Timing.h"
#include "tools/rondo-bench/Workload.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>

namespace rondo {

/// Where the time of a call goes.
struct PhaseTime {
  std::string place;                    // what runs, and the lines of the program it comes from
  double us = 0, visits = 0, flops = 0; // in one call
};

/// One workload's results.
struct Result {
  Workload workload;
  double compileSeconds = 0;
  int64_t bytes = 0;           // of all buffers
  std::optional<double> error; // relative; absent if not checked
  Times times;
  double flops = 0, weightBytes = 0;   // of one call
  double limitUs = 0, pointwiseUs = 0; // of the products, and of everything else by its instructions
  std::optional<double> eigenUs;
  std::vector<PhaseTime> phases;
};

/// What rondoc compiles each workload with, as a JSON object of lists by name.
void printArguments(llvm::raw_ostream &os, llvm::ArrayRef<Workload> workloads, llvm::StringRef programs);

/// The lines above the results: the machine's limits, the columns' names.
void printHeader(llvm::raw_ostream &os, const MachineRates &machine);

/// The rest of the line that begins with the workload's name.
void printResult(llvm::raw_ostream &os, const Result &result);

/// The geometric mean of the times relative to their limits; nothing for one workload alone.
void printSummary(llvm::raw_ostream &os, const std::vector<Result> &results);

/// All of it as one JSON object: "machine", "workloads", a row each, and their "geometric_mean". Returns a worded
/// error, empty on success.
std::string writeReport(llvm::StringRef path, const MachineRates &machine, llvm::StringRef cpu,
                        const std::vector<Result> &results);

} // namespace rondo

#endif // RONDO_TOOLS_BENCH_REPORT_H
