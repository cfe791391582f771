// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The syntax tree as text, for --emit=ast: one node a line, children indented.

#include "frontend/LayoutDecl.h"

#include "llvm/Support/Casting.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace rondo;

StringRef rondo::spell(BinaryOperator op) {
  switch (op) {
  case BinaryOperator::Add:
    return "+";
  case BinaryOperator::Subtract:
    return "-";
  case BinaryOperator::Multiply:
    return "*";
  case BinaryOperator::Divide:
    return "/";
  case BinaryOperator::MatMul:
    return "@";
  case BinaryOperator::Less:
    return "<";
  case BinaryOperator::LessEqual:
    return "<=";
  case BinaryOperator::Greater:
    return ">";
  case BinaryOperator::GreaterEqual:
    return ">=";
  case BinaryOperator::Equal:
    return "==";
  case BinaryOperator::NotEqual:
    return "!=";
  }
  return "";
}

namespace {

class Dumper {
public:
  explicit Dumper(raw_ostream &os) : os(os) {}

  void dump(const CellDecl &cell) {
    line() << "cell " << cell.name.text << '\n';
    Indent indent(*this);
    dumpDoc(cell.doc);
    for (const SizeParameter &size : cell.sizes)
      dump("size", size);
    for (const CellArgument &argument : cell.arguments)
      dumpShape(Twine("argument ") + argument.name.text + (argument.isToken ? " token" : "") +
                    (argument.axis ? " over " : "") + (argument.axis ? argument.axis->text : ""),
                argument.shape);
    for (const Identifier &axis : cell.axes)
      line() << "axis " << axis.text << '\n';
    dumpShape("result", cell.resultShape);
    dump(cell.body);
    for (const LayoutDecl &layout : cell.layouts)
      dump(layout);
  }

  void dump(const ModelDecl &model) {
    line() << "model " << model.name.text << '\n';
    Indent indent(*this);
    dumpDoc(model.doc);
    for (const SizeParameter &parameter : model.parameters)
      dump("parameter", parameter);
    dump(model.body);
    for (const LayoutDecl &layout : model.layouts)
      dump(layout);
  }

  void dump(const LetStmt &let) {
    dumpShape(Twine(let.frozen ? "frozen let " : "let ") + let.name.text + " " + let.callee.text, let.sizes);
  }

private:
  struct Indent {
    explicit Indent(Dumper &dumper) : dumper(dumper) { ++dumper.depth; }
    ~Indent() { --dumper.depth; }
    Dumper &dumper;
  };

  raw_ostream &line() { return os.indent(2 * depth); }

  void dumpDoc(StringRef doc) {
    for (StringRef rest = doc; !rest.empty(); rest = rest.split('\n').second)
      line() << "doc " << rest.split('\n').first << '\n';
  }

  void dump(StringRef what, const SizeParameter &parameter) {
    line() << what << ' ' << parameter.name.text << '\n';
    Indent indent(*this);
    if (parameter.value)
      dump(*parameter.value);
  }

  void dumpShape(const Twine &what, const Exprs &shape) {
    line() << what << " shape " << shape.size() << '\n';
    Indent indent(*this);
    for (const ExprPtr &size : shape)
      dump(*size);
  }

  void dump(const std::vector<Argument> &arguments) {
    for (const Argument &argument : arguments) {
      if (argument.name.empty() && !argument.axis && argument.pooled.empty()) {
        dump(*argument.value);
        continue;
      }
      line() << (argument.name.empty() ? "" : "named ") << argument.name;
      if (argument.axis)
        os << (argument.name.empty() ? "over " : " over ") << argument.axis->text;
      for (const Identifier &axis : argument.pooled)
        os << (&axis == argument.pooled.data() ? "over " : ", ") << axis.text;
      os << '\n';
      Indent indent(*this);
      dump(*argument.value);
    }
  }

  void dump(const CallExpr &call) {
    line() << (call.isScan ? "scan " : "call ") << call.callee.text;
    if (call.axis)
      os << " over " << call.axis->text;
    for (const ScanAxis &axis : call.axes)
      os << (&axis == call.axes.data() ? " over " : ", ") << axis.name.text << (axis.backward ? " backward" : "");
    if (call.backward)
      os << " backward";
    if (call.frozen)
      os << " frozen";
    if (!call.as.empty())
      os << " as " << call.as;
    os << '\n';
    Indent indent(*this);
    if (call.hasSizes)
      dumpShape("sizes", call.sizes);
    dump(call.arguments);
    if (!call.initials.empty()) {
      line() << "from\n";
      Indent inner(*this);
      dump(call.initials);
    }
  }

