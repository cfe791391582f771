// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Parameters: their paths and initialisers, and the functions that own some.

#include "frontend/Elaborator.h"

#include "llvm/Support/SaveAndRestore.h"

#include <cmath>

using namespace llvm;
using namespace rondo;

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

// The path of what the call owns, less the frame's: the name after 'as', else the name being bound.
std::optional<StringRef> Elaborator::ownName(const CallExpr &call) {
  StringRef name = call.as.empty() ? frame->binding : call.as;
  if (!name.empty())
    return name;
  error(call.loc) << "expected a name for the parameters or states of '" << call.callee.text
                  << "': bind it to one name or write 'as name' after it";
  return std::nullopt;
}

// Whether 'frozen', if it is there, stands behind something that has parameters.
bool Elaborator::checkFrozen(StringRef name, bool hasParameters, const std::optional<mlir::Location> &frozen) {
  if (!frozen || hasParameters)
    return true;
  error(*frozen) << "expected 'frozen' only after what has parameters, found it after '" << name << "'";
  return false;
}

// The name of a state that holds positions before a cut, but for a number where there are several of that name.
std::string Elaborator::pathOfPast() const {
  StringRef binding = frame->binding;
  return joinPath(binding.empty() ? frame->statePath : joinPath(frame->statePath, binding), "past");
}

bool Elaborator::claim(const std::string &path, mlir::Location loc) {
  if (frame->sharesParameters)
    return true;
  auto [old, isNew] = claims.try_emplace(path, loc);
  if (isNew)
    return true;
  mlir::Location first = old->second;
  auto diagnostic = error(loc) << "expected a path of its own for what has parameters or states, found '" << path
                               << "' a second time: name one with 'as name' or 'name: argument'";
  diagnostic.attachNote(first) << "the first one is here";
  return false;
}

Node *Elaborator::makeParameter(const std::string &path, ArrayRef<int64_t> shape, const InitInfo &init,
                                mlir::Location loc) {
  Node *&node = parameterNodes[path];
  if (frame->sharesParameters && node) {
    if (ArrayRef<int64_t>(node->type.shape) == shape)
      return node;
    auto diagnostic = error(loc) << "expected parameter '" << path << "' of shape " << spellShape(node->type.shape)
                                 << " as at the instance's first use, found " << spellShape(shape);
    diagnostic.attachNote(node->loc) << "the first use is here";
    return nullptr;
  }
  // Weight files keep what they say of themselves under the one name, files of gradients the loss under the other.
  if (path == "__metadata__" || path == "loss") {
    error(loc) << "expected another name for a parameter: '" << path << "' means something else in files of weights"
               << " or gradients";
    return nullptr;
  }
  if (!claim(path, loc))
    return nullptr;
  ValueType type;
  type.shape.append(shape.begin(), shape.end());
  node = make(NodeOp::Parameter, std::move(type), loc);
  node->region = nullptr;
  node->index = graph->parameters.size();
  graph->parameters.push_back(node);
  graph->info.parameters.push_back({path, {shape.begin(), shape.end()}, init, frame->freezes});
  return node;
}

//===----------------------------------------------------------------------===//
// Initialisers
//===----------------------------------------------------------------------===//

static InitInfo uniformInit(double bound) { return {"uniform", -bound, bound}; }

// `shape` is that of the parameter.
std::optional<InitInfo> Elaborator::elaborateInit(const Expr &expr, const InitialiserInfo &info,
                                                  ArrayRef<int64_t> shape) {
  std::optional<Number> argument;
  auto *call = dyn_cast<CallExpr>(&expr);
  if (call && !call->arguments.empty() && !(argument = evaluate(*call->arguments.front().value)))
    return std::nullopt;
  double value = argument ? argument->value : 1;
  auto ofMatrix = [&]() -> std::optional<InitInfo> {
    if (shape.size() == 2)
      return InitInfo{info.name.str(), value, 0};
    error(expr.loc) << "expected a matrix for the initialiser '" << info.name << "', found shape " << spellShape(shape);
    return std::nullopt;
  };
  auto ofWidth = [&](InitInfo init) -> std::optional<InitInfo> {
    if (value >= 0)
      return init;
    error(expr.loc) << "expected an argument of '" << info.name << "' that is not negative, found "
                    << spellNumber(*argument);
    return std::nullopt;
  };
  switch (info.initialiser) {
  case Initialiser::Constant:
  case Initialiser::Ones:
    return InitInfo{"constant", value, 0};
  case Initialiser::Identity:
  case Initialiser::Orthogonal:
    return ofMatrix();
  case Initialiser::Normal:
    return ofWidth({"normal", 0, value});
  case Initialiser::Uniform:
    return ofWidth(uniformInit(value));
  case Initialiser::Zeros:
    break;
  }
  return InitInfo{"zeros", 0, 0};
}

