// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Compiles and runs workloads, checks what they compute and says how fast they do it.

#include "tools/rondo-bench/Check.h"
#include "tools/rondo-bench/Timing.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/WithColor.h"

using namespace llvm;
using namespace rondo;

namespace {

cl::OptionCategory category("rondo-bench options");
cl::opt<std::string> listPath(cl::Positional, cl::desc("[WORKLOADS.json]"),
                              cl::init(RONDO_BENCH_FOLDER "/workloads.json"), cl::cat(category));
cl::opt<std::string> only("only", cl::desc("Only the workloads whose name matches"), cl::value_desc("REGEX"),
                          cl::cat(category));
cl::opt<std::string> programs("programs", cl::desc("Folder of the cells' programs, CELL.rondo"), cl::value_desc("DIR"),
                              cl::init(RONDO_BENCH_FOLDER "/programs"), cl::cat(category));
cl::opt<std::string> cpu("mcpu", cl::desc("CPU to compile for (default: native, this machine)"), cl::init("native"),
                         cl::cat(category));
cl::opt<double> seconds("seconds", cl::desc("How long to measure each workload (default: 1)"), cl::init(1),
                        cl::cat(category));
cl::opt<bool> noCheck("no-check", cl::desc("Do not compare the results with the reference interpreter"),
                      cl::cat(category));
cl::opt<double> tolerance("tolerance",
                          cl::desc("Greatest difference, relative to a result's largest value (default: 1e-4)"),
                          cl::init(1e-4), cl::cat(category));

int fail(const Twine &message) {
  WithColor::error(errs(), "rondo-bench") << message << '\n';
  return 1;
}

/// Measures one workload; false if it failed.
bool runWorkload(const Workload &workload, const LoadOptions &options) {
  outs() << left_justify(workload.name, 26) << ' ';
  outs().flush();
  std::unique_ptr<LoadedModel> model = LoadedModel::load(workload, options);
  if (!model) {
    outs() << "does not compile\n";
    return false;
  }
  fillBuffers(*model, workload);
  bool good = true;
  outs() << format("%8.2f ", model->compileSeconds);
  if (noCheck) {
    outs() << "       - ";
  } else {
    std::optional<Difference> difference = checkModel(*model, workload, options);
    if (!difference) {
      outs() << "not checked\n";
      return false;
    }
    outs() << format("%8.1e ", difference->relative);
    if (!(difference->relative <= tolerance)) {
      outs() << "wrong: " << difference->result << " differs by more than " << format("%.1e", double(tolerance))
             << '\n';
      return false;
    }
  }
  Times times = measure(seconds, [&] { model->step(); });
  outs() << format("%12.1f %12.1f %12.1f\n", times.median, times.low, times.high);
  return good;
}

} // namespace

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "rondo-bench: compiles, checks and times recurrent workloads\n");
  std::string error;
  Regex filter(only);
  if (!filter.isValid(error))
    return fail("expected a regular expression after --only, found '" + only + "': " + error);
  if (!(seconds >= 0 && seconds <= 1e6))
    return fail("expected --seconds to be from 0 to 1000000, found " + Twine(std::to_string(seconds)));
  std::vector<Workload> workloads;
  error = readWorkloads(listPath, workloads);
  if (!error.empty())
    return fail(error);
  LoadOptions options;
  options.programs = programs;
  options.cpu = cpu;
  outs() << left_justify("workload", 26) << "  compile    error    median us          10%          90%\n";
  bool good = true;
  for (const Workload &workload : workloads) {
    if (!filter.match(workload.name))
      continue;
    if (workload.cell == "attention") {
      outs() << left_justify(workload.name, 26) << " not yet: attention\n";
      continue;
    }
    good &= runWorkload(workload, options);
  }
  return good ? 0 : 1;
}
