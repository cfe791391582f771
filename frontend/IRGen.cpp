// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The function of a model, and the lifting of values over axes.

#include "frontend/IRGen.h"

#include "dialect/FrozenAttribute.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace llvm;
using namespace mlir;
using namespace rondo;

IRGen::IRGen(const Graph &graph, const EntryOptions &options, MLIRContext &context)
    : graph(graph), options(options), builder(&context),
      element(options.f64 ? FloatType(builder.getF64Type()) : FloatType(builder.getF32Type())),
      withLoss(options.withLoss && graph.loss),
      streams((graph.info.streamable || options.generates) && (options.keepsRenamed || !graph.info.keepsRenamed)) {
  SmallVector<Node *> roots;
  if (options.generates)
    roots.push_back(graph.drawn);
  else if (options.withOutputs)
    roots.append(graph.outputs.begin(), graph.outputs.end());
  if (withLoss)
    roots.push_back(graph.loss);
  if (options.primes)
    roots.append(primedValues(graph));
  if (options.reads || options.begins)
    held = heldFor(graph, roots);
  needed = findNeeded(graph, options.begins ? held : roots, options.training);
  // What generates takes no others: these may be over time, where nothing else is known of what is drawn.
  for (Node *input : graph.inputs)
    if ((!options.begins && !options.generates) || needed[input->id])
      inputs.push_back(input);
  // An output may read the past of a target.
  for (Node *target : graph.targets)
    if (withLoss || needed[target->id])
      targets.push_back(target);
  lengthAxes = findLengths();
  // What is held follows from what the function takes all the same: who calls it knows of the latter alone.
  if (options.reads)
    needed = findNeededBeside(graph, roots);
  // Parameters are memory, so that none is taken for others.
  for (Node *parameter : graph.parameters)
    if (!(options.reads || options.begins) || needed[parameter->id])
      parameters.push_back(parameter);
  for (const auto &node : graph.nodes)
    if (node->op == NodeOp::Given && needed[node->id])
      given[node->index].push_back(node.get());
  regions[nullptr];
  for (const auto &scan : graph.scans) // nothing is inserted while one is gone through
    regions[scan.get()];
  for (const auto &node : graph.nodes) {
    bool leaves = options.begins && node->region && node->region->axis == graph.info.windowAxis();
    if (needed[node->id])
      regions[leaves ? nullptr : node->region].push_back(node.get());
  }
}

SmallVector<AxisIndex> IRGen::dimensionsOf(AxisSet axes) {
  SmallVector<AxisIndex> dimensions;
  for (AxisIndex axis = 1; axis <= options.sizes.size(); ++axis)
    if (axes & setOf(axis))
      dimensions.push_back(axis);
  if (axes & batchAxis)
    dimensions.push_back(0);
  return dimensions;
}

int64_t IRGen::sizeOf(AxisIndex axis) { return axis == 0 ? options.rows : options.sizes[axis - 1]; }

int64_t IRGen::dimensionOf(AxisIndex axis, const ValueType &type) {
  SmallVector<AxisIndex> dimensions = dimensionsOf(type.axes);
  return llvm::find(dimensions, axis) - dimensions.begin();
}

RankedTensorType IRGen::tensorType(const ValueType &type) {
  SmallVector<int64_t> dims;
  for (AxisIndex axis : dimensionsOf(type.axes))
    dims.push_back(sizeOf(axis));
  llvm::append_range(dims, type.shape);
  switch (type.element) {
  case ValueType::Element::Token:
    return RankedTensorType::get(dims, builder.getI32Type());
  case ValueType::Element::Bool:
    return RankedTensorType::get(dims, builder.getI1Type());
  case ValueType::Element::Real:
    break;
  }
  return RankedTensorType::get(dims, element);
}

Value IRGen::constant(Location loc, double number, RankedTensorType type) {
  bool isToken = type.getElementType().isInteger();
  Attribute single = isToken ? Attribute(builder.getIntegerAttr(type.getElementType(), static_cast<int64_t>(number)))
                             : builder.getFloatAttr(type.getElementType(), number);
  auto value = DenseElementsAttr::get(type, single);
  return arith::ConstantOp::create(builder, loc, value);
}

