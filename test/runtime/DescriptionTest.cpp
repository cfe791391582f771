// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A description that does not fit its model, or the runtime, is a worded error.
#include "runtime/Corpus.h"
#include "test/runtime/Bodies.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

using namespace rondo;

static const std::string description = R"({"model":"M","element":"f32","streamable":true,
  "axes":[{"name":"T"}],"parameters":[{"path":"w","shape":[2],"init":{"kind":"zeros"}}],"states":[],
  "inputs":[{"name":"x","kind":"real","axes":["T"],"shape":[2]}],
  "targets":[{"name":"t","kind":"real","axes":["T"],"shape":[2]}],
  "outputs":[{"name":"y","axes":["T"],"shape":[2]}],"losses":[{"name":""}],
  "entries":[{"name":"score","element":"f32","batch":1,"length":4,"arena":0,"args":[
    {"role":"parameter","name":"w","type":"f32","shape":[2],"access":"in"},{"role":"loss","type":"f32","shape":[]},
    {"role":"input","name":"x","type":"f32","shape":[4,1,2],"access":"in"}]}]})";

using Part = std::pair<std::string, std::string>;

/// Reads the description in which these parts are replaced.
static bool readWith(const std::vector<Part> &parts, Model &model, Error &error) {
  std::string text = description;
  for (const auto &[part, other] : parts) {
    size_t place = text.find(part);
    EXPECT_NE(place, std::string::npos) << part;
    text.replace(place, part.size(), other);
  }
  static const rondo_entry code[] = {{"score", idle, 0}, {"update", idle, 0}, {nullptr, nullptr, 0}};
  alignas(64) static const float numbers[2] = {1, 2};
  static const rondo_constant constants[] = {{"p.npy", numbers, nullptr}, {nullptr, nullptr, nullptr}};
  return model.read({RONDO_ABI_VERSION, text.c_str(), code, constants}, error);
}

/// What is said of it.
static std::string errorWith(const std::vector<Part> &parts) {
  Model model;
  Error error;
  return readWith(parts, model, error) ? "" : error.message();
}
static std::string errorWith(const std::string &part, const std::string &other) { return errorWith({{part, other}}); }

TEST(Description, FitsItsModel) { EXPECT_EQ(errorWith("\"M\"", "\"M\""), ""); }

TEST(Description, WordsWhatIsUnknown) {
  EXPECT_EQ(errorWith("\"element\":\"f32\"", "\"element\":\"f8\""), "model description: unknown type 'f8'");
  EXPECT_EQ(errorWith("\"zeros\"", "\"glorot\""), "unknown initialiser 'glorot'");
  EXPECT_EQ(errorWith("\"kind\":\"real\"", "\"kind\":\"word\""),
            "input: expected \"kind\" to be token or real, found 'word'");
  EXPECT_EQ(errorWith("\"axes\":[\"T\"]", "\"axes\":[\"S\"]"), "input: unknown axis 'S'");
  EXPECT_EQ(errorWith("\"kind\":\"real\"", "\"kind\":\"token\",\"vocab\":3,\"positions\":\"S\""),
            "input: unknown axis 'S'");
  EXPECT_EQ(errorWith("\"role\":\"input\"", "\"role\":\"guest\""), "score: argument: unknown role 'guest'");
  EXPECT_EQ(errorWith("\"role\":\"input\",\"name\":\"x\"", "\"role\":\"input\",\"name\":\"z\""),
            "score: argument: unknown input 'z'");
}

TEST(Description, WordsWhatDoesNotFit) {
  EXPECT_EQ(errorWith("\"shape\":[2],\"init\"", "\"shape\":[4611686018427387904,4],\"init\""),
            "parameter: \"shape\" is too large");
  for (const char *axes : {"2", "-1", "0.5"})
    EXPECT_EQ(
        errorWith("\"states\":[]", std::string("\"states\":[{\"name\":\"h\",\"shape\":[2],\"axes\":") + axes + "}]"),
        "state: expected \"axes\" to be an integer from 0 to 1");
  EXPECT_EQ(errorWith("\"path\":\"w\",\"shape\":[2]", "\"path\":\"w\",\"shape\":[3]"),
            "score: argument: parameter 'w' [2] does not fit the parameters");
  EXPECT_EQ(errorWith("\"name\":\"x\",\"type\":\"f32\"", "\"name\":\"x\",\"type\":\"i32\""),
            "score: argument: input 'x' has the type i32");
  EXPECT_EQ(errorWith("\"name\":\"score\"", "\"name\":\"walk\""), "walk: the entry 'walk' has no code");
  EXPECT_EQ(errorWith("\"arena\":0", "\"arena\":0,\"pack\":\"pack\""),
            "the entry 'score' needs the entry 'pack', which the model lacks");
  EXPECT_EQ(errorWith("\"arena\":0", "\"arena\":0,\"begin\":\"first\""),
            "the entry 'score' takes what the entry 'first' does not make");
}