Meaning Elaborator::declareParam(const ParamExpr &param) {
  Node *node = nullptr;
  SmallVector<int64_t, 2> shape;
  if (evaluateShape(param.shape, shape)) {
    std::optional<InitInfo> init = uniformInit(1 / std::sqrt(shape.empty() ? 1.0 : shape.back()));
    if (param.init)
      init = elaborateInit(*param.init, *param.initialiser, shape);
    SaveAndRestore freezes(frame->freezes, frame->freezes || param.frozen);
    if (init)
      node = makeParameter(joinPath(frame->path, param.name.text), shape, *init, param.name.loc);
  }
  entryOf(param.name).meaning = node;
  return node;
}

//===----------------------------------------------------------------------===//
// Functions with parameters
//===----------------------------------------------------------------------===//

// What the call's argument of this role says, else `standard`.
std::optional<InitInfo> Elaborator::elaborateInit(const CallExpr &call, ArgumentRole role, ArrayRef<int64_t> shape,
                                                  const InitInfo &standard) {
  const Argument *argument = findArgument(call, role);
  return argument ? elaborateInit(*argument->value, *argument->initialiser, shape) : standard;
}

namespace {
struct Term {
  StringRef name;
  Node *value;
  mlir::Location loc;
};

/// How the weights of an argument are called: `n` for `n: expression`, `n` and `f(x) as n`; empty if there is no name.
StringRef nameOfWeights(const Argument &argument) {
  if (!argument.name.empty())
    return argument.name;
  if (auto *name = dyn_cast<NameExpr>(argument.value.get()))
    return name->name;
  auto *call = dyn_cast<CallExpr>(argument.value.get());
  return call ? call->as : StringRef();
}
} // namespace

// linear[N](x, y: e, init: .., bias: ..): for each argument a product with its own weights [N, its shape], and a bias
Node *Elaborator::callLinear(const CallExpr &call) {
  std::optional<StringRef> name = ownName(call);
  std::optional<int64_t> size = evaluateSize(*call.sizes.front());
  std::vector<Term> terms;
  int64_t width = 0;
  bool ok = name && size;
  for (const Argument &argument : call.arguments) {
    if (argument.role != ArgumentRole::Value)
      continue;
    Term term{nameOfWeights(argument), elaborateReal(*argument.value), argument.loc};
    if (term.name.empty()) {
      error(argument.loc) << "expected a name for the weights of this argument: write 'name: expression'";
      ok = false;
    }
    if (term.value && (term.value->type.shape.empty() || term.value->type.shape.size() == maximalRank)) {
      error(argument.loc) << "expected an argument of 'linear' of 1 to " << maximalRank - 1 << " dimensions, found "
                          << spellShape(term.value->type.shape);
      ok = false;
    }
    ok = ok && term.value;
    if (ok)
      width += product_of(term.value->type.shape);
    terms.push_back(term);
  }
  std::string path = ok ? joinPath(frame->path, *name) : "";
  if (!ok || !claim(path, call.loc))
    return nullptr;

  SaveAndRestore freezes(frame->freezes, frame->freezes || call.frozen);
  InitInfo standard = uniformInit(1 / std::sqrt(static_cast<double>(width)));
  Node *sum = nullptr;
  std::vector<Node *> weights;
  for (const Term &term : terms) {
    SmallVector<int64_t> shape{*size};
    append_range(shape, term.value->type.shape);
    std::optional<InitInfo> weightInit = elaborateInit(call, ArgumentRole::Initialiser, shape, standard);
    Node *weight = weightInit ? makeParameter(joinPath(path, term.name), shape, *weightInit, term.loc) : nullptr;
    if (!weight)
      return nullptr;
    weights.push_back(weight);
    StringRef letters = StringRef("uvi").take_back(term.value->type.shape.size());
    Node *product = makeProduct(call.loc, term.value, weight, letters.str(), ("o" + letters).str(), "o");
    sum = sum ? makeElementwise(NodeOp::Add, call.loc, {sum, product}) : product;
  }
  if (findArgument(call, ArgumentRole::NoBias)) {
    addLinearModule(path, weights, nullptr);
    return sum;
  }
  // A uniform initialiser is the bias's too; with any other one the bias starts at zero.
  std::optional<InitInfo> biasInit = elaborateInit(call, ArgumentRole::Initialiser, {*size, width}, standard);
  if (biasInit && biasInit->kind != "uniform")
    biasInit = InitInfo{};
  if (biasInit)
    biasInit = elaborateInit(call, ArgumentRole::Bias, *size, *biasInit);
  Node *offset = biasInit ? makeParameter(joinPath(path, "bias"), *size, *biasInit, call.loc) : nullptr;
  if (!offset)
    return nullptr;
  addLinearModule(path, weights, offset);
  return makeElementwise(NodeOp::Add, call.loc, {sum, offset});
}

