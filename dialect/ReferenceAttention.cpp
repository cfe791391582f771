// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on attention and its derivative, on tensors.

#include "dialect/AttentionGradOps.h"
#include "dialect/AttentionTerms.h"
#include "dialect/Einsum.h"
#include "dialect/ReferenceInterpreter.h"
#include "dialect/RondoDialect.h"

#include <cmath>

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;

namespace {

/// Behind the letters stands that of parts of queries.
constexpr char partLetter = 'z' + 1;
constexpr int64_t letterCount = partLetter - 'a' + 1;

/// Where the elements of a tensor lie, whose dimensions are letters: lanes in blocks of `width`, if it is packed.
class Places {
public:
  Places(StringRef term, ArrayRef<int64_t> shape) { strides(term, shape); }
  /// Packed: `outer`, then [lanes / width][terms][width].
  Places(std::string outer, char lanes, char terms, ArrayRef<int64_t> shape) : lanes(lanes), width(shape.back()) {
    strides(outer + "#" + terms, shape.drop_back());
    for (int64_t &stride : stride)
      stride *= width;
  }

  /// The element at the letters' positions `at`.
  int64_t operator()(ArrayRef<int64_t> at) const {
    int64_t place = 0;
    for (auto [position, stride] : llvm::zip(at, stride))
      place += position * stride;
    if (lanes)
      place += at[lanes - 'a'] / width * ofBlock * width + at[lanes - 'a'] % width;
    return place;
  }

private:
  void strides(StringRef term, ArrayRef<int64_t> shape) {
    for (auto [letter, step] : llvm::zip(term, stridesOf(shape)))
      (letter == '#' ? ofBlock : stride[letter - 'a']) = step;
  }

  char lanes = 0;
  int64_t width = 1, ofBlock = 0;
  std::array<int64_t, letterCount> stride = {};
};

/// One attention: its letters and sizes, and where the operands' elements are.
struct Attention {
  AttentionTerms terms;
  LetterSizes sizes;
  Places query, keys, values, result;
  double scale;
  std::optional<int64_t> first, part = std::nullopt;
  char rows = 0;
  const Tensor *firsts = nullptr, *lengths = nullptr; // of all rows, or of each

  /// The keys that the query at `at` sees.
  int64_t seenFrom(ArrayRef<int64_t> at) const {
    auto numberIn = [&](const Tensor &tensor) { return int64_t(tensor.at(tensor.shape.empty() ? 0 : at[rows - 'a'])); };
    int64_t seen = sizes[terms.key], last = 0;
    if (first) { // what is too great for a number sees all keys
      bool isGreat = llvm::AddOverflow(*first, firsts ? numberIn(*firsts) : 0, last) ||
                     llvm::AddOverflow(last, at[terms.position - 'a'] + 1, last);
      seen = isGreat ? seen : std::min(seen, last);
    }
    if (lengths)
      seen = std::min(seen, numberIn(*lengths));
    return std::max<int64_t>(seen, 0);
  }

  /// Reads how many keys there are in an attention, or in its derivative, packed or not.
  template <typename Op> void takeLengths(Interpreter &in, Op op) {
    rows = op.getRows() ? op.getRows()->front() : 0;
    lengths = op.getLengths() ? &in.get(op.getLengths()) : nullptr;
  }
  /// The same, and how many are seen.
  template <typename Op> void takeBounds(Interpreter &in, Op op) {
    takeLengths(in, op);
    firsts = op.getFirsts() ? &in.get(op.getFirsts()) : nullptr;
  }
};

} // namespace

using Letters = SmallVector<int64_t>; // the position along each

/// The weights of the keys that the query at `at` sees, not divided by their sum, which is added to `sum`.
template <typename T>
static std::vector<T> weightsOf(const Attention &a, Letters &at, const std::vector<T> &query,
                                const std::vector<T> &keys, T &sum) {
  int64_t &key = at[a.terms.key - 'a'], &term = at[a.terms.term - 'a'];
  int64_t seen = a.seenFrom(at);
  std::vector<T> weights(seen);
  T most = -std::numeric_limits<T>::infinity();
  for (key = 0; key < seen; ++key) {
    T score = 0;
    for (term = 0; term < a.sizes[a.terms.term]; ++term)
      score += query[a.query(at)] * keys[a.keys(at)];
    weights[key] = score * T(a.scale);
    // As a maximum is: NaN where one of them is.
    if (std::isnan(weights[key]) || weights[key] > most)
      most = weights[key];
  }
  key = term = 0;
  for (T &weight : weights)
    sum += weight = std::exp(weight - most);
  return weights;
}

