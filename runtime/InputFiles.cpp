// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From files to tensors by name.
#include "runtime/InputFiles.h"

#include "runtime/Arrays.h"
#include "runtime/Corpus.h"
#include "runtime/StateTensor.h"

using namespace rondo;

FileFormat rondo::formatOf(const char *path) {
  auto ends = [&](const char *end) {
    size_t length = strlen(path), own = strlen(end);
    return length > own && strcmp(path + length - own, end) == 0;
  };
  return ends(".safetensors") ? FileFormat::Tensors
         : ends(".npy")       ? FileFormat::Npy
         : ends(".csv")       ? FileFormat::Csv
                              : FileFormat::Other;
}

/// The length of NAME in NAME=FILE, else 0.
static size_t nameLength(const char *word) {
  size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
  return word[length] == '=' ? length : 0;
}

const char *rondo::pathOf(const char *word) {
  size_t length = nameLength(word);
  return length ? word + length + 1 : word;
}

static auto quotedName(const Text &name) { return quoted(name.c_str(), name.size()); }

/// Whether the name says lengths along an axis: one with lengths of its own, or that which rows go along in any case.
static bool isLengthsName(const Model &model, const Text &name) {
  for (const Axis &axis : model.axes)
    if (name == lengthName(axis))
      return axis.hasLengths || model.axis(axis.name) == model.windowAxis();
  return false;
}

const InputFiles::Item *InputFiles::find(const Text &name) const {
  for (const Item &item : items)
    if (item.name == name)
      return &item;
  return nullptr;
}

bool InputFiles::add(const Item &item, Error &error) {
  if (const Item *other = find(item.name))
    return error.fail("'%s' is given twice, by '%s' too", item.name.c_str(), other->path);
  items.add(item);
  return true;
}

bool InputFiles::addAlone(const InputFile &file, const Buffer &value, Error &error) {
  return add({file.name, value, file.path, true}, error);
}

/// The names of the ports that files must give, as "'a', 'b'".
static Text namesOf(const List<const Port *> &ports) {
  Text names;
  for (const Port *port : ports)
    names.appendFormat(names.empty() ? "'%s'" : ", '%s'", port->name.c_str());
  return names;
}

/// The shape of one sequence of the port in a table: the rows are its positions, or sequences where it has none. False
/// where an axis stands before the window's, so that a position is no row.
static bool tableShape(const Model &model, const Port &port, const CsvFile &csv, Shape &shape) {
  int window = port.varies(model.windowAxis()) ? model.windowAxis() : -1;
  if (window >= 0)
    shape.add(1);
  shape.add(csv.rows);
  for (int axis = 0; axis < static_cast<int>(model.axes.size()); ++axis)
    if (port.varies(axis) && axis != window) {
      if (axis < window)
        return false;
      shape.add(model.axes[static_cast<size_t>(axis)].size);
    }
  for (int i = 0; i < port.shape.rank; ++i)
    shape.add(port.shape.dim[i]);
  return true;
}

/// Makes integers of a table's numbers, for what has tokens or lengths.
static bool makeIntegers(const CsvFile &csv, List<int64_t> &integers, Error &error) {
  for (int64_t i = 0; i < csv.rows * csv.columns; ++i) {
    double value = csv.values[static_cast<size_t>(i)];
    if (!(value >= -9007199254740992.0 && value <= 9007199254740992.0) || value != static_cast<double>(int64_t(value)))
      return error.fail("line %lld: field %lld: expected an integer, found %g",
                        static_cast<long long>(csv.lineOf(i / csv.columns)),
                        static_cast<long long>(i % csv.columns + 1), value);
    integers.add(static_cast<int64_t>(value));
  }
  return true;
}

/// The table as the tensor of the port, or of lengths where that is null.
static bool tableTensor(InputFile &file, const Model &model, const Port *port, Buffer &value, Error &error) {
  CsvFile &csv = file.csv;
  const char *name = file.name.c_str();
  value = csv.table();
  Shape shape;
  if (port && !tableShape(model, *port, csv, shape))
    return error.fail("'%s' has an axis before '%s', so that a position is no row: give it as .npy or .safetensors",
                      name, model.axes[static_cast<size_t>(model.windowAxis())].name.c_str());
  if (!port)
    shape.add(csv.rows);
  int dims = port && port->varies(model.windowAxis()) ? 2 : 1;
  int64_t columns = shape.from(dims).count();
  if (columns != csv.columns)
    return error.fail("has %lld columns, expected the %lld of '%s' at each %s", static_cast<long long>(csv.columns),
                      static_cast<long long>(columns), name, dims == 2 ? "position" : "example");
  value.shape = shape;
  if (port && !port->token)
    return true;
  if (!makeIntegers(csv, file.integers, error))
    return false;
  value.type = Type::I64;
  value.data = file.integers.data();
  return true;
}

/// The bytes of a text as tokens of one sequence.
static bool textTensor(InputFile &file, const InputSpec &spec, const Port *port, Buffer &value, Error &error) {
  const Model &model = spec.model;
  if (model.hasTrain && model.train.readsLines())
    return error.fail("expected lines as a file without NAME=, which gives all inputs");
  if (!model.hasTrain || !model.train.readsText() || !port || !model.overWindow(*port) || !port->token)
    return error.fail("expected a name that ends with .safetensors, .npy or .csv: '%s' is no text", file.name.c_str());
  const Alphabet &alphabet = spec.weights.alphabet;
  if (!checkAlphabets(model, spec.weights, spec.weightsPath, error) || !checkVocabulary(alphabet, port->vocab, error) ||
      !alphabet.encode(file.bytes.data(), file.bytes.size(), file.tokens, error))
    return false;
  value.data = file.tokens.data();
  value.type = Type::I32;
  value.shape = Shape();
  value.shape.add(1);
  value.shape.add(static_cast<int64_t>(file.tokens.size()));
  return true;
}

