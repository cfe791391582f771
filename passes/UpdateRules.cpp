// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-make-update: the optimisers' equations, as PyTorch has them.

#include "passes/ModelFunction.h"
#include "passes/Passes.h"
#include "passes/TensorBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_MAKEUPDATE
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// What all parameters of one update share; the scalars are tensors of rank 0.
struct Step {
  Value number, rate;
};

/// One parameter with its gradient and moments, before or after the update.
struct Slot {
  Value parameter, gradient;
  SmallVector<Value, 2> moments;
};

/// The equations of one optimiser.
struct Optimizer {
  virtual ~Optimizer() = default;
  virtual unsigned numMoments() const = 0;
  /// Builds what does not depend on the parameter.
  virtual void prepare(TensorBuilder &b, Step step) = 0;
  /// Gives `slot` its new parameter and moments; the gradient is clipped and decayed already.
  virtual void update(TensorBuilder &b, Slot &slot) = 0;
};

/// m' = momentum * m + g;  p' = p - rate * m'; without momentum m' is g.
struct SGD : Optimizer {
  double momentum;
  Value rate;
  explicit SGD(double momentum) : momentum(momentum) {}
  unsigned numMoments() const override { return momentum != 0 ? 1 : 0; }
  void prepare(TensorBuilder &, Step step) override { rate = step.rate; }
  void update(TensorBuilder &b, Slot &slot) override {
    Value direction = slot.gradient;
    if (momentum != 0)
      direction = slot.moments[0] = b.add(b.scale(slot.moments[0], momentum), slot.gradient);
    slot.parameter = b.sub(slot.parameter, b.mul(b.broadcast(rate, direction.getType()), direction));
  }
};

/// m' = beta1 m + (1 - beta1) g;  v' = beta2 v + (1 - beta2) g^2;
/// p' = p - rate / (1 - beta1^t) * m' / (sqrt(v') / sqrt(1 - beta2^t) + epsilon), t = 1, 2, ...
struct Adam : Optimizer {
  double beta1, beta2, epsilon;
  Value stepSize, rootCorrection;
  Adam(double beta1, double beta2, double epsilon) : beta1(beta1), beta2(beta2), epsilon(epsilon) {}
  unsigned numMoments() const override { return 2; }
  void prepare(TensorBuilder &b, Step step) override {
    Type type = step.rate.getType();
    Value t = b.make<arith::SIToFPOp>(type, step.number), one = b.constant(type, 1);
    auto correction = [&](double beta) { return b.sub(one, b.make<math::PowFOp>(b.constant(type, beta), t)); };
    stepSize = b.div(step.rate, correction(beta1));
    rootCorrection = b.make<math::SqrtOp>(correction(beta2));
  }
  void update(TensorBuilder &b, Slot &slot) override {
    Type type = slot.parameter.getType();
    Value &m = slot.moments[0], &v = slot.moments[1];
    m = b.add(b.scale(m, beta1), b.scale(slot.gradient, 1 - beta1));
    v = b.add(b.scale(v, beta2), b.scale(b.square(slot.gradient), 1 - beta2));
    Value root = b.div(b.make<math::SqrtOp>(v), b.broadcast(rootCorrection, type));
    Value direction = b.div(m, b.add(root, b.constant(type, epsilon)));
    slot.parameter = b.sub(slot.parameter, b.mul(b.broadcast(stepSize, type), direction));
  }
};

struct MakeUpdatePass : rondo::impl::MakeUpdateBase<MakeUpdatePass> {
  using MakeUpdateBase::MakeUpdateBase;

  void runOnOperation() override {
    std::unique_ptr<Optimizer> rule = chooseOptimizer();
    FailureOr<func::FuncOp> model = rule ? findModel() : FailureOr<func::FuncOp>(failure());
    if (failed(model) || failed(build(*model, *rule)))
      signalPassFailure();
  }

  std::unique_ptr<Optimizer> chooseOptimizer() {
    if (optimizer == "sgd")
      return std::make_unique<SGD>(momentum);
    if (optimizer == "adam" && momentum == 0)
      return std::make_unique<Adam>(beta1, beta2, epsilon);
    if (optimizer == "adam")
      getOperation().emitError() << "expected no momentum for the optimizer adam, found " << momentum.getValue();
    else
      getOperation().emitError() << "expected the optimizer sgd or adam, found \"" << optimizer.getValue() << "\"";
    return nullptr;
  }

  /// The gradient function whose parameters are to be updated.
  FailureOr<func::FuncOp> findModel() {
    auto functions = chooseFunctions(getOperation(), function, "rondo.gradient");
    if (failed(functions))
      return failure();
    if (functions->empty())
      return getOperation().emitError() << "expected a function with gradients as results, found none";
    func::FuncOp model = functions->front();
    SmallVector<unsigned> parameters = argumentsWith(model, "rondo.parameter");
    if (parameters.empty())
      return model.emitOpError() << "expected parameters, found none";
    Type element = getElementTypeOrSelf(model.getArgumentTypes()[parameters.front()]);
    for (unsigned i : parameters)
      if (!isa<FloatType>(element) || getElementTypeOrSelf(model.getArgumentTypes()[i]) != element)
        return model.emitOpError() << "expected parameters of one floating-point element type, found "
                                   << model.getArgumentTypes()[i];
    if (SymbolTable::lookupSymbolIn(getOperation(), "update"))
      return model.emitOpError() << "cannot be given an @update, which exists";
    return model;
  }

