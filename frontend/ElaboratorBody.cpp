// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The statements that cells and models share.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

Elaborator::Entry *Elaborator::find(StringRef name) {
  for (auto &scope : reverse(frame->scopes))
    if (auto found = scope.find(name); found != scope.end())
      return &found->second;
  return nullptr;
}

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
  case Stmt::Kind::Bind:
    return expand(cast<BindStmt>(stmt));
  case Stmt::Kind::Param:
    declareParam(*cast<ParamStmt>(stmt).param);
    return;
  case Stmt::Kind::Let:
    return expandLet(cast<LetStmt>(stmt));
  case Stmt::Kind::Return:
    return expandReturn(cast<ReturnStmt>(stmt));
  case Stmt::Kind::Repeat:
    return expand(cast<RepeatStmt>(stmt));
  case Stmt::Kind::Axis:
    if (hasAxis)
      error(stmt.loc) << "a second axis is not supported yet: expected one 'axis' in a model";
    hasAxis = true;
    return;
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
    if (Entry *entry = find(bind.targets.front().name.text))
      frame->primed = entry->state;
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
  StringRef name = target.name.text;
  if (target.primed) {
    Entry *entry = find(name);
    if (meaning && entry && entry->state)
      primeState(*entry->state, lower(meaning, bind.value->loc), target.name.loc);
    return;
  }
  Entry entry;
  entry.meaning = meaning;
  if (meaning && bind.isOutput) {
    Node *node = lower(meaning, bind.value->loc);
    entry.meaning = node;
    declareOutput(bind, node);
  }
  bindsLoss |= !frame->cell && name == "loss" && frame->scopes.size() == 1;
  // In a repeat the name may be one from outside, which gets its next value.
  if (Entry *outer = find(name))
    *outer = std::move(entry);
  else
    declare(name, std::move(entry));
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
    frame->scopes.emplace_back();
    Entry counter;
    counter.meaning = Number::ofInteger(i);
    declare(repeat.counter.text, std::move(counter));
    expand(repeat.body);
    frame->scopes.pop_back();
  }
  if (budget == 0 && !failed)
    error(repeat.loc) << "expected a smaller model, found one of more than 200000 operations";
  frame->path = path;
  frame->statePath = statePath;
}

void Elaborator::expandLet(const LetStmt &let) {
  auto instance = std::make_unique<Instance>();
  instance->cell = program.findCell(let.callee.text);
  bool ok = true;
  for (const ExprPtr &size : let.sizes) {
    std::optional<Number> number = evaluate(*size);
    ok &= number.has_value();
    instance->sizes.push_back(number.value_or(Number()));
  }
  instance->path = joinPath(frame->path, let.name.text);
  ok = ok && (!summary(*instance->cell).declaresParameters || claim(instance->path, let.name.loc));
  Entry entry;
  if (ok)
    entry.instance = instance.get();
  frame->instances.push_back(std::move(instance));
  declare(let.name.text, std::move(entry));
}
