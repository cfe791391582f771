// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// gradcheck: the compiled gradient in double against finite differences of the compiled loss in double, and the float
// gradient against the double one, where `train` would start (or at --weights), on random inputs and targets. All calls
// get the same seed, so that they draw the same dropout.
//
// Of each parameter the largest entries of the gradient and random ones are checked, each alone, and the whole along
// random directions: a mistake in a few entries shows there too. It passes where at least 99 % of the entries are
// decided and right and no parameter with a gradient is undecided as a whole. One wrong entry or direction is a
// failure; anything else is open, and said so. Parameters before a `stop` are left out: differences see through it.
#include "runtime/Commands.h"
#include "runtime/Probe.h"
#include "runtime/SecondOrder.h"
#include "runtime/Weights.h"

#include <cmath>
#include <cstdio>

using namespace rondo;

namespace {

/// The largest difference of the float gradient, relative to the largest entry of the double one; and what rounding on
/// the way may add, relative to the largest of all gradients.
constexpr double floatTolerance = 1e-3, floatRounding = 1e-6;

/// The same of forward mode, in double.
constexpr double forwardTolerance = 1e-10;

/// Products and sums in double that a check may take, some seconds' work: it decides how many entries are checked. The
/// default depends on the model alone, never on the time.
constexpr double budget = 1e10;
constexpr int64_t maxSamples = 24, minSamples = 2, maxDirections = 2, valuesPerSample = 3;

/// What was found about one parameter.
struct Finding {
  int64_t checked = 0, undecided = 0, wrong = 0;
  double largestError = 0, largestNumeric = 0;
  bool finite = true, zero = false, stopped = false;
  /// The place of the first wrong entry (or -1), with its gradient and the derivative.
  int64_t place = -1;
  double claim = 0, numeric = 0;
  bool wrongDirection = false, wrongFloat = false, wrongForward = false;

  double error() const {
    if (!finite)
      return NAN;
    return largestNumeric > 0 ? largestError / largestNumeric : largestError;
  }
  bool failed() const { return !finite || wrong || wrongDirection || wrongFloat || wrongForward; }
  /// Nothing can be said about a gradient that is not zero.
  bool open() const { return !zero && !stopped && undecided == checked; }
};

/// "[3, 5]", the place of entry i.
ShortText<256> placeOf(const Shape &shape, int64_t i) {
  Shape place = shape;
  for (int d = shape.rank - 1; d >= 0; i /= shape.dim[d--])
    place.dim[d] = i % shape.dim[d];
  return place.str();
}

double largest(const Buffer &buffer) {
  double result = 0;
  for (int64_t i = 0, n = buffer.count(); i < n; ++i)
    result = std::fmax(result, std::fabs(buffer.get(i)));
  return result;
}

class Checker {
public:
  Checker(const Model &model, const Arguments &options, Team &team, Error &error)
      : model(model), error(error), parameters(model), workspace(parameters, team), weights(options.text("--weights")),
        layoutName(options.text("--layout")), seed(options.seed("--seed", 1)), samples(options.integer("--samples", 0)),
        tolerance(options.real("--tolerance", 1e-6)), second(options.has("--second-order")) {}

  int run();

private:
  bool fillWeights();
  bool isBase(double gradLoss) const;
  int64_t checkParameters(RandomCall &loss, const RandomCall &analytic, const RandomCall &single, CheckCounts &counts);
  int64_t affordableSamples(const Entry &entry) const;
  void choose(const Buffer &gradient, const Random &random, List<int64_t> &chosen) const;
  Finding check(const Parameter &parameter, RandomCall &loss, const Buffer &gradient);
  bool agreesForward(const Parameter &parameter, int64_t i, double claim, const Measure &measure) const;
  Judgement judgeAlong(const Direction &direction, double claim, Probe &probe, Measure &measure) const;
  void checkDirections(const Parameter &parameter, Probe &probe, const Buffer &gradient, Measure &measure,
                       Finding &finding);
  bool floatIsWrong(const Parameter &parameter, const Buffer &exact, const RandomCall &single, double &error);
  void printRow(const Parameter &parameter, int width, const Finding &found, double floatError) const;