  LogicalResult build(func::FuncOp model, Optimizer &rule) {
    MLIRContext *context = &getContext();
    Builder attributes(context);
    SmallVector<Type> parameterTypes, types;
    SmallVector<DictionaryAttr> argumentAttributes, resultAttributes;
    SmallVector<Attribute> paths;
    for (unsigned i : argumentsWith(model, "rondo.parameter")) {
      parameterTypes.push_back(model.getArgumentTypes()[i]);
      paths.push_back(model.getArgAttr(i, "rondo.parameter"));
    }
    // One group of arguments, or results, with one entry per parameter.
    auto addGroup = [&](SmallVector<DictionaryAttr> &list, StringRef name) {
      for (Attribute path : paths)
        list.push_back(attributes.getDictionaryAttr(attributes.getNamedAttr(name, path)));
    };
    StringRef momentNames[] = {"rondo.moment1", "rondo.moment2"};
    addGroup(argumentAttributes, "rondo.parameter");
    addGroup(argumentAttributes, "rondo.gradient");
    addGroup(resultAttributes, "rondo.parameter");
    for (unsigned i = 0; i < rule.numMoments(); ++i) {
      addGroup(argumentAttributes, momentNames[i]);
      addGroup(resultAttributes, momentNames[i]);
    }
    for (unsigned i = 0; i < 2 + rule.numMoments(); ++i)
      llvm::append_range(types, parameterTypes);
    auto addUnit = [&](SmallVector<DictionaryAttr> &list, StringRef name) {
      list.push_back(attributes.getDictionaryAttr(attributes.getNamedAttr(name, attributes.getUnitAttr())));
    };
    auto scalar = RankedTensorType::get({}, getElementTypeOrSelf(parameterTypes.front()));
    types.append({RankedTensorType::get({}, attributes.getI64Type()), scalar});
    addUnit(argumentAttributes, "rondo.step");
    addUnit(argumentAttributes, "rondo.rate");
    addUnit(resultAttributes, "rondo.norm");

    OpBuilder builder(context);
    builder.setInsertionPointToEnd(getOperation().getBody());
    auto update = func::FuncOp::create(builder, model.getLoc(), "update", builder.getFunctionType(types, {}));
    builder.setInsertionPointToEnd(update.addEntryBlock());
    TensorBuilder tensors(builder, model.getLoc());
    SmallVector<Value> results = updateAll(tensors, update, paths.size(), rule);
    func::ReturnOp::create(builder, model.getLoc());
    setResults(update, results, resultAttributes);
    update.setAllArgAttrs(argumentAttributes);
    return success();
  }

  /// The results: parameters, moments, norm.
  SmallVector<Value> updateAll(TensorBuilder &b, func::FuncOp update, unsigned count, Optimizer &rule) {
    ValueRange arguments = update.getArguments();
    Step step{arguments.drop_back().back(), arguments.back()};
    SmallVector<Slot> slots;
    for (unsigned i = 0; i < count; ++i) {
      slots.push_back({arguments[i], arguments[count + i], {}});
      for (unsigned m = 0; m < rule.numMoments(); ++m)
        slots.back().moments.push_back(arguments[(2 + m) * count + i]);
    }

    Value squares;
    for (Slot &slot : slots) {
      Value sum = b.sumAll(b.square(slot.gradient));
      squares = squares ? b.add(squares, sum) : sum;
    }
    Value norm = b.make<math::SqrtOp>(squares), clip;
    Type scalar = norm.getType();
    if (clipNorm > 0) {
      Value ratio = b.div(b.constant(scalar, clipNorm), b.add(norm, b.constant(scalar, 1e-6)));
      clip = b.make<arith::MinimumFOp>(ratio, b.constant(scalar, 1));
    }
    rule.prepare(b, step);
    for (Slot &slot : slots) {
      if (clip)
        slot.gradient = b.mul(slot.gradient, b.broadcast(clip, slot.gradient.getType()));
      if (weightDecay != 0)
        slot.gradient = b.add(slot.gradient, b.scale(slot.parameter, weightDecay));
      rule.update(b, slot);
    }

    SmallVector<Value> results;
    for (Slot &slot : slots)
      results.push_back(slot.parameter);
    for (unsigned m = 0; m < rule.numMoments(); ++m)
      for (Slot &slot : slots)
        results.push_back(slot.moments[m]);
    results.push_back(norm);
    return results;
  }
};

} // namespace