/// Calls `f` for each point of the result but its features.
template <typename F> static void forEachQuery(const Attention &a, F f) {
  StringRef point = StringRef(a.terms.result).drop_back();
  Letters at(letterCount, 0);
  forEachIndex(a.sizes.of(point), [&](ArrayRef<int64_t> index) {
    for (auto [letter, position] : llvm::zip(point, index))
      at[letter - 'a'] = position;
    f(at);
  });
}

/// The weighed mean for each point of the result but its features.
template <typename T>
static void run(const Attention &a, const std::vector<T> &query, const std::vector<T> &keys,
                const std::vector<T> &values, std::vector<T> &result) {
  forEachQuery(a, [&](Letters &at) {
    int64_t &key = at[a.terms.key - 'a'], &feature = at[a.terms.feature - 'a'];
    T sum = 0;
    std::vector<T> weights = weightsOf(a, at, query, keys, sum);
    for (feature = 0; feature < a.sizes[a.terms.feature]; ++feature) {
      T total = 0;
      for (key = 0; key < int64_t(weights.size()); ++key)
        total += weights[key] * values[a.values(at)];
      key = 0;
      result[a.result(at)] = weights.empty() ? 0 : total / sum;
    }
    feature = 0;
  });
}

/// What queries, keys and values add to the loss of which `cotangent` is the derivative by the result.
template <typename T>
static void runGrad(const Attention &a, const std::vector<T> &query, const std::vector<T> &keys,
                    const std::vector<T> &values, const std::vector<T> &result, const std::vector<T> &cotangent,
                    std::vector<T> &dQuery, std::vector<T> &dKeys, std::vector<T> &dValues, const Attention &outputs) {
  forEachQuery(a, [&](Letters &at) {
    int64_t &key = at[a.terms.key - 'a'], &term = at[a.terms.term - 'a'], &feature = at[a.terms.feature - 'a'];
    at[partLetter - 'a'] = a.part ? at[a.terms.position - 'a'] / *a.part : 0;
    T sum = 0, mean = 0;
    std::vector<T> weights = weightsOf(a, at, query, keys, sum);
    for (feature = 0; feature < a.sizes[a.terms.feature]; ++feature)
      mean += cotangent[a.result(at)] * result[a.result(at)];
    for (key = 0; key < int64_t(weights.size()); ++key) {
      T weight = weights[key] / sum, dWeight = 0;
      for (feature = 0; feature < a.sizes[a.terms.feature]; ++feature) {
        dWeight += cotangent[a.result(at)] * values[a.values(at)];
        dValues[outputs.values(at)] += weight * cotangent[a.result(at)];
      }
      feature = 0;
      T dScore = weight * (dWeight - mean) * T(a.scale);
      for (term = 0; term < a.sizes[a.terms.term]; ++term) {
        dQuery[outputs.query(at)] += dScore * keys[a.keys(at)];
        dKeys[outputs.keys(at)] += dScore * query[a.query(at)];
      }
      term = 0;
    }
    key = feature = 0;
  });
}

static LogicalResult finish(Interpreter &in, Operation *op, const Attention &attention) {
  const Tensor &query = in.get(op->getOperand(0)), &keys = in.get(op->getOperand(1)),
               &values = in.get(op->getOperand(2));
  Tensor result = Tensor::zeros(query.kind, attention.sizes.of(attention.terms.result));
  if (query.kind == Tensor::Kind::F32)
    run<float>(attention, query.f32, keys.f32, values.f32, result.f32);
  else
    run<double>(attention, query.f64, keys.f64, values.f64, result.f64);
  return in.finish(op, std::move(result));
}

static ArrayRef<int64_t> shapeOf(Value value) { return cast<ShapedType>(value.getType()).getShape(); }

/// The derivative by queries, keys and values of the attention `a`, whose operands may be packed.
template <typename Op> static LogicalResult finishGrad(Interpreter &in, Op op, const Attention &a, ValueRange from) {
  std::vector<Tensor> d;
  for (Value result : op->getResults())
    d.push_back(Tensor::zeros(in.get(from[0]).kind, shapeOf(result)));
  Attention outputs = a;
  outputs.query = {a.terms.query, d[0].shape};
  std::string part = a.part ? std::string(1, partLetter) : "";
  outputs.keys = {part + a.terms.keys, d[1].shape};
  outputs.values = {part + a.terms.values, d[2].shape};
  auto runOn = [&](auto zero) {
    using T = decltype(zero);
    auto get = [&](unsigned i) -> const std::vector<T> & { return elements<T>(in.get(from[i])); };
    runGrad<T>(a, get(0), get(1), get(2), get(3), get(4), elements<T>(d[0]), elements<T>(d[1]), elements<T>(d[2]),
               outputs);
  };
  d[0].kind == Tensor::Kind::F32 ? runOn(float()) : runOn(double());
  for (auto [result, tensor] : llvm::zip(op->getResults(), d))
    in.set(result, std::move(tensor));
  return success();
}