  const Model &model;
  Error &error;
  Parameters parameters;
  Workspace workspace;
  const char *weights, *layoutName;
  uint64_t seed;
  int64_t samples;
  double tolerance, base = 0, largestGradient = 0;
  bool second;
  RandomCall *forward = nullptr;
};

/// Both element types get the same values.
bool Checker::fillWeights() {
  WeightsInfo info;
  Layout layout;
  if (!parseLayout(layoutName, "--layout", layout, error))
    return false;
  if (layoutName && !weights)
    return error.fail("--layout: expected --weights with it");
  if (!(weights ? loadWeights(weights, layout, parameters, model.element, info, error)
                : initializeWeights(parameters, model.element, seed, error)))
    return false;
  if (!parameters.allocate(Type::F64, error))
    return false;
  for (const Parameter &parameter : model.parameters)
    if (model.element != Type::F64)
      convertReals(parameters.values(parameter, model.element), parameters.values(parameter, Type::F64));
  return true;
}

/// How many entries of each parameter the budget allows: a loss takes about one product for each weight at each
/// position.
int64_t Checker::affordableSamples(const Entry &entry) const {
  double count = 0, parameters = static_cast<double>(model.parameters.size());
  for (const Parameter &parameter : model.parameters)
    count += static_cast<double>(parameter.shape.count());
  double work = count * static_cast<double>(entry.batch * entry.length);
  double affordable = budget / (work * valuesPerSample * parameters + 1);
  return affordable >= maxSamples   ? maxSamples
         : affordable <= minSamples ? minSamples
                                    : static_cast<int64_t>(affordable);
}

/// The entries to check: all if there are few; else a quarter of the samples are the largest of the gradient, the
/// others are drawn at random.
void Checker::choose(const Buffer &gradient, const Random &random, List<int64_t> &chosen) const {
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

/// The noise is measured, once for a parameter, where it matters.
Judgement Checker::judgeAlong(const Direction &direction, double claim, Probe &probe, Measure &measure) const {
  Judgement simple{Verdict::Right, 0};
  if (confirms(probe.along(direction), claim, measure, simple.numeric))
    return simple;
  if (measure.noise == 0)
    measure.noise = measureNoise(probe.along({0, probe.count(), Random(seed, "noise")}));
  return judge(probe.along(direction), claim, measure);
}

/// Where finite differences cannot tell, and forward mode is compiled: whether it says the same of entry i.
bool Checker::agreesForward(const Parameter &parameter, int64_t i, double claim, const Measure &measure) const {
  if (!forward)
    return true;
  for (const Argument &argument : forward->call.entry->args)
    if (argument.role == Role::Direction)
      forward->call.find(Role::Direction, argument.name)->clear();
  forward->call.find(Role::Direction, parameter.path)->set(i, 1);
  forward->run();
  // What rounding leaves of other gradients, as in float.
  double scale = measure.scale + floatRounding / floatTolerance * largestGradient;
  return std::fabs(forward->call.find(Role::Slope)->get(0) - claim) <= forwardTolerance * scale;
}

Finding Checker::check(const Parameter &parameter, RandomCall &loss, const Buffer &gradient) {
  Finding finding;
  // All of it: maxima pass over what is not a number, and samples over most.
  for (int64_t i = 0, n = gradient.count(); i < n; ++i)
    finding.finite = finding.finite && std::isfinite(gradient.get(i));
  finding.stopped = parameter.isStopped;
  if (!finding.finite || finding.stopped || gradient.count() == 0)
    return finding;

  List<int64_t> chosen;
  choose(gradient, Random(seed ^ 0x5eed, parameter.path.c_str()), chosen);
  Probe probe(loss, parameter, base);
  Measure measure{largest(gradient), tolerance, 0};
  finding.zero = measure.scale == 0;
  finding.checked = static_cast<int64_t>(chosen.size());
  for (int64_t i : chosen) {
    double claim = gradient.get(i);
    Judgement judgement = judgeAlong({i, i + 1, Random(0, "")}, claim, probe, measure);
    if (judgement.verdict == Verdict::Undecided) {
      ++finding.undecided;
      finding.wrongForward |= !agreesForward(parameter, i, claim, measure);
      continue;
    }
    finding.largestNumeric = std::fmax(finding.largestNumeric, std::fabs(judgement.numeric));
    finding.largestError = std::fmax(finding.largestError, std::fabs(claim - judgement.numeric));
    if (judgement.verdict == Verdict::Wrong && finding.wrong++ == 0) {
      finding.place = i;
      finding.claim = claim;
      finding.numeric = judgement.numeric;
    }
  }
  if (gradient.count() > finding.checked)
    checkDirections(parameter, probe, gradient, measure, finding);
  return finding;
}

/// A direction that is undecided says nothing: so many entries move that kinks are nearer than for one. In a wrong one
/// a wrong entry is looked for by halves.
void Checker::checkDirections(const Parameter &parameter, Probe &probe, const Buffer &gradient, Measure &measure,
                              Finding &finding) {
  Text stream = Text::format("direction %s", parameter.path.c_str());
  // A large model has one, which still takes in every entry.
  uint64_t directions = samples < maxSamples / 2 ? 1 : maxDirections;
  for (uint64_t k = 0; k < directions && !finding.failed(); ++k) {
    Direction whole{0, gradient.count(), Random(seed + k, stream.c_str())};
    auto isWrong = [&](const Direction &direction) {
      double claim = direction.slope(gradient);
      Judgement judgement = judgeAlong(direction, claim, probe, measure);
      finding.claim = claim;
      finding.numeric = judgement.numeric;
      return judgement.verdict == Verdict::Wrong;
    };
    if (!isWrong(whole))
      continue;
    finding.wrongDirection = true;
    Direction part = whole;
    while (part.end - part.begin > 1) {
      int64_t middle = part.begin + (part.end - part.begin) / 2;
      Direction left{part.begin, middle, part.signs}, right{middle, part.end, part.signs};
      if (isWrong(left))
        part = left;
      else if (isWrong(right))
        part = right;
      else
        return;
    }
    finding.place = part.begin;
  }
}

/// The largest difference of the float gradient, relative to the largest entry and what rounding of other gradients may
/// leave of one that is zero. Returns whether it is too large.
bool Checker::floatIsWrong(const Parameter &parameter, const Buffer &exact, const RandomCall &single, double &error) {
  const Buffer *rounded = single.call.find(Role::Gradient, parameter.path);
  error = 0;
  for (int64_t i = 0, n = exact.count(); i < n; ++i) {
    double difference = std::fabs(rounded->get(i) - exact.get(i));
    error = std::isfinite(difference) ? std::fmax(error, difference) : HUGE_VAL;
  }
  double scale = largest(exact) + floatRounding / floatTolerance * largestGradient;
  error = scale > 0 ? error / scale : error;
  return !(error <= floatTolerance);
}

void Checker::printRow(const Parameter &parameter, int width, const Finding &found, double floatError) const {
  printf("%-*s  %7lld  %9lld  %15.1e  %8.1e  ", width, parameter.path.c_str(), static_cast<long long>(found.checked),
         static_cast<long long>(found.undecided), found.error(), found.largestNumeric);
  if (model.element == Type::F32)
    printf("%8.1e  ", floatError);
  else
    printf("       -  ");
  if (!found.finite)
    printf("FAILED: not finite\n");
  else if (found.place >= 0)
    printf("FAILED: the gradient at %s is %.9g, finite differences say %.9g\n",
           placeOf(parameter.shape, found.place).c_str(), found.claim, found.numeric);
  else if (found.wrongForward)
    printf("FAILED: forward mode says another gradient where finite differences cannot tell\n");
  else if (found.failed())
    printf("FAILED: the derivative along a random direction is wrong\n");
  else if (found.wrongFloat)
    printf("FAILED: float\n");
  else if (found.stopped)
    printf("cannot tell: comes before a 'stop'\n");
  else if (found.checked && found.undecided == found.checked)
    printf("undecided\n");
  else
    printf("ok%s\n", found.zero ? ": zero" : "");
  fflush(stdout);
}

/// Whether the loss beside the gradients is the loss alone; prints it where not.
bool Checker::isBase(double gradLoss) const {
  if (std::fabs(gradLoss - base) <= 1e-12 * std::fabs(base))
    return true;
  printf("FAILED: the loss beside the gradients is %.17g\n", gradLoss);
  return false;
}

/// Checks each parameter's gradient and prints the table. Returns how many come before a `stop`.
int64_t Checker::checkParameters(RandomCall &loss, const RandomCall &analytic, const RandomCall &single,
                                 CheckCounts &counts) {
  int64_t zero = 0, all = 0, stopped = 0;
  int width = 9;
  for (const Parameter &parameter : model.parameters) {
    width = static_cast<int>(parameter.path.size()) > width ? static_cast<int>(parameter.path.size()) : width;
    if (const Buffer *gradient = analytic.call.find(Role::Gradient, parameter.path))
      largestGradient = std::fmax(largestGradient, largest(*gradient));
  }
  printf("%-*s  checked  undecided  max|a-n|/max|n|    max|n|     float\n", width, "parameter");
  for (const Parameter &parameter : model.parameters) {
    if (parameter.isBuffer)
      continue;
    if (parameter.frozen) {
      printf("%-*s  frozen\n", width, parameter.path.c_str());
      continue;
    }
    ++all;
    const Buffer *gradient = analytic.call.find(Role::Gradient, parameter.path);
    if (!gradient) {
      printf("%-*s  FAILED: no gradient\n", width, parameter.path.c_str());
      ++counts.failed;
      continue;
    }
    // The double gradient is this run's; the checks run the loss only.
    Finding found = check(parameter, loss, *gradient);
    double floatError = 0;
    found.wrongFloat = model.element == Type::F32 && floatIsWrong(parameter, *gradient, single, floatError);
    printRow(parameter, width, found, floatError);
    counts.failed += found.failed();
    counts.checked += found.checked;
    counts.undecided += found.undecided;
    counts.open += found.open();
    zero += found.zero;
    stopped += found.stopped;
  }
  if (zero)
    printf("note: %lld of %lld gradients are zero here; --weights checks elsewhere\n", static_cast<long long>(zero),
           static_cast<long long>(all));
  if (stopped)
    printf("note: %lld of %lld parameters come before a 'stop', through which finite differences see\n",
           static_cast<long long>(stopped), static_cast<long long>(all));
  return stopped;
}

/// Prints the last line; returns the exit status.
int printVerdict(const CheckCounts &counts, int64_t stopped) {
  if (counts.failed)
    printf("gradcheck FAILED\n");
  else if (stopped && !counts.checked)
    printf("gradcheck cannot tell: no parameter is left to check\n");
  else if (counts.open || counts.undecided * 100 > counts.checked)
    printf("gradcheck cannot tell: finite differences leave %lld of %lld entries undecided\n",
           static_cast<long long>(counts.undecided), static_cast<long long>(counts.checked));
  else
    return printf("gradcheck passed\n"), 0;
  return 1;
}

int Checker::run() {
  bool hasFloat = model.element == Type::F32;
  if (model.entry("train_grad") && !model.entry(hasFloat ? "train_f64" : "train"))
    return error.fail("the model '%s' was compiled without gradcheck (--no-gradcheck)", model.name.c_str()), 1;
  const Entry *lossEntry = model.require(hasFloat ? "train_f64" : "train", error);
  const Entry *gradEntry = model.require(hasFloat ? "train_grad_f64" : "train_grad", error);
  const Entry *floatEntry = model.require("train_grad", error);
  if (!lossEntry || !gradEntry || !floatEntry)
    return 1;
  if (second && !requireSecondOrder(model, error))
    return 1;
  constexpr auto mixed = RandomCall::Lengths::mixed;
  RandomCall loss(workspace, *lossEntry, seed, mixed, error), analytic(workspace, *gradEntry, seed, mixed, error);
  RandomCall single(workspace, *floatEntry, seed, mixed, error);
  // Without a tangent it is the loss, and not used.
  const Entry *tangent = model.entry(hasFloat ? "tangent_f64" : "tangent");
  RandomCall slopes(workspace, tangent ? *tangent : *lossEntry, seed, mixed, error);
  if (error.failed() || !fillWeights())
    return 1;
  if (tangent)
    forward = &slopes;
  base = loss.run();
  double gradLoss = analytic.run();
  if (hasFloat)
    single.run();
  if (!std::isfinite(base) && !std::isfinite(gradLoss))
    return error.fail("the loss at these weights is %g, so there is no derivative to check", base), 1;
  if (!samples)
    samples = affordableSamples(*lossEntry);
  printf("loss %.12g; up to %lld entries of each parameter; tolerance %g (float %g)\n", base,
         static_cast<long long>(samples), tolerance, floatTolerance);
  CheckCounts counts;
  counts.failed = !isBase(gradLoss);
  int64_t stopped = checkParameters(loss, analytic, single, counts);
  if (second && !checkSecondOrder(analytic, {seed, samples, tolerance}, counts, error))
    return 1;
  return printVerdict(counts, stopped);
}

} // namespace

int rondo::runGradcheck(const Model &model, const Arguments &options, Team &team, Error &error) {
  return Checker(model, options, team, error).run();
}
