// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Buffers, which an update primes, and what is computed over the batch.

#include "frontend/Elaborator.h"

#include "llvm/Support/SaveAndRestore.h"

using namespace llvm;
using namespace rondo;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

// A buffer is a parameter without a gradient.
Node *Elaborator::makeBuffer(const std::string &path, ArrayRef<int64_t> shape, double init, mlir::Location loc) {
  Node *node = makeParameter(path, shape, {"constant", init, 0}, loc);
  if (node)
    graph->info.parameters[node->index].frozen = graph->info.parameters[node->index].isBuffer = true;
  return node;
}

// buffer m, v: [H] = 0
void Elaborator::expandBuffers(const BufferStmt &stmt) {
  SmallVector<int64_t, 2> shape;
  std::optional<Number> start = Number::ofInteger(0);
  if (stmt.init)
    start = evaluate(*stmt.init);
  bool ok = evaluateShape(stmt.shape, shape) && start;
  for (const Identifier &name : stmt.names) {
    entryOf(name).state = nullptr;
    Node *node = ok ? makeBuffer(joinPath(frame->path, name.text), shape, start->value, name.loc) : nullptr;
    if (!node)
      continue;
    frame->slots.push_back(std::make_unique<StateSlot>());
    StateSlot *slot = frame->slots.back().get();
    slot->name = name.text;
    slot->before = node;
    slot->isBuffer = true;
    entryOf(name).state = slot;
  }
}

// m' = value
void Elaborator::primeBuffer(StateSlot &slot, Node *value, mlir::Location loc) {
  value = asNumber(value, loc);
  if (!checkReal(value, loc))
    return;
  ArrayRef<int64_t> shape = slot.before->type.shape, found = value->type.shape;
  if (found != shape && !found.empty()) {
    error(loc) << "expected a value of shape " << spellShape(shape) << " for buffer '" << slot.name << "', found "
               << spellShape(found);
    return;
  }
  slot.after = value;
  prime(slot.before, value, loc);
}

// What is computed in a scan has a value at each of its positions, which is there once the scan is (finishPrimes).
void Elaborator::prime(Node *buffer, Node *value, mlir::Location loc) {
  unsigned parameter = buffer->index;
  if (!primed.insert(parameter).second) {
    error(loc) << "expected one use of an instance whose cell has an equation for a buffer, found a second for '"
               << graph->info.parameters[parameter].path << "'";
    return;
  }
  (value->region ? value->region->primes : graph->primes).push_back({parameter, value});
}

// Hands the values in the scan's body on as sequences, of which the scan around it, if there is one, has one at each of
// its positions.
void Elaborator::finishPrimes(Scan &scan) {
  for (const Prime &prime : scan.primes) {
    ValueType type = prime.value->type;
    type.axes |= setOf(scan.axis);
    Node *node = make(NodeOp::BodySequence, std::move(type), prime.value->loc, scan.node);
    node->region = scan.parent;
    node->scan = &scan;
    node->body = prime.value;
    (scan.parent ? scan.parent->primes : graph->primes).push_back({prime.parameter, node});
  }
}

//===----------------------------------------------------------------------===//
// The batch
//===----------------------------------------------------------------------===//

// The operand's sum, mean or largest value over several axes, over which one without them is repeated.
Node *Elaborator::pool(mlir::Location loc, NodeOp pooling, Node *operand, AxisSet axes) {
  ValueType type = operand->type;
  for (AxisIndex axis = 1; axis <= graph->info.axes.size(); ++axis)
    if (axes & setOf(axis))
      type.axes |= endsOf(axis);
  type.axes &= ~axes;
  Node *node = make(NodeOp::Pool, std::move(type), loc, operand);
  node->pooled = axes;
  node->pooling = pooling;
  return node;
}

// The axes after 'over'. False after an error: the operand, unless it is a number, has to vary over each.
bool Elaborator::addPooledAxes(const CallExpr &call, const Node &operand, AxisSet &axes) {
  const Argument &argument = call.arguments.front();
  for (const Identifier &name : argument.pooled) {
    bool isBatch = name.text == batchName;
    AxisIndex axis = isBatch ? 0 : entryOf(name).axis;
    if (!isBatch && !axis) // it is in error
      return false;
    axes |= isBatch ? batchAxis : setOf(axis);
    if (operand.op == NodeOp::Constant || (operand.type.axes & (isBatch ? batchAxis : setOf(axis))))
      continue;
    auto diagnostic = error(argument.value->loc) << "expected a value that varies over ";
    (isBatch ? diagnostic << "the batch" : diagnostic << "axis '" << name.text << "'")
        << " in '" << call.callee.text << "', found one that does not";
    return false;
  }
  return true;
}

// mean(x over batch), sum(x over (batch, N))
Node *Elaborator::callPooled(const CallExpr &call, const FunctionInfo &info, const Meaning &meaning) {
  Node *operand = asNumber(lower(meaning, call.arguments.front().value->loc), call.loc);
  AxisSet axes = noAxes;
  if (!checkReal(operand, call.loc) || !addPooledAxes(call, *operand, axes))
    return nullptr;
  return pool(call.loc, info.op, operand, axes);
}

