// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reads the JSON list of workloads.

#include "tools/rondo-bench/Workload.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MemoryBuffer.h"
#include <nlohmann/json.hpp>

using namespace llvm;
using namespace rondo;
using Json = nlohmann::ordered_json;

std::string Workload::program(StringRef folder) const { return (folder + "/" + cell + ".rondo").str(); }

StringRef Workload::model() const {
  if (!train)
    return bidirectional ? "InferBothWays" : "Infer";
  return vocab ? "Train" : "TrainSquares";
}

std::vector<std::pair<std::string, std::string>> Workload::defines() const {
  std::vector<std::pair<std::string, std::string>> result{{"I", std::to_string(I)}, {"H", std::to_string(H)}};
  auto add = [&](const char *name, int64_t value) { result.emplace_back(name, std::to_string(value)); };
  if (layers != 1)
    add("layers", layers);
  if (heads)
    add("heads", heads);
  if (context)
    add("context", context);
  if (train) {
    if (vocab)
      add("vocab", vocab);
    add("batch", B);
    add("bptt", T);
  }
  return result;
}

std::vector<std::string> Workload::arguments(StringRef folder) const {
  std::vector<std::string> result{program(folder), "--model", model().str()};
  for (const auto &[name, value] : defines())
    result.insert(result.end(), {"-D", name + "=" + value});
  return result;
}

namespace {

/// Finds where a text stops being JSON; that is all it does with it.
class PlaceOfError : public nlohmann::json_sax<Json> {
public:
  size_t offset = 0; // of the byte after the token

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t &) override { return true; }
  bool string(string_t &) override { return true; }
  bool binary(binary_t &) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t &) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string &, const nlohmann::detail::exception &) override {
    offset = position;
    return false;
  }
};

/// One object of the list; the first error is kept.
class Reader {
public:
  Reader(const Json &json) : json(json) {}

  std::string text(const char *name) {
    const Json *value = require(name);
    if (value && !value->is_string())
      expected(name, "a string", *value);
    return value && value->is_string() ? value->get<std::string>() : "";
  }
  int64_t size(const char *name, std::optional<int64_t> otherwise) {
    const Json *value = otherwise ? find(name) : require(name);
    if (!value)
      return otherwise.value_or(1);
    constexpr int64_t greatest = 1 << 24;
    if (!value->is_number_integer() || value->get<int64_t>() < 1 || value->get<int64_t>() > greatest) {
      expected(name, "an integer from 1 to 16777216", *value);
      return 1;
    }
    return value->get<int64_t>();
  }
  bool truth(const char *name) {
    const Json *value = find(name);
    if (value && !value->is_boolean())
      expected(name, "true or false", *value);
    return value && value->is_boolean() && value->get<bool>();
  }
  void expected(const char *name, const Twine &what, const Json &value) {
    fail("expected \"" + Twine(name) + "\" to be " + what + ", found " + value.dump(-1, ' ', true));
  }
  void fail(const Twine &message) {
    if (error.empty())
      error = message.str();
  }
  /// A member that nobody asked for would be ignored.
  void refuseOthers() {
    for (const auto &item : json.items())
      if (!asked.contains(item.key()))
        fail("unknown member \"" + item.key() + "\"");
  }

  std::string error;

private:
  /// Null where there is none.
  const Json *find(const char *name) {
    asked.insert(name);
    auto found = json.find(name);
    return found != json.end() ? &*found : nullptr;
  }
  const Json *require(const char *name) {
    const Json *value = find(name);
    if (!value)
      fail("expected a member \"" + Twine(name) + "\", found none");
    return value;
  }

  const Json &json;
  StringSet<> asked;
};

