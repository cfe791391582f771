// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An update reads each gradient once for their norm, and then each parameter with its gradient and moments once.

#include "passes/training/UpdateFunction.h"

#include "dialect/FrozenAttribute.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/TrainedParameters.h"
#include "passes/training/UpdateBuilder.h"

#include "llvm/ADT/SmallVectorExtras.h"

using namespace mlir;
using namespace rondo;

namespace {

SmallVector<Term> termsOf(TensorBuilder &t, ValueRange values) {
  return llvm::map_to_vector(values, [&](Value value) { return Term{&t, value}; });
}

SmallVector<Value> valuesOf(Terms terms) {
  return llvm::map_to_vector(terms, [](Term term) { return term.value; });
}

constexpr Role momentRoles[] = {Role::moment1, Role::moment2, Role::moment3};

/// The update's arguments in their order, with the results that some of them have.
class Interface {
public:
  Interface(func::FuncOp model, const UpdatePlan &plan);

  bool hasMoment(size_t parameter, unsigned moment) const {
    return moment < plan.rules[plan.parameters[parameter].rule].numMoments;
  }

  SmallVector<Type> types;
  SmallVector<DictionaryAttr> arguments, results;
  size_t numParameters, numPrimed, scalarsAt;

private:
  /// An argument for each of the names; where it is written there is a result of the same role and name.
  void addGroup(StringRef role, ArrayRef<Attribute> names, ArrayRef<Type> ofTypes, bool isWritten);
  void addArgument(StringRef role, Attribute name, Type type) {
    types.push_back(type);
    arguments.push_back(b.getDictionaryAttr(b.getNamedAttr(role, name)));
  }
  void addResult(StringRef role, Attribute name) { results.push_back(b.getDictionaryAttr(b.getNamedAttr(role, name))); }

  Builder b;
  const UpdatePlan &plan;
};

void Interface::addGroup(StringRef role, ArrayRef<Attribute> names, ArrayRef<Type> ofTypes, bool isWritten) {
  for (auto [name, type] : llvm::zip_equal(names, ofTypes)) {
    addArgument(role, name, type);
    if (isWritten)
      addResult(role, name);
  }
}

Interface::Interface(func::FuncOp model, const UpdatePlan &plan) : b(model.getContext()), plan(plan) {
  SmallVector<Type> own, primedTypes;
  SmallVector<Attribute> paths, primedPaths;
  for (unsigned i : trainedParameters(model)) {
    own.push_back(model.getArgumentTypes()[i]);
    paths.push_back(model.getArgAttr(i, attributeOf(Role::parameter)));
  }
  for (unsigned i : primedResults(model)) {
    primedTypes.push_back(model.getResultTypes()[i]);
    primedPaths.push_back(model.getResultAttr(i, primedAttribute));
  }
  numParameters = paths.size();
  numPrimed = primedPaths.size();
  addGroup(attributeOf(Role::parameter), paths, own, /*isWritten=*/true);
  addGroup(attributeOf(Role::gradient), paths, own, /*isWritten=*/false);
  for (unsigned m = 0; m < std::size(momentRoles); ++m)
    for (size_t i = 0; i < numParameters; ++i)
      if (hasMoment(i, m))
        addGroup(attributeOf(momentRoles[m]), paths[i], own[i], /*isWritten=*/true);
  if (plan.average > 0)
    addGroup(attributeOf(Role::average), paths, own, /*isWritten=*/true);
  Attribute unit = b.getUnitAttr();
  scalarsAt = arguments.size();
  addArgument(attributeOf(Role::step), unit, RankedTensorType::get({}, b.getI64Type()));
  addArgument(attributeOf(Role::rate), unit, RankedTensorType::get({}, getElementTypeOrSelf(own.front())));
  addResult(attributeOf(Role::norm), unit);
  // Behind them what takes the values that it is given.
  addGroup(attributeOf(Role::parameter), primedPaths, primedTypes, /*isWritten=*/true);
  addGroup(primedAttribute, primedPaths, primedTypes, /*isWritten=*/false);
}

/// A parameter's tensors, before the update and then behind it.
struct Tensors {
  Value parameter, gradient;
  SmallVector<Value, 3> moments;
  Value average; // null where there is none
};

/// What all elements share.
struct Scalars {
  Value norm;
  SmallVector<Value> clipFactors; // of each clip to a norm, and a null value for another one
  /// What an optimiser needs, by a factor of the rate.
  struct Shared {
    unsigned rule;
    double rateFactor;
    SmallVector<Value> values;
    bool isOf(const ParameterPlan &own) const { return rule == own.rule && rateFactor == own.rateFactor; }
  };
  SmallVector<Shared> shared;

