// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// gradcheck: the compiled gradient in double against finite differences of the compiled loss in double, and the float
// gradient against the double one, on random weights, inputs, targets and states (which floats represent exactly). For
// each parameter the error is max|analytic - numeric| / max|numeric| over the entries that were checked: the largest of
// the gradient and random ones. All calls get the same seed, so that they draw the same dropout.
#include "runtime/Commands.h"
#include "runtime/FiniteDifference.h"
#include "runtime/Random.h"
#include "runtime/RandomCall.h"
#include "runtime/Weights.h"

#include <cmath>
#include <cstdio>

using namespace rondo;

namespace {

/// The largest difference of the float gradient, relative to the largest entry of the double one.
constexpr double floatTolerance = 1e-3;

/// What was found about one parameter.
struct Finding {
  int checked = 0, kinksNearby = 0, kinksHere = 0, differing = 0;
  double largestError = 0, largestNumeric = 0;
  bool zero = false, influence = true, finite = true;

  double error() const { return largestNumeric > 0 ? largestError / largestNumeric : largestError; }
  bool good(double tolerance) const {
    if (!finite)
      return false;
    if (zero)
      return !influence;
    return differing == 0 && error() <= tolerance && 2 * kinksHere <= checked;
  }
};

class Checker {
public:
  Checker(const Model &model, const Arguments &options, Error &error)
      : model(model), error(error), workspace(model), weights(options.text("--weights")),
        seed(options.seed("--seed", 1)), samples(options.integer("--samples", 24)),
        tolerance(options.real("--tolerance", 1e-6)) {}

  int run();

private:
  bool fillWeights();
  void perturb(const Parameter &parameter, const Random &random);
  void choose(const Buffer &gradient, const Random &random, List<int64_t> &chosen);
  Finding check(const Parameter &parameter, RandomCall &loss, const Buffer &gradient, double base);
  double floatError(const Parameter &parameter, RandomCall &single);

  const Model &model;
  Error &error;
  Workspace workspace;
  const char *weights;
  uint64_t seed;
  int64_t samples;
  double tolerance;
};

/// Random values of a size that keeps cells off saturation: deviation 1 / sqrt(columns), for vectors 0.3 around
/// what a constant or an identity starts from.
void Checker::perturb(const Parameter &parameter, const Random &random) {
  Buffer buffer = workspace.shared(Role::Parameter, parameter, Type::F64);
  const Shape &shape = parameter.shape;
  double width = shape.rank > 1 ? std::fmax(4, static_cast<double>(shape.dim[shape.rank - 1])) : 11;
  for (int64_t i = 0, n = buffer.count(); i < n; ++i) {
    double base = parameter.init.kind == Initializer::Kind::Constant ? parameter.init.a : 0;
    if (parameter.init.kind == Initializer::Kind::Identity && i / shape.dim[1] == i % shape.dim[1])
      base = parameter.init.a;
    buffer.set(i, static_cast<float>(base + random.normal(static_cast<uint64_t>(i)) / std::sqrt(width)));
  }
}

bool Checker::fillWeights() {
  WeightsInfo info;
  if (weights && !loadWeights(weights, workspace, model.element, info, error))
    return false;
  for (const Parameter &parameter : model.parameters) {
    if (!weights)
      perturb(parameter, Random(seed, parameter.path.c_str()));
    // Both element types get the same values.
    Buffer wide = workspace.shared(Role::Parameter, parameter, Type::F64);
    Buffer own = workspace.shared(Role::Parameter, parameter, model.element);
    if (weights)
      convertReals(own, wide);
    else
      convertReals(wide, own);
  }
  return true;
}

/// The entries to check: all if there are few; else a quarter of the samples are the largest of the gradient, the
/// others are drawn at random.
void Checker::choose(const Buffer &gradient, const Random &random, List<int64_t> &chosen) {
  int64_t count = gradient.count();
  if (count <= samples) {
    for (int64_t i = 0; i < count; ++i)
      chosen.add(i);
    return;
  }
  auto known = [&](int64_t i) {
    for (int64_t other : chosen)
      if (other == i)
        return true;
    return false;
  };
  for (int64_t k = 0; k < (samples + 3) / 4; ++k) {
    int64_t best = -1;
    for (int64_t i = 0; i < count; ++i)
      if (!known(i) && (best < 0 || std::fabs(gradient.get(i)) > std::fabs(gradient.get(best))))
        best = i;
    chosen.add(best);
  }
  for (uint64_t draw = 0; static_cast<int64_t>(chosen.size()) < samples; ++draw) {
    int64_t i = random.below(draw, count);
    if (!known(i))
      chosen.add(i);
  }
}

/// One entry of a parameter as a curve.
struct Probe {
  Workspace *workspace;
  const Parameter *parameter;
  RandomCall *loss;
  int64_t index;

