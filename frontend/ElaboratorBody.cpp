// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The statements that cells and models share.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

void Elaborator::expand(const Stmts &body) {
  for (const StmtPtr &stmt : body) {
    if (budget == 0)
      return;
    if (--budget == 0)
      error(stmt->loc) << "expected a smaller model, found one of more than 200000 operations";
    else
      expand(*stmt);
  }
}

void Elaborator::expand(const Stmt &stmt) {
  switch (stmt.kind) {
  case Stmt::Kind::State:
    return expandStates(cast<StateStmt>(stmt));
  case Stmt::Kind::Buffer:
    return expandBuffers(cast<BufferStmt>(stmt));
  case Stmt::Kind::Bind:
    return expand(cast<BindStmt>(stmt));
  case Stmt::Kind::Param:
    declareParam(*cast<ParamStmt>(stmt).param);
    return;
  case Stmt::Kind::Const:
    entryOf(cast<ConstStmt>(stmt).name).meaning = declareConst(cast<ConstStmt>(stmt));
    return;
  case Stmt::Kind::Let:
    return expandLet(cast<LetStmt>(stmt));
  case Stmt::Kind::Return:
    return expandReturn(cast<ReturnStmt>(stmt));
  case Stmt::Kind::Repeat:
    return expand(cast<RepeatStmt>(stmt));
  case Stmt::Kind::Axis:
    return frame->cell ? declareLocalAxis(cast<AxisStmt>(stmt)) : declareAxis(cast<AxisStmt>(stmt));
  case Stmt::Kind::Port:
    return declarePort(cast<PortStmt>(stmt));
  case Stmt::Kind::Generate: // read after all that it may name
  case Stmt::Kind::Train:
    return;
  }
}

void Elaborator::expand(const BindStmt &bind) {
  bool single = bind.targets.size() == 1;
  frame->binding = single ? bind.targets.front().name.text : "";
  frame->primed = nullptr;
  if (single && bind.targets.front().primed)
    frame->primed = entryOf(bind.targets.front().name).state;
  if (single) {
    bindTarget(bind, bind.targets.front(), elaborate(*bind.value));
  } else {
    std::vector<Node *> parts = callSplit(cast<CallExpr>(*bind.value), bind.targets.size());
    parts.resize(bind.targets.size(), nullptr);
    for (auto [target, part] : zip(bind.targets, parts))
      bindTarget(bind, target, part);
  }
  frame->binding = {};
  frame->primed = nullptr;
}

void Elaborator::bindTarget(const BindStmt &bind, const BindStmt::Target &target, Meaning meaning) {
  if (target.primed) {
    StateSlot *state = entryOf(target.name).state;
    if (meaning && state && state->isBuffer)
      primeBuffer(*state, lower(meaning, bind.value->loc), target.name.loc);
    else if (meaning && state)
      primeState(*state, lower(meaning, bind.value->loc), target.name.loc);
    return;
  }
  Entry entry;
  entry.meaning = meaning;
  if (meaning && bind.isOutput) {
    Node *node = lower(meaning, bind.value->loc);
    entry.meaning = node;
    declareOutput(bind, node);
  }
  if (meaning && bind.isLoss) {
    entry.meaning = lower(meaning, bind.value->loc);
    declareLoss(bind, entry.meaning.node);
  }
  if (!frame->cell && target.name.text == "loss" && entry.meaning.node)
    losses.push_back(entry.meaning.node);
  entryOf(target.name) = entry;
}

void Elaborator::expand(const RepeatStmt &repeat) {
  std::optional<int64_t> count = evaluateInteger(*repeat.count);
  if (!count)
    return;
  if (*count < 0) {
    error(repeat.count->loc) << "expected a number of repetitions that is not negative, found " << *count;
    return;
  }
  std::string path = frame->path, statePath = frame->statePath;
  for (int64_t i = 0; i < *count && budget; ++i) {
    --budget;
    std::string suffix = joinPath(repeat.counter.text, std::to_string(i));
    frame->path = joinPath(path, suffix);
    frame->statePath = joinPath(statePath, suffix);
    entryOf(repeat.counter).meaning = Number::ofInteger(i);
    expand(repeat.body);
  }
  if (budget == 0 && !failed)
    error(repeat.loc) << "expected a smaller model, found one of more than 200000 operations";
  frame->path = path;
  frame->statePath = statePath;
}

void Elaborator::expandLet(const LetStmt &let) {
  auto instance = std::make_unique<Instance>();
  instance->cell = let.cell;
  bool ok = true;
  for (const ExprPtr &size : let.sizes) {
    std::optional<Number> number = evaluate(*size);
    ok &= number.has_value();
    instance->sizes.push_back(number.value_or(Number()));
  }
  instance->path = joinPath(frame->path, let.name.text);
  instance->frozen = frame->freezes || let.frozen;
  ok = checkFrozen(let.callee.text, let.cell->hasParameters, let.frozen) && ok;
  ok = ok && (!let.cell->hasParameters || claim(instance->path, let.name.loc));
  entryOf(let.name).instance = ok ? instance.get() : nullptr;
  frame->instances.push_back(std::move(instance));
}