bool InputFiles::readArray(InputFile &file, FileFormat format, const InputSpec &spec, Error &error) {
  const Model &model = spec.model;
  if (file.name.empty()) {
    if (spec.ports.size() != 1)
      return error.fail("expected NAME=FILE, which says what is in the file: the model's inputs are %s",
                        spec.ports.empty() ? "none" : namesOf(spec.ports).c_str());
    file.name = spec.ports[0]->name;
  }
  const Port *port = model.input(file.name) ? model.input(file.name) : model.target(file.name);
  if (!port && !isLengthsName(model, file.name))
    return error.fail("'%s' is no input of the model '%s', expected %s", quotedName(file.name).c_str(),
                      model.name.c_str(), spec.ports.empty() ? "none" : namesOf(spec.ports).c_str());
  Buffer value;
  switch (format) {
  case FileFormat::Tensors:
    return error.fail("expected a file of one array: a .safetensors file has its names inside");
  case FileFormat::Npy:
    if (!file.npy.parse(file.bytes.data(), file.bytes.size(), error))
      return false;
    value = file.npy.array;
    break;
  case FileFormat::Csv:
    if (!file.csv.parse(reinterpret_cast<const char *>(file.bytes.data()), file.bytes.size(), error) ||
        !tableTensor(file, model, port, value, error))
      return false;
    break;
  case FileFormat::Other:
    if (!textTensor(file, spec, port, value, error))
      return false;
  }
  return addAlone(file, value, error);
}

/// The tensors of a file with names; of frames those of a part.
bool InputFiles::readTensors(InputFile &file, const InputSpec &spec, Error &error) {
  const TensorFile &tensors = file.tensors;
  Text part = Text::format("%s.", spec.part ? spec.part : "test");
  bool hasPart = tensors.find(partName(part.c_str(), "offsets")) != nullptr;
  if (spec.part && !hasPart)
    return error.fail("has no part '%s'", quoted(spec.part, strlen(spec.part)).c_str());
  bool isFrames = spec.model.hasTrain && spec.model.train.data == DataKind::Frames;
  hasPart = hasPart && isFrames && (spec.part || !tensors.find("offsets"));
  isFrames = isFrames && (hasPart || tensors.find("offsets"));
  if (!hasPart)
    part = Text();
  if (isFrames && !readOffsets(tensors, part.c_str(), offsets, error))
    return false;
  for (const NamedTensor &tensor : tensors.tensors) {
    if (strncmp(tensor.name.c_str(), part.c_str(), part.size()) != 0)
      continue; // of another part
    Text name(tensor.name.c_str() + part.size());
    if (isFrames && name == "offsets")
      continue;
    if (isStateTensor(tensor))
      return error.fail("'%s' is a state, which --state-in gives", quotedName(name).c_str());
    if (!spec.model.input(name) && !spec.model.target(name) && !isLengthsName(spec.model, name))
      return error.fail("'%s' is no input or target of the model '%s', expected %s", quotedName(name).c_str(),
                        spec.model.name.c_str(), spec.ports.empty() ? "none" : namesOf(spec.ports).c_str());
    if (!add({name, tensor.value, file.path, false}, error))
      return false;
  }
  return true;
}

bool InputFiles::readLines(InputFile &file, const InputSpec &spec, Error &error) {
  bool ofPairs = spec.model.train.data == DataKind::Pairs;
  if (!checkAlphabets(spec.model, spec.weights, spec.weightsPath, error))
    return false;
  if (spec.isGenerated ? !file.lines.splitSources(file.path, file.bytes, error) ||
                             !file.lines.encodeSources(spec.model, spec.weights, error)
                       : !file.lines.split(file.path, file.bytes, ofPairs ? 2 : 1, error) ||
                             !file.lines.encode(spec.model, spec.weights, error))
    return false;
  for (const NamedTensor &tensor : file.lines.tensors().tensors)
    if (!add({tensor.name, tensor.value, file.path, false}, error))
      return error.inContext(file.path);
  return true;
}

bool InputFiles::readWord(const char *word, const InputSpec &spec, Error &error) {
  InputFile &file = files.add();
  file.name = Text(word, nameLength(word));
  file.path = pathOf(word);
  if (!file.path[0])
    return error.fail("--in: expected a file name behind '%s', found none", word);
  FileFormat format = formatOf(file.path);
  const Model &model = spec.model;
  bool readsText = model.hasTrain && (model.train.readsText() || model.train.readsLines());
  // Without an end that says it, a file is what the program trains on.
  if (format == FileFormat::Other && !readsText && file.name.empty())
    format = FileFormat::Tensors;
  if (format == FileFormat::Tensors && file.name.empty())
    return file.tensors.read(file.path, error) && (readTensors(file, spec, error) || error.inContext(file.path));
  if (!file.bytes.read(file.path, error))
    return false;
  // Lines say where they are in the file themselves.
  if (format == FileFormat::Other && file.name.empty() && model.hasTrain && model.train.readsLines())
    return readLines(file, spec, error);
  return readArray(file, format, spec, error) || error.inContext(file.path);
}

bool InputFiles::read(const List<const char *> &words, const InputSpec &spec, Error &error) {
  files.reserve(words.size()); // files must stay where they are: texts of lines point into them
  for (const char *word : words)
    if (!readWord(word, spec, error))
      return false;
  return true;
}