  /// Sets the entry; returns what it was.
  double exchange(double x) const {
    Buffer buffer = workspace->shared(Role::Parameter, *parameter, Type::F64);
    double kept = buffer.get(index);
    buffer.set(index, x);
    return kept;
  }

  static double evaluate(void *context, double x) {
    Probe &probe = *static_cast<Probe *>(context);
    double kept = probe.exchange(x);
    double value = probe.loss->run();
    probe.exchange(kept);
    return value;
  }
};

Finding Checker::check(const Parameter &parameter, RandomCall &loss, const Buffer &gradient, double base) {
  Finding finding;
  Buffer buffer = workspace.shared(Role::Parameter, parameter, Type::F64);
  Random random(seed ^ 0x5eed, parameter.path.c_str());
  List<int64_t> chosen;
  // All of it: maxima pass over what is not a number, and samples over most.
  for (int64_t i = 0, n = gradient.count(); i < n; ++i)
    finding.finite = finding.finite && std::isfinite(gradient.get(i));
  if (!finding.finite) {
    finding.largestError = NAN;
    return finding;
  }
  choose(gradient, random, chosen);
  finding.checked = static_cast<int>(chosen.size());
  if (chosen.empty())
    return finding;

  auto curve = [&](Probe &probe, int64_t index) {
    probe = {&workspace, &parameter, &loss, index};
    return Curve{Probe::evaluate, &probe, buffer.get(index), base};
  };
  Probe probe;
  Curve first = curve(probe, chosen[0]);
  double largestAnalytic = 0;
  for (int64_t i = 0, n = gradient.count(); i < n; ++i)
    largestAnalytic = std::fmax(largestAnalytic, std::fabs(gradient.get(i)));
  // A wider step where small gradients would drown in the rounding of the loss.
  double h = 0x1p-10;
  while (h < 0x1p-7 && roundingNoise(first, h) > 0.02 * tolerance * largestAnalytic)
    h *= 2;

  List<double> numeric;
  for (int64_t index : chosen) {
    numeric.add(centralDifference(curve(probe, index), h));
    finding.largestNumeric = std::fmax(finding.largestNumeric, std::fabs(numeric.back()));
  }
  double noise = 16 * roundingNoise(first, h);
  if (finding.largestNumeric <= noise && largestAnalytic <= noise) {
    finding.zero = true;
    perturb(parameter, random);
    finding.influence = std::fabs(loss.run() - base) > 64 * 2.3e-16 * std::fabs(base);
    return finding;
  }
  double allowed = tolerance * finding.largestNumeric;
  for (size_t i = 0; i < chosen.size(); ++i) {
    double claim = gradient.get(chosen[i]);
    if (!(std::fabs(claim - numeric[i]) <= allowed))
      switch (judge(curve(probe, chosen[i]), h, claim, allowed, finding.largestNumeric, numeric[i])) {
      case Verdict::Agrees:
        break;
      case Verdict::KinkNearby:
        ++finding.kinksNearby;
        continue;
      case Verdict::KinkHere:
        ++finding.kinksHere;
        continue;
      case Verdict::Differs:
        ++finding.differing;
        break;
      }
    finding.largestError = std::fmax(finding.largestError, std::fabs(claim - numeric[i]));
  }
  return finding;
}

double Checker::floatError(const Parameter &parameter, RandomCall &single) {
  Buffer exact = workspace.shared(Role::Gradient, parameter, Type::F64);
  const Buffer *rounded = single.call.find(Role::Gradient, parameter.path);
  double error = 0, largest = 0;
  for (int64_t i = 0, n = exact.count(); i < n; ++i) {
    double difference = std::fabs(rounded->get(i) - exact.get(i));
    error = std::isfinite(difference) ? std::fmax(error, difference) : HUGE_VAL;
    largest = std::fmax(largest, std::fabs(exact.get(i)));
  }
  return largest > 1e-12 ? error / largest : error;
}

int Checker::run() {
  bool hasFloat = model.element == Type::F32;
  const Entry *lossEntry = model.require(hasFloat ? "train_f64" : "train", error);
  const Entry *gradEntry = model.require(hasFloat ? "train_grad_f64" : "train_grad", error);
  const Entry *floatEntry = model.require("train_grad", error);
  if (!lossEntry || !gradEntry || !floatEntry)
    return 1;
  RandomCall loss(workspace, *lossEntry, seed), analytic(workspace, *gradEntry, seed);
  RandomCall single(workspace, *floatEntry, seed);
  if (!fillWeights())
    return 1;
  double base = loss.run(), gradLoss = analytic.run();
  if (hasFloat)
    single.run();
  printf("loss %.12g; up to %lld entries of each parameter; tolerance %g (float %g)\n", base,
         static_cast<long long>(samples), tolerance, floatTolerance);
  int failed = 0;
  if (!std::isfinite(base) || !(std::fabs(gradLoss - base) <= 1e-12 * std::fabs(base))) {
    printf("FAILED: the loss beside the gradients is %.17g\n", gradLoss);
    ++failed;
  }
  int width = 9;
  for (const Parameter &parameter : model.parameters)
    width = static_cast<int>(parameter.path.size()) > width ? static_cast<int>(parameter.path.size()) : width;
  printf("%-*s  checked  kinks  max|a-n|/max|n|    max|n|     float\n", width, "parameter");
  for (const Parameter &parameter : model.parameters) {
    const Buffer *gradient = analytic.call.find(Role::Gradient, parameter.path);
    if (!gradient) {
      printf("%-*s  FAILED: no gradient\n", width, parameter.path.c_str());
      ++failed;
      continue;
    }
    // The double gradient is this run's; the checks below run the loss only.
    double single32 = hasFloat ? floatError(parameter, single) : 0;
    Buffer values = workspace.shared(Role::Parameter, parameter, Type::F64);
    void *kept = allocateAligned(values.bytes());
    memcpy(kept, values.data, values.bytes());
    Finding found = check(parameter, loss, *gradient, base);
    memcpy(workspace.shared(Role::Parameter, parameter, Type::F64).data, kept, values.bytes());
    free(kept);
    bool good = found.good(tolerance), floatGood = single32 <= floatTolerance;
    printf("%-*s  %7d  %5d  %15.1e  %8.1e  ", width, parameter.path.c_str(), found.checked,
           found.kinksNearby + found.kinksHere, found.error(), found.largestNumeric);
    if (hasFloat)
      printf("%8.1e  ", single32);
    else
      printf("       -  ");
    const char *remark = !found.finite                   ? "FAILED: not finite"
                         : found.zero && found.influence   ? "FAILED: zero throughout, but the parameter has influence"
                         : found.zero                    ? "ok: zero, the parameter has no influence"
                         : !good && found.differing == 0 ? "FAILED: kinks at most entries"
                         : !good                         ? "FAILED"
                         : !floatGood                    ? "FAILED: float"
                                                         : "ok";
    printf("%s\n", remark);
    fflush(stdout);
    failed += !good || !floatGood;
  }
  printf(failed ? "gradcheck FAILED\n" : "gradcheck passed\n");
  return failed ? 1 : 0;
}

} // namespace

int rondo::runGradcheck(const Model &model, const Arguments &options, Error &error) {
  return Checker(model, options, error).run();
}