  ArrayRef<Value> sharedBy(const ParameterPlan &own) const {
    return llvm::find_if(shared, [&](auto &known) { return known.isOf(own); })->values;
  }
};

class UpdateEmitter {
public:
  UpdateEmitter(OpBuilder &builder, Location loc, const UpdatePlan &plan) : b(builder, loc), plan(plan) {}

  Scalars shareScalars(ArrayRef<Tensors> parameters, Value number, Value rate);
  void updateParameter(const ParameterPlan &own, const Scalars &scalars, Tensors &tensors);
  void updateAverages(std::vector<Tensors> &parameters, Value number, Value rate);

  UpdateBuilder b;

private:
  Term prepareGradient(const ParameterPlan &own, Term gradient, Term parameter, std::optional<Term> factor);
  Value follow(const ParameterPlan &own, ArrayRef<Value> shared, const Tensors &tensors, Value direction);

  const UpdatePlan &plan;
};

/// The norm, the factors that clip, and what the optimiser needs.
Scalars UpdateEmitter::shareScalars(ArrayRef<Tensors> parameters, Value number, Value rate) {
  // The sums of squares, by clip; then the rate, the powers.
  SmallVector<Value> inputs;
  SmallVector<std::pair<unsigned, size_t>> counts;
  for (unsigned clip = 0; clip < plan.clips.size(); ++clip) {
    SmallVector<Value> gradients;
    for (auto [own, tensors] : llvm::zip_equal(plan.parameters, parameters))
      if (own.clip == clip)
        gradients.push_back(tensors.gradient);
    SmallVector<Value> sums = b.sumSquares(gradients);
    if (!sums.empty())
      counts.push_back({clip, sums.size()});
    llvm::append_range(inputs, sums);
  }
  size_t sums = inputs.size();
  inputs.push_back(rate);
  SmallVector<double> bases;
  for (const Optimizer &rule : plan.rules)
    llvm::append_range(bases, rule.bases);
  llvm::append_range(inputs, b.powers(bases, number));

  Scalars scalars;
  scalars.clipFactors.resize(plan.clips.size());
  for (const ParameterPlan &own : plan.parameters)
    if (llvm::none_of(scalars.shared, [&](auto &known) { return known.isOf(own); })) {
      SmallVector<Value> values(plan.rules[own.rule].numShared);
      scalars.shared.push_back({own.rule, own.rateFactor, values});
    }
  auto isToNorm = [&](auto &count) { return plan.clips[count.first].by == Clip::By::Norm; };
  size_t numScalars = 1 + llvm::count_if(counts, isToNorm);
  for (auto &own : scalars.shared)
    numScalars += own.values.size();
  SmallVector<Value> none(numScalars, b.zeros(cast<RankedTensorType>(rate.getType())));
  SmallVector<Value> values = b.forEachElement(inputs, none, [&](TensorBuilder &t, ValueRange args) {
    Term given{&t, args[sums]};
    Type type = given.value.getType();
    SmallVector<Term> squares;
    size_t begin = 0;
    for (auto [clip, count] : counts) {
      squares.push_back({&t, addAll(t, args.slice(begin, count))});
      begin += count;
    }
    Term all = squares.front();
    for (Term others : llvm::drop_begin(squares))
      all = all + others;
    Term norm = narrow(sqrt(all), type);
    SmallVector<Term> results{norm};
    for (auto [count, part] : llvm::zip_equal(counts, squares))
      if (isToNorm(count)) {
        Term own = counts.size() == 1 ? norm : narrow(sqrt(part), type);
        results.push_back(minimum(plan.clips[count.first].bound / (own + 1e-6), 1));
      }
    SmallVector<Term> powers = termsOf(t, args.drop_front(sums + 1).take_front(bases.size()));
    for (auto &own : scalars.shared) {
      size_t first = own.rule == 0 ? 0 : plan.rules[0].bases.size();
      const Optimizer &rule = plan.rules[own.rule];
      llvm::append_range(results, rule.prepare(own.rateFactor == 1 ? given : own.rateFactor * given,
                                               ArrayRef(powers).slice(first, rule.bases.size())));
    }
    return valuesOf(results);
  });

  scalars.norm = values[0];
  size_t next = 1;
  for (auto &count : counts)
    if (isToNorm(count))
      scalars.clipFactors[count.first] = values[next++];
  for (auto &own : scalars.shared)
    for (Value &value : own.values)
      value = values[next++];
  return scalars;
}

/// The gradient as the optimiser takes it: clipped, by `factor` if that is to a norm, and with the decay.
Term UpdateEmitter::prepareGradient(const ParameterPlan &own, Term gradient, Term parameter,
                                    std::optional<Term> factor) {
  const Clip &clip = plan.clips[own.clip];
  if (factor)
    gradient = gradient * *factor;
  else if (clip.by == Clip::By::Value)
    gradient = minimum(maximum(gradient, -clip.bound), clip.bound);
  return own.decay == 0 || plan.rules[own.rule].decouplesDecay ? gradient : gradient + own.decay * parameter;
}

void UpdateEmitter::updateParameter(const ParameterPlan &own, const Scalars &scalars, Tensors &tensors) {
  const Optimizer &rule = plan.rules[own.rule];
  Value factor = scalars.clipFactors[own.clip];
  ArrayRef<Value> shared = scalars.sharedBy(own);
  SmallVector<Value> read{tensors.gradient}, written;
  if (factor)
    read.push_back(factor);
  llvm::append_range(read, shared);
  // Where there is a direction the first pass makes that, and the moments.
  if (rule.direction)
    read.push_back(tensors.parameter);
  written.push_back(rule.direction ? b.zeros(cast<RankedTensorType>(tensors.parameter.getType())) : tensors.parameter);
  llvm::append_range(written, tensors.moments);
  SmallVector<Value> after = b.forEachElement(read, written, [&](TensorBuilder &t, ValueRange args) {
    SmallVector<Term> terms = termsOf(t, args);
    Terms before = ArrayRef(terms).drop_front(read.size());
    Term parameter = rule.direction ? terms[read.size() - 1] : before[0];
    Slot slot{parameter, terms[0], SmallVector<Term, 3>(before.drop_front()), {}, own.decay};
    slot.gradient = prepareGradient(own, slot.gradient, parameter, factor ? std::optional(terms[1]) : std::nullopt);
    Terms given = ArrayRef(terms).slice(factor ? 2 : 1, shared.size());
    SmallVector<Value> after;
    if (rule.direction) {
      after.push_back(rule.direction(given, slot).value);
    } else {
      rule.update(given, slot);
      after.push_back(slot.parameter.value);
    }
    llvm::append_range(after, valuesOf(slot.moments));
    return after;
  });
  tensors.moments.assign(after.begin() + 1, after.end());
  tensors.parameter = rule.direction ? follow(own, shared, tensors, after[0]) : after[0];
}

/// The parameter behind the update, of an optimiser that takes its direction as a whole.
Value UpdateEmitter::follow(const ParameterPlan &own, ArrayRef<Value> shared, const Tensors &tensors, Value direction) {
  const Optimizer &rule = plan.rules[own.rule];
  SmallVector<Value> read = rule.gather(b, tensors.parameter, direction);
  size_t gathered = read.size();
  llvm::append_range(read, shared);
  return b.forEachElement(read, tensors.parameter, [&](TensorBuilder &t, ValueRange args) {
    SmallVector<Term> terms = termsOf(t, args);
    Slot slot{terms.back(), terms.back(), {}, SmallVector<Term, 2>(Terms(terms).take_front(gathered)), own.decay};
    rule.update(Terms(terms).slice(gathered, shared.size()), slot);
    return SmallVector<Value>{slot.parameter.value};
  })[0];
}

/// By the parameters behind the update.
void UpdateEmitter::updateAverages(std::vector<Tensors> &parameters, Value number, Value rate) {
  // In the first step there is none yet.
  Value keep =
      b.forEachElement(number, b.zeros(cast<RankedTensorType>(rate.getType())), [&](TensorBuilder &t, ValueRange args) {
        Value first = t.make<arith::ConstantIntOp>(args[0].getType(), 1);
        Value isFirst = t.make<arith::CmpIOp>(arith::CmpIPredicate::eq, args[0], first);
        Type type = args[1].getType();
        return SmallVector<Value>{t.select(isFirst, t.zero(type), t.constant(type, plan.average))};
      })[0];
  for (Tensors &own : parameters)
    own.average = b.forEachElement({own.parameter, keep}, own.average, [](TensorBuilder &t, ValueRange args) {
      Term parameter{&t, args[0]}, kept{&t, args[1]}, average{&t, args[2]};
      return SmallVector<Value>{(kept * average + (1 - kept) * parameter).value};
    })[0];
}

} // namespace

