// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-make-update: a function that reads each gradient once for their norm, and then each parameter with its gradient
// and moments once.

#include "dialect/FrozenAttribute.h"
#include "passes/Passes.h"
#include "passes/support/LinalgBuilders.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/Optimizers.h"
#include "passes/training/TrainedParameters.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/Support/GlobPattern.h"

using namespace mlir;
using namespace rondo;
using llvm::Expected, llvm::GlobPattern;

namespace rondo {
#define GEN_PASS_DEF_MAKEUPDATE
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// Builds the passes over the data of one update function.
class UpdateBuilder {
public:
  UpdateBuilder(OpBuilder &builder, Location loc) : b(builder), loc(loc) {}

  /// The sum of the squares of all elements of `gradients`, as tensors of rank 0 whose sum it is: in f64, where no
  /// square of a single-precision number overflows. Two steps for each gradient: rows, which may be computed side by
  /// side, and the sum over the rows.
  SmallVector<Value> sumSquares(ValueRange gradients) {
    auto addSquare = [this](TensorBuilder &t, ValueRange args) -> SmallVector<Value> {
      Value wide = args[0];
      if (!wide.getType().isF64())
        wide = t.make<arith::ExtFOp>(b.getF64Type(), wide);
      return {t.add(args[1], t.square(wide))};
    };
    auto add = [](TensorBuilder &t, ValueRange args) -> SmallVector<Value> { return {t.add(args[1], args[0])}; };
    SmallVector<Value> sums;
    for (Value gradient : gradients) {
      int64_t rank = cast<RankedTensorType>(gradient.getType()).getRank();
      sums.push_back(reduce(gradient, std::max<int64_t>(0, rank - 1), addSquare));
    }
    for (Value &sum : sums)
      if (cast<RankedTensorType>(sum.getType()).getRank() > 0)
        sum = reduce(sum, 0, add);
    return sums;
  }

  /// bases[i] to the power `exponent` (a tensor<i64>, at least 0), as f64, by squaring: as exact as f64 is.
  SmallVector<Value> powers(ArrayRef<double> bases, Value exponent) {
    if (bases.empty())
      return {};
    TensorBuilder t(b, loc);
    Type f64 = b.getF64Type();
    SmallVector<Value> state{tensor::ExtractOp::create(b, loc, exponent)};
    for (double base : bases) {
      state.push_back(t.constant(f64, base));
      state.push_back(t.constant(f64, 1));
    }
    Value one = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(1));
    Value begin = indexConstant(b, loc, 0), end = indexConstant(b, loc, 63), step = indexConstant(b, loc, 1);
    auto loop = scf::ForOp::create(b, loc, begin, end, step, state);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    ValueRange now = loop.getRegionIterArgs();
    Value bit = arith::AndIOp::create(b, loc, now[0], one);
    Value odd = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, bit, one);
    SmallVector<Value> next{arith::ShRUIOp::create(b, loc, now[0], one)}, results;
    for (size_t i = 0; i < bases.size(); ++i) {
      Value square = now[1 + 2 * i], power = now[2 + 2 * i];
      next.push_back(t.square(square));
      next.push_back(t.select(odd, t.mul(power, square), power));
      results.push_back(loop.getResult(2 + 2 * i));
    }
    scf::YieldOp::create(b, loc, next);
    return results;
  }

  using Body = function_ref<SmallVector<Value>(TensorBuilder &, ValueRange)>;

  /// One pass over the elements of `outputs`, which all have one shape; `inputs` have it too or are scalars.
  SmallVector<Value> forEachElement(ValueRange inputs, ValueRange outputs, Body body) {
    int64_t rank = cast<RankedTensorType>(outputs[0].getType()).getRank();
    SmallVector<AffineMap> maps;
    for (ValueRange operands : {inputs, outputs})
      for (Value operand : operands) {
        auto type = dyn_cast<RankedTensorType>(operand.getType());
        maps.push_back(type && type.getRank() == rank ? b.getMultiDimIdentityMap(rank)
                                                      : AffineMap::get(rank, 0, b.getContext()));
      }
    return build(inputs, outputs, maps, SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel), body);
  }

  /// Zeros to write to. A constant: as equal values become one, buffers would.
  Value zeros(RankedTensorType type) { return TensorBuilder(b, loc).zero(type); }

