// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Operators that work element by element.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;

bool Lowering::lowerIdentity(const OnnxNode &node) {
  const Value *value = operand(node, 0);
  if (!value)
    return false;
  if (node.op == "Dropout" && has(node, 2)) {
    const Constant *trains = known(node, 2, "whether it is for training");
    if (!trains)
      return false;
    if (trains->stored() != 1 || trains->number(0) != 0)
      return refuse(node, "dropout as in training is not covered");
  }
  for (size_t i = 1; i < node.outputs.size(); ++i)
    if (uses.count(node.outputs[i]))
      return refuse(node, "its output " + Twine(i + 1) + " is not covered");
  return define(node, 0, Value(*value));
}

namespace {

/// How an operator of one operand is spelled: %x the operand, %a and %b its attributes.
struct UnaryRow {
  const char *text;
  const char *a, *b; // names of attributes
  double usualA, usualB;
};

const std::map<std::string, UnaryRow> &unaryRows() {
  static const std::map<std::string, UnaryRow> rows = {
      {"Abs", {"abs(%x)", nullptr, nullptr, 0, 0}},
      {"Celu", {"max(%x, 0) + min(%a * (exp(min(%x, 0) / %a) - 1), 0)", "alpha", nullptr, 1, 0}},
      {"Cos", {"cos(%x)", nullptr, nullptr, 0, 0}},
      {"Elu", {"select(%x < 0, %a * (exp(min(%x, 0)) - 1), %x)", "alpha", nullptr, 1, 0}},
      {"Erf", {"erf(%x)", nullptr, nullptr, 0, 0}},
      {"Exp", {"exp(%x)", nullptr, nullptr, 0, 0}},
      {"HardSigmoid", {"max(0, min(1, %a * %x + %b))", "alpha", "beta", 0.2, 0.5}},
      {"HardSwish", {"%x * max(0, min(1, %x / 6 + 0.5))", nullptr, nullptr, 0, 0}},
      {"LeakyRelu", {"select(%x < 0, %a * %x, %x)", "alpha", nullptr, 0.01, 0}},
      {"Log", {"log(%x)", nullptr, nullptr, 0, 0}},
      {"Mish", {"%x * tanh(softplus(%x))", nullptr, nullptr, 0, 0}},
      {"Neg", {"-%x", nullptr, nullptr, 0, 0}},
      {"Reciprocal", {"1 / %x", nullptr, nullptr, 0, 0}},
      {"Relu", {"relu(%x)", nullptr, nullptr, 0, 0}},
      {"Selu",
       {"%b * select(%x < 0, %a * (exp(min(%x, 0)) - 1), %x)", "alpha", "gamma", 1.67326319217681884765625,
        1.05070102214813232421875}},
      {"Shrink", {"select(%x < -%a, %x + %b, select(%x > %a, %x - %b, 0))", "lambd", "bias", 0.5, 0}},
      {"Sigmoid", {"sigmoid(%x)", nullptr, nullptr, 0, 0}},
      {"Sign", {"select(%x > 0, 1, select(%x < 0, -1, 0))", nullptr, nullptr, 0, 0}},
      {"Sin", {"sin(%x)", nullptr, nullptr, 0, 0}},
      {"Softplus", {"softplus(%x)", nullptr, nullptr, 0, 0}},
      {"Softsign", {"%x / (1 + abs(%x))", nullptr, nullptr, 0, 0}},
      {"Sqrt", {"sqrt(%x)", nullptr, nullptr, 0, 0}},
      {"Swish", {"%x * sigmoid(%a * %x)", "alpha", nullptr, 1, 0}},
      {"Tanh", {"tanh(%x)", nullptr, nullptr, 0, 0}},
      {"ThresholdedRelu", {"select(%x > %a, %x, 0)", "alpha", nullptr, 1, 0}},
  };
  return rows;
}

std::string replaced(StringRef text, StringRef x, double a, double b) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '%') {
      char what = text[++i];
      result += what == 'x' ? x.str() : spellNumber(what == 'a' ? a : b);
    } else {
      result += text[i];
    }
  return result;
}

} // namespace

bool rondo::importer::isName(StringRef text) {
  return !text.empty() && llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; });
}

