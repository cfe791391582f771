// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// gradcheck --second-order. A product H v is the derivative of the gradient along v: so each of its entries is judged
// as an entry of a gradient is, by values of the gradient's entry as v is gone along. All entries have their values of
// one run. Of each parameter some entries are checked and a sum of all with random signs. Parameters before a `stop` do
// not move: differences see through it.
#include "runtime/SecondOrder.h"

#include "runtime/FiniteDifference.h"

#include <cmath>
#include <cstdio>

using namespace rondo;

namespace {

/// How far apart two ways to compute the same in double may be, relative to the sum of what is added.
constexpr double exactTolerance = 1e-10;
/// A parameter's products that are smaller, relative to the largest of all, are judged as if they were so large: what
/// is zero but for rounding is zero.
constexpr double leastScale = 1e-6;
/// How far apart they may be in single precision, relative to the largest entry of all.
constexpr double floatTolerance = 1e-3;
constexpr int directions = 2;

using Vector = List<double>;

/// A parameter that is trained, and where it begins among the entries of all.
struct Part {
  const Parameter *parameter;
  int64_t begin, count;
};

/// A sum with what its terms are together, regardless of their signs.
struct Sum {
  double value = 0, size = 0;
  void add(double term) {
    value += term;
    size += std::fabs(term);
  }
};

Sum dot(const Vector &a, const Vector &b, int64_t begin, int64_t end) {
  Sum sum;
  for (int64_t i = begin; i < end; ++i)
    sum.add(a[static_cast<size_t>(i)] * b[static_cast<size_t>(i)]);
  return sum;
}

/// What is followed of a gradient: an entry, or a sum with random signs of all entries of a part.
struct Slot {
  int64_t begin, end;
  Random signs{0, uint64_t(0)};

  double of(const Vector &vector) const {
    double sum = 0, length = 1 / std::sqrt(static_cast<double>(end - begin));
    for (int64_t i = begin; i < end; ++i)
      sum += (end - begin == 1 || signs.bits(static_cast<uint64_t>(i)) & 1 ? length : -length) *
             vector[static_cast<size_t>(i)];
    return sum;
  }
};

/// The gradient along a direction; a run serves all slots.
class GradientAlong {
public:
  GradientAlong(RandomCall &gradient, const List<Part> &parts, const List<Slot> &slots, const Vector &at,
                const Vector &direction)
      : gradient(gradient), parts(parts), slots(slots), at(at), direction(direction) {}

  double value(size_t slot, double offset) {
    size_t run = 0;
    while (run < offsets.size() && offsets[run] != offset)
      ++run;
    if (run == offsets.size()) {
      move(offset);
      gradient.run();
      move(0);
      offsets.add(offset);
      Vector all;
      read(Role::Gradient, gradient.call, all);
      for (const Slot &each : slots)
        values.add(each.of(all));
    }
    return values[run * slots.size() + slot];
  }

  /// Copies what a call has made of all parts.
  void read(Role role, const Call &call, Vector &all) const {
    for (const Part &part : parts)
      for (int64_t i = 0; i < part.count; ++i)
        all.add(call.find(role, part.parameter->path)->get(i));
  }

private:
  void move(double offset) const {
    for (const Part &part : parts) {
      Buffer to = gradient.workspace.parameters.values(*part.parameter, Type::F64);
      for (int64_t i = 0; i < part.count; ++i) {
        size_t k = static_cast<size_t>(part.begin + i);
        to.set(i, at[k] + offset * direction[k]);
      }
    }
  }

  RandomCall &gradient;
  const List<Part> &parts;
  const List<Slot> &slots;
  const Vector &at, &direction;
  List<double> offsets, values;
};

struct SlotCurve {
  GradientAlong *along;
  size_t slot;
  static double evaluate(void *context, double offset) {
    auto *curve = static_cast<SlotCurve *>(context);
    return curve->along->value(curve->slot, offset);
  }
};

/// What was found of a parameter.
struct Finding {
  int64_t checked = 0, undecided = 0, wrong = 0;
  double largestError = 0, largestProduct = 0, forwardError = 0;
  bool isFinite = true;
};

class Checker {
public:
  Checker(RandomCall &gradient, const CheckSettings &settings, const Entry &tangent, const Entry &hessian,
          const Entry *gaussNewton, Error &error)
      : model(gradient.workspace.model), gradient(gradient), settings(settings),
        tangent(gradient.workspace, tangent, settings.seed, RandomCall::Lengths::mixed, error),
        hessian(gradient.workspace, hessian, settings.seed, RandomCall::Lengths::mixed, error),
        gaussNewton(gradient.workspace, gaussNewton ? *gaussNewton : hessian, settings.seed, RandomCall::Lengths::mixed,
                    error),
        hasGaussNewton(gaussNewton), error(error) {}