/// Which dimensions of a value of type `to` those of one of type `from` are, which varies over fewer axes.
SmallVector<int64_t> IRGen::dimensionsIn(const ValueType &from, const ValueType &to) {
  SmallVector<int64_t> dims;
  int64_t next = 0;
  for (AxisIndex axis : dimensionsOf(to.axes)) {
    if (from.axes & setOf(axis))
      dims.push_back(next);
    ++next;
  }
  for (size_t i = 0; i < from.shape.size(); ++i)
    dims.push_back(next + i);
  return dims;
}

/// The node's value with the axes and the shape of `type`, repeated where it lacks them.
Value IRGen::lift(Node *node, const ValueType &type) {
  RankedTensorType result = tensorType(type);
  if (node->op == NodeOp::Constant)
    return constant(node->loc, node->number, result);
  Value value = values.lookup(node);
  if (value.getType() == result)
    return value;
  return BroadcastOp::create(builder, node->loc, result, value, dimensionsIn(node->type, type));
}

DictionaryAttr IRGen::attribute(Role role, StringRef name) {
  Attribute value = name.empty() ? Attribute(builder.getUnitAttr()) : Attribute(builder.getStringAttr(name));
  return builder.getDictionaryAttr(builder.getNamedAttr(attributeOf(role), value));
}

/// Whether something is drawn that varies over the batch, or that does not.
bool IRGen::drawsAlong(AxisSet rows) {
  return any_of(regions[nullptr],
                [&](Node *node) { return node->op == NodeOp::Random && (node->type.axes & batchAxis) == rows; });
}

/// One seed for each sequence, or one of the batch.
RankedTensorType IRGen::seedType(AxisSet rows) {
  return RankedTensorType::get(rows ? ArrayRef<int64_t>(options.rows) : ArrayRef<int64_t>(), builder.getI64Type());
}

void IRGen::declareHeld(SmallVectorImpl<Type> &types, SmallVectorImpl<DictionaryAttr> &attributes) {
  for (Node *node : held) {
    ValueType type = node->type;
    type.axes |= batchAxis;
    types.push_back(tensorType(type));
    auto number = llvm::find(graph.held, node) - graph.held.begin();
    attributes.push_back(attribute(Role::held, graph.info.held[number].name));
  }
}

void IRGen::declareArguments(SmallVectorImpl<Type> &types, SmallVectorImpl<DictionaryAttr> &attributes) {
  std::optional<AxisIndex> window = graph.info.windowAxis();
  auto declare = [&](ArrayRef<Node *> nodes, Role role, auto names) {
    for (auto [node, name] : zip(nodes, names)) {
      types.push_back(tensorType(node->type));
      NamedAttrList facts(attribute(role, name));
      if (options.withLength && !streams && window && (node->type.axes & setOf(*window)))
        facts.set(positionsAttribute, builder.getI64IntegerAttr(dimensionOf(*window, node->type)));
      if (node->op == NodeOp::Parameter && graph.info.parameters[node->index].frozen)
        facts.set(frozenAttribute, builder.getUnitAttr());
      attributes.push_back(facts.getDictionary(builder.getContext()));
    }
  };
  declare(parameters, Role::parameter, map_range(parameters, [&](Node *parameter) {
            return StringRef(graph.info.parameters[parameter->index].path);
          }));
  for (auto &[place, nodes] : given) {
    types.push_back(tensorType(nodes.front()->type));
    NamedAttrList facts(attribute(Role::parameter, constantPrefix + graph.info.constants[place].file));
    facts.set(frozenAttribute, builder.getUnitAttr());
    attributes.push_back(facts.getDictionary(builder.getContext()));
  }
  declare(inputs, Role::input,
          map_range(inputs, [&](Node *input) { return StringRef(graph.info.inputs[input->index].name); }));
  declare(targets, Role::target,
          map_range(targets, [&](Node *target) { return StringRef(graph.info.targets[target->index].name); }));
  if (withLoss && graph.step) {
    types.push_back(RankedTensorType::get({}, builder.getI64Type()));
    attributes.push_back(attribute(Role::step, ""));
  }
  for (AxisIndex axis : lengthAxes) {
    types.push_back(RankedTensorType::get({sizeOf(0)}, builder.getI32Type()));
    attributes.push_back(attribute(Role::lengths, graph.info.axes[axis - 1].name));
  }
  for (AxisSet rows : {batchAxis, noAxes})
    if (drawsAlong(rows)) {
      types.push_back(seedType(rows));
      attributes.push_back(attribute(Role::seed, ""));
    }
  if (options.withLength) {
    types.push_back(RankedTensorType::get({}, builder.getI64Type()));
    attributes.push_back(attribute(Role::length, ""));
  }
  if (options.reads)
    declareHeld(types, attributes);
}