TEST(Description, WordsConstantsThatDoNotFit) {
  auto errorOf = [](const std::string &file, const std::string &argument) {
    return errorWith({{R"("states":[])", R"("constants":[{"file":")" + file + R"(","shape":[2]}],"states":[])"},
                      {R"({"role":"loss")", R"({"role":"constant","name":)" + argument + R"(},{"role":"loss")"}});
  };
  EXPECT_EQ(errorOf("p.npy", R"("p.npy","type":"f32","shape":[2],"access":"in")"), "");
  EXPECT_EQ(errorOf("q.npy", R"("p.npy","type":"f32","shape":[2],"access":"in")"), "no constant 'q.npy'");
  EXPECT_EQ(errorOf("p.npy", R"("q.npy","type":"f32","shape":[2],"access":"in")"),
            "score: argument: unknown constant 'q.npy'");
  for (const char *other : {R"("f64","shape":[2],"access":"in")", R"("f32","shape":[2],"access":"inout")"})
    EXPECT_EQ(errorOf("p.npy", std::string(R"("p.npy","type":)") + other),
              "score: argument: constant 'p.npy' [2] does not fit the program's");
}

TEST(Description, WordsNumbersThatDoNotFit) {
  auto errorOf = [](const std::string &argument) {
    return errorWith("{\"role\":\"loss\"", "{\"role\":" + argument + "},{\"role\":\"loss\"");
  };
  EXPECT_EQ(errorOf(R"("seed","type":"i64","shape":[1]},{"role":"position","type":"i64","shape":[])"), "");
  EXPECT_EQ(errorOf(R"("seed","type":"i32","shape":[])"), "score: argument: seed is i32 [], expected i64 [] or [1]");
  EXPECT_EQ(errorOf(R"("length","type":"i64","shape":[])"), "");
  EXPECT_EQ(errorOf(R"("length","type":"i64","shape":[1])"), "score: argument: length is i64 [1], expected i64 []");
  EXPECT_EQ(errorOf(R"("length","type":"i32","shape":[])"), "score: argument: length is i32 [], expected i64 []");
  EXPECT_EQ(errorOf(R"("position","type":"i64","shape":[2])"),
            "score: argument: position is i64 [2], expected i64 [] or [1]");
  EXPECT_EQ(errorOf(R"("seed","type":"i64","shape":[1,1])"),
            "score: argument: seed is i64 [1, 1], expected i64 [] or [1]");
}

TEST(Description, WordsAnotherKindOfValue) {
  EXPECT_EQ(errorWith("\"element\":\"f32\"", "\"element\":32"),
            "model description: expected \"element\" to be a string, found a number");
  EXPECT_EQ(errorWith("\"streamable\":true", "\"streamable\":1"),
            "model description: expected \"streamable\" to be a truth value, found a number");
  EXPECT_EQ(errorWith("\"states\":[]", "\"states\":[],\"features\":[7]"),
            "model description: expected a feature to be a string, found a number");
  EXPECT_EQ(errorWith("\"axes\":[\"T\"]", "\"axes\":[0]"), "input: expected an axis to be a string, found a number");
  EXPECT_EQ(errorWith("\"init\":{\"kind\":\"zeros\"}", "\"init\":{\"kind\":\"constant\",\"a\":true}"),
            "init: expected \"a\" to be a number, found a truth value");
  EXPECT_EQ(errorWith("\"batch\":1", "\"batch\":\"1\""),
            "score: entry: expected \"batch\" to be a number, found a string");
  EXPECT_EQ(errorWith("\"shape\":[2],\"init\"", "\"shape\":[true],\"init\""),
            "parameter: expected \"shape\" to be at most 8 sizes from 1 on");
  EXPECT_EQ(errorWith("\"access\":\"in\"", "\"access\":null"),
            "score: argument: expected \"access\" to be a string, found null");
  EXPECT_EQ(errorWith("{\"name\":\"\"}", "{\"name\":\"\",\"masked\":1}"),
            "loss: expected \"masked\" to be a truth value, found a number");
}