void rondo::buildUpdate(func::FuncOp model, const UpdatePlan &plan) {
  Interface interface(model, plan);
  OpBuilder builder(model.getContext());
  builder.setInsertionPointToEnd(model->getBlock());
  auto update = func::FuncOp::create(builder, model.getLoc(), "update", builder.getFunctionType(interface.types, {}));
  builder.setInsertionPointToEnd(update.addEntryBlock());
  ValueRange arguments = update.getArguments();
  size_t count = interface.numParameters, next = 2 * count;
  std::vector<Tensors> parameters;
  for (size_t i = 0; i < count; ++i)
    parameters.push_back({arguments[i], arguments[count + i], {}, {}});
  for (unsigned m = 0; m < std::size(momentRoles); ++m)
    for (size_t i = 0; i < count; ++i)
      if (interface.hasMoment(i, m))
        parameters[i].moments.push_back(arguments[next++]);
  if (plan.average > 0)
    for (Tensors &own : parameters)
      own.average = arguments[next++];
  Value number = arguments[interface.scalarsAt], rate = arguments[interface.scalarsAt + 1];
  UpdateEmitter emitter(builder, model.getLoc(), plan);
  Scalars scalars = emitter.shareScalars(parameters, number, rate);
  for (size_t i = 0; i < count; ++i)
    emitter.updateParameter(plan.parameters[i], scalars, parameters[i]);
  if (plan.average > 0)
    emitter.updateAverages(parameters, number, rate);

  SmallVector<Value> results = llvm::map_to_vector(parameters, [](const Tensors &own) { return own.parameter; });
  for (unsigned m = 0; m < std::size(momentRoles); ++m)
    for (const Tensors &own : parameters)
      if (m < own.moments.size())
        results.push_back(own.moments[m]);
  if (plan.average > 0)
    for (const Tensors &own : parameters)
      results.push_back(own.average);
  results.push_back(scalars.norm);
  ValueRange taking = arguments.take_back(2 * interface.numPrimed);
  for (size_t i = 0; i < interface.numPrimed; ++i)
    results.append(
        emitter.b.forEachElement(taking[interface.numPrimed + i], taking[i],
                                 [](TensorBuilder &, ValueRange args) { return SmallVector<Value>{args[0]}; }));
  func::ReturnOp::create(builder, model.getLoc());
  setResults(update, results, interface.results);
  update.setAllArgAttrs(interface.arguments);
  setEntryKind(model, update, EntryKind::update);
}