  bool run(CheckCounts &counts);

private:
  void listParts();
  void drawDirection(uint64_t number, Vector &direction) const;
  void setDirection(const Call &call, const Vector &direction, const Part *only = nullptr) const;
  void multiply(RandomCall &call, const Vector &direction, Vector &product) const;
  void chooseSlots(const Part &part, const Vector &product);
  void checkProduct(const Vector &direction, const Vector &product);
  void checkSlopes(const Vector &direction);
  bool agree(const char *what, double a, double b, double size) const;
  bool isSymmetric(const char *what, const Vector *of) const;
  bool checkGaussNewton(const Sum &slope) const;
  bool floatAgrees(const char *what, const char *name, const Vector &exact) const;
  void printRows(int width, CheckCounts &counts) const;
  bool isConvex() const;

  const Model &model;
  RandomCall &gradient;
  const CheckSettings &settings;
  RandomCall tangent, hessian, gaussNewton;
  /// Else `gaussNewton` is not used.
  bool hasGaussNewton;
  Error &error;
  List<Part> parts;
  List<Slot> slots;
  List<Finding> findings;
  Vector at, slopes, along[directions], products[directions], squares[directions];
};

void Checker::listParts() {
  int64_t begin = 0;
  for (const Parameter &parameter : model.parameters) {
    const Buffer *found = gradient.call.find(Role::Gradient, parameter.path);
    if (!found)
      continue;
    parts.add({&parameter, begin, found->count()});
    findings.add();
    begin += found->count();
    Buffer values = gradient.workspace.parameters.values(parameter, Type::F64);
    for (int64_t i = 0; i < found->count(); ++i) {
      at.add(values.get(i));
      slopes.add(found->get(i));
    }
  }
}

/// Up or down by random signs, of length 1 together.
void Checker::drawDirection(uint64_t number, Vector &direction) const {
  Random signs(settings.seed + number, "second order");
  double length = 1 / std::sqrt(static_cast<double>(at.size() + 1));
  for (const Part &part : parts)
    for (int64_t i = part.begin; i < part.begin + part.count; ++i)
      direction.add(part.parameter->isStopped ? 0 : signs.bits(static_cast<uint64_t>(i)) & 1 ? length : -length);
}

void Checker::setDirection(const Call &call, const Vector &direction, const Part *only) const {
  for (const Part &part : parts)
    for (int64_t i = 0; i < part.count; ++i)
      call.find(Role::Direction, part.parameter->path)
          ->set(i, only && only != &part ? 0 : direction[static_cast<size_t>(part.begin + i)]);
}

void Checker::multiply(RandomCall &call, const Vector &direction, Vector &product) const {
  setDirection(call.call, direction);
  call.run();
  for (const Part &part : parts)
    for (int64_t i = 0; i < part.count; ++i)
      product.add(call.call.find(Role::Product, part.parameter->path)->get(i));
}

/// Of few entries all; else the largest and random ones. The last slot is of all together.
void Checker::chooseSlots(const Part &part, const Vector &product) {
  int64_t end = part.begin + part.count, chosen = part.count < settings.samples ? part.count : settings.samples;
  int64_t best = part.begin;
  for (int64_t i = part.begin; i < end; ++i)
    if (std::fabs(product[static_cast<size_t>(i)]) > std::fabs(product[static_cast<size_t>(best)]))
      best = i;
  Random random(settings.seed ^ 0x5eed, part.parameter->path.c_str());
  for (int64_t k = 0; k < chosen; ++k) {
    int64_t i = chosen == part.count ? part.begin + k
                : k == 0             ? best
                                     : part.begin + random.below(static_cast<uint64_t>(k), part.count);
    slots.add({i, i + 1, Random(0, "")});
  }
  if (chosen < part.count)
    slots.add({part.begin, end, Random(settings.seed, part.parameter->path.c_str())});
}

void Checker::checkProduct(const Vector &direction, const Vector &product) {
  slots.clear();
  List<size_t> ends;
  for (const Part &part : parts) {
    if (!part.parameter->isStopped)
      chooseSlots(part, product);
    ends.add(slots.size());
  }
  GradientAlong moved(gradient, parts, slots, at, direction);
  size_t slot = 0;
  double largest = 0;
  for (double entry : product)
    largest = std::fmax(largest, std::fabs(entry));
  for (size_t p = 0; p < parts.size(); ++p) {
    Finding &finding = findings[p];
    Measure measure{0, settings.tolerance, 0};
    for (int64_t i = parts[p].begin; i < parts[p].begin + parts[p].count; ++i) {
      double entry = std::fabs(product[static_cast<size_t>(i)]);
      finding.isFinite = finding.isFinite && std::isfinite(entry);
      measure.scale = std::fmax(measure.scale, entry);
    }
    finding.largestProduct = std::fmax(finding.largestProduct, measure.scale);
    measure.scale = std::fmax(measure.scale, leastScale * largest);
    for (; slot < ends[p]; ++slot) {
      double claim = slots[slot].of(product);
      SlotCurve context{&moved, slot};
      Curve curve{SlotCurve::evaluate, &context, slots[slot].of(slopes)};
      Judgement judgement{Verdict::Right, 0};
      if (!confirms(curve, claim, measure, judgement.numeric)) {
        measure.noise = std::fmax(measure.noise, measureNoise(curve));
        judgement = judge(curve, claim, measure);
      }
      ++finding.checked;
      finding.undecided += judgement.verdict == Verdict::Undecided;
      finding.wrong += judgement.verdict == Verdict::Wrong;
      double difference = std::fabs(claim - judgement.numeric);
      if (judgement.verdict != Verdict::Undecided && measure.scale > 0)
        finding.largestError = std::fmax(finding.largestError, difference / measure.scale);
    }
  }
}

/// Forward mode along each parameter's part of the direction.
void Checker::checkSlopes(const Vector &direction) {
  for (size_t p = 0; p < parts.size(); ++p) {
    const Part &part = parts[p];
    setDirection(tangent.call, direction, &part);
    tangent.run();
    Sum expected = dot(slopes, direction, part.begin, part.begin + part.count);
    double apart = std::fabs(tangent.call.find(Role::Slope)->get(0) - expected.value);
    double relative = apart > 0 ? apart / (expected.size + 1e-300) : apart;
    // What is rounded on the way is not smaller than the loss's own last place.
    if (apart <= 1e-15 * std::fabs(tangent.call.loss()))
      relative = std::fmin(relative, exactTolerance);
    findings[p].forwardError = relative <= findings[p].forwardError ? findings[p].forwardError : relative;
  }
}

bool Checker::agree(const char *what, double a, double b, double size) const {
  double apart = std::fabs(a - b);
  bool isRight = apart <= exactTolerance * size;
  printf("%-38s  %19.12e  %19.12e  %8.1e  %s\n", what, a, b, size > 0 ? apart / size : apart,
         isRight ? "ok" : "FAILED");
  return isRight;
}

/// Whether the loss is a sum of what is convex in outputs or logits, as far as the description says.
bool Checker::isConvex() const {
  for (const Loss &loss : model.reported())
    if ((!loss.isCrossEntropy() && loss.squaredOutput.empty()) || !(loss.weight.at(1) >= 0))
      return false;
  return true;
}

bool Checker::isSymmetric(const char *what, const Vector *of) const {
  int64_t end = static_cast<int64_t>(at.size());
  Sum right = dot(along[1], of[0], 0, end), left = dot(along[0], of[1], 0, end);
  return agree(what, right.value, left.value, right.size + left.size);
}

bool Checker::checkGaussNewton(const Sum &slope) const {
  bool isRight = isSymmetric("Gauss-Newton symmetric: u.Gv, v.Gu", squares);
  int64_t end = static_cast<int64_t>(at.size());
  Sum first = dot(along[0], squares[0], 0, end), second = dot(along[1], squares[1], 0, end);
  bool positive = first.value >= -exactTolerance * first.size && second.value >= -exactTolerance * second.size;
  printf("%-38s  %19.12e  %19.12e            %s\n", "Gauss-Newton positive: u.Gu, v.Gv", first.value, second.value,
         positive     ? "ok"
         : isConvex() ? "FAILED"
                      : "not asked: the loss may not be convex");
  isRight = isRight && (positive || !isConvex());
  return agree("slope beside G v, g.v", gaussNewton.call.find(Role::Slope)->get(0), slope.value, slope.size) && isRight;
}

/// Products along the second direction of the entry in single precision, where the program has one.
bool Checker::floatAgrees(const char *what, const char *name, const Vector &exact) const {
  const Entry *entry = model.element == Type::F32 ? model.entry(name) : nullptr;
  if (!entry)
    return true;
  RandomCall single(gradient.workspace, *entry, settings.seed, RandomCall::Lengths::mixed, error);
  if (error.failed())
    return false;
  Vector product;
  multiply(single, along[1], product);
  double apart = 0, largest = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    double difference = std::fabs(product[i] - exact[i]);
    apart = difference <= apart ? apart : difference;
    largest = std::fmax(largest, std::fabs(exact[i]));
  }
  bool isRight = apart <= floatTolerance * largest;
  printf("%-38s  %19.12e  %19.12e  %8.1e  %s\n", what, apart, largest, largest > 0 ? apart / largest : apart,
         isRight ? "ok" : "FAILED");
  return isRight;
}

