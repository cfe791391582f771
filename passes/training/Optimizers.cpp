// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The optimisers' equations, most of them as PyTorch has them, for one element: p is the parameter, g its gradient,
// moments begin at zero. A new one is a function here, a row in its table and one in dialect/OptimizerTable.cpp.

#include "passes/training/Optimizers.h"

#include "passes/training/UpdateBuilder.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace llvm;
using namespace rondo;
using mlir::Value;

namespace {

/// The numbers of an optimiser by their names.
struct Numbers {
  ArrayRef<OptimizerNumber> numbers;
  double operator[](StringRef name) const {
    return find_if(numbers, [&](const OptimizerNumber &own) { return own.name == name; })->value;
  }
};

/// m' = momentum * m + g;  p' = p - rate * m'; without momentum m' is g.
Optimizer makeSGD(Numbers of) {
  double momentum = of["momentum"];
  return {momentum != 0, [=](Terms shared, Slot &s) {
            Term direction = s.gradient;
            if (momentum != 0)
              direction = s.moments[0] = momentum * s.moments[0] + s.gradient;
            s.parameter = s.parameter - shared[0] * direction;
          }};
}

/// m' = momentum * m + g;  p' = p - rate * (g + momentum * m')
Optimizer makeNesterov(Numbers of) {
  double momentum = of["momentum"];
  return {1, [=](Terms shared, Slot &s) {
            Term &m = s.moments[0];
            m = momentum * m + s.gradient;
            s.parameter = s.parameter - shared[0] * (s.gradient + momentum * m);
          }};
}

/// v' = v + g^2;  p' = p - rate * g / (sqrt(v') + epsilon)
Optimizer makeAdagrad(Numbers of) {
  double epsilon = of["epsilon"];
  return {1, [=](Terms shared, Slot &s) {
            Term &v = s.moments[0];
            v = v + square(s.gradient);
            s.parameter = s.parameter - shared[0] * (s.gradient / (sqrt(v) + epsilon));
          }};
}

/// v' = alpha * v + (1 - alpha) * g^2;  d = g / (sqrt(v') + epsilon);  p' = p - rate * d;
/// centered v' less c'^2 under the root, c' = alpha * c + (1 - alpha) * g;
/// with momentum p' = p - rate * m', m' = momentum * m + d.
Optimizer makeRMSProp(Numbers of) {
  double alpha = of["alpha"], epsilon = of["epsilon"], momentum = of["momentum"];
  bool centered = of["centered"] != 0;
  return {1u + centered + (momentum != 0), [=](Terms shared, Slot &s) {
            Term &v = s.moments[0], g = s.gradient;
            v = alpha * v + (1 - alpha) * square(g);
            Term variance = v;
            if (centered) {
              Term &c = s.moments[1];
              c = alpha * c + (1 - alpha) * g;
              // Rounding may leave less than nothing.
              variance = maximum(v - square(c), 0);
            }
            Term direction = g / (sqrt(variance) + epsilon);
            if (momentum != 0)
              direction = s.moments.back() = momentum * s.moments.back() + direction;
            s.parameter = s.parameter - shared[0] * direction;
          }};
}

/// v' = rho * v + (1 - rho) * g^2;  d = sqrt(u + epsilon) / sqrt(v' + epsilon) * g;  u' = rho * u + (1 - rho) * d^2;
/// p' = p - rate * d
Optimizer makeAdadelta(Numbers of) {
  double rho = of["rho"], epsilon = of["epsilon"];
  return {2, [=](Terms shared, Slot &s) {
            Term &v = s.moments[0], &u = s.moments[1];
            v = rho * v + (1 - rho) * square(s.gradient);
            Term direction = sqrt(u + epsilon) / sqrt(v + epsilon) * s.gradient;
            u = rho * u + (1 - rho) * square(direction);
            s.parameter = s.parameter - shared[0] * direction;
          }};
}

/// p' = p - rate * (sign(beta1 * m + (1 - beta1) * g) + decay * p);  m' = beta2 * m + (1 - beta2) * g
Optimizer makeLion(Numbers of) {
  double beta1 = of["beta1"], beta2 = of["beta2"];
  auto update = [=](Terms shared, Slot &s) {
    Term &m = s.moments[0];
    Term direction = sign(beta1 * m + (1 - beta1) * s.gradient);
    if (s.decay != 0)
      direction = direction + s.decay * s.parameter;
    m = beta2 * m + (1 - beta2) * s.gradient;
    s.parameter = s.parameter - shared[0] * direction;
  };
  return {1, update, /*decouplesDecay=*/true};
}

/// m' = beta1 m + (1 - beta1) g;  v' = beta2 v + (1 - beta2) g^2;
/// p' = p - rate / (1 - beta1^t) * m' / (sqrt(v') / sqrt(1 - beta2^t) + epsilon), t = 1, 2, ...;
/// decoupled also - rate * decay * p.
Optimizer makeAnyAdam(Numbers of, bool decoupled) {
  double beta1 = of["beta1"], beta2 = of["beta2"], epsilon = of["epsilon"];
  auto update = [=](Terms shared, Slot &s) {
    Term &m = s.moments[0], &v = s.moments[1];
    m = beta1 * m + (1 - beta1) * s.gradient;
    v = beta2 * v + (1 - beta2) * square(s.gradient);
    Term change = shared[0] * (m / (sqrt(v) * shared[1] + epsilon));
    // Not by a factor 1 - rate * decay, which in single precision would keep few digits of the decay.
    if (decoupled && s.decay != 0)
      change = change + s.decay * shared[2] * s.parameter;
    s.parameter = s.parameter - change;
  };
  auto prepare = [=](Term rate, Terms powers) {
    // In f64: 1 - beta^t loses most digits for the first t.
    auto correction = [&](Term power) { return narrow(1 - power, rate.value.getType()); };
    Term root = sqrt(correction(powers[1]));
    SmallVector<Term> shared{rate / correction(powers[0]), 1 / root};
    if (decoupled)
      shared.push_back(rate);
    return shared;
  };
  return {2, update, decoupled, {beta1, beta2}, decoupled ? 3u : 2u, prepare};
}

Optimizer makeAdam(Numbers of) { return makeAnyAdam(of, /*decoupled=*/false); }

/// Adam with decoupled decay (Loshchilov & Hutter 2019).
Optimizer makeAdamW(Numbers of) { return makeAnyAdam(of, /*decoupled=*/true); }

/// Adam's direction d with decay * p, and the rate times |p| / |d| of the whole parameter (You et al. 2020), where
/// neither is zero.
Optimizer makeLAMB(Numbers of) {
  double beta1 = of["beta1"], beta2 = of["beta2"], epsilon = of["epsilon"];
  Optimizer lamb;
  lamb.numMoments = 2;
  lamb.decouplesDecay = true;
  lamb.bases = {beta1, beta2};
  lamb.numShared = 3;
  lamb.prepare = [](Term rate, Terms powers) {
    auto correction = [&](Term power) { return narrow(1 - power, rate.value.getType()); };
    return SmallVector<Term>{1 / correction(powers[0]), 1 / sqrt(correction(powers[1])), rate};
  };
  lamb.direction = [=](Terms shared, Slot &s) {
    Term &m = s.moments[0], &v = s.moments[1];
    m = beta1 * m + (1 - beta1) * s.gradient;
    v = beta2 * v + (1 - beta2) * square(s.gradient);
    Term direction = m * shared[0] / (sqrt(v) * shared[1] + epsilon);
    return s.decay != 0 ? direction + s.decay * s.parameter : direction;
  };
  lamb.gather = [](UpdateBuilder &b, Value parameter, Value direction) {
    return SmallVector<Value>{direction, b.ratioOfNorms(parameter, direction)};
  };
  lamb.update = [](Terms shared, Slot &s) { s.parameter = s.parameter - shared[2] * s.gathered[1] * s.gathered[0]; };
  return lamb;
}

/// m' = momentum * m + (1 - momentum) * g;  p' = p - rate * (0.2 * sqrt(max(rows, columns)) * o + decay * p), where o
/// is nearly orthogonal: what Newton-Schulz makes of (1 - momentum) * g + momentum * m' (Jordan et al. 2024). By the
/// factor its elements are of the size of AdamW's, which needs no rate of its own for other parameters (Liu et al.
/// 2025).
Optimizer makeMuon(Numbers of) {
  double momentum = of["momentum"];
  int iterations = static_cast<int>(of["iterations"]);
  Optimizer muon;
  muon.numMoments = 1;
  muon.decouplesDecay = true;
  muon.direction = [=](Terms, Slot &s) {
    Term &m = s.moments[0];
    m = momentum * m + (1 - momentum) * s.gradient;
    return momentum * m + (1 - momentum) * s.gradient;
  };
  muon.gather = [=](UpdateBuilder &b, Value, Value direction) {
    ArrayRef<int64_t> shape = cast<mlir::RankedTensorType>(direction.getType()).getShape();
    double factor = 0.2 * std::sqrt(double(std::max(shape[0], shape[1])));
    return SmallVector<Value>{b.orthogonal(direction, iterations, factor)};
  };
  muon.update = [](Terms shared, Slot &s) {
    Term change = s.gathered[0];
    if (s.decay != 0)
      change = change + s.decay * s.parameter;
    s.parameter = s.parameter - shared[0] * change;
  };
  return muon;
}

/// m' = m, where conjugate gradients begin the next time;  p' = p + d, the step that the search has found
/// (runtime/HessianFree.h).
Optimizer makeHessianFree(Numbers) {
  return {2, [](Terms, Slot &s) { s.parameter = s.parameter + s.moments[1]; }};
}

constexpr std::pair<StringLiteral, Optimizer (*)(Numbers)> makers[] = {
    {"adadelta", makeAdadelta},        {"adagrad", makeAdagrad}, {"adam", makeAdam}, {"adamw", makeAdamW},
    {"hessian_free", makeHessianFree}, {"lamb", makeLAMB},       {"lion", makeLion}, {"muon", makeMuon},
    {"nesterov", makeNesterov},        {"rmsprop", makeRMSProp}, {"sgd", makeSGD},
};

} // namespace

std::vector<Optimizer> rondo::makeOptimizers(const OptimizerKind &kind, ArrayRef<OptimizerNumber> numbers) {
  std::vector<Optimizer> made;
  made.push_back(find_if(makers, [&](const auto &maker) { return maker.first == kind.name; })->second({numbers}));
  if (kind.name == "muon")
    made.push_back(makeAdamW({numbers}));
  return made;
}
