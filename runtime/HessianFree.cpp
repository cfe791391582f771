// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hessian-free optimisation.
#include "runtime/HessianFree.h"

#include <cmath>

using namespace rondo;

/// Calls run(T *, T *, count) on each two parts of vectors, with the type of their elements.
template <typename Run> static void eachPart(const List<Buffer> &a, const List<Buffer> &b, Run run) {
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].type == Type::F64)
      run(static_cast<double *>(a[i].data), static_cast<double *>(b[i].data), a[i].count());
    else
      run(static_cast<float *>(a[i].data), static_cast<float *>(b[i].data), a[i].count());
}

static double dot(const List<Buffer> &a, const List<Buffer> &b) {
  double sum = 0;
  eachPart(a, b, [&](auto *x, auto *y, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  });
  return sum;
}

/// y = kept * y + factor * x
static void combine(const List<Buffer> &y, double kept, double factor, const List<Buffer> &x) {
  eachPart(y, x, [=](auto *to, auto *from, int64_t count) {
    using T = std::remove_reference_t<decltype(*to)>;
    for (int64_t i = 0; i < count; ++i)
      to[i] = static_cast<T>(kept * static_cast<double>(to[i]) + factor * static_cast<double>(from[i]));
  });
}

static void copy(const List<Buffer> &to, const List<Buffer> &from) {
  for (size_t i = 0; i < to.size(); ++i)
    memcpy(to[i].data, from[i].data, to[i].bytes());
}

static void copy(const Buffer &to, const Buffer &from) { memcpy(to.data, from.data, to.bytes()); }

/// The step behind which x is kept next.
static int64_t keptAfter(int64_t step) { return (step * 13 + 9) / 10; }

bool HessianFree::makeVector(Vector &vector, Error &error) {
  for (const Buffer &part : gradient) {
    Buffer own;
    if (!blocks.allocate(part.type, part.shape, own, error) || !vector.add(own, error))
      return false;
  }
  return true;
}

/// What the entries and the update have of each parameter that is trained, and vectors of the same parts.
bool HessianFree::findVectors(const Call &gradients, const Call &update, Error &error) {
  for (const Argument &argument : gradients.entry->args) {
    if (argument.role != Role::Gradient)
      continue;
    const Text &name = argument.name;
    const struct {
      Vector &vector;
      const Buffer *found;
    } parts[] = {{gradient, gradients.find(Role::Gradient, name)},
                 {solution, update.find(Role::Moment1, name)},
                 {step, update.find(Role::Moment2, name)},
                 {direction, products.find(Role::Direction, name)},
                 {product, products.find(Role::Product, name)}};
    for (const auto &[vector, found] : parts)
      if (!vector.add(*found, error))
        return false;
    if (!trained.add(model->parameter(name), error))
      return false;
  }
  size_t count = 0;
  for (int64_t i = 1; i < model->train.search.steps; i = keptAfter(i))
    ++count;
  if (!makeVector(residual, error) || !makeVector(before, error) || !memory.resize(count, error) ||
      !models.resize(static_cast<size_t>(model->train.search.steps) + 1, error))
    return false;
  for (Vector &kept : memory)
    if (!makeVector(kept, error))
      return false;
  iterates.reserve(count + 1);
  return true;
}

/// Each run of an entry goes on with a state.
bool HessianFree::saveState(const Call &gradients, const Text &name, Error &error) {
  Saved saved;
  saved.now = *gradients.find(Role::State, name);
  const Buffer *ofLoss = loss.find(Role::State, name), *ofProducts = products.find(Role::State, name);
  saved.ofLoss = ofLoss ? *ofLoss : Buffer();
  saved.ofProducts = ofProducts ? *ofProducts : Buffer();
  return blocks.allocate(saved.now.type, saved.now.shape, saved.kept, error) && states.add(saved, error);
}

bool HessianFree::open(Workspace &workspace, const Call &gradients, const Call &update, Error &error) {
  parameters = &workspace.parameters;
  model = &workspace.model;
  const Entry *ofProducts = model->require("train_searched_gauss_newton", error),
              *ofLoss = model->require("train_searched", error);
  if (!ofProducts || !ofLoss)
    return false;
  products = workspace.bind(*ofProducts, error, nullptr, &gradients);
  if (error.failed())
    return false;
  loss = workspace.bind(*ofLoss, error, nullptr, &gradients);
  Shape scalar;
  if (error.failed() || !blocks.allocate(Type::F64, scalar, damping, error) || !findVectors(gradients, update, error))
    return false;
  damping.set(0, model->train.search.damping);
  for (const Argument &argument : gradients.entry->args)
    if (argument.role == Role::State && !saveState(gradients, argument.name, error))
      return false;
  return true;
}

void HessianFree::begin() {
  for (const Saved &state : states)
    copy(state.kept, state.now);
}