bool Lowering::lowerUnary(const OnnxNode &node) {
  const Value *value = operand(node, 0);
  if (!value)
    return false;
  if (value->isConstant())
    return foldUnary(node, *value->constant);
  Value result = *value;
  bool isByTanh = false;
  if (node.op == "Not") {
    if (result.type != Value::Type::Truth)
      return refuse(node, "expected truth values");
    for (std::string &part : result.parts)
      part = "select(" + part + ", 1, 0) < 0.5";
    return define(node, 0, bind(node, result));
  }
  if (node.op == "Gelu") {
    auto kind = text(node, "approximate", "none");
    if (!kind || !checkAttributes(node, {"approximate"}))
      return false;
    if (*kind != "none" && *kind != "tanh")
      return refuse(node, "expected no approximation or that by tanh, found '" + *kind + "'");
    isByTanh = *kind == "tanh";
  }
  auto place = unaryRows().find(node.op);
  if (place == unaryRows().end() && node.op != "Gelu")
    return refuse(node, "of what the inputs change this operator is not covered");
  const char *gelu = isByTanh ? "0.5 * %x * (1 + tanh(0.7978845608028654 * (%x + 0.044715 * pow(%x, 3))))" : "gelu(%x)";
  UnaryRow row = place != unaryRows().end() ? place->second : UnaryRow{gelu, nullptr, nullptr, 0, 0};
  std::vector<const char *> names =
      node.op == "Gelu" ? std::vector<const char *>{"approximate"} : std::vector<const char *>();
  for (const char *name : {row.a, row.b})
    if (name)
      names.push_back(name);
  auto a = real(node, row.a ? row.a : "", row.usualA), b = real(node, row.b ? row.b : "", row.usualB);
  if (!a || !b || !checkAttributes(node, names))
    return false;
  bool isOfIntegers = node.op == "Abs" || node.op == "Neg" || node.op == "Sign";
  if (isOfIntegers && !toNumber(node, result))
    return false;
  if (result.type != Value::Type::Real && !(isOfIntegers && result.type == Value::Type::Integer))
    return refuse(node, "expected real numbers");
  bool isOften = StringRef(row.text).count("%x") > 1;
  if (isOften && !llvm::all_of(result.parts, [](const std::string &part) { return isName(part); }))
    result = bind(node, result, "_in");
  for (std::string &part : result.parts)
    part = replaced(
        row.text,
        StringRef(row.text).count("(%x)") == StringRef(row.text).count("%x") || isName(part) ? part : "(" + part + ")",
        *a, *b);
  return define(node, 0, bind(node, result));
}

bool Lowering::combine(const OnnxNode &node, const Value &a, const Value &b, StringRef suffix,
                       llvm::function_ref<std::string(std::string, std::string)> spell, Value &result) {
  Value left = a, right = b;
  if (!toNumber(node, left) || !toNumber(node, right))
    return false;
  Value first = left;
  if (a.isConstant() && !materialize(node, *a.constant, right, suffix, left))
    return false;
  if (b.isConstant() && !materialize(node, *b.constant, first, suffix, right))
    return false;
  if ((left.type == Value::Type::Integer) != (right.type == Value::Type::Integer) && !a.isConstant() && !b.isConstant())
    return refuse(node, "expected operands of one type, found integers and others");
  if (!align(node, left, right, result))
    return false;
  result.type = left.type == right.type ? left.type : Value::Type::Real;
  size_t parts = std::max(left.parts.size(), right.parts.size());
  if (left.parts.size() != right.parts.size() && left.parts.size() != 1 && right.parts.size() != 1)
    return refuse(node, "its operands are values side by side, not as many of one as of the other");
  for (size_t i = 0; i < parts; ++i)
    result.parts.push_back(
        spell(left.parts[left.parts.size() == 1 ? 0 : i], right.parts[right.parts.size() == 1 ? 0 : i]));
  return true;
}

bool Lowering::lowerBinary(const OnnxNode &node) {
  const Value *a = joined(node, 0), *b = a ? joined(node, 1) : nullptr;
  if (!b || !checkAttributes(node, {}))
    return false;
  if (a->isConstant() && b->isConstant())
    return foldBinary(node, *a->constant, *b->constant);
  if (std::optional<Value> rows = addRows(node, *a, *b))
    return define(node, 0, *rows);
  Value result;
  bool isTruth = false, takesTruth = node.op == "And" || node.op == "Or";
  static const std::set<std::string> ofReals = {"Div", "Mod", "Pow"};
  for (const Value *value : {a, b})
    if (ofReals.count(node.op) && (value->type == Value::Type::Token || value->type == Value::Type::Integer))
      return refuse(node, "of integers that the inputs change, + - * and comparisons are covered: expected a Cast to "
                          "real numbers before");
  for (const Value *value : {a, b})
    if (!value->isConstant() && takesTruth != (value->type == Value::Type::Truth))
      return refuse(node, takesTruth ? "expected truth values" : "expected real numbers");
  StringRef sign = llvm::StringSwitch<StringRef>(node.op)
                       .Case("Add", "+")
                       .Case("Sub", "-")
                       .Case("Mul", "*")
                       .Case("Div", "/")
                       .Case("Equal", "==")
                       .Case("Less", "<")
                       .Case("LessOrEqual", "<=")
                       .Case("Greater", ">")
                       .Case("GreaterOrEqual", ">=")
                       .Default("");
  if (node.op == "Pow") {
    if (!b->isConstant() || b->constant->stored() != 1)
      return refuse(node, "expected one known number as the exponent");
    double power = b->constant->number(0);
    auto spell = [&](std::string x, std::string) {
      if (power == 2)
        return "square(" + x + ")";
      if (power == 0.5)
        return "sqrt(" + x + ")";
      // Whole exponents are those from 1 to 16; as a real number any other has the same meaning.
      std::string exponent = spellNumber(power);
      bool isWhole = StringRef(exponent).find_first_of(".e") == StringRef::npos;
      if (isWhole && (power < 1 || power > 16))
        exponent.insert(exponent.find_last_of("0123456789") + 1, ".0");
      return "pow(" + x + ", " + exponent + ")";
    };
    if (!combine(node, *a, *b, "_power", spell, result))
      return false;
  } else if (takesTruth) {
    auto spell = [&](std::string x, std::string y) {
      return node.op == "And" ? "select(" + x + ", select(" + y + ", 1, 0), 0) > 0.5"
                              : "select(" + x + ", 1, select(" + y + ", 1, 0)) > 0.5";
    };
    if (!combine(node, *a, *b, "_operand", spell, result))
      return false;
    isTruth = true;
  } else {
    auto spell = [&](std::string x, std::string y) { return grouped(x) + " " + sign.str() + " " + grouped(y); };
    if (!combine(node, *a, *b, a->isConstant() || b->isConstant() ? (node.op == "Add" ? "_bias" : "_scale") : "", spell,
                 result))
      return false;
    isTruth = sign.contains('<') || sign.contains('>') || sign == "==";
  }
  if (isTruth)
    result.type = Value::Type::Truth;
  return define(node, 0, bind(node, result));
}

