// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The names in expressions, and the arguments of calls.

#include "frontend/Resolver.h"

using namespace llvm;
using namespace rondo;

void Resolver::resolve(Expr &expr) {
  switch (expr.kind) {
  case Expr::Kind::Number:
  case Expr::Kind::Training:
    return;
  case Expr::Kind::Name:
    return resolve(cast<NameExpr>(expr));
  case Expr::Kind::Unary:
    return resolve(*cast<UnaryExpr>(expr).operand);
  case Expr::Kind::Binary:
    resolve(*cast<BinaryExpr>(expr).lhs);
    return resolve(*cast<BinaryExpr>(expr).rhs);
  case Expr::Kind::Call:
    return resolve(cast<CallExpr>(expr));
  case Expr::Kind::Slice: {
    auto &slice = cast<SliceExpr>(expr);
    resolve(*slice.base);
    if (slice.low)
      resolve(*slice.low);
    if (slice.high)
      resolve(*slice.high);
    return;
  }
  case Expr::Kind::Member:
    return resolve(cast<MemberExpr>(expr));
  case Expr::Kind::Param:
    return resolve(cast<ParamExpr>(expr));
  }
}

// h.R: the state h before the step along axis R, in a cell that runs along several
void Resolver::resolve(MemberExpr &member) {
  auto *name = dyn_cast<NameExpr>(member.base.get());
  NameEntry *entry = name && !name->primed ? find(name->name) : nullptr;
  if (!entry || entry->kind != NameKind::State || inCell->axes.empty())
    return resolve(*member.base);
  name->slot = entry->slot;
  const auto *axis =
      find_if(ArrayRef(inCell->axes), [&](const Identifier &axis) { return axis.text == member.member; });
  if (axis == ArrayRef(inCell->axes).end())
    error(member.loc) << "expected one of the cell's axes after '" << name->name << ".', found '" << member.member
                      << "'";
  else
    member.neighbour = axis - inCell->axes.data();
}

void Resolver::resolve(NameExpr &name) {
  NameEntry *entry = find(name.name);
  bool isStep = name.name == "step" && !name.primed;
  if (isStep && inSchedule && entry) {
    auto diagnostic = error(name.loc) << "expected 'step' to be the number of the update, as in each rate or weight";
    diagnostic.attachNote(entry->loc) << "another one is bound here";
    return;
  }
  name.isUpdateNumber = isStep && inSchedule;
  if (name.isUpdateNumber)
    return;
  if (entry && entry->kind == NameKind::State && !name.primed && !inCell->axes.empty()) {
    error(name.loc) << "expected '" << name.name << "." << inCell->axes.front().text << "', the state before the step"
                    << " along one of the cell's axes, found '" << name.name << "'";
    return;
  }
  if (!entry || is_contained({NameKind::Axis, NameKind::CellAxis, NameKind::Instance}, entry->kind)) {
    auto bound = ended.find(name.name);
    bool hasEnded = !entry && !name.primed && bound != ended.end();
    auto diagnostic = error(name.loc) << "expected a value bound before, found '" << name.name
                                      << (hasEnded ? "', which ended with its 'repeat'"
                                          : isStep ? "', which is the number of the update in a rate or a weight only"
                                                   : "'");
    if (hasEnded)
      diagnostic.attachNote(bound->second.loc) << "bound here";
    return;
  }
  name.slot = entry->slot;
  if (name.primed && entry->kind != NameKind::State && entry->kind != NameKind::Buffer)
    error(name.loc) << "expected a state or a buffer before the prime, found '" << name.name << "'";
}

void Resolver::resolve(ParamExpr &param) {
  resolveShape(param.shape);
  if (param.init)
    param.initialiser = resolveInitialiser(*param.init);
  declare(param.name, NameKind::Argument);
  if (inCell)
    inCell->hasParameters = true;
}

