// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the description. Its writer is the compiler, so an error here is a mismatch of versions; it is worded all the
// same.
#include "runtime/Model.h"

#include "runtime/Json.h"

#include <initializer_list>

using namespace rondo;

namespace {

constexpr const char *roleNames[] = {
    "parameter",      "state",          "input",     "target",  "seed",     "start",     "loss",      "output",
    "gradient",       "moment1",        "moment2",   "moment3", "average",  "step",      "rate",      "norm",
    "packed",         "arena",          "loss_part", "lengths", "position", "length",    "cotangent", "state_cotangent",
    "input_gradient", "state_gradient", "held",      "primed",  "constant", "direction", "product",   "slope"};

constexpr const char *dataKindNames[] = {"bytes", "windows", "arrays", "frames", "lines", "pairs"};

enum class Need { required, optional };

/// Access to the members of one JSON object; the first failure is kept in the error.
class Members {
public:
  Members(const Json &json, const char *what, Error &error) : json(json), what(what), error(error) {
    if (json.kind != Json::Kind::Object)
      error.fail("%s: expected an object, found %s", what, Json::describe(json.kind));
  }

  const Json *get(const char *name, Json::Kind kind, Need need = Need::required) {
    const Json *value = json.find(name);
    if (!value) {
      if (need == Need::required)
        error.fail("%s: no \"%s\"", what, name);
      return nullptr;
    }
    if (value->kind != kind) {
      error.fail("%s: expected \"%s\" to be %s, found %s", what, name, Json::describe(kind),
                 Json::describe(value->kind));
      return nullptr;
    }
    return value;
  }
  Text text(const char *name, Need need = Need::required) {
    const Json *value = get(name, Json::Kind::String, need);
    Text copy;
    if (value)
      copy.append(value->string.c_str(), value->string.size(), error);
    return copy;
  }
  bool truth(const char *name) {
    const Json *value = get(name, Json::Kind::Boolean);
    return value && value->boolean;
  }
  double real(const char *name, double otherwise) {
    const Json *value = get(name, Json::Kind::Number, Need::optional);
    return value ? value->number : otherwise;
  }
  int64_t size(const char *name, int64_t minimum, Need need = Need::required) {
    const Json *value = get(name, Json::Kind::Number, need);
    if (!value)
      return minimum;
    if (!value->isInteger || value->integer < minimum)
      error.fail("%s: expected \"%s\" to be an integer from %lld on", what, name, static_cast<long long>(minimum));
    return value->integer;
  }
  /// At most `most`, 0 where it is not there.
  int count(const char *name, int most) {
    const Json *value = get(name, Json::Kind::Number, Need::optional);
    if (!value)
      return 0;
    if (!value->isInteger || value->integer < 0 || value->integer > most) {
      error.fail("%s: expected \"%s\" to be an integer from 0 to %d", what, name, most);
      return 0;
    }
    return static_cast<int>(value->integer);
  }
  Shape shape(const char *name) {
    Shape shape;
    const Json *value = get(name, Json::Kind::Array);
    int64_t product;
    for (size_t i = 0; value && i < value->items.size(); ++i) {
      const Json &size = value->items[i];
      if (!size.isInteger || size.integer < 1 || !shape.add(size.integer))
        error.fail("%s: expected \"%s\" to be at most %d sizes from 1 on", what, name, Shape::maxRank);
    }
    if (!multiplySizes(shape.dim, shape.rank, product))
      error.fail("%s: \"%s\" is too large", what, name);
    return shape;
  }
  Type type(const char *name) {
    Type type = Type::F32;
    Text found = text(name);
    if (!error.failed() && !typeNamed(found, type))
      error.fail("%s: unknown type '%s'", what, found.c_str());
    return type;
  }

private:
  const Json &json;
  const char *what;
  Error &error;
};

Initializer readInitializer(const Json &json, Error &error) {
  Members in(json, "init", error);
  Initializer init;
  Text kind = in.text("kind");
  const char *names[] = {"zeros", "constant", "uniform", "normal", "identity", "orthogonal"};
  init.a = in.real("a", 0);
  init.b = in.real("b", 0);
  for (int i = 0; i < 6; ++i)
    if (kind == names[i]) {
      init.kind = static_cast<Initializer::Kind>(i);
      return init;
    }
  error.fail("unknown initialiser '%s'", kind.c_str());
  return init;
}

DataKind readDataKind(const Text &name, Error &error) {
  for (int i = 0; i < 6; ++i)
    if (name == dataKindNames[i])
      return static_cast<DataKind>(i);
  error.fail("train: expected \"data\" to be bytes, windows, arrays, frames, lines or pairs, found '%s'", name.c_str());
  return DataKind::Bytes;
}

TrainSettings readTrain(const Json &json, Error &error) {
  Members in(json, "train", error);
  TrainSettings train;
  train.data = readDataKind(in.text("data"), error);
  train.batch = in.size("batch", 1);
  train.k1 = in.size("k1", 1);
  train.k2 = in.size("k2", 1);
  train.steps = in.size("steps", 1);
  train.accumulate = in.size("accumulate", 1, Need::optional);
  if (const Json *rate = in.get("rate", Json::Kind::Array, Need::optional))
    train.rate.read(*rate, error);
  train.optimizer = in.text("optimizer", Need::optional);
  train.equations = in.text("equations", Need::optional);
  if (const Json *search = in.get("search", Json::Kind::Object, Need::optional)) {
    Members of(*search, "train.search", error);
    train.search = {of.real("damping", 1), of.real("cg_decay", 0), static_cast<int64_t>(of.real("cg_steps", 1))};
  }
  if (const Json *cut = in.get("segments", Json::Kind::Object, Need::optional)) {
    Members of(*cut, "train.segments", error);
    train.segments = {of.size("count", 1), of.size("length", 1), of.size("rest", 0), of.size("group", 0)};
  }
  if (train.k1 > train.k2)
    error.fail("train: bptt(%lld, %lld) steps on by more than its window", static_cast<long long>(train.k1),
               static_cast<long long>(train.k2));
  return train;
}

Axis readAxis(const Json &json, Error &error) {
  Members in(json, "axis", error);
  Axis axis;
  axis.name = in.text("name");
  if (json.find("size"))
    axis.size = in.size("size", 1);
  if (json.find("most"))
    axis.most = in.size("most", 1);
  axis.hasLengths = json.find("lengths") && in.truth("lengths");
  axis.isCut = json.find("cut") && in.truth("cut");
  return axis;
}

Port readOutput(const Json &json, const Model &model, const char *what, Error &error) {
  Members in(json, what, error);
  Port port;
  port.name = in.text("name");
  if (const Json *axes = in.get("axes", Json::Kind::Array))
    for (const Json &name : axes->items) {
      if (name.kind != Json::Kind::String)
        error.fail("%s: expected an axis to be a string, found %s", what, Json::describe(name.kind));
      else if (int axis = model.axis(name.string); axis >= 0)
        port.axes |= 1u << axis;
      else
        error.fail("%s: unknown axis '%s'", what, name.string.c_str());
    }
  port.shape = in.shape("shape");
  return port;
}

/// An input or a target.
Port readInput(const Json &json, const Model &model, const char *what, Error &error) {
  Port port = readOutput(json, model, what, error);
  Members in(json, what, error);
  Text kind = in.text("kind");
  port.token = kind == "token";
  if (!port.token && kind != "real")
    error.fail("%s: expected \"kind\" to be token or real, found '%s'", what, kind.c_str());
  if (port.token)
    port.vocab = in.size("vocab", 1);
  if (Text axis = in.text("positions", Need::optional); !axis.empty() && (port.positions = model.axis(axis)) < 0)
    error.fail("%s: unknown axis '%s'", what, axis.c_str());
  port.aheadOf = in.text("ahead_of", Need::optional);
  if (!port.aheadOf.empty())
    port.ahead = in.size("ahead", 0);
  return port;
}

Loss readLoss(const Json &json, const Model &model, Error &error) {
  Members in(json, "loss", error);
  Loss loss;
  loss.name = in.text("name");
  loss.isMasked = json.find("masked") && in.truth("masked");
  if (const Json *accuracy = in.get("accuracy", Json::Kind::Object, Need::optional)) {
    Members of(*accuracy, "accuracy", error);
    loss.accuracyLogits = of.text("logits");
    loss.accuracyTarget = of.text("target");
    if (!error.failed() && (!model.output(loss.accuracyLogits) || !model.target(loss.accuracyTarget)))
      error.fail("accuracy: unknown output or target");
  }
  if (const Json *squared = in.get("squared_error", Json::Kind::Object, Need::optional)) {
    Members of(*squared, "squared_error", error);
    loss.squaredOutput = of.text("output");
    loss.squaredTarget = of.text("target");
    const Port *result = model.output(loss.squaredOutput), *wanted = model.target(loss.squaredTarget);
    if (!error.failed() &&
        (!result || !wanted || wanted->token || result->shape != wanted->shape || result->axes != wanted->axes))
      error.fail("squared_error: expected an output and a target of one shape");
  }
  if (const Json *weight = in.get("weight", Json::Kind::Array, Need::optional))
    loss.weight.read(*weight, error);
  return loss;
}

Argument readArgument(const Json &json, const Model &model, Error &error) {
  Members in(json, "argument", error);
  Argument argument;
  Text role = in.text("role");
  int found = -1;
  for (int i = 0; i <= static_cast<int>(Role::Slope); ++i)
    if (role == roleNames[i])
      found = i;
  if (found < 0) {
    error.fail("argument: unknown role '%s'", role.c_str());
    return argument;
  }
  argument.role = static_cast<Role>(found);
  argument.name = in.text("name", Need::optional);
  if (argument.role == Role::Arena)
    return argument;
  argument.type = in.type("type");
  argument.shape = in.shape("shape");
  argument.written = in.text("access", Need::optional) != "in";
  argument.within = json.find("within") && in.truth("within");
  bool ofParameter = argument.role == Role::Parameter || argument.role == Role::Gradient || isMoment(argument.role) ||
                     argument.role == Role::Primed || argument.role == Role::Direction ||
                     argument.role == Role::Product;
  const Parameter *parameter = ofParameter ? model.parameter(argument.name) : nullptr;
  if (ofParameter && (!parameter || parameter->shape != argument.shape))
    error.fail("argument: %s '%s' %s does not fit the parameters", role.c_str(), argument.name.c_str(),
               argument.shape.str().c_str());
  bool known = argument.role == Role::Input    ? model.input(argument.name) != nullptr
               : argument.role == Role::Target ? model.target(argument.name) != nullptr
               : argument.role == Role::Output || argument.role == Role::Cotangent
                   ? model.output(argument.name) != nullptr
               : argument.role == Role::InputGradient ? model.input(argument.name) || model.target(argument.name)
               : argument.role == Role::Held          ? model.heldValue(argument.name) != nullptr
               : argument.role == Role::Constant      ? model.constant(argument.name) != nullptr
               : argument.role == Role::Lengths
                   ? argument.type == Type::I32 && argument.shape.rank == 1 && model.axis(argument.name) >= 0
                   : true;
  const Port *port = argument.role == Role::Input    ? model.input(argument.name)
                     : argument.role == Role::Target ? model.target(argument.name)
                                                     : nullptr;
  if (port && (port->token ? argument.type != Type::I32 : !isReal(argument.type)))
    error.fail("argument: %s '%s' has the type %s", role.c_str(), argument.name.c_str(), nameOf(argument.type));
  if (known && argument.role == Role::Constant) {
    Buffer values = model.constant(argument.name)->values(argument.type);
    if (!values.data || values.shape != argument.shape || argument.written)
      error.fail("argument: constant '%s' %s does not fit the program's", argument.name.c_str(),
                 argument.shape.str().c_str());
  }
  if (!known)
    error.fail("argument: unknown %s '%s'", role.c_str(), argument.name.c_str());
  return argument;
}

/// What random numbers are drawn by is one number of each example, or one of the batch; a length is one number.
void checkNumbers(const Entry &entry, Error &error) {
  for (const Argument &argument : entry.args) {
    const Shape &shape = argument.shape;
    bool fits = argument.type == Type::I64 && (shape.rank == 0 || (shape.rank == 1 && shape.dim[0] == entry.batch));
    if ((argument.role == Role::Seed || argument.role == Role::Position) && !fits)
      error.fail("argument: %s is %s %s, expected i64 [] or [%lld]", nameOf(argument.role), nameOf(argument.type),
                 shape.str().c_str(), static_cast<long long>(entry.batch));
    if (argument.role == Role::Length && (argument.type != Type::I64 || shape.rank != 0))
      error.fail("argument: length is %s %s, expected i64 []", nameOf(argument.type), shape.str().c_str());
  }
}

State readState(const Json &json, Error &error) {
  Members of(json, "state", error);
  State state;
  state.name = of.text("name");
  state.shape = of.shape("shape");
  state.initial = of.real("initial", 0);
  state.axes = of.count("axes", state.shape.rank);
  state.hasInitial = json.find("initial") != nullptr;
  state.slots = json.find("slots") ? of.count("slots", state.axes - 1) : -1;
  return state;
}

/// How many positions of its axes but the window's an output has, and features.
int64_t logitsOf(const Model &model, const Port &output) {
  int64_t count = output.shape.count();
  for (size_t i = 0; i < model.axes.size(); ++i)
    if (output.varies(static_cast<int>(i)) && model.axes[i].size)
      count *= model.axes[i].size;
  return count;
}

void readGeneration(const Json &json, Model &model, Error &error) {
  Members in(json, "generate", error);
  Generation &generation = model.generation;
  generation.answer = in.text("answer");
  generation.from = in.text("from");
  if (json.find("positions"))
    generation.positions = model.axis(in.text("positions"));
  auto number = [&](const char *name) { return json.find(name) ? in.size(name, 0) : -1; };
  generation.first = number("first");
  generation.until = number("until");
  generation.most = number("most");
  if (const Json *states = in.get("states", Json::Kind::Array, Need::optional))
    for (const Json &state : states->items)
      generation.states.add(readState(state, error), error);
  if (error.failed())
    return;
  const Port *answer = model.answer(), *from = model.output(generation.from);
  if (!answer || !from)
    error.fail("generate: unknown input, target or output");
  else if (!answer->token || logitsOf(model, *from) != answer->vocab)
    error.fail("generate: expected a logit for each token of the input");
  else if (generation.first >= answer->vocab || generation.until >= answer->vocab)
    error.fail("generate: expected symbols below %lld", static_cast<long long>(answer->vocab));
}

Entry readEntry(const Json &json, const Model &model, const rondo_entry *code, Error &error) {
  Members in(json, "entry", error);
  Entry entry;
  entry.name = in.text("name");
  entry.element = in.type("element");
  entry.batch = in.size("batch", 1);
  entry.length = in.size("length", 1);
  entry.arena = in.size("arena", 0);
  entry.pack = in.text("pack", Need::optional);
  entry.cost = in.real("cost", 0);
  entry.fixedCost = in.real("fixed_cost", 0);
  entry.begin = in.text("begin", Need::optional);
  entry.beginCost = in.real("begin_cost", 0);
  entry.generates = json.find("generates") && in.truth("generates");
  if (const Json *args = in.get("args", Json::Kind::Array))
    for (const Json &argument : args->items)
      entry.args.add(readArgument(argument, model, error), error);
  checkNumbers(entry, error);
  for (; code->name; ++code)
    if (entry.name == code->name)
      entry.code = code;
  if (!entry.code)
    error.fail("the entry '%s' has no code", entry.name.c_str());
  if (error.failed())
    error.inContext(entry.name.c_str());
  return entry;
}

} // namespace