// embedding[H](tokens, init: ..): the token's row of a table [vocab, H]; or embedding(tokens, table: w)
Node *Elaborator::callEmbedding(const CallExpr &call) {
  const Argument &argument = *findArgument(call, ArgumentRole::Value), *given = findArgument(call, ArgumentRole::Table);
  Node *tokens = elaborateValue(*argument.value);
  Node *table = given ? elaborateTable(*given) : nullptr;
  if (tokens && table && tokens->op == NodeOp::Index)
    tokens = makeIndex(*tokens, table->type.shape[0]);
  if (given && !table) // it is in error
    return nullptr;
  if (tokens && !given && tokens->op == NodeOp::Index) {
    error(argument.loc) << "expected 'table: ..' beside an index, found none";
    return nullptr;
  }
  if (tokens && tokens->type.element != ValueType::Element::Token) {
    error(argument.loc) << "expected a token, found " << spellType(tokens->type);
    return nullptr;
  }
  if (tokens && table && table->type.shape[0] != tokens->type.vocab) {
    error(given->loc) << "expected a table of " << tokens->type.vocab << " rows, one for each token, found "
                      << table->type.shape[0];
    return nullptr;
  }
  if (tokens && !given)
    table = makeTable(call, tokens->type.vocab);
  if (!tokens || !table)
    return nullptr;
  ValueType type;
  type.axes = tokens->type.axes;
  type.shape.append(table->type.shape.begin() + 1, table->type.shape.end());
  return make(NodeOp::Embedding, std::move(type), call.loc, {table, tokens});
}

// table: w
Node *Elaborator::elaborateTable(const Argument &argument) {
  Node *table = elaborateReal(*argument.value);
  if (!table)
    return nullptr;
  if (table->type.shape.size() < 2) {
    error(argument.loc) << "expected a table of 2 to " << maximalRank << " dimensions, a row for each token, found "
                        << spellShape(table->type.shape);
    return nullptr;
  }
  if (table->type.axes != noAxes) {
    error(argument.loc) << "expected a table that is the same for all examples and positions, found one that varies";
    return nullptr;
  }
  return table;
}

// The table that an embedding owns.
Node *Elaborator::makeTable(const CallExpr &call, int64_t rows) {
  std::optional<StringRef> name = ownName(call);
  std::optional<int64_t> size = evaluateSize(*call.sizes.front());
  if (!name || !size)
    return nullptr;
  SaveAndRestore freezes(frame->freezes, frame->freezes || call.frozen);
  int64_t shape[] = {rows, *size};
  std::optional<InitInfo> init = elaborateInit(call, ArgumentRole::Initialiser, shape, {"normal", 0, 1});
  std::string path = joinPath(frame->path, *name);
  Node *table = init ? makeParameter(path, shape, *init, call.loc) : nullptr;
  if (table)
    addEmbeddingModule(path, table);
  return table;
}

// (x - mean) / sqrt(variance + 1e-5) * gain + bias over a vector of features (Ba, Kiros & Hinton 2016)
Node *Elaborator::callLayerNorm(const CallExpr &call, Node *operand) {
  std::optional<StringRef> name = ownName(call);
  mlir::Location loc = call.loc;
  if (!name || !checkReal(operand, loc))
    return nullptr;
  if (operand->type.shape.size() != 1) {
    error(loc) << "expected a vector as the argument of 'layer_norm', found " << spellShape(operand->type.shape);
    return nullptr;
  }
  std::string path = joinPath(frame->path, *name);
  if (!claim(path, loc))
    return nullptr;
  SaveAndRestore freezes(frame->freezes, frame->freezes || call.frozen);
  Node *gain = makeParameter(joinPath(path, "gain"), operand->type.shape, {"constant", 1, 0}, loc);
  Node *bias = makeParameter(joinPath(path, "bias"), operand->type.shape, {"zeros", 0, 0}, loc);
  if (!gain || !bias)
    return nullptr;
  addNormModule(path, gain, bias);
  Node *centred = makeElementwise(NodeOp::Subtract, loc, {operand, reduce(loc, NodeOp::Mean, operand)});
  Node *variance = reduce(loc, NodeOp::Mean, makeElementwise(NodeOp::Multiply, loc, {centred, centred}));
  Node *deviation =
      makeElementwise(NodeOp::Sqrt, loc, makeElementwise(NodeOp::Add, loc, {variance, makeConstant(1e-5, loc)}));
  Node *normal = makeElementwise(NodeOp::Divide, loc, {centred, deviation});
  return makeElementwise(NodeOp::Add, loc, {makeElementwise(NodeOp::Multiply, loc, {normal, gain}), bias});
}