/// product = (G + damped I) direction
void HessianFree::multiply(double damped) {
  for (const Saved &state : states)
    if (state.ofProducts.data)
      copy(state.ofProducts, state.kept);
  products.run();
  combine(product, 1, damped, direction);
}

/// Conjugate gradients from `solution` on. Returns the number of their steps, behind each of which `models` has phi;
/// `iterates` are those x that are kept, the last one behind them.
int64_t HessianFree::solve(double damped) {
  int64_t most = model->train.search.steps, i = 0, next = 1;
  combine(solution, model->train.search.decay, 0, solution);
  copy(residual, gradient);
  if (dot(solution, solution) > 0) {
    copy(direction, solution);
    multiply(damped);
    combine(residual, 1, 1, product);
  }
  // With r = (G + a I) x + g.
  auto phi = [&] { return (dot(solution, residual) + dot(solution, gradient)) / 2; };
  models[0] = phi();
  iterates.clear();
  copy(direction, residual);
  combine(direction, -1, 0, direction);
  double squares = dot(residual, residual);
  while (i < most && squares > 0 && std::isfinite(squares)) {
    multiply(damped);
    double curvature = dot(direction, product);
    if (!(curvature > 0) || !std::isfinite(curvature))
      break;
    double length = squares / curvature;
    combine(solution, 1, length, direction);
    combine(residual, 1, length, product);
    double model = models[static_cast<size_t>(++i)] = phi();
    int64_t gap = i / 10 > 10 ? i / 10 : 10;
    if (i > gap && model < 0 &&
        (model - models[static_cast<size_t>(i - gap)]) / model < 5e-4 * static_cast<double>(gap))
      break;
    if (i == next && i < most) {
      const Vector &kept = memory[iterates.size()];
      copy(kept, solution);
      iterates.add({i, model, &kept});
      next = keptAfter(i);
    }
    double after = dot(residual, residual);
    combine(direction, after / squares, -1, residual);
    squares = after;
  }
  if (iterates.empty() || iterates.back().step < i)
    iterates.add({i, models[static_cast<size_t>(i)], &solution});
  return i;
}

/// The loss of the batch with the parameters as they are; infinite where it is none.
double HessianFree::lossNow() {
  for (const Saved &state : states)
    if (state.ofLoss.data)
      copy(state.ofLoss, state.kept);
  loss.run();
  double value = loss.loss();
  return std::isnan(value) ? INFINITY : value;
}

/// Sets the step to `factor` times the direction. Returns the loss behind it.
double HessianFree::lossAt(const Vector &towards, double factor) {
  combine(step, 0, factor, towards);
  for (size_t i = 0; i < trained.size(); ++i) {
    Vector values, own;
    values.add(parameters->values(*trained[i], before[i].type));
    own.add(step[i]);
    copy(values[0], before[i]);
    combine(values, 1, 1, own);
  }
  return lossNow();
}

/// From the last iterate back as long as the loss falls; `loss` becomes that behind what is found.
HessianFree::Iterate HessianFree::backtrack(double &least) {
  size_t found = iterates.size() - 1;
  least = lossAt(*iterates[found].x, 1);
  while (found > 0) {
    double earlier = lossAt(*iterates[found - 1].x, 1);
    if (!(earlier < least))
      break;
    least = earlier;
    --found;
  }
  return iterates[found];
}

/// The factor of the direction, which the step is set to; 0 where none makes the loss less.
double HessianFree::searchLine(const Vector &towards, double start, double rate) {
  double slope = dot(gradient, towards), factor = dot(towards, towards) > 0 ? rate : 0;
  slope = slope < 0 ? slope : 0;
  for (int i = 0; i < 60 && factor > 0; ++i, factor *= 0.8)
    if (lossAt(towards, factor) <= start + 0.01 * factor * slope)
      return factor;
  combine(step, 0, 0, towards);
  return 0;
}

SearchNumbers HessianFree::search(double rate) {
  for (size_t i = 0; i < trained.size(); ++i)
    copy(before[i], parameters->valuesToRead(*trained[i], before[i].type));
  SearchNumbers numbers;
  numbers.damping = damping.get(0);
  numbers.iterations = solve(numbers.damping);
  double start = lossNow(), least;
  Iterate found = backtrack(least);
  double squares = dot(*found.x, *found.x), expected = found.model - numbers.damping / 2 * squares;
  numbers.rho = (least - start) / expected;
  bool isWorse = !(least < start) || !(expected < 0);
  bool isStuck = numbers.iterations == 0;
  if (isStuck)
    numbers.rho = NAN;
  if (isStuck ? dot(gradient, gradient) > 0 : isWorse || numbers.rho < 0.25)
    damping.set(0, numbers.damping * 1.5);
  else if (numbers.rho > 0.75)
    damping.set(0, numbers.damping / 1.5);
  numbers.factor = searchLine(*found.x, start, rate);
  for (size_t i = 0; i < trained.size(); ++i)
    copy(parameters->values(*trained[i], before[i].type), before[i]);
  return numbers;
}