/// An error where an entry, if the model has it, lacks what the commands need of it.
static void checkEntry(const Entry *entry, Role role, const Text &argument, Error &error) {
  if (entry && !entry->takes(role, argument))
    error.fail("the entry '%s' lacks its %s%s%s", entry->name.c_str(), nameOf(role), argument.empty() ? "" : " ",
               argument.c_str());
}

/// An error where what is reported of a loss cannot be found.
static void checkReported(const Model &model, const Loss &loss, Error &error) {
  if (!loss.name.empty())
    checkEntry(model.entry("score"), Role::LossPart, loss.name, error);
  if (loss.isCrossEntropy()) {
    checkEntry(model.entry("score"), Role::Output, loss.accuracyLogits, error);
    checkEntry(model.entry("score"), Role::Target, loss.accuracyTarget, error);
  } else {
    checkEntry(model.entry("score"), Role::Loss, Text(), error);
  }
  if (!loss.squaredOutput.empty()) {
    checkEntry(model.entry("score"), Role::Output, loss.squaredOutput, error);
    checkEntry(model.entry("score"), Role::Target, loss.squaredTarget, error);
  }
}

/// An error where an entry takes what no other one makes for as many rows.
static void checkBegin(const Model &model, const Entry &reader, Error &error) {
  const Entry *begin = reader.begin.empty() ? nullptr : model.entry(reader.begin.c_str());
  bool fits = reader.begin.empty() || (begin && begin->batch == reader.batch && begin->element == reader.element);
  for (const Argument &held : reader.args)
    fits &= held.role != Role::Held || held.written || (begin && begin->takes(Role::Held, held.name));
  if (!fits)
    error.fail("the entry '%s' takes what the entry '%s' does not make", reader.name.c_str(), reader.begin.c_str());
}