void Checker::printRows(int width, CheckCounts &counts) const {
  printf("%-*s  checked  undecided  max|a-n|/max|n|  max|H v|   forward\n", width, "second order");
  for (size_t p = 0; p < parts.size(); ++p) {
    const Finding &found = findings[p];
    bool isStopped = parts[p].parameter->isStopped;
    bool isForward = found.forwardError <= exactTolerance;
    bool failed = !found.isFinite || found.wrong || !isForward;
    bool open = !failed && !isStopped && found.checked && found.undecided == found.checked && found.largestProduct > 0;
    printf("%-*s  %7lld  %9lld  %15.1e  %8.1e  %8.1e  %s\n", width, parts[p].parameter->path.c_str(),
           static_cast<long long>(found.checked), static_cast<long long>(found.undecided), found.largestError,
           found.largestProduct, found.forwardError,
           !found.isFinite ? "FAILED: not finite"
           : found.wrong   ? "FAILED: finite differences of the gradient say another product"
           : !isForward    ? "FAILED: forward mode has another slope than the gradient"
           : isStopped     ? "cannot tell: comes before a 'stop'"
           : open          ? "undecided"
                           : "ok");
    counts.checked += found.checked;
    counts.undecided += found.undecided;
    counts.open += open;
    counts.failed += failed;
  }
}