bool Lowering::lowerVariadic(const OnnxNode &node) {
  const Value *first = joined(node, 0);
  if (!first || !checkAttributes(node, {}))
    return false;
  if (node.inputs.size() == 2 && (node.op == "Max" || node.op == "Min"))
    if (const Value *second = joined(node, 1); first->isConstant() && second && second->isConstant())
      return foldBinary(node, *first->constant, *second->constant);
  Value sum = *first;
  bool isFunction = node.op == "Max" || node.op == "Min";
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    const Value *next = joined(node, i);
    if (!next)
      return false;
    if (sum.isConstant() && next->isConstant())
      return refuse(node, "of known arrays this operator is not covered");
    auto spell = [&](std::string x, std::string y) {
      return isFunction ? (node.op == "Max" ? "max(" : "min(") + x + ", " + y + ")" : x + " + " + grouped(y);
    };
    Value result;
    if (!combine(node, sum, *next, "_" + std::to_string(i), spell, result))
      return false;
    sum = result;
  }
  if (sum.isConstant())
    return define(node, 0, sum);
  if (node.op == "Mean" && sum.type == Value::Type::Integer)
    return refuse(node, "expected real numbers, found integers");
  if (node.op == "Mean")
    for (std::string &part : sum.parts)
      part = "(" + part + ") / " + std::to_string(node.inputs.size());
  return define(node, 0, bind(node, sum));
}

bool Lowering::lowerClip(const OnnxNode &node) {
  const Value *value = operand(node, 0);
  if (!value || !checkAttributes(node, {"max", "min"}))
    return false;
  Value result = *value;
  if (!toNumber(node, result))
    return false;
  if (value->isConstant() || result.type == Value::Type::Truth)
    return refuse(node, "expected numbers that the inputs change");
  for (auto [i, name, function] : {std::tuple(size_t(1), "min", "max"), std::tuple(size_t(2), "max", "min")}) {
    std::optional<double> bound;
    if (has(node, i)) {
      const Constant *constant = known(node, i, "a bound");
      if (!constant)
        return false;
      if (constant->stored() != 1)
        return refuse(node, "expected one number as a bound");
      bound = constant->number(0);
    } else if (node.attributes.count(name)) {
      if (!(bound = real(node, name, 0)))
        return false;
    }
    if (bound && *bound == (i == 1 ? -INFINITY : INFINITY))
      continue; // no bound
    if (bound && !std::isfinite(*bound))
      return refuse(node, "expected a finite number as the bound '" + Twine(name) + "'");
    if (bound)
      for (std::string &part : result.parts)
        part = std::string(function) + "(" + part + ", " + spellNumber(*bound) + ")";
  }
  return define(node, 0, bind(node, result));
}

bool Lowering::lowerIsNaN(const OnnxNode &node) {
  const Value *value = operand(node, 0);
  if (!value || !checkAttributes(node, {}))
    return false;
  if (!checkReals(node, *value))
    return false;
  Value result = *value;
  result.type = Value::Type::Truth;
  for (std::string &part : result.parts)
    if (!isName(part)) {
      result = bind(node, result, "_in");
      break;
    }
  for (std::string &part : result.parts)
    part = part + " != " + part;
  return define(node, 0, bind(node, result));
}

bool Lowering::lowerPRelu(const OnnxNode &node) {
  const Value *value = joined(node, 0), *slope = value ? joined(node, 1) : nullptr;
  if (!slope)
    return false;
  if (value->isConstant())
    return refuse(node, "expected real numbers that the inputs change");
  auto spell = [](std::string x, std::string a) {
    return "max(" + x + ", 0) + " + grouped(a) + " * min(" + x + ", 0)";
  };
  Value result;
  if (!combine(node, *value, *slope, "_slope", spell, result))
    return false;
  return define(node, 0, bind(node, result));
}