void IRGen::emitFunction(ModuleOp module, Location loc) {
  SmallVector<Type> argumentTypes, resultTypes;
  SmallVector<DictionaryAttr> argumentAttributes, resultAttributes;
  declareArguments(argumentTypes, argumentAttributes);
  builder.setInsertionPointToEnd(module.getBody());
  auto function = func::FuncOp::create(builder, loc, options.name, builder.getFunctionType(argumentTypes, {}));
  Block *block = entry = function.addEntryBlock();
  builder.setInsertionPointToStart(block);

  unsigned next = 0;
  for (Node *node : parameters)
    values[node] = block->getArgument(next++);
  for (auto &[place, nodes] : given) {
    for (Node *node : nodes)
      values[node] = block->getArgument(next);
    ++next;
  }
  for (ArrayRef<Node *> nodes : {ArrayRef(inputs), ArrayRef(targets)})
    for (Node *node : nodes)
      values[node] = block->getArgument(next++);
  if (withLoss && graph.step)
    values[graph.step] =
        arith::SIToFPOp::create(builder, loc, RankedTensorType::get({}, element), block->getArgument(next++));
  for (AxisIndex axis : lengthAxes)
    lengths[axis] = block->getArgument(next++);
  for (AxisSet rows : {batchAxis, noAxes})
    if (drawsAlong(rows))
      seeds[rows] = block->getArgument(next++);
  if (options.withLength)
    length = block->getArgument(next++);
  for (Node *node : options.reads ? held : SmallVector<Node *>())
    values[node] = block->getArgument(next++);
  maskPorts();
  for (const Node *node : options.generates ? ArrayRef(graph.past) : ArrayRef<const Node *>())
    values[node] = values.lookup(node->operands[0]);
  for (Node *node : regions[nullptr])
    if (!values.count(node))
      values[node] = emit(node);

  SmallVector<Value> results;
  if (withLoss) {
    results.push_back(emitLoss());
    resultAttributes.push_back(attribute(Role::loss, ""));
    bool reports = options.kind == EntryKind::score;
    for (auto [loss, info] :
         zip(reports ? graph.reported : graph.losses, reports ? graph.info.reported : graph.info.losses)) {
      if (info.name.empty())
        continue;
      results.push_back(emitMean(loss));
      resultAttributes.push_back(attribute(Role::loss_part, info.name));
    }
  }
  if (options.begins) {
    SmallVector<Type> types;
    declareHeld(types, resultAttributes);
    for (Node *node : held)
      results.push_back(values.lookup(node));
  } else if (options.withOutputs) {
    for (auto [node, info] : zip(graph.outputs, graph.info.outputs)) {
      if (options.generates && info.name != graph.info.generate.from)
        continue;
      ValueType type = node->type;
      type.axes |= batchAxis;
      results.push_back(reshaped(lift(node, type), node->type.shape.size(), info.shape));
      resultAttributes.push_back(attribute(Role::output, info.name));
    }
  }
  if (options.primes)
    for (const Prime &prime : graph.primes) {
      results.push_back(emitPrimed(prime));
      resultAttributes.push_back(builder.getDictionaryAttr(
          builder.getNamedAttr(primedAttribute, builder.getStringAttr(graph.info.parameters[prime.parameter].path))));
    }
  for (Value result : results)
    resultTypes.push_back(result.getType());
  func::ReturnOp::create(builder, loc, results);
  eraseUnusedWindows();
  // What masked losses have made again.
  if (!lengthAxes.empty())
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*block)))
      if (isOpTriviallyDead(&op))
        op.erase();
  function.setFunctionType(builder.getFunctionType(argumentTypes, resultTypes));
  function.setAllArgAttrs(argumentAttributes);
  function.setAllResultAttrs(resultAttributes);
  std::optional<AxisIndex> windowAxis = graph.info.windowAxis();
  int64_t window = windowAxis ? sizeOf(*windowAxis) : 1;
  function->setAttr(entryAttribute, EntryAttr::get(builder.getContext(), options.kind, options.rows, window, element));
}