TEST(Description, WhatTheWorkIsCountedIn) {
  auto readPorts = [](const std::string &input, const std::string &target, Model &model) {
    Error error;
    EXPECT_TRUE(readWith({{R"("axes":["T"],"shape":[2]}],
  "targets":[{"name":"t","kind":"real","axes":["T"])",
                           input + R"(,"shape":[2]}],"targets":[{"name":"t","kind":"real",)" + target}},
                         model, error))
        << error.message();
  };
  struct {
    const char *input, *target, *unit;
    int64_t units;
  } cases[] = {{R"("axes":["T"])", R"("axes":["T"])", "positions", 12},
               {R"("axes":[])", R"("axes":["T"])", "positions", 12},
               {R"("axes":["T"])", R"("axes":[])", "positions", 12},
               {R"("axes":[])", R"("axes":[])", "examples", 3}};
  for (const auto &ports : cases) {
    Model model;
    readPorts(ports.input, ports.target, model);
    EXPECT_STREQ(model.unit(), ports.unit);
    EXPECT_EQ(model.unitsOf(3, 4), ports.units);
  }
}

TEST(Description, WordsWhatItRefersTo) {
  EXPECT_EQ(errorWith(R"("role":"loss")", R"("role":"state","name":"h","type":"f32","shape":[1]},{"role":"loss")"),
            "the entry 'score' has an unknown state 'h'");
  EXPECT_EQ(errorWith("\"entries\"", "\"generate\":{\"answer\":\"x\",\"from\":\"z\"},\"entries\""),
            "generate: unknown input, target or output");
  EXPECT_EQ(errorWith("{\"name\":\"\"", R"({"name":"","accuracy":{"logits":"z","target":"t"})"),
            "accuracy: unknown output or target");
  EXPECT_EQ(errorWith("{\"name\":\"\"", R"({"name":"","squared_error":{"output":"y","target":"z"})"),
            "squared_error: expected an output and a target of one shape");
  EXPECT_EQ(errorWith("\"entries\"", "\"generate\":{\"answer\":\"x\",\"from\":\"y\"},\"entries\""),
            "generate: expected a logit for each token of the input");
  const std::string tokens = R"("inputs":[{"name":"i","kind":"token","vocab":2,"axes":["T"],"shape":[]},)";
  for (const char *number : {"first", "until"})
    EXPECT_EQ(
        errorWith("\"inputs\":[", R"("generate":{"answer":"i","from":"y",")" + std::string(number) + "\":2}," + tokens),
        "generate: expected symbols below 2");
  EXPECT_EQ(errorWith("{\"name\":\"\"", R"({"name":"","squared_error":{"output":"y","target":"t"})"),
            "the entry 'score' lacks its output y");
  EXPECT_EQ(errorWith("{\"name\":\"\"}", R"({"name":"a"})"), "the entry 'score' lacks its loss_part a");
  EXPECT_EQ(errorWith("\"entries\"", R"("terms":[{"name":"term.1"}],"entries")"),
            "the entry 'score' lacks its loss_part term.1");
  EXPECT_EQ(errorWith("\"entries\"", R"("terms":[{"name":"z","accuracy":{"logits":"z","target":"t"}}],"entries")"),
            "accuracy: unknown output or target");
  EXPECT_EQ(errorWith("{\"name\":\"\"}", ""), "model description: a loss that \"losses\" does not tell of");
  EXPECT_EQ(errorWith("]}]}", R"(]},{"name":"update","element":"f32","batch":1,"length":1,"arena":0,"args":[]}]})"),
            "the entry 'update' lacks its step");
}

/// What is said of a model, with another train block, that shall read a file.
static std::string errorOfData(const std::string &part, const std::string &other, const std::string &data) {
  Model model;
  Error error;
  std::string train = data.empty() ? "" : R"("train":{"data":")" + data + R"(","batch":1,"k1":1,"k2":1,"steps":1},)";
  bool isText;
  if (readWith({{part, train + other}}, model, error))
    dataIsText(model, isText, error);
  return error.message();
}