  void dump(const Expr &expr) {
    switch (expr.kind) {
    case Expr::Kind::Number:
      line() << "number " << cast<NumberExpr>(expr).text << '\n';
      return;
    case Expr::Kind::Name:
      line() << "name " << cast<NameExpr>(expr).name << (cast<NameExpr>(expr).primed ? "'\n" : "\n");
      return;
    case Expr::Kind::Training:
      line() << "training\n";
      return;
    case Expr::Kind::Unary: {
      line() << "unary -\n";
      Indent indent(*this);
      dump(*cast<UnaryExpr>(expr).operand);
      return;
    }
    case Expr::Kind::Binary: {
      auto &binary = cast<BinaryExpr>(expr);
      line() << "binary " << spell(binary.op) << '\n';
      Indent indent(*this);
      dump(*binary.lhs);
      dump(*binary.rhs);
      return;
    }
    case Expr::Kind::Call:
      dump(cast<CallExpr>(expr));
      return;
    case Expr::Kind::Slice: {
      auto &slice = cast<SliceExpr>(expr);
      line() << "slice" << (slice.low ? " from" : "") << (slice.high ? " to" : "") << '\n';
      Indent indent(*this);
      dump(*slice.base);
      if (slice.low)
        dump(*slice.low);
      if (slice.high)
        dump(*slice.high);
      return;
    }
    case Expr::Kind::Member: {
      line() << "member " << cast<MemberExpr>(expr).member << '\n';
      Indent indent(*this);
      dump(*cast<MemberExpr>(expr).base);
      return;
    }
    case Expr::Kind::Param: {
      auto &param = cast<ParamExpr>(expr);
      dumpShape(Twine(param.frozen ? "frozen param " : "param ") + param.name.text, param.shape);
      Indent indent(*this);
      if (param.init)
        dump(*param.init);
      return;
    }
    }
  }

  void dump(const BindStmt &bind) {
    line() << (bind.isOutput ? "output" : bind.isLoss ? "loss" : "bind");
    for (const BindStmt::Target &target : bind.targets)
      os << ' ' << target.name.text << (target.primed ? "'" : "");
    os << '\n';
    Indent indent(*this);
    if (bind.isOutput)
      dumpShape("result", bind.shape);
    dump(*bind.value);
    if (bind.weight) {
      line() << "weight\n";
      Indent inner(*this);
      dump(*bind.weight);
    }
  }

  void dump(const AxisStmt &axis) {
    line() << "axis " << axis.name.text;
    if (axis.parent && !axis.isDerived)
      os << " like " << axis.parent->text;
    if (axis.ragged)
      os << " ragged";
    if (axis.most)
      os << " max";
    os << '\n';
    Indent indent(*this);
    if (axis.size)
      dump(*axis.size);
    if (axis.most)
      dump(*axis.most);
  }

  void dump(const PortStmt &port) {
    SmallString<64> what;
    (Twine(port.isTarget ? "target " : "input ") + port.name.text + (port.isToken ? " token" : "")).toVector(what);
    if (port.indexAxis)
      (what += " index ") += port.indexAxis->text;
    for (const Identifier &axis : port.axes)
      (what += " over ") += axis.text;
    dumpShape(what, port.shape);
    Indent indent(*this);
    if (port.value)
      dump(*port.value);
  }

  void dump(const TrainStmt &train) {
    line() << "train\n";
    Indent indent(*this);
    for (const Setting &setting : train.settings) {
      line() << "setting " << setting.name.text << (setting.word.empty() ? "" : " ") << setting.word << '\n';
      Indent inner(*this);
      dump(setting.values);
    }
  }

  void dump(const Stmts &body) {
    for (const StmtPtr &stmt : body)
      dump(*stmt);
  }

