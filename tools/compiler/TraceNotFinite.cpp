// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A window of training in the reference interpreter.

#include "tools/compiler/TraceNotFinite.h"

#include "dialect/FrozenAttribute.h"
#include "dialect/Reference.h"
#include "dialect/RondoDialect.h"
#include "runtime/Safetensors.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include <cmath>
#include <map>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

using namespace mlir;
using namespace rondo;

namespace {

/// Denormals are zero, as in a compiled program.
class FlushedDenormals {
public:
#ifdef __SSE2__
  FlushedDenormals() : mode(_mm_getcsr()) { _mm_setcsr(mode | 0x8040); }
  ~FlushedDenormals() { _mm_setcsr(mode); }

private:
  unsigned mode;
#endif
};

/// What a file calls an argument or a result.
std::string nameOf(DictionaryAttr attributes, mlir::Type type) {
  if (auto path = attributes ? attributes.getAs<StringAttr>(primedAttribute) : StringAttr())
    return ("primed/" + path.getValue()).str();
  std::optional<NamedRole> role = roleOf(attributes);
  if (!role)
    return "";
  auto tensor = dyn_cast<RankedTensorType>(type);
  bool isOfRows = (role->role == Role::seed || role->role == Role::position) && tensor && tensor.getRank() == 1;
  return (role->word() + "/" + (isOfRows ? StringRef("rows") : StringRef(role->name))).str();
}

rondo::Tensor tensorOf(const Buffer &buffer, rondo::Tensor::Kind kind) {
  rondo::Tensor tensor = rondo::Tensor::zeros(kind, ArrayRef(buffer.shape.dim, buffer.shape.rank));
  for (int64_t i = 0, n = buffer.count(); i < n; ++i)
    if (tensor.isFloat())
      tensor.set(i, buffer.get(i));
    else
      tensor.i[i] = buffer.type == rondo::Type::I64 ? static_cast<const int64_t *>(buffer.data)[i]
                                                    : static_cast<int64_t>(buffer.get(i));
  return tensor;
}

std::string describe(const Buffer &buffer) {
  return std::string(fileNameOf(buffer.type)) + " " + buffer.shape.str().c_str();
}

/// The type in a file that holds values of this kind.
rondo::Type fileTypeOf(rondo::Tensor::Kind kind) {
  switch (kind) {
  case rondo::Tensor::Kind::F32:
    return rondo::Type::F32;
  case rondo::Tensor::Kind::F64:
    return rondo::Type::F64;
  case rondo::Tensor::Kind::I1:
    return rondo::Type::I1;
  case rondo::Tensor::Kind::I8:
    return rondo::Type::I8;
  case rondo::Tensor::Kind::I32:
    return rondo::Type::I32;
  case rondo::Tensor::Kind::I64:
  case rondo::Tensor::Kind::Index:
    return rondo::Type::I64;
  }
  return rondo::Type::F32;
}

using Tensors = std::map<std::string, rondo::Tensor>;

class Tracer {
public:
  Tracer(const TensorFile &file, llvm::raw_ostream &os, std::string &error) : file(file), os(os), error(error) {}

  /// Runs one of the step's functions; what it results in is there for the next one.
  TraceResult run(func::FuncOp function, StringRef part);

private:
  FailureOr<rondo::Tensor> find(const std::string &name, RankedTensorType type);
  void explain(func::FuncOp function, StringRef part, const NotFiniteOp &found);

