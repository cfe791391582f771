// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Compiles and runs workloads, checks what they compute and says how fast they do it.

#include "passes/linalg/Unroll.h"
#include "passes/support/Processor.h"
#include "runtime/Team.h"
#include "tools/Version.h"
#include "tools/codegen/TargetCPU.h"
#include "tools/rondo-bench/Check.h"
#include "tools/rondo-bench/EigenLSTM.h"
#include "tools/rondo-bench/Limit.h"
#include "tools/rondo-bench/PhaseClock.h"
#include "tools/rondo-bench/Pointwise.h"
#include "tools/rondo-bench/Report.h"
#include "tools/rondo-bench/Timing.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/WithColor.h"
#include <cmath>

using namespace llvm;
using namespace rondo;

namespace {

cl::OptionCategory category("rondo-bench options");
cl::opt<std::string> listPath(cl::Positional, cl::desc("[WORKLOADS.json]"),
                              cl::init(RONDO_BENCH_FOLDER "/workloads.json"), cl::cat(category));
cl::opt<std::string> only("only", cl::desc("Only the workloads whose name matches"), cl::value_desc("REGEX"),
                          cl::init("."), cl::cat(category));
cl::opt<std::string> programs("programs", cl::desc("Folder of the cells' programs, CELL.rondo"), cl::value_desc("DIR"),
                              cl::init(RONDO_BENCH_FOLDER "/programs"), cl::cat(category));
cl::opt<std::string> cpu("mcpu", cl::desc("CPU to compile for (default: native, this machine)"), cl::init("native"),
                         cl::cat(category));
cl::opt<int64_t> unroll("unroll", cl::desc("Time steps in one iteration of a loop over time (default: 1)"),
                        cl::value_desc("N"), cl::init(1), cl::cat(category));
cl::opt<double> seconds("seconds", cl::desc("How long to measure each workload (default: 1)"), cl::init(1),
                        cl::cat(category));
cl::opt<bool> noCheck("no-check", cl::desc("Do not compare the results with the reference interpreter"),
                      cl::cat(category));
cl::opt<double> tolerance("tolerance",
                          cl::desc("Greatest difference, relative to a result's largest value (default: 3e-4)"),
                          cl::init(3e-4), cl::cat(category));
cl::opt<bool> noBaseline("no-baseline", cl::desc("Do not time the LSTM in Eigen beside"), cl::cat(category));
cl::opt<bool> withProfile("profile", cl::desc("Show where the time goes; the clock itself takes some of it"),
                          cl::cat(category));
cl::opt<std::string> objects("objects",
                             cl::desc("Do not measure, write each workload's object to this folder as NAME.o"),
                             cl::value_desc("DIR"), cl::cat(category));
cl::opt<bool> arguments("arguments", cl::desc("Do not measure, print what rondoc compiles each workload with, as JSON"),
                        cl::cat(category));
cl::opt<std::string> jsonPath("json", cl::desc("Write the results to this file as well"), cl::value_desc("FILE"),
                              cl::cat(category));

int fail(const Twine &message) {
  WithColor::error(errs(), "rondo-bench") << message << '\n';
  return 1;
}

std::string number(double value) {
  std::string text;
  raw_string_ostream(text) << format("%g", value);
  return text;
}

/// Microseconds per sequence of the baseline at the workload's size.
double timeBaseline(const Workload &workload) {
  auto random = [](int64_t count, double spread) {
    std::vector<float> values(count);
    for (int64_t i = 0; i < count; ++i)
      values[i] = spread * (2 * counterRandom(3, count & 0xffff, 0, i) - 1);
    return values;
  };
  auto [T, B, I, H] = std::tie(workload.T, workload.B, workload.I, workload.H);
  double spread = 1 / std::sqrt(double(H));
  std::vector<float> x = random(T * B * I, 1), wx = random(4 * H * I, spread), wh = random(4 * H * H, spread),
                     bias = random(4 * H, spread), y(T * B * H);
  EigenLSTM lstm{T, B, I, H, x.data(), wx.data(), wh.data(), bias.data(), y.data()};
  return measure(seconds, [&] { runEigenLSTM(lstm); }).median;
}

/// Compiles, checks and measures one workload; nullopt if it failed, which is said.
std::optional<Result> runWorkload(const Workload &workload, const LoadOptions &options, const MachineRates &machine) {
  Result result;
  result.workload = workload;
  std::unique_ptr<LoadedModel> model = LoadedModel::load(workload, options);
  auto onTensors = [&](Stage stage) {
    return model ? WorkloadModule::load(workload, options, workload.B, workload.T, stage, /*f64=*/false) : nullptr;
  };
  std::unique_ptr<WorkloadModule> imported = onTensors(Stage::Rondo), lowered = onTensors(Stage::Linalg);
  if (!imported || !lowered) {
    outs() << "does not compile\n";
    return std::nullopt;
  }
  result.compileSeconds = model->compileSeconds;
  model->forEach([&](StringRef, StringRef, Buffer &buffer) { result.bytes += buffer.bytes; });
  Work work = countWork(imported->function(workload.train ? "train" : "run"), workload.past);
  result.flops = work.flops(workload);
  result.weightBytes = work.bytes();
  result.limitUs = 1e6 * limitOf(workload, work, machine);
  result.pointwiseUs = 1e6 * pointwiseLimitOf(countPointwise(lowered->module(), machine.fma), machine);
  fillBuffers(*model, workload);
  if (!noCheck && !workload.unchecked) {
    std::optional<Difference> difference = checkModel(*model, workload, options);
    if (!difference) {
      outs() << "cannot be checked\n";
      return std::nullopt;
    }
    result.error = difference->relative;
    if (!(difference->relative <= tolerance)) {
      outs() << "wrong: " << difference->result
             << format(" differs by %.1e of its largest value, more than %.1e\n", difference->relative,
                       double(tolerance));
      return std::nullopt;
    }
  }
  result.times = measure(seconds, [&] { model->step(); });
  if (withProfile)
    for (auto [place, flops, time] :
         llvm::zip(model->places, model->placeFlops, profile(seconds, model->places.size(), [&] { model->step(); })))
      result.phases.push_back({place, time.us, time.visits, flops * time.visits});
  if (!noBaseline && workload.model() == "Infer" && workload.cell == "lstm" && workload.layers == 1)
    result.eigenUs = timeBaseline(workload);
  printResult(outs(), result);
  return result;
}

/// Compiles the workloads for their objects alone, which `options` says where to write.
int writeObjects(ArrayRef<Workload> workloads, const LoadOptions &options) {
  bool good = true;
  for (const Workload &workload : workloads)
    good &= LoadedModel::load(workload, options) != nullptr;
  return good ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  // An option of LLVM's own has this name, and nothing here reads it.
  if (auto *other = cl::getRegisteredOptions().lookup("threads"))
    other->removeArgument();
  cl::opt<int> threads("threads", cl::desc("How many threads work (default: one per core)"), cl::init(usableThreads()),
                       cl::cat(category));
  setVersionOf("rondo-bench");
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "rondo-bench: compiles, checks and times recurrent workloads\n");
  std::string error;
  Regex filter(only);
  if (!filter.isValid(error))
    return fail("expected a regular expression after --only, found '" + only + "': " + error);
  if (!(seconds >= 0 && seconds <= 1e6))
    return fail("expected --seconds to be from 0 to 1000000, found " + number(seconds));
  if (threads < 1 || threads > maxTeamThreads)
    return fail("expected --threads to be from 1 to " + Twine(maxTeamThreads) + ", found " + Twine(int(threads)));
  if (unroll < 1 || unroll > mostUnrolledSteps)
    return fail("expected --unroll to be from 1 to " + Twine(mostUnrolledSteps) + ", found " + Twine(int64_t(unroll)));
  if (!(tolerance >= 0))
    return fail("expected --tolerance to be a number that is not negative, found " + number(tolerance));
  std::vector<Workload> workloads;
  error = readWorkloads(listPath, workloads);
  if (!error.empty())
    return fail(error);
  llvm::erase_if(workloads, [&](const Workload &workload) { return !filter.match(workload.name); });
  if (workloads.empty())
    return fail("expected --only to match a workload, found none that matches '" + only + "'");
  if (arguments) {
    printArguments(outs(), workloads, programs);
    return 0;
  }
  LoadOptions options;
  options.programs = programs;
  options.cpu = cpu;
  options.unroll = unroll;
  options.profile = withProfile;
  options.objects = objects;
  if (!objects.empty())
    return writeObjects(workloads, options);
  std::unique_ptr<TargetMachine> target = createTargetMachine(cpu, 3, error);
  if (!target)
    return fail(error);
  if (std::string missing = missingInstructionSets(*target); !missing.empty())
    return fail("code for '" + cpu + "' cannot be measured here, this machine lacks " + missing);
  Team team(threads);
  options.team = &team;
  MachineRates machine = measureMachine(threads, Processor::find(cpu, error)->machine());
  printHeader(outs(), machine);
  std::vector<Result> results;
  bool good = true;
  for (const Workload &workload : workloads) {
    outs() << left_justify(workload.name, 26) << ' ';
    outs().flush();
    if (std::optional<Result> result = runWorkload(workload, options, machine))
      results.push_back(std::move(*result));
    else
      good = false;
  }
  printSummary(outs(), results);
  if (!jsonPath.empty())
    if (std::string error = writeReport(jsonPath, machine, cpu, results); !error.empty())
      return fail(error);
  return good ? 0 : 1;
}