// A number between 0 and 1 that an option of batch_norm says.
std::optional<double> Elaborator::readNormOption(const CallExpr &call, StringRef name, double standard) {
  auto option = find_if(call.arguments, [&](const Argument &argument) { return argument.name == name; });
  if (option == call.arguments.end())
    return standard;
  std::optional<Number> number = evaluate(*option->value);
  if (number && number->value > 0 && number->value <= 1)
    return number->value;
  if (number)
    error(option->value->loc) << "expected a number above 0 and at most 1 as the " << name << " of 'batch_norm', found "
                              << spellNumber(*number);
  return std::nullopt;
}

// (x - mean) / sqrt(variance + epsilon) * gain + bias, of a vector x (Ioffe & Szegedy 2015): in training the mean and
// variance over the batch and x's axes, or those that are named, which the buffers follow, else the buffers
Node *Elaborator::callBatchNorm(const CallExpr &call) {
  std::optional<StringRef> name = ownName(call);
  mlir::Location loc = call.loc;
  auto isValue = [](const Argument &argument) { return argument.role == ArgumentRole::Value; };
  const Argument &argument = *find_if(call.arguments, isValue);
  Node *x = elaborateReal(*argument.value);
  std::optional<double> momentum = readNormOption(call, "momentum", 0.1),
                        epsilon = readNormOption(call, "epsilon", 1e-5);
  if (!name || !x || !momentum || !epsilon)
    return nullptr;
  if (x->type.shape.size() != 1) {
    error(loc) << "expected a vector as the argument of 'batch_norm', found " << spellShape(x->type.shape);
    return nullptr;
  }
  AxisSet axes = argument.pooled.empty() ? x->type.axes | batchAxis : noAxes;
  if (!addPooledAxes(call, *x, axes))
    return nullptr;
  if (!(x->type.axes & batchAxis)) {
    error(argument.value->loc) << "expected a value that varies over the batch in 'batch_norm', found one that does "
                               << "not";
    return nullptr;
  }
  std::string path = joinPath(frame->path, *name);
  if (!claim(path, loc))
    return nullptr;
  ArrayRef<int64_t> shape = x->type.shape;
  SaveAndRestore freezes(frame->freezes, frame->freezes || call.frozen);
  Node *gain = makeParameter(joinPath(path, "gain"), shape, {"constant", 1, 0}, loc);
  Node *bias = makeParameter(joinPath(path, "bias"), shape, {"zeros", 0, 0}, loc);
  Node *mean = makeBuffer(joinPath(path, "mean"), shape, 0, loc);
  Node *variance = makeBuffer(joinPath(path, "variance"), shape, 1, loc);
  if (!gain || !bias || !mean || !variance)
    return nullptr;
  addBatchNormModule(path, {gain, bias, mean, variance});
  auto combine = [&](NodeOp op, ArrayRef<Node *> operands) { return makeElementwise(op, loc, operands); };
  auto number = [&](double value) { return makeConstant(value, loc); };
  Node *now = pool(loc, NodeOp::Mean, x, axes), *centred = combine(NodeOp::Subtract, {x, now});
  Node *spread = pool(loc, NodeOp::Mean, combine(NodeOp::Multiply, {centred, centred}), axes);

  // The buffers follow the variance of what the batch is drawn from, and nothing where nothing is there.
  Node *count = pool(loc, NodeOp::Sum, number(1), axes);
  count->type.axes |= now->type.axes;
  Node *others = combine(NodeOp::Maximum, {combine(NodeOp::Subtract, {count, number(1)}), number(1)});
  Node *unbiased = combine(NodeOp::Multiply, {spread, combine(NodeOp::Divide, {count, others})});
  Node *some = combine(NodeOp::Greater, {count, number(0)});
  auto follow = [&](Node *buffer, Node *value) {
    Node *next = combine(NodeOp::Add, {combine(NodeOp::Multiply, {buffer, number(1 - *momentum)}),
                                       combine(NodeOp::Multiply, {value, number(*momentum)})});
    prime(buffer, combine(NodeOp::Select, {some, next, buffer}), loc);
  };
  follow(mean, now);
  follow(variance, unbiased);

  ValueType truth;
  truth.element = ValueType::Element::Bool;
  Node *training = make(NodeOp::Training, truth, loc);
  Node *shift = combine(NodeOp::Select, {training, now, mean});
  Node *square = combine(NodeOp::Select, {training, spread, variance});
  Node *deviation = combine(NodeOp::Sqrt, combine(NodeOp::Add, {square, number(*epsilon)}));
  Node *normal = combine(NodeOp::Divide, {combine(NodeOp::Subtract, {x, shift}), deviation});
  return combine(NodeOp::Add, {combine(NodeOp::Multiply, {normal, gain}), bias});
}

// Only what one trains knows a batch: outputs, and a loss that is evaluated, are those of each sequence by itself.
void Elaborator::checkBatch() {
  SmallVector<Node *> roots(graph->outputs.begin(), graph->outputs.end());
  if (graph->loss)
    roots.push_back(graph->loss);
  std::vector<bool> needed = findNeeded(*graph, roots, /*training=*/false);
  for (const auto &node : graph->nodes)
    if (needed[node->id] && node->op == NodeOp::Pool && (node->pooled & batchAxis)) {
      error(node->loc) << "expected 'over " << batchName << "' only in what training alone computes, as in "
                       << "select(training, .., ..), found it in what an output or a loss needs without training";
      return;
    }
}
