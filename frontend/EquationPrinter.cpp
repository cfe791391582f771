// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A program's equations as LaTeX, for --emit=latex: one `aligned` for each cell and model. Only what was written is
// known here, no shape: a state before the step has the subscript t-1, all else of a cell with states t.

#include "frontend/Functions.h"
#include "frontend/LayoutDecl.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace rondo;

namespace {

/// How tightly what an expression prints holds together; a weaker one within a stronger one is in parentheses.
/// Products of elements are weaker than those of matrices.
enum class Binding { Relation, Sum, Elements, Product, Factor };

struct Formula {
  std::string text;
  Binding binding = Binding::Factor;
};

std::string escape(StringRef name) {
  std::string text;
  for (char c : name)
    (c == '_' ? text += '\\' : text) += c;
  return text;
}

/// A name as a symbol: Greek letters by their names, digits at its end as a subscript, before others of `below`.
std::string symbol(StringRef name, StringRef below = "") {
  StringRef stem = name.rtrim("0123456789");
  std::string digits = name.drop_front(stem.size()).str();
  stem = stem.size() > 1 ? stem.rtrim('_') : stem;
  static const StringSet<> greek = {"alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda",
                                    "mu",    "nu",   "xi",    "rho",   "tau",     "phi", "psi",   "omega"};
  std::string text = greek.contains(stem) ? "\\" + stem.str()
                     : stem.size() == 1   ? stem.str()
                                          : "\\mathit{" + escape(stem) + "}";
  if (!digits.empty() && !below.empty())
    digits += ',';
  digits += below;
  return digits.empty() ? text : text + "_{" + digits + "}";
}

std::string parenthesised(const std::string &text) { return "\\left(" + text + "\\right)"; }

std::string upright(StringRef name) { return "\\operatorname{" + escape(name) + "}"; }

/// A function's or cell's name, as an operator.
std::string operatorOf(StringRef name) {
  return StringSwitch<std::string>(name)
      .Case("sigmoid", "\\sigma")
      .Case("log", "\\ln")
      .Case("sign", upright("sgn"))
      .Cases({"tanh", "exp", "sin", "cos", "max", "min"}, "\\" + name.str())
      .Default(upright(name));
}

class Printer {
public:
  explicit Printer(raw_ostream &os) : os(os) {}

  void print(const CellDecl &cell) {
    begin("cell", cell.name);
    for (const SizeParameter &size : cell.sizes)
      numbers.insert(size.name.text);
    for (const StmtPtr &stmt : cell.body)
      if (auto *state = dyn_cast<StateStmt>(stmt.get()))
        for (const Identifier &name : state->names)
          states.insert(name.text);
    for (const CellArgument &argument : cell.arguments)
      changing.insert(argument.name.text);
    print(cell.body);
    end();
  }

  void print(const ModelDecl &model) {
    begin("model", model.name);
    for (const SizeParameter &parameter : model.parameters)
      numbers.insert(parameter.name.text);
    print(model.body);
    end();
  }

private:
  void begin(StringRef what, const Identifier &name) {
    numbers.clear();
    states.clear();
    changing.clear();
    os << "% " << what << ' ' << name.text << "\n\\begin{aligned}\n";
    isFirst = true;
  }

  void end() { os << (isFirst ? "" : "\n") << "\\end{aligned}\n"; }

  /// Begins a line of the equations.
  raw_ostream &line() {
    os << (isFirst ? "" : " \\\\\n");
    isFirst = false;
    return os;
  }

  void print(const Stmts &body) {
    for (const StmtPtr &stmt : body)
      print(*stmt);
  }

