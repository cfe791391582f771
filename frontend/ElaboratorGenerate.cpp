// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a model generates: symbol by symbol, each drawn from logits and read at the next position.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

/// Where an output has a logit for each of so many symbols at each position of the window's axis: over the axis of so
/// many positions, of which a symbol is one; 0 is as its features. Nothing if it has none.
static std::optional<AxisIndex> findLogits(const ModelInfo &info, const PortInfo &output, int64_t vocab) {
  if (info.overWindow(output.axes))
    return output.shape == std::vector<int64_t>{vocab} ? std::optional<AxisIndex>(0) : std::nullopt;
  if (!output.shape.empty() || !output.varies(*info.windowAxis()))
    return std::nullopt;
  for (AxisIndex axis = 1; axis <= info.axes.size(); ++axis)
    if (axis != *info.windowAxis() && output.varies(axis) && info.overWindow(output.axes & ~setOf(axis))) {
      const Axis &length = info.axes[info.lengthOf(axis) - 1];
      bool fits = length.kind == Axis::Kind::Fixed && length.size == vocab;
      return fits ? std::optional<AxisIndex>(axis) : std::nullopt;
    }
  return std::nullopt;
}

// generate answer from logits first 0 until 1 max 40
void Elaborator::declareGenerate(const GenerateStmt &generate) {
  ModelInfo &info = graph->info;
  auto findPort = [&](std::vector<PortInfo> &ports, const Identifier &name) -> const PortInfo * {
    auto port = find_if(ports, [&](const PortInfo &port) { return port.name == name.text; });
    return port == ports.end() ? nullptr : &*port;
  };
  const PortInfo *answer = findPort(info.inputs, generate.answer), *from = findPort(info.outputs, generate.from);
  bool ofTarget = !answer;
  if (ofTarget)
    answer = findPort(info.targets, generate.answer);
  if (!answer || !answer->token || !info.overWindow(answer->axes)) {
    error(generate.answer.loc) << "expected an input or a target of tokens over the axis after 'generate', found '"
                               << generate.answer.text << "'";
  } else if (!answer->aheadOf.empty()) {
    error(generate.answer.loc) << "expected a target that is not 'ahead' of an input after 'generate', found '"
                               << generate.answer.text << "': what is drawn is the input '" << answer->aheadOf << "'";
  } else if (std::optional<AxisIndex> over = from ? findLogits(info, *from, answer->vocab) : std::nullopt; !over) {
    if (from || !failed)
      error(generate.from.loc) << "expected an output of shape [" << answer->vocab
                               << "] over the axis after 'from', found '" << generate.from.text << "'";
  } else if (!info.generate.answer.empty()) {
    error(generate.loc) << "expected one 'generate' in a model, found a second";
  } else if (readGenerate(generate, answer->vocab)) {
    info.generate.answer = answer->name;
    info.generate.from = from->name;
    info.generate.ofTarget = ofTarget;
    info.generate.over = *over;
    graph->drawn = graph->outputs[from - info.outputs.data()];
  }
}

// The numbers behind the names.
bool Elaborator::readGenerate(const GenerateStmt &generate, int64_t vocab) {
  GenerateInfo &info = graph->info.generate;
  bool ok = true;
  auto readSymbol = [&](const ExprPtr &expr, StringRef word, std::optional<int64_t> &symbol) {
    if (!expr)
      return;
    symbol = evaluateInteger(*expr);
    if (symbol && (*symbol < 0 || *symbol >= vocab))
      error(expr->loc) << "expected the number of a symbol, 0 to " << vocab - 1 << ", after '" << word << "', found "
                       << *symbol;
    ok &= symbol && *symbol >= 0 && *symbol < vocab;
  };
  readSymbol(generate.first, "first", info.first);
  readSymbol(generate.until, "until", info.until);
  if (generate.most) {
    info.most = evaluateSize(*generate.most);
    ok &= info.most.has_value();
  }
  // The mark of a line's beginning and end.
  if (graph->info.train.readsLines()) {
    info.first = info.first.value_or(0);
    info.until = info.until.value_or(0);
  }
  return ok;
}

// A target's values at the position before.
void Elaborator::findPast(const GenerateStmt &generate, const std::vector<bool> &needed) {
  GenerateInfo &info = graph->info.generate;
  AxisIndex window = *graph->info.windowAxis();
  info.first.reset();
  for (const auto &node : graph->nodes) {
    if (!needed[node->id] || node->op != NodeOp::Shift || node->operands[0]->op != NodeOp::Target ||
        node->axis != window || node->index != 1 || graph->info.targets[node->operands[0]->index].name != info.answer)
      continue;
    auto first = static_cast<int64_t>(node->operands[1]->number);
    if (info.first && *info.first != first)
      error(node->loc) << "expected the same symbol before the first one wherever '" << info.answer
                       << "' is shifted, found " << first << " and before " << *info.first;
    info.first = first;
    graph->past.push_back(node.get());
  }
  if (generate.first)
    error(generate.first->loc) << "expected no 'first' of a target, whose 'shift' says what is before it, found one";
}

