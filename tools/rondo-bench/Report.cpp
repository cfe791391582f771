// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Prints results as a table and writes them as JSON.

#include "tools/rondo-bench/Report.h"

#include "tools/compiler/OutputFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include <cmath>
#include <nlohmann/json.hpp>

using namespace llvm;
using namespace rondo;
using Json = nlohmann::ordered_json;

static std::string shortBytes(int64_t bytes) {
  return bytes >= 1 << 20 ? std::to_string(bytes >> 20) + "M" : std::to_string(bytes >> 10) + "K";
}

void rondo::printArguments(raw_ostream &os, ArrayRef<Workload> workloads, StringRef programs) {
  Json json = Json::object();
  for (const Workload &workload : workloads)
    json[workload.name] = workload.arguments(programs);
  os << json.dump(1) << '\n';
}

void rondo::printHeader(raw_ostream &os, const MachineRates &machine) {
  os << machine.threads << (machine.threads == 1 ? " thread, " : " threads, ") << machine.vectors
     << format(", multiply-adds %.1f GFLOP/s (one core %.1f)\n", machine.flops / 1e9, machine.oneCoreFlops / 1e9);
  for (auto &[what, rates] : {std::pair("reads", machine.reads), std::pair("copies", machine.copies)}) {
    os << what << " in GB/s, by bytes per core:";
    for (auto [bytes, rate] : rates)
      os << ' ' << shortBytes(bytes) << format(" %.0f", rate / 1e9);
    os << '\n';
  }
  os << "\nworkload                   compile s     MB   error    median us   10%      90%  GFLOP/s   GB/s   other us"
        "    limit us  of it   Eigen us\n";
}

void rondo::printResult(raw_ostream &os, const Result &result) {
  const Times &times = result.times;
  auto percent = [&](double us) { return 100 * (us / times.median - 1); };
  os << format("%9.2f %6.1f ", result.compileSeconds, double(result.bytes) / 1e6);
  if (result.error)
    os << format("%7.1e", *result.error);
  else
    os << "      -";
  os << format(" %12.1f %+4.0f%% %+6.0f%%", times.median, percent(times.low), percent(times.high))
     << format(" %8.1f %6.1f", result.flops / times.median / 1e3, result.weightBytes / times.median / 1e3)
     << format(" %10.1f %11.1f %5.1f%%", result.pointwiseUs, result.limitUs, 100 * result.limitUs / times.median);
  if (result.eigenUs)
    os << format(" %10.1f", *result.eigenUs);
  os << '\n';
  double sum = 0;
  for (const PhaseTime &phase : result.phases)
    sum += phase.us;
  std::vector<PhaseTime> phases = result.phases;
  llvm::sort(phases, [](const PhaseTime &a, const PhaseTime &b) { return a.us > b.us; });
  for (const PhaseTime &phase : phases) {
    if (phase.us < 0.002 * sum)
      continue;
    os << format("    %5.1f%% %11.1f us %7.0f x ", 100 * phase.us / sum, phase.us, phase.visits);
    if (phase.flops)
      os << format("%7.1f GFLOP/s  ", phase.flops / phase.us / 1e3);
    else
      os.indent(17);
    os << phase.place << '\n';
  }
  os.flush();
}

/// Of the times relative to their limits.
static double geometricMean(const std::vector<Result> &results) {
  double sum = 0;
  for (const Result &result : results)
    sum += std::log(result.times.median / result.limitUs);
  return std::exp(sum / double(results.size()));
}

void rondo::printSummary(raw_ostream &os, const std::vector<Result> &results) {
  if (results.size() > 1)
    os << format("geometric mean of %zu times: %.2f of the limit\n", results.size(), geometricMean(results));
}

std::string rondo::writeReport(StringRef path, const MachineRates &machine, StringRef cpu,
                               const std::vector<Result> &results) {
  Json rows = Json::array();
  auto ratesOf = [](ArrayRef<std::pair<int64_t, double>> rates) {
    Json list = Json::array();
    for (auto [bytes, rate] : rates)
      list.push_back({{"bytes_per_core", bytes}, {"gb_per_s", rate / 1e9}});
    return list;
  };
  for (const Result &result : results) {
    const Workload &workload = result.workload;
    Json row = {{"workload", workload.name},
                {"mode", workload.train ? "train" : "infer"},
                {"cell", workload.cell},
                {"threads", machine.threads},
                {"compile_s", result.compileSeconds},
                {"buffer_bytes", result.bytes},
                {"error", result.error ? Json(*result.error) : Json()},
                {"median_us", result.times.median},
                {"p10_us", result.times.low},
                {"p90_us", result.times.high},
                {"calls", result.times.calls},
                {"gflops", result.flops / result.times.median / 1e3},
                {"gb_per_s", result.weightBytes / result.times.median / 1e3},
                {"pointwise_us", result.pointwiseUs},
                {"limit_us", result.limitUs},
                {"share_of_limit", result.limitUs / result.times.median},
                {"time_by_limit", result.times.median / result.limitUs}};
    if (result.eigenUs)
      row["eigen_us"] = *result.eigenUs;
    for (const PhaseTime &phase : result.phases)
      row["phases"].push_back(
          {{"place", phase.place}, {"us", phase.us}, {"visits", phase.visits}, {"flops", phase.flops}});
    rows.push_back(row);
  }
  Json json = {{"machine",
                {{"threads", machine.threads},
                 {"vectors", machine.vectors},
                 {"cpu", cpu.str()},
                 {"gflops", machine.flops / 1e9},
                 {"gflops_one_core", machine.oneCoreFlops / 1e9},
                 {"reads", ratesOf(machine.reads)},
                 {"copies", ratesOf(machine.copies)}}},
               {"workloads", rows}};
  if (!results.empty())
    json["geometric_mean"] = {{"time_by_limit", geometricMean(results)}};
  return writeFile(path, json.dump(1) + "\n");
}