  void print(const Stmt &stmt) {
    if (auto *bind = dyn_cast<BindStmt>(&stmt)) {
      print(*bind);
    } else if (auto *state = dyn_cast<StateStmt>(&stmt)) {
      for (const Identifier &name : state->names)
        if (state->init)
          line() << symbol(name.text, "0") << " &= " << format(*state->init).text;
    } else if (auto *result = dyn_cast<ReturnStmt>(&stmt)) {
      bound = "y";
      if (!isa<NameExpr>(*result->value) || !cast<NameExpr>(*result->value).primed)
        line() << symbol(bound, now()) << " &= " << format(*result->value).text;
    } else if (auto *repeat = dyn_cast<RepeatStmt>(&stmt)) {
      line() << "&\\text{for } " << symbol(repeat->counter.text) << " = 0, \\dots, "
             << inside(*repeat->count, Binding::Sum) << " - 1:";
      print(repeat->body);
      line() << "&\\text{end}";
    }
  }

  void print(const BindStmt &bind) {
    SmallVector<std::string> left;
    for (const BindStmt::Target &target : bind.targets) {
      if (!bind.isLoss && !isNumber(*bind.value))
        changing.insert(target.name.text);
      else if (!bind.isLoss)
        numbers.insert(target.name.text);
      left.push_back(bind.isLoss || target.name.text == "loss" ? target.name.text == "loss"
                                                                     ? std::string("\\mathcal{L}")
                                                                     : "\\mathcal{L}_{" + symbol(target.name.text) + "}"
                                                               : symbolOf(target.name.text, /*primed=*/true));
    }
    bound = bind.targets.front().name.text;
    std::string right = format(*bind.value).text;
    line() << join(left, ", ") << " &= " << right;
    if (bind.weight)
      os << " \\quad\\text{weighted by } " << format(*bind.weight).text;
  }

  /// The subscript of what a step computes.
  StringRef now() const { return states.empty() ? "" : "t"; }

  /// A name in an expression: a state is that before the step unless it is primed.
  std::string symbolOf(StringRef name, bool primed) const {
    if (states.contains(name))
      return symbol(name, primed ? "t" : "t-1");
    return symbol(name, changing.contains(name) ? now() : "");
  }

  /// Whether it is made of sizes and numbers alone, which scale what they multiply.
  bool isNumber(const Expr &expr) const {
    if (auto *name = dyn_cast<NameExpr>(&expr))
      return numbers.contains(name->name);
    if (auto *unary = dyn_cast<UnaryExpr>(&expr))
      return isNumber(*unary->operand);
    if (auto *binary = dyn_cast<BinaryExpr>(&expr))
      return isNumber(*binary->lhs) && isNumber(*binary->rhs);
    if (auto *call = dyn_cast<CallExpr>(&expr))
      return call->function && call->function->function == Function::Elementwise &&
             all_of(call->arguments, [&](const Argument &argument) { return isNumber(*argument.value); });
    return isa<NumberExpr>(expr);
  }

  /// The expression, in parentheses if it holds together less than `binding`.
  std::string inside(const Expr &expr, Binding binding) {
    Formula formula = format(expr);
    if (formula.binding == Binding::Relation) // a comparison as a number (Iverson)
      return "\\left[" + formula.text + "\\right]";
    return formula.binding < binding ? parenthesised(formula.text) : formula.text;
  }

  Formula format(const Expr &expr) {
    switch (expr.kind) {
    case Expr::Kind::Number:
      return format(cast<NumberExpr>(expr));
    case Expr::Kind::Name:
      return {symbolOf(cast<NameExpr>(expr).name, cast<NameExpr>(expr).primed)};
    case Expr::Kind::Training:
      return {"\\mathit{training}"};
    case Expr::Kind::Unary:
      return {"-" + inside(*cast<UnaryExpr>(expr).operand, Binding::Elements), Binding::Sum};
    case Expr::Kind::Binary:
      return format(cast<BinaryExpr>(expr));
    case Expr::Kind::Call:
      return format(cast<CallExpr>(expr));
    case Expr::Kind::Slice: {
      auto &slice = cast<SliceExpr>(expr);
      return {"{" + inside(*slice.base, Binding::Factor) + "}_{[" + (slice.low ? format(*slice.low).text : "") + ":" +
              (slice.high ? format(*slice.high).text : "") + "]}"};
    }
    case Expr::Kind::Member:
      return format(cast<MemberExpr>(expr));
    case Expr::Kind::Param:
      return {symbol(cast<ParamExpr>(expr).name.text)};
    }
    llvm_unreachable("every kind of expression is covered");
  }