  const TensorFile &file;
  Tensors results;
  llvm::raw_ostream &os;
  std::string &error;
};

FailureOr<rondo::Tensor> Tracer::find(const std::string &name, RankedTensorType type) {
  if (auto known = results.find(name); known != results.end())
    return known->second;
  FailureOr<rondo::Tensor::Kind> kind = rondo::Tensor::kindOf(type.getElementType());
  if (failed(kind))
    return failure();
  const Buffer *found = file.find(name.c_str());
  Buffer wanted;
  wanted.type = fileTypeOf(*kind);
  for (int64_t size : type.getShape())
    wanted.shape.add(size);
  if (!found) {
    error = "no tensor '" + name + "': expected a window of this program, compiled with the same options";
    return failure();
  }
  if (found->type != wanted.type || found->shape != wanted.shape) {
    error = "'" + name + "' is " + describe(*found) + ", expected " + describe(wanted) +
            ": the window is of a program that was compiled with other options";
    return failure();
  }
  if (int64_t i = isReal(found->type) ? firstNotFinite(*found) : -1; i >= 0) {
    error = "'" + name + "' is not finite before the step (element " + std::to_string(i) + ")";
    return failure();
  }
  return tensorOf(*found, *kind);
}

/// Whether an op is part of what the loss is computed from.
bool leadsToLoss(func::FuncOp function, Operation *op) {
  Block &body = function.getBody().front();
  SetVector<Operation *> slice;
  for (auto [i, value] : llvm::enumerate(body.getTerminator()->getOperands()))
    if (function.getResultAttr(i, attributeOf(Role::loss)))
      if (Operation *loss = value.getDefiningOp()) {
        BackwardSliceOptions options;
        options.omitUsesFromAbove = false;
        (void)getBackwardSlice(loss, &slice, options);
        slice.insert(loss);
      }
  return slice.contains(body.findAncestorOpInBlock(*op));
}

void Tracer::explain(func::FuncOp function, StringRef part, const NotFiniteOp &found) {
  bool isForward = function.getNumResults() && leadsToLoss(function, found.op);
  os << "the first result that is not finite is " << (isForward ? "in the forward computation" : part);
  for (int64_t position : found.positions)
    os << ", at position " << position;
  os << '\n';
}

TraceResult Tracer::run(func::FuncOp function, StringRef part) {
  std::vector<rondo::Tensor> arguments;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto type = dyn_cast<RankedTensorType>(function.getArgumentTypes()[i]);
    FailureOr<rondo::Tensor> tensor = failure();
    if (type)
      tensor = find(nameOf(function.getArgAttrDict(i), function.getArgumentTypes()[i]), type);
    if (failed(tensor))
      return TraceResult::Failed;
    arguments.push_back(std::move(*tensor));
  }
  NotFiniteOp found;
  InterpretOptions options;
  options.checkFinite = true;
  options.notFinite = &found;
  FlushedDenormals flushed;
  FailureOr<std::vector<rondo::Tensor>> values = interpret(function, arguments, options);
  if (failed(values)) {
    if (!found.op)
      return TraceResult::Failed;
    explain(function, part, found);
    return TraceResult::Found;
  }
  for (auto [i, value] : llvm::enumerate(*values))
    if (std::string name = nameOf(function.getResultAttrDict(i), function.getResultTypes()[i]);
        StringRef(name).starts_with("gradient/") || StringRef(name).starts_with("primed/"))
      results[name] = std::move(value);
  return TraceResult::Finite;
}

func::FuncOp findEntry(ModuleOp module, EntryKind kind) {
  for (auto function : module.getOps<func::FuncOp>())
    if (auto entry = function->getAttrOfType<EntryAttr>(entryAttribute); entry && entry.getKind() == kind)
      return function;
  return {};
}

} // namespace

TraceResult rondo::traceNotFinite(Program &program, CompileOptions &options, const std::string &path,
                                  llvm::raw_ostream &os, std::string &error, TimingScope &timing) {
  TensorFile file;
  Error reason;
  if (!file.read(path.c_str(), reason)) {
    error = reason.message();
    return TraceResult::Failed;
  }
  const Text *version = file.findText("rondo.trace"), *name = file.findText("rondo.model");
  if (!version || *version != "1" || !name) {
    error = path + ": expected what train --trace-nan has written (metadata rondo.trace 1 and rondo.model)";
    return TraceResult::Failed;
  }
  options.functions = {"train"};
  options.check = false;
  FailureOr<CompiledModel> model = compileModel(program, options, Stage::Differentiated, timing);
  if (failed(model))
    return TraceResult::Failed;
  if (*name != model->info.name.c_str()) {
    error = path + ": expected a window of model '" + model->info.name + "', found one of '" +
            quoted(name->c_str(), name->size()).c_str() + "'";
    return TraceResult::Failed;
  }
  func::FuncOp gradients = findEntry(*model->module, EntryKind::train_grad);
  func::FuncOp update = findEntry(*model->module, EntryKind::update);
  if (!gradients || !update) {
    error = "expected a model with a loss, found none in '" + model->info.name + "'";
    return TraceResult::Failed;
  }
  Tracer tracer(file, os, error);
  TraceResult result = tracer.run(gradients, "in the gradient");
  if (result == TraceResult::Finite)
    result = tracer.run(update, "in the update of the parameters");
  if (result == TraceResult::Finite)
    os << "each result is finite in the reference interpreter, which rounds in another order\n";
  if (!error.empty())
    error = path + ": " + error;
  return result;
}