std::string readWorkload(const Json &json, Workload &workload) {
  if (!json.is_object())
    return "expected an object, found " + std::string(json.type_name());
  Reader in(json);
  workload.name = in.text("name");
  std::string mode = in.text("mode");
  if (in.error.empty() && mode != "infer" && mode != "train")
    in.expected("mode", "\"infer\" or \"train\"", json["mode"]);
  workload.train = mode == "train";
  workload.cell = in.text("cell");
  // The name becomes that of a file.
  if (in.error.empty() && (workload.cell.empty() || StringRef(workload.cell).find_if_not([](char c) {
        return isAlnum(c) || c == '_';
      }) != StringRef::npos))
    in.expected("cell", "a name of letters, digits and _", json["cell"]);
  workload.T = in.size("T", std::nullopt);
  workload.B = in.size("B", std::nullopt);
  workload.H = in.size("H", std::nullopt);
  workload.I = in.size("I", workload.H);
  workload.layers = in.size("layers", 1);
  workload.vocab = json.contains("vocab") ? in.size("vocab", std::nullopt) : 0;
  workload.heads = json.contains("heads") ? in.size("heads", std::nullopt) : 0;
  workload.context = json.contains("context") ? in.size("context", std::nullopt) : 0;
  workload.past = json.contains("past") ? in.size("past", std::nullopt) : 0;
  workload.segments = json.contains("segments") ? in.size("segments", std::nullopt) : 0;
  workload.recomputed = json.contains("recomputed") ? in.size("recomputed", std::nullopt) : 0;
  workload.bidirectional = in.truth("bidirectional");
  workload.unchecked = in.truth("unchecked");
  if (workload.vocab && !workload.train)
    in.fail("expected \"vocab\" in training only, found mode \"infer\"");
  if (workload.bidirectional && workload.train)
    in.fail("expected \"bidirectional\" in inference only, found mode \"train\"");
  if (workload.past && workload.past + workload.T > workload.context)
    in.fail("expected \"past\" and \"T\" to be at most \"context\" together, found " + Twine(workload.past) + ", " +
            Twine(workload.T) + " and " + Twine(workload.context));
  if (workload.segments && !workload.train)
    in.fail("expected \"segments\" in training only, found mode \"infer\"");
  if (workload.segments > workload.T)
    in.fail("expected \"segments\" to be at most \"T\", found " + Twine(workload.segments) + " and " +
            Twine(workload.T));
  if (workload.recomputed && (!workload.segments || workload.segments % workload.recomputed != 0))
    in.fail("expected \"recomputed\" to divide \"segments\", found " + Twine(workload.recomputed) + " and " +
            Twine(workload.segments));
  in.refuseOthers();
  return in.error;
}

} // namespace

std::string rondo::readWorkloads(StringRef path, std::vector<Workload> &workloads) {
  auto file = MemoryBuffer::getFile(path);
  if (std::error_code error = file.getError())
    return ("cannot read '" + path + "': " + error.message()).str();
  StringRef text = (*file)->getBuffer();
  PlaceOfError place;
  if (!Json::sax_parse(text.begin(), text.end(), &place)) {
    // Its last byte is the one that does not fit.
    StringRef before = text.take_front(place.offset ? place.offset - 1 : 0), rest = text.drop_front(before.size());
    size_t line = before.count('\n') + 1, column = before.size() - (before.rfind('\n') + 1) + 1;
    std::string found = rest.empty()       ? "the end"
                        : isPrint(rest[0]) ? "'" + rest.take_front().str() + "'"
                                           : "byte " + utohexstr(uint8_t(rest[0]));
    return (path + ":" + Twine(line) + ":" + Twine(column) + ": expected JSON, found " + found).str();
  }
  Json list = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!list.is_array())
    return (path + ": expected an array of workloads, found " + list.type_name()).str();
  StringSet<> names;
  for (const Json &json : list) {
    Workload &workload = workloads.emplace_back();
    std::string error = readWorkload(json, workload);
    if (error.empty() && !names.insert(workload.name).second)
      error = "expected a name of its own, found a second '" + workload.name + "'";
    if (!error.empty())
      return (path + ": workload " + Twine(workloads.size()) +
              (workload.name.empty() ? "" : " '" + workload.name + "'") + ": " + error)
          .str();
  }
  return "";
}