  /// r.final.h has one superscript.
  Formula format(const MemberExpr &member) {
    std::string path = escape(member.member);
    const Expr *base = member.base.get();
    for (; isa<MemberExpr>(base); base = cast<MemberExpr>(base)->base.get())
      path = escape(cast<MemberExpr>(base)->member) + "." + path;
    return {"{" + inside(*base, Binding::Factor) + "}^{\\mathrm{" + path + "}}"};
  }

  /// 2e-3 as a power of ten.
  Formula format(const NumberExpr &number) {
    auto [digits, exponent] = number.text.split('e');
    if (exponent.empty())
      return {number.text.str()};
    return {(digits == "1" ? "" : digits.str() + " \\cdot ") + "10^{" + exponent.ltrim('+').str() + "}",
            Binding::Elements};
  }

  Formula format(const BinaryExpr &binary) {
    switch (binary.op) {
    case BinaryOperator::Add:
      return {inside(*binary.lhs, Binding::Sum) + " + " + inside(*binary.rhs, Binding::Elements), Binding::Sum};
    case BinaryOperator::Subtract:
      return {inside(*binary.lhs, Binding::Sum) + " - " + inside(*binary.rhs, Binding::Elements), Binding::Sum};
    case BinaryOperator::Multiply: {
      StringRef sign = !isNumber(*binary.lhs) && !isNumber(*binary.rhs)               ? " \\odot "
                       : isa<NumberExpr>(*binary.lhs) && isa<NumberExpr>(*binary.rhs) ? " \\cdot "
                                                                                      : " \\, ";
      return {(inside(*binary.lhs, Binding::Elements) + sign + inside(*binary.rhs, Binding::Elements)).str(),
              Binding::Elements};
    }
    case BinaryOperator::Divide:
      return {"\\frac{" + format(*binary.lhs).text + "}{" + format(*binary.rhs).text + "}"};
    case BinaryOperator::MatMul:
      return {inside(*binary.lhs, Binding::Product) + " \\, " + inside(*binary.rhs, Binding::Factor), Binding::Product};
    default: {
      StringRef sign = binary.op == BinaryOperator::LessEqual      ? "\\le"
                       : binary.op == BinaryOperator::GreaterEqual ? "\\ge"
                       : binary.op == BinaryOperator::Equal        ? "="
                       : binary.op == BinaryOperator::NotEqual     ? "\\ne"
                                                                   : spell(binary.op);
      return {(inside(*binary.lhs, Binding::Sum) + " " + sign + " " + inside(*binary.rhs, Binding::Sum)).str(),
              Binding::Relation};
    }
    }
  }

  std::string list(const std::vector<Argument> &arguments, StringRef between = ", ") {
    SmallVector<std::string> texts;
    for (const Argument &argument : arguments) {
      if (argument.role != ArgumentRole::Value && argument.role != ArgumentRole::State &&
          argument.role != ArgumentRole::Axis)
        continue;
      StringRef state = argument.role == ArgumentRole::State ? argument.name : "";
      texts.push_back(state.empty() ? format(*argument.value).text
                                    : symbol(state) + " = " + format(*argument.value).text);
      if (argument.axis)
        texts.back() += " \\text{ over } " + symbol(argument.axis->text);
    }
    return join(texts, between);
  }