  void dump(const Stmt &stmt) {
    switch (stmt.kind) {
    case Stmt::Kind::State: {
      auto &state = cast<StateStmt>(stmt);
      SmallString<64> what("state");
      for (const Identifier &name : state.names)
        (what += ' ') += name.text;
      for (const Identifier &axis : state.axes)
        (what += " over ") += axis.text;
      dumpShape(what, state.shape);
      Indent indent(*this);
      if (state.init)
        dump(*state.init);
      return;
    }
    case Stmt::Kind::Buffer: {
      auto &buffer = cast<BufferStmt>(stmt);
      SmallString<64> what("buffer");
      for (const Identifier &name : buffer.names)
        (what += ' ') += name.text;
      dumpShape(what, buffer.shape);
      Indent indent(*this);
      if (buffer.init)
        dump(*buffer.init);
      return;
    }
    case Stmt::Kind::Bind:
      dump(cast<BindStmt>(stmt));
      return;
    case Stmt::Kind::Param:
      dump(*cast<ParamStmt>(stmt).param);
      return;
    case Stmt::Kind::Const: {
      auto &constant = cast<ConstStmt>(stmt);
      dumpShape(Twine("const ") + constant.name.text + " from " + constant.file, constant.shape);
      return;
    }
    case Stmt::Kind::Let:
      dump(cast<LetStmt>(stmt));
      return;
    case Stmt::Kind::Return: {
      line() << "return\n";
      Indent indent(*this);
      dump(*cast<ReturnStmt>(stmt).value);
      return;
    }
    case Stmt::Kind::Repeat: {
      auto &repeat = cast<RepeatStmt>(stmt);
      line() << "repeat " << repeat.counter.text << '\n';
      Indent indent(*this);
      dump(*repeat.count);
      dump(repeat.body);
      return;
    }
    case Stmt::Kind::Axis:
      dump(cast<AxisStmt>(stmt));
      return;
    case Stmt::Kind::Port:
      dump(cast<PortStmt>(stmt));
      return;
    case Stmt::Kind::Generate:
      dump(cast<GenerateStmt>(stmt));
      return;
    case Stmt::Kind::Train:
      dump(cast<TrainStmt>(stmt));
      return;
    }
  }

  void dump(const GenerateStmt &generate) {
    line() << "generate " << generate.answer.text << " from " << generate.from.text << '\n';
    Indent indent(*this);
    for (auto [word, number] : {std::pair<StringRef, const ExprPtr *>("first", &generate.first),
                                {"until", &generate.until},
                                {"max", &generate.most}})
      if (*number) {
        line() << word << '\n';
        Indent within(*this);
        dump(**number);
      }
  }

  void dump(const LayoutDecl &layout) {
    line() << "layout " << layout.name.text << '\n';
    Indent indent(*this);
    for (const auto &[lhs, rhs] : layout.conditions) {
      line() << "where\n";
      Indent inner(*this);
      dump(*lhs);
      dump(*rhs);
    }
    for (const LayoutLine &each : layout.lines)
      dump(each);
  }

  void dump(const LayoutLine &each) {
    const char *kinds[] = {"values ", "place ", "optional", "ignore", "repeat "};
    line() << kinds[static_cast<int>(each.kind)] << each.path.text << (each.counter ? each.counter->text : "") << '\n';
    Indent indent(*this);
    dump(each.subscripts);
    for (const TensorTerm &term : each.terms) {
      line() << "tensor " << (term.isNegative ? "- " : "") << (term.isTransposed ? "transposed " : "")
             << term.tensor.text << '\n';
      Indent inner(*this);
      dump(term.subscripts);
    }
    for (const PrefixPart &part : each.prefix)
      if (part.number)
        dump(*part.number);
      else
        line() << "text " << part.text << '\n';
    if (each.layer)
      dump(*each.layer);
    if (each.count)
      dump(*each.count);
    for (const LayoutLine &inner : each.lines)
      dump(inner);
  }

  void dump(const std::vector<Subscript> &subscripts) {
    for (const Subscript &subscript : subscripts) {
      line() << (subscript.isDirection ? "direction" : subscript.isSlice ? "slice" : "place") << '\n';
      Indent indent(*this);
      if (subscript.low)
        dump(*subscript.low);
      if (subscript.high)
        dump(*subscript.high);
    }
  }

  raw_ostream &os;
  unsigned depth = 0;
};

} // namespace

void rondo::dump(const SourceFile &file, raw_ostream &os) {
  Dumper dumper(os);
  for (const auto &cell : file.cells)
    dumper.dump(*cell);
  for (const auto &let : file.lets)
    dumper.dump(*let);
  for (const auto &model : file.models)
    dumper.dump(*model);
}