TEST(Description, SaysWhatDataThereAre) {
  EXPECT_EQ(errorOfData("\"entries\"", "\"entries\"", "arrays"), "");
  EXPECT_EQ(errorOfData("\"entries\"", "\"entries\"", ""),
            "the model 'M' has no train block that says how a file becomes sequences");
  EXPECT_EQ(errorOfData("\"entries\"", "\"entries\"", "songs"),
            "train: expected \"data\" to be bytes, windows, arrays, frames, lines or pairs, found 'songs'");
  EXPECT_EQ(errorOfData("\"entries\"", "\"entries\"", "bytes"),
            "a text needs an input of tokens over time, 'x' is another");
  EXPECT_EQ(errorOfData("\"inputs\":[", R"("inputs":[{"name":"z","kind":"real","axes":["T"],"shape":[2]},)", "bytes"),
            "a text needs a model with one input, 'M' has 2");
  EXPECT_EQ(errorOfData(R"("inputs":[{"name":"x","kind":"real","axes":["T"],"shape":[2]}])",
                        R"("inputs":[{"name":"x","kind":"token","vocab":9,"axes":["T"],"shape":[]}])", "bytes"),
            "score: argument: input 'x' has the type f32");
}

/// The rate of a step by an expression in postfix order, and what is said of one that is none.
static double rateOf(const std::string &terms, int64_t step, std::string *message = nullptr) {
  Model model;
  Error error;
  std::string train = R"("train":{"data":"arrays","batch":1,"k1":1,"k2":1,"steps":1,"rate":)" + terms + "},";
  if (!readWith({{"\"entries\"", train + "\"entries\""}}, model, error) && message)
    *message = error.message();
  return model.train.rate.at(step);
}

TEST(Description, Rates) {
  EXPECT_EQ(rateOf("[0.25]", 7), 0.25);
  EXPECT_EQ(rateOf(R"(["step",2,"-",4,"/"])", 7), 1.25);
  EXPECT_EQ(rateOf(R"([8,"step","+",3,"*",9,"min","sqrt"])", 1), 3);
  EXPECT_EQ(rateOf(R"(["step",0.5,"*","floor",-3,"max","square","abs"])", 5), 4);
  EXPECT_EQ(rateOf(R"([0.5,"step","pow"])", 3), 0.125);
  EXPECT_EQ(rateOf(R"(["step","cos","step","sin","/"])", 2), std::cos(2.0) / std::sin(2.0));
  EXPECT_EQ(rateOf(R"(["step","exp","log"])", 1), 1);
  // What is not a number is hidden by no bound.
  EXPECT_TRUE(std::isnan(rateOf(R"(["step",3,"-","log",1,"min",0,"max"])", 1)));
  EXPECT_TRUE(std::isnan(rateOf(R"([1,"step",3,"-","log","min"])", 1)));
}

TEST(Description, RatesThatAreNone) {
  auto messageOf = [](const std::string &terms) {
    std::string message;
    rateOf(terms, 1, &message);
    return message;
  };
  EXPECT_EQ(messageOf("0.25"), "train: expected \"rate\" to be an array, found a number");
  EXPECT_EQ(messageOf("[true]"), "rate: expected a number or a string, found a truth value");
  EXPECT_EQ(messageOf("[null]"), "rate: expected a number or a string, found null");
  EXPECT_EQ(messageOf(R"([1,[2],"+"])"), "rate: expected a number or a string, found an array");
  EXPECT_EQ(messageOf("[{}]"), "rate: expected a number or a string, found an object");
  EXPECT_EQ(messageOf(R"(["step","erf"])"), "rate: unknown function 'erf'");
  EXPECT_EQ(messageOf(R"(["step","*"])"), "rate: '*' lacks an operand");
  EXPECT_EQ(messageOf("[]"), "rate: expected one value, found 0");
  EXPECT_EQ(messageOf("[1,2]"), "rate: expected one value, found 2");
  std::string many = "[1";
  for (int i = 0; i < 256; ++i)
    many += ",1";
  EXPECT_EQ(messageOf(many + "]"), "rate: expected at most 256 values at a time");
}

TEST(Description, EntriesThatAreLeftOut) {
  Model model;
  Error error;
  ASSERT_TRUE(readWith({{"\"M\"", "\"M\""}}, model, error));
  EXPECT_EQ(model.require("train_f64", error), nullptr);
  EXPECT_STREQ(error.message(), "the model 'M' was compiled without the entry 'train_f64', which this command needs");
}