const char *rondo::nameOf(Role role) { return roleNames[static_cast<int>(role)]; }
const char *rondo::nameOf(DataKind kind) { return dataKindNames[static_cast<int>(kind)]; }

bool Model::read(const rondo_program &program, Error &error) {
  if (program.abi != RONDO_ABI_VERSION)
    return error.fail("the model was compiled for version %lld of the runtime's interface, this is version %d",
                      static_cast<long long>(program.abi), RONDO_ABI_VERSION);
  Json json;
  if (!Json::parse(program.json, strlen(program.json), json, error))
    return error.inContext("model description");
  Members in(json, "model description", error);
  name = in.text("model");
  if (json.find("command"))
    command = in.text("command");
  element = in.type("element");
  streamable = in.truth("streamable");
  if (json.find("indexed"))
    indexed = in.size("indexed", 1);
  keepsPositions = json.find("keeps_positions") && in.truth("keeps_positions");

  auto each = [&](const char *list, auto read, Need need = Need::required) {
    if (const Json *items = in.get(list, Json::Kind::Array, need))
      for (const Json &item : items->items)
        read(item);
  };
  each(
      "features",
      [&](const Json &item) {
        if (item.kind != Json::Kind::String)
          error.fail("model description: expected a feature to be a string, found %s", Json::describe(item.kind));
        else if (Text *feature = features.add({}, error))
          feature->append(item.string.c_str(), item.string.size(), error);
      },
      Need::optional);
  each("axes", [&](const Json &item) { axes.add(readAxis(item, error), error); });
  each("parameters", [&](const Json &item) {
    Members of(item, "parameter", error);
    const Json *init = of.get("init", Json::Kind::Object);
    Text path = of.text("path");
    Shape shape = of.shape("shape");
    auto is = [&](const char *what) { return item.find(what) && of.truth(what); };
    Initializer initializer = init ? readInitializer(*init, error) : Initializer();
    parameters.add({std::move(path), shape, initializer, is("frozen"), is("buffer"), is("stopped")}, error);
  });
  each(
      "constants",
      [&](const Json &item) {
        Members of(item, "constant", error);
        Text file = of.text("file");
        const rondo_constant *found = program.constants;
        while (found && found->name && file != found->name)
          ++found;
        if (!found || !found->name)
          error.fail("no constant '%s'", file.c_str());
        else
          constants.add({std::move(file), of.shape("shape"), found->f32, found->f64}, error);
      },
      Need::optional);
  if (const Json *all = in.get("layouts", Json::Kind::Object, Need::optional); all && !error.failed())
    layouts.read(*all, parameters, error);
  each("states", [&](const Json &item) { states.add(readState(item, error), error); });
  each("held", [&](const Json &item) { held.add(readState(item, error), error); }, Need::optional);
  each("inputs", [&](const Json &item) { inputs.add(readInput(item, *this, "input", error), error); });
  each("targets", [&](const Json &item) { targets.add(readInput(item, *this, "target", error), error); });
  each("outputs", [&](const Json &item) { outputs.add(readOutput(item, *this, "output", error), error); });
  if (error.failed())
    return false;

  if (const Json *generate = in.get("generate", Json::Kind::Object, Need::optional))
    readGeneration(*generate, *this, error);
  each("losses", [&](const Json &item) { losses.add(readLoss(item, *this, error), error); });
  each("terms", [&](const Json &item) { terms.add(readLoss(item, *this, error), error); }, Need::optional);
  if (const Json *settings = in.get("train", Json::Kind::Object, Need::optional)) {
    hasTrain = true;
    train = readTrain(*settings, error);
  }
  if (error.failed())
    return false;
  each("entries", [&](const Json &item) { entries.add(readEntry(item, *this, program.entries, error), error); });
  for (const Entry &reader : entries)
    if (!reader.pack.empty() && !entry(reader.pack.c_str()))
      error.fail("the entry '%s' needs the entry '%s', which the model lacks", reader.name.c_str(),
                 reader.pack.c_str());
  for (const Entry &reader : entries)
    checkBegin(*this, reader, error);
  for (const Entry &entry : entries)
    for (const Argument &argument : entry.args)
      if ((argument.role == Role::State || argument.role == Role::StateCotangent ||
           argument.role == Role::StateGradient) &&
          !state(argument.name))
        error.fail("the entry '%s' has an unknown state '%s'", entry.name.c_str(), argument.name.c_str());
  checkEntry(entry("train_grad"), Role::Loss, Text(), error);
  for (Role role : {Role::Step, Role::Rate, Role::Norm})
    checkEntry(entry("update"), role, Text(), error);
  if (hasLoss() && losses.empty())
    error.fail("model description: a loss that \"losses\" does not tell of");
  for (const Loss &loss : losses)
    if (!loss.name.empty())
      checkEntry(entry("train_grad"), Role::LossPart, loss.name, error);
  for (const Loss &loss : reported())
    checkReported(*this, loss, error);
  if (answer()) {
    checkEntry(singleEntry(), input(generation.answer) ? Role::Input : Role::Target, generation.answer, error);
    checkEntry(singleEntry(), Role::Output, generation.from, error);
  }
  return !error.failed();
}