  /// linear[N](x, h) as i: W_{i,x} x + W_{i,h} h + b_i.
  Formula formatLinear(const CallExpr &call) {
    StringRef label = call.as.empty() ? bound : call.as;
    std::string text;
    size_t count =
        count_if(call.arguments, [](const Argument &argument) { return argument.role == ArgumentRole::Value; });
    for (const Argument &argument : call.arguments) {
      if (argument.role != ArgumentRole::Value)
        continue;
      auto *name = dyn_cast<NameExpr>(argument.value.get());
      StringRef of = !argument.name.empty() ? argument.name : name ? name->name : "";
      std::string below = symbol(label) + (count > 1 && !of.empty() ? "," + symbol(of) : std::string());
      text += (text.empty() ? "W_{" : " + W_{") + below + "} \\, " + inside(*argument.value, Binding::Factor);
    }
    if (!findArgument(call, ArgumentRole::NoBias))
      text += (text.empty() ? "b_{" : " + b_{") + symbol(label) + "}";
    return {text, Binding::Sum};
  }

  Formula format(const CallExpr &call) {
    if (call.function)
      if (std::optional<Formula> formula = formatFunction(call, call.function->function))
        return *formula;
    std::string name = call.function       ? operatorOf(call.callee.text)
                       : call.isOfInstance ? upright(call.cell->name.text) + "_{" + symbol(call.callee.text) + "}"
                                           : upright(call.callee.text);
    if (call.isScan)
      name = (call.backward ? "\\overleftarrow{" : "\\overrightarrow{") + name + "}";
    std::string from = list(call.initials);
    return {name + parenthesised(list(call.arguments) + (from.empty() ? "" : "; " + from))};
  }

  /// Functions that mathematics writes in another way than name(..).
  std::optional<Formula> formatFunction(const CallExpr &call, Function function) {
    auto argument = [&](size_t i) -> const Expr & { return *call.arguments[i].value; };
    bool isPlain = all_of(call.arguments, [](const Argument &argument) {
      return argument.role == ArgumentRole::Value && !argument.axis && argument.pooled.empty();
    });
    if (function == Function::Linear)
      return formatLinear(call);
    if (!isPlain)
      return std::nullopt;
    switch (function) {
    case Function::Concat:
      return Formula{"\\left[" + list(call.arguments, "; ") + "\\right]"};
    case Function::Dot:
      return Formula{inside(argument(0), Binding::Factor) + "^{\\top} " + inside(argument(1), Binding::Factor),
                     Binding::Product};
    case Function::Outer:
      return Formula{inside(argument(0), Binding::Product) + " \\, " + inside(argument(1), Binding::Factor) +
                         "^{\\top}",
                     Binding::Product};
    case Function::Transpose:
      return Formula{inside(argument(0), Binding::Factor) + "^{\\top}"};
    case Function::Square:
      return Formula{parenthesised(format(argument(0)).text) + "^{2}"};
    case Function::Pow:
      return Formula{parenthesised(format(argument(0)).text) + "^{" + format(argument(1)).text + "}"};
    case Function::Select:
      return Formula{"\\begin{cases} " + format(argument(1)).text + " & \\text{if } " + format(argument(0)).text +
                     " \\\\ " + format(argument(2)).text + " & \\text{else} \\end{cases}"};
    case Function::Elementwise:
      if (call.callee.text == "sqrt")
        return Formula{"\\sqrt{" + format(argument(0)).text + "}"};
      if (call.callee.text == "abs")
        return Formula{"\\left|" + format(argument(0)).text + "\\right|"};
      return std::nullopt;
    default:
      return std::nullopt;
    }
  }

  raw_ostream &os;
  bool isFirst = true;
  StringRef bound;                       // what the equation at hand defines
  StringSet<> numbers, states, changing; // sizes and what is made of them; states; what a step computes or is given
};

} // namespace

void rondo::printLatex(const SourceFile &file, raw_ostream &os) {
  Printer printer(os);
  for (const std::unique_ptr<CellDecl> &cell : file.cells)
    printer.print(*cell);
  for (const std::unique_ptr<ModelDecl> &model : file.models)
    printer.print(*model);
}
