// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Scans that a seed makes up (RandomStates.h).

#include "test/numeric/RandomStates.h"

#include "dialect/Reference.h"

#include <vector>

using namespace rondo::test;

namespace {

class Writer {
public:
  Writer(uint64_t seed, bool ends) : seed(seed), ends(ends), states(2 + below(5)), isHeld(below(3) == 0) {}
  std::string write();

private:
  uint64_t below(uint64_t bound) { return uint64_t(rondo::counterRandom(seed, 0, 0, drawn++) * bound) % bound; }
  std::string value(const std::string &text) {
    std::string name = "%v" + std::to_string(values++);
    body += "    " + name + " = " + text + "\n";
    return name;
  }
  std::string weight(const std::string &type) {
    std::string name = "%w" + std::to_string(weights);
    arguments += name + ": " + type + " {rondo.parameter = \"w" + std::to_string(weights++) + "\"}, ";
    return name;
  }
  std::string product(const std::string &of, char from) {
    std::string type(1, '!');
    return value("rondo.contract " + of + ", " + weight(from == 'x' ? "!w" : "!u") + " \"bi,oi->bo\" : !" + from +
                 (from == 'x' ? ", !w -> !h" : ", !u -> !h"));
  }
  std::string summand(unsigned state);
  std::string next(unsigned state);

  uint64_t seed, drawn = 0;
  bool ends;
  unsigned states, values = 0, weights = 0;
  bool isHeld;
  std::string body, arguments;
  std::vector<std::string> known; ///< the states before the step, then those of it that are written
};

} // namespace

std::string Writer::summand(unsigned state) {
  std::string of = known[below(known.size())];
  switch (below(6)) {
  case 0:
  case 1:
    return product(of, 'h');
  case 2:
    return product("%x", 'x');
  case 3:
    return value("arith.mulf " + of + ", " + value("rondo.sigmoid " + product("%x", 'x') + " : !h") + " : !h");
  case 4: {
    std::string mean = value("rondo.reduce mean " + of + " dims = [1] : !h -> !s");
    std::string repeated = value("rondo.broadcast " + mean + " dims = [0] : !s -> !h");
    return value("arith.subf " + of + ", " + repeated + " : !h");
  }
  default:
    return of;
  }
}

std::string Writer::next(unsigned state) {
  std::string sum = summand(state);
  for (uint64_t more = 1 + below(3); more > 0; --more) {
    std::string other = summand(state); // an order of calls that does not depend on the compiler
    sum = value(below(2) ? "arith.addf " + sum + ", " + other + " : !h" : "arith.addf " + other + ", " + sum + " : !h");
  }
  std::string result = value("math.tanh " + sum + " : !h");
  std::string old = "%s" + std::to_string(state);
  if (below(3) == 0) { // leaky
    std::string half = value("arith.constant dense<0.5> : !h");
    result = value("arith.addf " + value("arith.mulf " + old + ", " + half + " : !h") + ", " + result + " : !h");
  }
  if (isHeld)
    result = value("arith.select %mask, " + result + ", " + old + " : !m, !h");
  return result;
}

std::string Writer::write() {
  bool isBackward = below(4) == 0;
  auto list = [&](auto &&item) {
    std::string text;
    for (unsigned i = 0; i < states; ++i)
      text += (i ? ", " : "") + item(std::to_string(i));
    return text;
  };
  for (unsigned i = 0; i < states; ++i)
    known.push_back("%s" + std::to_string(i));
  std::vector<std::string> nexts;
  for (unsigned i = 0; i < states; ++i) {
    nexts.push_back(next(i));
    known.push_back(nexts.back());
  }
  // What is emitted: products, and states before and after the step.
  std::string out = product(known[below(known.size())], 'h'), other = known[below(known.size())];
  out = value("arith.addf " + out + ", " + other + " : !h");

  std::string text = "!h = tensor<$Bx$Hx$E>\n!hs = tensor<$Tx$Bx$Hx$E>\n!x = tensor<$Bx$Ix$E>\n!s = tensor<$Bx$E>\n"
                     "!xs = tensor<$Tx$Bx$Ix$E>\n!w = tensor<$Hx$Ix$E>\n!u = tensor<$Hx$Hx$E>\n!m = tensor<$Bx$Hxi1>\n"
                     "func.func @f(" +
                     arguments + list([](std::string i) { return "%i" + i + ": !h {rondo.state = \"s" + i + "\"}"; }) +
                     ", %xs: !xs {rondo.input = \"x\"}, %lengths: tensor<$Txi32> {rondo.target = \"lengths\"}) -> (";
  text += ends ? "" : "tensor<$E> {rondo.loss}, !hs {rondo.output = \"y\"}, ";
  text += list([](std::string i) { return "!h {rondo.state = \"s" + i + "\"}"; }) + ") {\n";
  text += "  %limit = arith.constant dense<1> : tensor<i64>\n";
  text += "  %r:" + std::to_string(states + 1) + " = rondo.scan (" +
          list([](std::string i) { return "%s" + i + " = %i" + i + " : !h"; }) +
          ") over (%x = %xs : !xs, %n = %lengths : tensor<$Txi32>) length $T" + (ends ? " limit %limit" : "") +
          (isBackward ? " backward" : "") + " {\n";
  text += "    %one = arith.constant dense<1> : tensor<i32>\n";
  text += "    %some = arith.cmpi slt, %n, %one : tensor<i32>\n";
  text += "    %mask = rondo.broadcast %some dims = [] : tensor<i1> -> !m\n" + body;
  text += "    rondo.yield (" + list([&](std::string i) { return nexts[std::stoul(i)]; }) + " : " +
          list([](std::string) { return std::string("!h"); }) + ") emit (" + out + " : !h)\n";
  text += "  } -> (" + list([](std::string) { return std::string("!h"); }) + ", !hs)\n";
  if (!ends)
    text += "  %p = rondo.reduce mean %r#" + std::to_string(states) + " dims = [2] : !hs -> tensor<$Tx$Bx$E>\n" +
            "  %l = rondo.reduce mean %p dims = [0, 1] : tensor<$Tx$Bx$E> -> tensor<$E>\n";
  text += "  return " + std::string(ends ? "" : "%l, %r#" + std::to_string(states) + ", ") +
          list([](std::string i) { return "%r#" + i; }) + " : " + (ends ? "" : "tensor<$E>, !hs, ") +
          list([](std::string) { return std::string("!h"); }) + "\n}\n";
  return text;
}

std::string rondo::test::randomStates(uint64_t seed, bool ends) { return Writer(seed, ends).write(); }