bool Checker::run(CheckCounts &counts) {
  gradient.run();
  listParts();
  int width = 12;
  for (const Part &part : parts)
    width =
        static_cast<int>(part.parameter->path.size()) > width ? static_cast<int>(part.parameter->path.size()) : width;
  for (int k = 0; k < directions; ++k) {
    drawDirection(static_cast<uint64_t>(k), along[k]);
    multiply(hessian, along[k], products[k]);
    if (hasGaussNewton)
      multiply(gaussNewton, along[k], squares[k]);
    checkSlopes(along[k]);
    checkProduct(along[k], products[k]);
  }
  printRows(width, counts);
  counts.failed += !isSymmetric("Hessian symmetric: u.Hv, v.Hu", products);
  Sum slope = dot(slopes, along[1], 0, static_cast<int64_t>(at.size()));
  double claim = hessian.call.find(Role::Slope)->get(0);
  counts.failed += !agree("slope beside H v, g.v", claim, slope.value, slope.size);
  counts.failed += !floatAgrees("H v in float: off by, largest", "hessian", products[1]);
  if (hasGaussNewton)
    counts.failed +=
        !checkGaussNewton(slope) + !floatAgrees("G v in float: off by, largest", "gauss_newton", squares[1]);
  else
    printf("no Gauss-Newton products: a scan leads to the loss neither through an output nor through logits\n");
  return !error.failed();
}

} // namespace

static const Entry *entryFor(const Model &model, const char *name) {
  return model.entry(Text::format("%s%s", name, model.element == Type::F32 ? "_f64" : "").c_str());
}

bool rondo::requireSecondOrder(const Model &model, Error &error) {
  for (const char *name : {"tangent", "hessian"})
    if (!entryFor(model, name))
      return error.fail("the model '%s' was compiled without products of second derivatives: compile it with rondoc "
                        "--second-order",
                        model.name.c_str());
  return true;
}

bool rondo::checkSecondOrder(RandomCall &gradient, const CheckSettings &settings, CheckCounts &counts, Error &error) {
  const Model &model = gradient.workspace.model;
  if (!requireSecondOrder(model, error))
    return false;
  Checker checker(gradient, settings, *entryFor(model, "tangent"), *entryFor(model, "hessian"),
                  entryFor(model, "gauss_newton"), error);
  return !error.failed() && checker.run(counts);
}