// While symbols are drawn nothing else is given over time.
bool Elaborator::checkGiven(const GenerateStmt &generate, const std::vector<bool> &needed) {
  const GenerateInfo &info = graph->info.generate;
  AxisIndex window = *graph->info.windowAxis();
  for (const auto &node : graph->nodes) {
    bool isTarget = node->op == NodeOp::Target;
    if (!needed[node->id] || (!isTarget && node->op != NodeOp::Input))
      continue;
    const PortInfo &port = (isTarget ? graph->info.targets : graph->info.inputs)[node->index];
    if (port.name == info.answer || (!isTarget && !port.varies(window)))
      continue;
    error(generate.loc) << "expected that nothing but '" << info.answer << "' is given over axis '"
                        << graph->info.axes[window - 1].name << "' where it is generated, found "
                        << (isTarget ? "the target '" : "the input '") << port.name << "'";
    return false;
  }
  for (const auto &node : graph->nodes) {
    if (!info.ofTarget || !needed[node->id] || is_contained(graph->past, node.get()))
      continue;
    for (const Node *operand : node->operands)
      if (operand->op == NodeOp::Target) {
        error(node->loc) << "expected '" << info.answer << "', which is generated, in what '" << info.from
                         << "' is computed from only as shift(" << info.answer << " over "
                         << graph->info.axes[window - 1].name << ", first: ..), by 1 position";
        return false;
      }
  }
  return true;
}

// Whether what comes next can be computed symbol by symbol, with all that is known of the past in states.
void Elaborator::finishGenerate(const GenerateStmt &generate) {
  ModelInfo &info = graph->info;
  if (!graph->drawn)
    return;
  AxisIndex window = *info.windowAxis();
  std::vector<bool> needed = findNeeded(*graph, {graph->drawn}, /*training=*/false);
  if (info.generate.ofTarget)
    findPast(generate, needed);
  if (!checkGiven(generate, needed))
    return;
  bool readsAnswer = any_of(graph->nodes, [&](const auto &node) {
    bool isAnswer = info.generate.ofTarget
                        ? is_contained(graph->past, node.get())
                        : node->op == NodeOp::Input && info.inputs[node->index].name == info.generate.answer;
    return isAnswer && needed[node->id];
  });
  if (!readsAnswer) {
    error(generate.loc) << "expected that '" << info.generate.from << "' depends on "
                        << (info.generate.ofTarget ? "'shift' of '" : "'") << info.generate.answer
                        << "', so that what was drawn is read, found that it does not";
    return;
  }
  info.generate.hasFunctions = info.generate.ofTarget || !info.streamable || info.outputs.size() > 1;
  const Node *ahead = findUncarried(*graph, needed, window, graph->past);
  if (!ahead) {
    info.keepsRenamed |= renames(needed, window);
    info.counts |= countInRows(*graph, needed, window);
    info.generate.states = statesOf(needed, graph->past);
    return;
  }
  bool isFinal = ahead->op == NodeOp::Final;
  auto diagnostic = error((isFinal ? ahead->scan->node : ahead)->loc);
  bool isOfAll = info.axes[window - 1].most && ahead == findAheadOfRenamed(*graph, needed, window);
  bool isOfRenamed = ahead->op == NodeOp::Rename || ahead->op == NodeOp::Index;
  if (isOfRenamed && !info.axes[window - 1].most && !findAheadOfRenamed(*graph, needed, window))
    diagnostic << "expected the greatest number of positions of axis '" << info.axes[window - 1].name
               << "', by 'max', in a model that generates and renames values along it, found none";
  else if (isOfAll)
    diagnostic << "expected no look ahead in a model that generates, found a value of all positions";
  else if (mixingOf(*ahead, window) == Mixing::Back && ahead->op != NodeOp::Scan)
    diagnostic << "expected a model that generates to know the past by its states, found a "
               << (ahead->op == NodeOp::Shift ? "shift" : "window") << " along axis '" << info.axes[window - 1].name
               << "' " << (ahead->region ? "within a scan" : "that reaches too far back");
  else
    diagnostic << "expected no look ahead in a model that generates, found "
               << (isFinal ? "that this scan's final state is used over time"
                   : ahead->op == NodeOp::Scan
                       ? (ahead->scan->backward ? "a backward scan" : "a scan over time within another")
                   : ahead->op == NodeOp::Last   ? "that this last value is used over time"
                   : ahead->op == NodeOp::Window ? "a window of positions, which a cut of the sequence would part"
                   : ahead->op == NodeOp::Length ? "a length, which is that of the whole sequence"
                   : ahead->op == NodeOp::Index  ? "an index along an axis as long as the sequence"
                                                 : "a value of all positions");
  diagnostic.attachNote(generate.loc) << "it generates here";
}