LogicalResult reference::runAttentionGrad(Interpreter &in, Operation *op) {
  if (op->getNumResults() != 3)
    return op->emitOpError() << "on buffers is not known to the reference interpreter";
  auto verified = [&]() -> InFlightDiagnostic { return op->emitOpError(); };
  auto packed = dyn_cast<AttendGradOp>(op);
  auto plain = dyn_cast<AttentionGradOp>(op);
  AttentionTerms terms = AttentionTerms::ofVerified(packed ? packed.getSpec() : plain.getSpec());
  LetterSizes sizes;
  for (auto [term, type] : {std::pair(terms.query, cast<ShapedType>(op->getResultTypes()[0])),
                            std::pair(terms.keys, packed ? packed.getKeysType() : plain.getKeys().getType()),
                            std::pair(terms.values, packed ? packed.getValuesType() : plain.getValues().getType())})
    if (failed(sizes.add(term, type.getShape(), verified)))
      return failure();
  if (plain) {
    Attention a{terms,
                sizes,
                {terms.query, shapeOf(plain.getQuery())},
                {terms.keys, shapeOf(plain.getKeys())},
                {terms.values, shapeOf(plain.getValues())},
                {terms.result, shapeOf(plain.getResult())},
                plain.getScale().convertToDouble(),
                plain.getFirst()};
    a.takeLengths(in, plain);
    return finishGrad(in, plain, a, op->getOperands());
  }
  OperandRange inputs = packed.getInputs();
  Attention a{terms,
              sizes,
              {terms.query, shapeOf(inputs[0])},
              {terms.outerOf(terms.keys), terms.key, terms.term, shapeOf(inputs[1])},
              {terms.outerOf(terms.values), terms.key, terms.feature, shapeOf(inputs[2])},
              {terms.result, shapeOf(inputs[4])},
              packed.getScale().convertToDouble(),
              packed.getFirst(),
              packed.getPart()};
  a.takeLengths(in, packed);
  return finishGrad(in, packed, a, {inputs[0], inputs[1], inputs[2], inputs[4], inputs[5]});
}

LogicalResult reference::runAttention(Interpreter &in, Operation *op) {
  if (op->getNumResults() != 1)
    return op->emitOpError() << "on buffers is not known to the reference interpreter";
  auto verified = [&]() -> InFlightDiagnostic { return op->emitOpError(); };
  Value query = op->getOperand(0), keys = op->getOperand(1), values = op->getOperand(2), result = op->getResult(0);
  LetterSizes sizes;
  auto add = [&](StringRef term, ArrayRef<int64_t> shape) { return sizes.add(term, shape, verified); };
  if (auto plain = dyn_cast<AttentionOp>(op)) {
    AttentionTerms terms = AttentionTerms::ofVerified(plain.getSpec());
    if (failed(add(terms.query, shapeOf(query))) || failed(add(terms.values, shapeOf(values))))
      return failure();
    Attention a{terms,
                sizes,
                {terms.query, shapeOf(query)},
                {terms.keys, shapeOf(keys)},
                {terms.values, shapeOf(values)},
                {terms.result, shapeOf(result)},
                plain.getScale().convertToDouble(),
                plain.getFirst()};
    a.takeBounds(in, plain);
    return finish(in, op, a);
  }
  auto packed = cast<AttendOp>(op);
  AttentionTerms terms = AttentionTerms::ofVerified(packed.getSpec());
  std::string one(1, terms.key);
  if (failed(add(terms.query, shapeOf(query))) || failed(add(terms.result, shapeOf(result))) ||
      failed(add(one, shapeOf(values).drop_back().take_back(1))))
    return failure();
  Attention a{terms,
              sizes,
              {terms.query, shapeOf(query)},
              {terms.outerOf(terms.keys), terms.key, terms.term, shapeOf(keys)},
              {terms.outerOf(terms.values), terms.feature, terms.key, shapeOf(values)},
              {terms.result, shapeOf(result)},
              packed.getScale().convertToDouble(),
              packed.getFirst()};
  a.takeBounds(in, packed);
  return finish(in, op, a);
}