// zeros, uniform(r), ...; null after an error
const InitialiserInfo *Resolver::resolveInitialiser(Expr &expr) {
  StringRef name;
  size_t arguments = 0;
  if (auto *word = dyn_cast<NameExpr>(&expr)) {
    name = word->name;
  } else if (auto *call = dyn_cast<CallExpr>(&expr); call && !call->isScan && !call->hasSizes) {
    name = call->callee.text;
    arguments = call->arguments.size();
    for (const Argument &argument : call->arguments)
      resolve(*argument.value);
  }
  const InitialiserInfo *info = findInitialiser(name);
  auto *negated = dyn_cast<UnaryExpr>(&expr);
  if (auto *number = dyn_cast<NumberExpr>(negated ? negated->operand.get() : &expr)) {
    std::string text = (negated ? "-" : "") + number->text.str();
    error(expr.loc) << "expected an initialiser, found the number " << text << ": write constant(" << text << ")";
  } else if (!info)
    error(expr.loc) << "expected an initialiser: constant, identity, normal, ones, orthogonal, uniform or zeros"
                    << (name.empty() ? "" : ", found '") << name << (name.empty() ? "" : "'");
  else if (arguments < info->minimalArguments || arguments > info->maximalArguments)
    error(expr.loc) << "expected "
                    << (info->minimalArguments   ? "1 argument"
                        : info->maximalArguments ? "at most 1 argument"
                                                 : "no argument")
                    << " of initialiser '" << name << "', found " << arguments;
  return info;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

// What is called, if it is known.
void Resolver::findCallee(CallExpr &call) {
  NameEntry *entry = find(call.callee.text);
  if (entry && entry->kind == NameKind::Instance) {
    call.isOfInstance = true;
    call.callee.slot = entry->slot;
    call.cell = entry->cell;
    if (entry->cell && inCell)
      inCell->uses.push_back({entry->cell, !call.isScan});
    return;
  }
  call.function = call.isScan ? nullptr : findFunction(call.callee.text);
  if (call.function)
    return;
  CellDecl *cell = program.findCell(call.callee.text, inLibrary);
  call.cell = cell;
  if (cell && inCell)
    inCell->uses.push_back({cell, !call.isScan});
}

void Resolver::resolve(CallExpr &call) {
  findCallee(call);
  resolveCall(call);
  if (!call.function)
    return;
  if (call.function->function == Function::Split)
    error(call.callee.loc) << "expected 'split' only as the value of several names";
  else if (call.function->function == Function::Ahead)
    error(call.callee.loc) << "expected 'ahead' only as the value of a target";
}

void Resolver::resolveCall(CallExpr &call) {
  resolveShape(call.sizes);
  resolveArguments(call);
  checkAxes(call);
  checkPooled(call);
  StringRef name = call.callee.text;
  if (call.isOfInstance && call.hasSizes)
    error(call.callee.loc) << "expected no sizes after instance '" << name << "': 'let' has given them";
  if (call.isOfInstance && call.frozen)
    error(*call.frozen) << "expected no 'frozen' after instance '" << name << "': write it behind its 'let'";
  if (call.function)
    checkFunction(call, *call.function);
  else if (call.cell)
    matchArguments(call, *call.cell);
  else if (call.isOfInstance)
    return; // its let is in error
  else if (isFutureFunction(name))
    error(call.callee.loc) << "expected a function or a cell, found '" << name << "', which is not supported yet";
  else
    error(call.callee.loc) << (call.isScan ? "expected a cell, found '" : "expected a function or a cell, found '")
                           << name << "'";
}

// The expression as the name of an axis, or null.
const NameExpr *Resolver::findAxisName(const Expr &expr) {
  auto *name = dyn_cast<NameExpr>(&expr);
  NameEntry *entry = name && !name->primed ? find(name->name) : nullptr;
  return entry && entry->kind == NameKind::Axis ? name : nullptr;
}

ArgumentRole Resolver::roleOf(const Argument &argument, const FunctionInfo *info) {
  if (info && info->function == Function::Window && !argument.name.empty()) {
    StringRef name = argument.name;
    if (name == "pad")
      return ArgumentRole::Word;
    if (name == "to" || (name == "width" && findAxisName(*argument.value)))
      return ArgumentRole::Axis;
    bool isOption = name == "width" || name == "stride" || name == "dilation" || name == "first" || name == "before";
    return isOption ? ArgumentRole::Option : ArgumentRole::Value;
  }
  if (info && info->function == Function::BatchNorm && (argument.name == "momentum" || argument.name == "epsilon"))
    return ArgumentRole::Option;
  if (info && isDraw(info->function) && argument.name == "per")
    return ArgumentRole::Word;
  bool takesAxis = info && (info->function == Function::Index || info->function == Function::Length);
  if (takesAxis && argument.name.empty())
    return ArgumentRole::Axis;
  if (info && info->function == Function::Rename && !argument.name.empty())
    return ArgumentRole::Renaming;
  if (info && info->function == Function::Shift && argument.name == "first")
    return ArgumentRole::First;
  if (!info || !info->ownsParameters)
    return ArgumentRole::Value;
  bool isLinear = info->function == Function::Linear;
  if (argument.name == "init" && (isLinear || info->function == Function::Embedding))
    return ArgumentRole::Initialiser;
  if (argument.name == "table" && info->function == Function::Embedding)
    return ArgumentRole::Table;
  if (argument.name != "bias" || !isLinear)
    return ArgumentRole::Value;
  auto *word = dyn_cast<NameExpr>(argument.value.get());
  return word && word->name == "none" ? ArgumentRole::NoBias : ArgumentRole::Bias;
}

void Resolver::resolveArguments(CallExpr &call) {
  bool named = false;
  StringMap<mlir::Location> names;
  for (Argument &argument : call.arguments) {
    argument.role = roleOf(argument, call.function);
    if (argument.role == ArgumentRole::Initialiser || argument.role == ArgumentRole::Bias)
      argument.initialiser = resolveInitialiser(*argument.value);
    else if (argument.role == ArgumentRole::Value || argument.role == ArgumentRole::Table ||
             argument.role == ArgumentRole::First || argument.role == ArgumentRole::Option)
      resolve(*argument.value);
    else if (argument.role == ArgumentRole::Axis || argument.role == ArgumentRole::Renaming)
      resolveAxisName(*argument.value, call.callee.text);
    if (argument.axis)
      resolveAxis(*argument.axis);
    for (Identifier &axis : argument.pooled)
      if (axis.text != batchName)
        resolveAxis(axis);
    if (argument.role == ArgumentRole::Renaming)
      resolveAxis(argument.axis.emplace(Identifier{argument.name, argument.loc}));
    if (argument.name.empty()) {
      if (named)
        error(argument.loc) << "expected the arguments without a name before the named ones";
      continue;
    }
    // Options may stand anywhere, as may a linear's names.
    named |= !call.function;
    if (!names.try_emplace(argument.name, argument.loc).second)
      error(argument.loc) << "expected one argument '" << argument.name << "', found a second";
  }
  if (call.axis)
    resolveAxis(*call.axis);
  for (ScanAxis &axis : call.axes)
    resolveAxis(axis.name);
  for (const Argument &initial : call.initials)
    resolve(*initial.value);
}

// index(T), length(T), rename(x, T: S): what stands in the place of a value is an axis.
void Resolver::resolveAxisName(Expr &value, StringRef function) {
  auto *name = dyn_cast<NameExpr>(&value);
  if (!name || name->primed) {
    error(value.loc) << "expected the name of an axis in '" << function << "', found an expression";
    return;
  }
  Identifier axis{name->name, name->loc};
  resolveAxis(axis);
  name->slot = axis.slot;
}

// f(x over N), shift(x over N, n), scan C(x) over T
void Resolver::checkAxes(const CallExpr &call) {
  Function function = call.function ? call.function->function : Function::Ahead;
  bool takesOthers = function == Function::Shift || function == Function::Pick || function == Function::CrossEntropy;
  bool draws = call.function && isDraw(function);
  auto first = find_if(call.arguments, [](const Argument &argument) { return argument.name.empty(); });
  for (const Argument &argument : call.arguments) {
    if (!argument.axis || argument.role == ArgumentRole::Renaming)
      continue;
    if (function == Function::BatchNorm)
      error(argument.axis->loc) << "expected '" << batchName << "' among the axes in 'batch_norm', found none";
    else if (!call.function || !call.function->worksOverAxis || argument.role != ArgumentRole::Value)
      error(argument.axis->loc) << "expected 'over' only in the argument of "
                                << spellFunctions(&FunctionInfo::worksOverAxis) << ", found it in '" << call.callee.text
                                << "'";
    else if (draws)
      continue;
    else if (takesOthers && &argument != &*first)
      error(argument.axis->loc) << "expected 'over' only in the first argument of '" << call.callee.text
                                << "', found it in another";
    else if (!takesOthers && function != Function::Window && call.arguments.size() > 1)
      error(argument.axis->loc) << "expected one argument of '" << call.callee.text << "' over an axis, found "
                                << call.arguments.size();
  }
  bool needsAxis = function == Function::CumulativeSum || function == Function::Last || function == Function::Shift ||
                   function == Function::Window;
  if (needsAxis && first != call.arguments.end() && !first->axis && first->pooled.empty())
    error(call.callee.loc) << "expected 'over' and an axis in the " << (takesOthers ? "first " : "") << "argument of '"
                           << call.callee.text << "', found none";
}

// mean(x over batch), sum(x over (batch, N)), batch_norm(x over batch), normal[H](1 over (T, N))
void Resolver::checkPooled(const CallExpr &call) {
  for (const Argument &argument : call.arguments) {
    if (argument.pooled.empty())
      continue;
    const Identifier &first = argument.pooled.front();
    Function function = call.function ? call.function->function : Function::Ahead;
    bool draws = call.function && isDraw(function);
    bool ofBatch = any_of(argument.pooled, [](const Identifier &axis) { return axis.text == batchName; });
    bool pools = call.function && call.function->worksOverBatch;
    if (draws ? ofBatch : !pools) {
      error(first.loc) << "expected 'over " << batchName << "', or over several axes, only in the argument of "
                       << spellFunctions(&FunctionInfo::worksOverBatch) << ", found it in '" << call.callee.text << "'";
      continue;
    }
    if (function == Function::Max && call.arguments.size() > 1)
      error(first.loc) << "expected one argument of 'max' over an axis, found " << call.arguments.size();
    StringMap<mlir::Location> axes;
    for (const Identifier &axis : argument.pooled)
      if (!axes.try_emplace(axis.text, axis.loc).second)
        error(axis.loc) << "expected each axis once after 'over', found '" << axis.text << "' a second time";
    if (function == Function::BatchNorm && !axes.contains(batchName))
      error(first.loc) << "expected '" << batchName << "' among the axes in 'batch_norm', found none";
  }
}

// window(x over T, width: 3, stride: 2, dilation: 1, pad: zero, before: 1, to: U)
void Resolver::checkWindow(const CallExpr &call) {
  auto given = [&](StringRef name) {
    auto found = find_if(call.arguments, [&](const Argument &argument) { return argument.name == name; });
    return found == call.arguments.end() ? nullptr : &*found;
  };
  if (!given("width"))
    error(call.callee.loc) << "expected 'width: ..' in 'window', found none";
  const Argument *pad = given("pad");
  auto *word = pad ? dyn_cast<NameExpr>(pad->value.get()) : nullptr;
  if (pad && (!word || word->primed || !is_contained({"edge", "none", "reflect", "zero"}, word->name)))
    error(pad->value->loc) << "expected the padding edge, none, reflect or zero, found "
                           << (word ? "'" + word->name.str() + "'" : "an expression");
  if (const Argument *first = given("first"); first && pad)
    error(first->loc) << "expected 'first' only in a window that ends at its position, found it beside 'pad'";
  if (const Argument *before = given("before"); before && !pad)
    error(before->loc) << "expected 'before' only beside 'pad', found it in a window that ends at its position";
}

// normal[H](s, per: sequence)
void Resolver::checkDraw(const CallExpr &call) {
  const Argument *per = findArgument(call, ArgumentRole::Word);
  auto *word = per ? dyn_cast<NameExpr>(per->value.get()) : nullptr;
  if (per && (!word || word->primed || !is_contained({"batch", "sequence", "window"}, word->name)))
    error(per->value->loc) << "expected batch, sequence or window, for each of which one draws, found "
                           << (word ? "'" + word->name.str() + "'" : "an expression");
}

void Resolver::checkFunction(const CallExpr &call, const FunctionInfo &info) {
  // A table of one's own takes the place of the call's.
  const Argument *table = findArgument(call, ArgumentRole::Table);
  unsigned sizes = table ? 0 : info.sizes;
  bool ownsParameters = info.ownsParameters && !table;
  if (call.sizes.size() != sizes && !isDraw(info.function))
    error(call.callee.loc) << "expected " << sizes
                           << (sizes == 1 ? " size in brackets after '" : " sizes in brackets after '") << info.name
                           << (table ? "' with a table" : "'") << ", found " << call.sizes.size();
  if (const Argument *init = findArgument(call, ArgumentRole::Initialiser); init && table)
    error(init->loc) << "expected no initialiser beside a table";
  unsigned unnamed = 0, values = 0;
  for (const Argument &argument : call.arguments) {
    bool isValue = argument.role == ArgumentRole::Value;
    values += isValue;
    unnamed += argument.name.empty();
    if (isValue && !argument.name.empty() && info.function != Function::Linear)
      error(argument.loc) << "expected no named argument of '" << info.name << "', found '" << argument.name << "'";
  }
  if (info.function == Function::Linear && values == 0) {
    error(call.callee.loc) << "expected an argument of 'linear', found none";
  } else if (unnamed < info.minimalArguments || unnamed > info.maximalArguments) {
    auto diagnostic = error(call.callee.loc) << "expected " << info.minimalArguments;
    if (info.maximalArguments != info.minimalArguments)
      diagnostic << (info.maximalArguments == info.minimalArguments + 1 ? " or 2" : " or more");
    diagnostic << (info.maximalArguments == 1 ? " argument of '" : " arguments of '") << info.name << "', found "
               << unnamed;
  }
  if (info.function == Function::Window)
    checkWindow(call);
  if (isDraw(info.function))
    checkDraw(call);
  if (info.function == Function::Rename && call.arguments.size() - unnamed != 1)
    error(call.callee.loc) << "expected one 'axis: axis' in 'rename', found " << call.arguments.size() - unnamed;
  if (!call.as.empty() && !ownsParameters)
    error(call.callee.loc) << "expected 'as' only after what has parameters, found it after '" << info.name << "'";
  if (inCell)
    inCell->hasParameters |= ownsParameters;
}
