// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The optimisers' equations, as PyTorch has them, for one element.

#include "passes/training/Optimizers.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace rondo;

namespace {

/// m' = momentum * m + g;  p' = p - rate * m'; without momentum m' is g.
class SGD : public Optimizer {
public:
  explicit SGD(double momentum) : momentum(momentum) {}
  unsigned numMoments() const override { return momentum != 0 ? 1 : 0; }
  unsigned numShared() const override { return 1; }
  SmallVector<Value> prepare(TensorBuilder &, Value rate, ValueRange) const override { return {rate}; }
  void update(TensorBuilder &b, ValueRange shared, Slot &slot) const override {
    Value direction = slot.gradient;
    if (momentum != 0)
      direction = slot.moments[0] = b.add(b.scale(slot.moments[0], momentum), slot.gradient);
    slot.parameter = b.sub(slot.parameter, b.mul(shared[0], direction));
  }

private:
  double momentum;
};

/// m' = beta1 m + (1 - beta1) g;  v' = beta2 v + (1 - beta2) g^2;
/// p' = p - rate / (1 - beta1^t) * m' / (sqrt(v') / sqrt(1 - beta2^t) + epsilon), t = 1, 2, ...;
/// decoupled also - rate * decay * p.
class Adam : public Optimizer {
public:
  Adam(double beta1, double beta2, double epsilon, bool decoupled)
      : beta1(beta1), beta2(beta2), epsilon(epsilon), decoupled(decoupled) {}
  unsigned numMoments() const override { return 2; }
  SmallVector<double> bases() const override { return {beta1, beta2}; }
  unsigned numShared() const override { return decoupled ? 3 : 2; }
  bool decouplesDecay() const override { return decoupled; }
  SmallVector<Value> prepare(TensorBuilder &b, Value rate, ValueRange powers) const override {
    Type type = rate.getType();
    // In f64: 1 - beta^t loses most digits for the first t.
    auto correction = [&](Value power) {
      Value difference = b.sub(b.constant(power.getType(), 1), power);
      return type == power.getType() ? difference : b.make<arith::TruncFOp>(type, difference);
    };
    Value root = b.make<math::SqrtOp>(correction(powers[1]));
    SmallVector<Value> shared{b.div(rate, correction(powers[0])), b.div(b.constant(type, 1), root)};
    if (decoupled)
      shared.push_back(rate);
    return shared;
  }
  void update(TensorBuilder &b, ValueRange shared, Slot &slot) const override {
    Value &m = slot.moments[0], &v = slot.moments[1];
    m = b.add(b.scale(m, beta1), b.scale(slot.gradient, 1 - beta1));
    v = b.add(b.scale(v, beta2), b.scale(b.square(slot.gradient), 1 - beta2));
    Value root = b.mul(b.make<math::SqrtOp>(v), shared[1]);
    Value direction = b.div(m, b.add(root, b.constant(v.getType(), epsilon)));
    Value change = b.mul(shared[0], direction);
    // Not by a factor 1 - rate * decay, which in single precision would keep few digits of the decay.
    if (decoupled && slot.decay != 0)
      change = b.add(change, b.mul(b.scale(shared[2], slot.decay), slot.parameter));
    slot.parameter = b.sub(slot.parameter, change);
  }

private:
  double beta1, beta2, epsilon;
  bool decoupled;
};

} // namespace

std::unique_ptr<Optimizer> rondo::makeSGD(double momentum) { return std::make_unique<SGD>(momentum); }

std::unique_ptr<Optimizer> rondo::makeAdam(double beta1, double beta2, double epsilon) {
  return std::make_unique<Adam>(beta1, beta2, epsilon, /*decoupled=*/false);
}

std::unique_ptr<Optimizer> rondo::makeAdamW(double beta1, double beta2, double epsilon) {
  return std::make_unique<Adam>(beta1, beta2, epsilon, /*decoupled=*/true);
}
