// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-make-update: what is done to each parameter, by the options.

#include "dialect/ParameterPattern.h"
#include "dialect/ProductOptimizers.h"
#include "passes/Passes.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/TrainedParameters.h"
#include "passes/training/UpdateFunction.h"

#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_MAKEUPDATE
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// `a, b or c`: what the things are called.
template <typename T> std::string listNames(ArrayRef<T> things) {
  std::string names;
  for (const T &thing : things)
    names += (&thing == &things.front() ? "" : &thing == &things.back() ? " or " : ", ") + thing.name.str();
  return names;
}

/// Whether products take the parameter as a matrix. A table of which rows are looked up is a matrix in its shape alone.
bool isMatrix(BlockArgument parameter) {
  return cast<RankedTensorType>(parameter.getType()).getRank() == 2 &&
         llvm::none_of(parameter.getUsers(), [](Operation *user) { return isa<GatherOp>(user); });
}

struct MakeUpdatePass : rondo::impl::MakeUpdateBase<MakeUpdatePass> {
  using MakeUpdateBase::MakeUpdateBase;

  void runOnOperation() override {
    std::vector<Optimizer> rules = chooseOptimizer();
    FailureOr<func::FuncOp> model = !rules.empty() ? findModel() : FailureOr<func::FuncOp>(failure());
    if (failed(model))
      return signalPassFailure();
    UpdatePlan plan{std::move(rules), {}, {{}}, average};
    for (unsigned i : trainedParameters(*model)) {
      plan.parameters.push_back({weightDecay});
      if (plan.rules.size() > 1 && !isMatrix(model->getArgument(i)))
        plan.parameters.back().rule = 1;
    }
    if (clipNorm > 0 && clipValue > 0) {
      getOperation().emitError() << "expected clip-norm or clip-value, found both";
      return signalPassFailure();
    }
    if (clipNorm > 0)
      plan.clips[0] = {Clip::By::Norm, clipNorm};
    else if (clipValue > 0)
      plan.clips[0] = {Clip::By::Value, clipValue};
    if (failed(chooseGroups(*model, plan)))
      return signalPassFailure();
    buildUpdate(*model, plan);
  }

  /// The optimiser, with one beside it if it is not for all parameters; none after an error.
  std::vector<Optimizer> chooseOptimizer() {
    const OptimizerKind *kind = findOptimizer(optimizer);
    if (kind && takesProducts(*kind) &&
        (weightDecay != 0 || clipNorm > 0 || clipValue > 0 || !decays.empty() || !rateFactors.empty() ||
         !clips.empty())) {
      getOperation().emitError() << "expected neither decay nor clipping nor factors of the rate with the optimizer "
                                 << kind->name;
      return {};
    }
    if (!kind) {
      getOperation().emitError() << "expected the optimizer " << listNames(optimizerKinds()) << ", found \""
                                 << optimizer.getValue() << "\"";
      return {};
    }
    std::vector<OptimizerNumber> own = kind->numbers;
    for (StringRef text : numbers) {
      StringRef name = text.split('=').first, number = text.split('=').second;
      auto found = llvm::find_if(own, [&](const OptimizerNumber &known) { return known.name == name; });
      if (found == own.end() || number.getAsDouble(found->value)) {
        getOperation().emitError() << "expected NAME=NUMBER with " << listNames(ArrayRef(own)) << " of the optimizer "
                                   << kind->name << ", found \"" << text << "\"";
        return {};
      }
    }
    return makeOptimizers(*kind, own);
  }

  /// The gradient function whose parameters are to be updated.
  FailureOr<func::FuncOp> findModel() {
    auto functions = chooseFunctions(getOperation(), function, Role::gradient);
    if (failed(functions))
      return failure();
    if (functions->empty())
      return getOperation().emitError() << "expected a function with gradients as results, found none";
    func::FuncOp model = functions->front();
    SmallVector<unsigned> parameters = trainedParameters(model);
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

  /// Reads what the parameters that fit a pattern have of their own.
  LogicalResult chooseGroups(func::FuncOp model, UpdatePlan &plan) {
    auto setDecay = [&](StringRef text) -> std::function<void(ParameterPlan &)> {
      double decay;
      if (text.getAsDouble(decay))
        return nullptr;
      return [=](ParameterPlan &own) { own.decay = decay; };
    };
    auto setFactor = [&](StringRef text) -> std::function<void(ParameterPlan &)> {
      double factor;
      if (text.getAsDouble(factor))
        return nullptr;
      return [=](ParameterPlan &own) { own.rateFactor = factor; };
    };
    auto setClip = [&](StringRef text) -> std::function<void(ParameterPlan &)> {
      auto [kind, number] = text.split(':');
      Clip clip{kind == "norm" ? Clip::By::Norm : Clip::By::Value, 0};
      if ((kind != "norm" && kind != "value") || number.getAsDouble(clip.bound))
        return nullptr;
      if (clip.bound == 0)
        clip.by = Clip::By::Nothing;
      plan.clips.push_back(clip);
      return [index = unsigned(plan.clips.size() - 1)](ParameterPlan &own) { own.clip = index; };
    };
    return success(
        succeeded(eachGroup(model, plan, decays, "PATTERN=NUMBER as a decay", "decay", setDecay)) &&
        succeeded(eachGroup(model, plan, rateFactors, "PATTERN=NUMBER as a rate's factor", "factor", setFactor)) &&
        succeeded(
            eachGroup(model, plan, clips, "PATTERN=norm:NUMBER or PATTERN=value:NUMBER as a clip", "clip", setClip)));
  }

  /// Applies to the parameters that fit each group's pattern what `read` makes of the text behind it, if that is one.
  LogicalResult eachGroup(func::FuncOp model, UpdatePlan &plan, ArrayRef<std::string> groups, StringRef form,
                          StringRef what, function_ref<std::function<void(ParameterPlan &)>(StringRef)> read) {
    SmallVector<unsigned> parameters = trainedParameters(model);
    for (StringRef group : groups) {
      auto [text, value] = group.rsplit('=');
      std::optional<ParameterPattern> pattern = ParameterPattern::create(text);
      std::function<void(ParameterPlan &)> apply = pattern ? read(value) : nullptr;
      if (!apply)
        return getOperation().emitError() << "expected " << form << ", found \"" << group << "\"";
      bool fits = false;
      for (auto [i, own] : llvm::zip_equal(parameters, plan.parameters))
        if (auto path = model.getArgAttrOfType<StringAttr>(i, attributeOf(Role::parameter)); pattern->fits(path)) {
          apply(own);
          fits = true;
        }
      if (!fits)
        return model.emitOpError() << "expected a parameter that the " << what << " \"" << group
                                   << "\" fits, found none";
    }
    return success();
  }
};

} // namespace