private:
  /// Reduces all but the first `kept` dimensions of `source`, from 0 on.
  Value reduce(Value source, int64_t kept, Body body) {
    auto type = cast<RankedTensorType>(source.getType());
    SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::reduction);
    std::fill_n(iterators.begin(), kept, utils::IteratorType::parallel);
    AffineMap identity = b.getMultiDimIdentityMap(type.getRank());
    AffineMap rows = projection(b.getContext(), type.getRank(), llvm::to_vector(llvm::seq(0u, unsigned(kept))));
    Value none = zeros(RankedTensorType::get(type.getShape().take_front(kept), b.getF64Type()));
    return build(source, none, {identity, rows}, iterators, body)[0];
  }

  SmallVector<Value> build(ValueRange inputs, ValueRange outputs, ArrayRef<AffineMap> maps,
                           ArrayRef<utils::IteratorType> iterators, Body body) {
    return linalg::GenericOp::create(b, loc, TypeRange(outputs), inputs, outputs, maps, iterators,
                                     [&](OpBuilder &b, Location loc, ValueRange args) {
                                       TensorBuilder t(b, loc);
                                       linalg::YieldOp::create(b, loc, body(t, args));
                                     })
        .getResults();
  }

  OpBuilder &b;
  Location loc;
};

SmallVector<Term> termsOf(TensorBuilder &t, ValueRange values) {
  return llvm::map_to_vector(values, [&](Value value) { return Term{&t, value}; });
}

SmallVector<Value> valuesOf(Terms terms) {
  return llvm::map_to_vector(terms, [](Term term) { return term.value; });
}

Value addAll(TensorBuilder &t, ValueRange numbers) {
  Value sum = numbers.front();
  for (Value number : numbers.drop_front())
    sum = t.add(sum, number);
  return sum;
}

/// Leaves so few of the numbers that one loop's body may add them: a deep model has thousands, and LLVM takes time in
/// proportion to the square of a block's length. They are added in their order.
void addFirst(UpdateBuilder &b, SmallVector<Value> &numbers) {
  constexpr size_t most = 128;
  while (numbers.size() > most) {
    Value none = b.zeros(cast<RankedTensorType>(numbers.front().getType()));
    auto body = [&](TensorBuilder &t, ValueRange args) { return SmallVector<Value>{addAll(t, args.take_front(most))}; };
    numbers[most - 1] = b.forEachElement(ArrayRef(numbers).take_front(most), none, body)[0];
    numbers.erase(numbers.begin(), numbers.begin() + (most - 1));
  }
}

/// `a, b or c`: what the things are called.
template <typename T> std::string listNames(ArrayRef<T> things) {
  std::string names;
  for (const T &thing : things)
    names += (&thing == &things.front() ? "" : &thing == &things.back() ? " or " : ", ") + thing.name.str();
  return names;
}

struct MakeUpdatePass : rondo::impl::MakeUpdateBase<MakeUpdatePass> {
  using MakeUpdateBase::MakeUpdateBase;

  void runOnOperation() override {
    std::optional<Optimizer> rule = chooseOptimizer();
    FailureOr<func::FuncOp> model = rule ? findModel() : FailureOr<func::FuncOp>(failure());
    if (failed(model) || failed(chooseDecays(*model)))
      return signalPassFailure();
    build(*model, *rule);
  }

  std::optional<Optimizer> chooseOptimizer() {
    const OptimizerKind *kind = findOptimizer(optimizer);
    if (!kind) {
      getOperation().emitError() << "expected the optimizer " << listNames(optimizerKinds()) << ", found \""
                                 << optimizer.getValue() << "\"";
      return std::nullopt;
    }
    std::vector<OptimizerNumber> own = kind->numbers;
    for (StringRef text : numbers) {
      StringRef name = text.split('=').first, number = text.split('=').second;
      auto found = llvm::find_if(own, [&](const OptimizerNumber &known) { return known.name == name; });
      if (found == own.end() || number.getAsDouble(found->value)) {
        getOperation().emitError() << "expected NAME=NUMBER with " << listNames(ArrayRef(own)) << " of the optimizer "
                                   << kind->name << ", found \"" << text << "\"";
        return std::nullopt;
      }
    }
    return makeOptimizer(*kind, own);
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

  /// Finds the decay of each parameter.
  LogicalResult chooseDecays(func::FuncOp model) {
    SmallVector<unsigned> parameters = trainedParameters(model);
    parameterDecays.assign(parameters.size(), weightDecay);
    for (StringRef group : decays) {
      auto [text, number] = group.rsplit('=');
      Expected<GlobPattern> pattern = GlobPattern::create(text);
      double decay;
      if (number.getAsDouble(decay) || !pattern) {
        llvm::consumeError(pattern.takeError());
        return getOperation().emitError() << "expected PATTERN=NUMBER as a decay, found \"" << group << "\"";
      }
      bool fits = false;
      for (auto [i, own] : llvm::zip(parameters, parameterDecays))
        if (auto path = model.getArgAttrOfType<StringAttr>(i, attributeOf(Role::parameter)); pattern->match(path)) {
          own = decay;
          fits = true;
        }
      if (!fits)
        return model.emitOpError() << "expected a parameter that the decay \"" << group << "\" fits, found none";
    }
    return success();
  }

  void build(func::FuncOp model, const Optimizer &rule) {
    MLIRContext *context = &getContext();
    Builder attributes(context);
    SmallVector<Type> parameterTypes, types;
    SmallVector<DictionaryAttr> argumentAttributes, resultAttributes;
    SmallVector<Attribute> paths;
    for (unsigned i : trainedParameters(model)) {
      parameterTypes.push_back(model.getArgumentTypes()[i]);
      paths.push_back(model.getArgAttr(i, attributeOf(Role::parameter)));
    }
    // One group of arguments, or results, with one entry per parameter.
    auto addGroup = [&](SmallVector<DictionaryAttr> &list, StringRef role) {
      for (Attribute path : paths)
        list.push_back(attributes.getDictionaryAttr(attributes.getNamedAttr(role, path)));
    };
    Role moments[] = {Role::moment1, Role::moment2, Role::moment3};
    addGroup(argumentAttributes, attributeOf(Role::parameter));
    addGroup(argumentAttributes, attributeOf(Role::gradient));
    addGroup(resultAttributes, attributeOf(Role::parameter));
    for (unsigned i = 0; i < rule.numMoments; ++i) {
      addGroup(argumentAttributes, attributeOf(moments[i]));
      addGroup(resultAttributes, attributeOf(moments[i]));
    }
    for (unsigned i = 0; i < 2 + rule.numMoments; ++i)
      llvm::append_range(types, parameterTypes);
    auto addUnit = [&](SmallVector<DictionaryAttr> &list, Role role) {
      list.push_back(
          attributes.getDictionaryAttr(attributes.getNamedAttr(attributeOf(role), attributes.getUnitAttr())));
    };
    auto scalar = RankedTensorType::get({}, getElementTypeOrSelf(parameterTypes.front()));
    types.append({RankedTensorType::get({}, attributes.getI64Type()), scalar});
    addUnit(argumentAttributes, Role::step);
    addUnit(argumentAttributes, Role::rate);
    addUnit(resultAttributes, Role::norm);
    // Behind them what takes the values that it is given.
    SmallVector<unsigned> primed = primedResults(model);
    paths.clear();
    for (unsigned i : primed)
      paths.push_back(model.getResultAttr(i, primedAttribute));
    for (StringRef role : {attributeOf(Role::parameter), StringRef(primedAttribute)}) {
      addGroup(argumentAttributes, role);
      for (unsigned i : primed)
        types.push_back(model.getResultTypes()[i]);
    }
    addGroup(resultAttributes, attributeOf(Role::parameter));

    OpBuilder builder(context);
    builder.setInsertionPointToEnd(getOperation().getBody());
    auto update = func::FuncOp::create(builder, model.getLoc(), "update", builder.getFunctionType(types, {}));
    builder.setInsertionPointToEnd(update.addEntryBlock());
    SmallVector<Value> results = updateAll(builder, update, parameterTypes.size(), rule);
    UpdateBuilder b(builder, update.getLoc());
    ValueRange taking = update.getArguments().take_back(2 * primed.size());
    for (unsigned i = 0; i < primed.size(); ++i)
      results.append(b.forEachElement(taking[primed.size() + i], taking[i],
                                      [](TensorBuilder &, ValueRange args) { return SmallVector<Value>{args[0]}; }));
    func::ReturnOp::create(builder, model.getLoc());
    setResults(update, results, resultAttributes);
    update.setAllArgAttrs(argumentAttributes);
    setEntryKind(model, update, EntryKind::update);
  }

  /// The results: parameters, moments, norm.
  SmallVector<Value> updateAll(OpBuilder &builder, func::FuncOp update, unsigned count, const Optimizer &rule) {
    UpdateBuilder b(builder, update.getLoc());
    SmallVector<Value> arguments(update.getArguments());
    unsigned scalarsAt = (2 + rule.numMoments) * count;
    Value number = arguments[scalarsAt], rate = arguments[scalarsAt + 1];

    // What all elements share: the norm, the factor that clips (if any), and what the optimiser needs.
    SmallVector<Value> inputs = b.sumSquares(ArrayRef(arguments).slice(count, count));
    addFirst(b, inputs);
    size_t sums = inputs.size();
    inputs.push_back(rate);
    llvm::append_range(inputs, b.powers(rule.bases, number));
    auto buildShared = [&](TensorBuilder &t, ValueRange args) {
      Term squares{&t, addAll(t, args.take_front(sums))}, rate{&t, args[sums]};
      Term norm = narrow(sqrt(squares), rate.value.getType());
      SmallVector<Term> results{norm};
      if (clipNorm > 0)
        results.push_back(minimum(clipNorm / (norm + 1e-6), 1));
      llvm::append_range(results, rule.prepare(rate, termsOf(t, args.slice(sums + 1, rule.bases.size()))));
      return valuesOf(results);
    };
    unsigned numScalars = 1 + (clipNorm > 0) + rule.numShared;
    SmallVector<Value> none(numScalars, b.zeros(cast<RankedTensorType>(rate.getType())));
    SmallVector<Value> scalars = b.forEachElement(inputs, none, buildShared);

    SmallVector<Value> results((1 + rule.numMoments) * count);
    for (unsigned i = 0; i < count; ++i) {
      SmallVector<Value> read{arguments[count + i]}, written{arguments[i]};
      llvm::append_range(read, ArrayRef(scalars).drop_front());
      for (unsigned m = 0; m < rule.numMoments; ++m)
        written.push_back(arguments[(2 + m) * count + i]);
      SmallVector<Value> values = b.forEachElement(read, written, [&](TensorBuilder &t, ValueRange args) {
        ValueRange shared = args.slice(1, numScalars - 1), before = args.drop_front(numScalars);
        Slot slot{{&t, before[0]}, {&t, args[0]}, termsOf(t, before.drop_front()), parameterDecays[i]};
        SmallVector<Term> terms = termsOf(t, shared);
        if (clipNorm > 0)
          slot.gradient = slot.gradient * terms[0];
        if (slot.decay != 0 && !rule.decouplesDecay)
          slot.gradient = slot.gradient + slot.decay * slot.parameter;
        rule.update(ArrayRef(terms).drop_front(clipNorm > 0), slot);
        SmallVector<Value> after{slot.parameter.value};
        llvm::append_range(after, valuesOf(slot.moments));
        return after;
      });
      for (auto [m, value] : llvm::enumerate(values))
        results[m * count + i] = value;
    }
    results.push_back(scalars[0]);
    return results;
  }

  SmallVector<double> parameterDecays;
};

} // namespace
