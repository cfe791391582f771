// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Views of arrays, and what is wrong with them.

#include "Arrays.h"
#include "Numbers.h"
#include "Tensor.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rondo;

void rondo::throwTypeError(const std::string &message) { throw nb::type_error(message.c_str()); }
void rondo::throwValueError(const std::string &message) { throw nb::value_error(message.c_str()); }

Framework rondo::frameworkOf(nb::handle array) {
  static PyTypeObject *numpyArray = nullptr; // the type of most arrays, which is never unloaded
  PyTypeObject *type = Py_TYPE(array.ptr());
  if (type == numpyArray)
    return Framework::NumPy;
  for (PyTypeObject *base = type; base; base = base->tp_base)
    if (isTensorType(base))
      return Framework::Torch;
  nb::object moduleName = nb::getattr(nb::handle(reinterpret_cast<PyObject *>(type)), "__module__", nb::none());
  if (!nb::isinstance<nb::str>(moduleName))
    return Framework::NumPy;
  std::string name = nb::cast<std::string>(moduleName);
  if (name == "numpy" && std::string(type->tp_name) == "numpy.ndarray")
    numpyArray = type;
  return name.compare(0, 3, "jax") == 0 ? Framework::Jax : Framework::NumPy;
}

std::string rondo::describeShape(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

namespace {

[[noreturn]] void failType(const std::string &name, const std::string &message) {
  throwTypeError("'" + name + "': " + message);
}
[[noreturn]] void failValue(const std::string &name, const std::string &message) {
  throwValueError("'" + name + "': " + message);
}

std::vector<int64_t> shapeOf(const View &view) {
  std::vector<int64_t> shape;
  for (size_t i = 0; i < view.ndim(); ++i)
    shape.push_back(view.shape(i));
  return shape;
}

std::string typeName(nb::dlpack::dtype type) {
  using Code = nb::dlpack::dtype_code;
  auto code = static_cast<Code>(type.code);
  std::string bits = std::to_string(type.bits);
  if (code == Code::Bool)
    return "bool";
  if (code == Code::Bfloat)
    return "bfloat" + bits;
  return (code == Code::Int       ? "int"
          : code == Code::UInt    ? "uint"
          : code == Code::Float   ? "float"
          : code == Code::Complex ? "complex"
                                  : "type " + std::to_string(type.code) + " of ") +
         bits;
}

bool isOf(nb::dlpack::dtype type, ElementType wanted) {
  nb::dlpack::dtype dtype = wanted == ElementType::F32   ? nb::dtype<float>()
                            : wanted == ElementType::F64 ? nb::dtype<double>()
                                                         : nb::dtype<int32_t>();
  return type == dtype;
}

/// Why an object is no array that can be viewed.
[[noreturn]] void refuse(nb::handle object, const std::string &name, bool isWritten) {
  std::string type = typeNameOf(object);
  bool isArray = nb::hasattr(object, "__dlpack__") || PyObject_CheckBuffer(object.ptr());
  if (!isArray)
    failType(name, "expected an array of NumPy, PyTorch or JAX, found " + type);
  if (frameworkOf(object) == Framework::Torch) {
    nb::object place = object.attr("device");
    std::string device = nb::cast<std::string>(nb::str(place));
    if (device != "cpu")
      failValue(name, "expected a tensor on the CPU, found one on " + device);
  }
  if (isWritten)
    failValue(name, "expected an array that can be written, found " + type + " that cannot");
  nb::object dtype = nb::getattr(object, "dtype", nb::none());
  failType(name, "expected an array of plain numbers, found " + type + " of " + nb::cast<std::string>(nb::str(dtype)));
}

View importArray(nb::handle given, const std::string &name, bool isWritten) {
  View tensor;
  if (viewTensor(given, tensor))
    return tensor;
  nb::object object = nb::borrow(given);
  Framework framework = frameworkOf(object);
  static PyObject *const needsGradient = PyUnicode_InternFromString("requires_grad");
  if (framework == Framework::Torch && nb::cast<bool>(nb::getattr(object, nb::handle(needsGradient)))) {
    if (nb::cast<bool>(nb::module_::import_("torch").attr("is_grad_enabled")()))
      failValue(name, "expected a tensor that needs no gradient, found one that requires it: detach() it, or use "
                      "rondo.torch.Layer");
    object = object.attr("detach")();
  }
  // A view that its framework negates as it reads, which DLPack does not tell of.
  static PyObject *const isNegated = PyUnicode_InternFromString("is_neg");
  if (framework == Framework::Torch && nb::cast<bool>(object.attr(nb::handle(isNegated))())) {
    if (isWritten)
      failValue(name, "expected an array that can be written, found a tensor that is read with its signs changed");
    object = object.attr("resolve_neg")();
  }
  // What is only read may be read-only; nothing is written through it.
  nb::ndarray<> view;
  if (isWritten && framework == Framework::Jax)
    failValue(name, "expected an array that can be written, found one of JAX");
  bool good;
  if (isWritten) {
    good = nb::try_cast(object, view);
  } else {
    nb::ndarray<nb::ro> readOnly;
    good = nb::try_cast(object, readOnly);
    if (good)
      view = nb::ndarray<>(readOnly.handle());
  }
  if (!good)
    refuse(object, name, isWritten);
  if (view.device_type() != nb::device::cpu::value)
    failValue(name, "expected an array on the CPU, found one on another device");
  return View(std::move(view));
}

/// What makes the array one of the type that is wanted, where that is a matter of one call.
std::string conversion(nb::handle object, nb::dlpack::dtype found, ElementType wanted) {
  auto code = static_cast<nb::dlpack::dtype_code>(found.code);
  if (wanted == ElementType::I32 || code == nb::dlpack::dtype_code::Bool || code == nb::dlpack::dtype_code::Complex)
    return "";
  bool isTorch = frameworkOf(object) == Framework::Torch;
  bool isDouble = wanted == ElementType::F32 && code == nb::dlpack::dtype_code::Float && found.bits == 64;
  return std::string(": convert it by ") + (isTorch ? "to(torch." : "astype('") + nameOf(wanted) +
         (isTorch ? ")" : "')") + (isDouble ? ", or compile the model with options=[\"--element=f64\"]" : "");
}

/// The elements of an array of integers, as int32 of an array of its own.
class TokenCopy {
public:
  TokenCopy(const View &view, const std::string &name) : view(view), name(name) {
    array = newNumPy(shapeOf(view), ElementType::I32);
    View dense;
    to = static_cast<int32_t *>(
        const_cast<void *>(denseValues(array, name, shapeOf(view), ElementType::I32, /*isWritten=*/true, dense)));
    if (view.size() > 0)
      copy(0, 0);
  }

  nb::object array;

private:
  void copy(size_t dim, int64_t at) {
    if (dim == view.ndim()) {
      *to++ = element(at);
      return;
    }
    for (int64_t i = 0; i < view.shape(dim); ++i)
      copy(dim + 1, at + i * view.stride(dim));
  }

  template <typename T> T read(int64_t at) const {
    T value;
    memcpy(&value, static_cast<const char *>(view.data()) + at * static_cast<int64_t>(sizeof(T)), sizeof(T));
    return value;
  }

  int32_t element(int64_t at) const {
    bool isSigned = static_cast<nb::dlpack::dtype_code>(view.dtype().code) == nb::dlpack::dtype_code::Int;
    int64_t value = 0;
    switch (view.dtype().bits) {
    case 8:
      value = isSigned ? read<int8_t>(at) : read<uint8_t>(at);
      break;
    case 16:
      value = isSigned ? read<int16_t>(at) : read<uint16_t>(at);
      break;
    case 32:
      value = isSigned ? read<int32_t>(at) : static_cast<int64_t>(read<uint32_t>(at));
      break;
    default:
      value = read<int64_t>(at);
    }
    bool isLarge = !isSigned && view.dtype().bits == 64 && value < 0;
    if (isLarge || value < INT32_MIN || value > INT32_MAX)
      failValue(name, "expected numbers that fit in int32, found " +
                          (isLarge ? std::to_string(static_cast<uint64_t>(value)) : std::to_string(value)));
    return static_cast<int32_t>(value);
  }

  const View &view;
  const std::string &name;
  int32_t *to;
};

/// Makes integers of other types int32, where they are read; other types than the wanted one are refused.
void checkType(nb::handle object, const std::string &name, ElementType wanted, bool isWritten, View &view,
               nb::object &copy) {
  nb::dlpack::dtype found = view.dtype();
  if (isOf(found, wanted))
    return;
  auto code = static_cast<nb::dlpack::dtype_code>(found.code);
  bool isInteger = (code == nb::dlpack::dtype_code::Int || code == nb::dlpack::dtype_code::UInt) && found.lanes == 1 &&
                   (found.bits == 8 || found.bits == 16 || found.bits == 32 || found.bits == 64);
  if (wanted != ElementType::I32 || isWritten || !isInteger)
    failType(name, std::string("expected ") + nameOf(wanted) + ", found " + typeName(found) +
                       conversion(object, found, wanted));
  copy = TokenCopy(view, name).array;
  view = importArray(copy, name, false);
}

/// Sets the strides of rows and steps; false where the library cannot take the array as it lies.
bool setStrides(const View &view, const Port &port, bool hasStepAxis, Array &array) {
  auto ndim = static_cast<int64_t>(view.ndim());
  int64_t size = sizeOf(port.type), dense = 1, strides[2] = {0, 0};
  int64_t outer = hasStepAxis && port.hasStepStride() ? 2 : 1;
  bool isDense = true;
  if (view.size() == 0)
    return true; // nothing is read or written
  for (int64_t i = ndim - 1; i >= 0; --i) {
    int64_t count = view.shape(static_cast<size_t>(i)), stride = view.stride(static_cast<size_t>(i));
    if (count > 1 && stride != dense) {
      isDense = false;
      if (i >= outer || stride <= 0)
        return false;
    }
    if (i < 2)
      strides[i] = count > 1 ? stride : dense;
    dense *= count;
  }
  if (reinterpret_cast<uintptr_t>(view.data()) % static_cast<uintptr_t>(size) != 0)
    return false;
  if (!isDense)
    array.raw = {nullptr, strides[0] * size, outer == 2 ? strides[1] * size : 0};
  return true;
}

void checkExtent(int64_t found, int64_t &known, const char *&from, const Port &port, const char *what) {
  if (known < 0) {
    known = found;
    from = port.name.c_str();
  } else if (known != found) {
    failValue(port.name, "expected " + std::to_string(known) + " " + what +
                             (*from ? ", which '" + std::string(from) + "' has" : std::string()) + ", found " +
                             std::to_string(found));
  }
}

void checkShape(const View &view, const Port &port, bool hasStepAxis, Extent &extent) {
  size_t dims = 1 + port.shape.size() - (port.window >= 0 && !hasStepAxis);
  bool fits = view.ndim() == dims;
  for (size_t i = 0, at = 1; fits && i < port.shape.size(); ++i) {
    bool isWindow = static_cast<int>(i) == port.window;
    if (isWindow && !hasStepAxis)
      continue;
    fits = isWindow || view.shape(at) == port.shape[i];
    ++at;
  }
  if (!fits)
    failValue(port.name,
              "expected the shape " + port.describe(!hasStepAxis) + ", found " + describeShape(shapeOf(view)));
  checkExtent(view.shape(0), extent.rows, extent.rowsFrom, port, "rows");
  if (port.window >= 0 && hasStepAxis)
    checkExtent(view.shape(static_cast<size_t>(port.window) + 1), extent.steps, extent.stepsFrom, port, "steps");
}

nb::object denseCopy(nb::handle object) {
  if (frameworkOf(object) == Framework::Torch)
    return object.attr("detach")().attr("clone")(nb::arg("memory_format") =
                                                     nb::module_::import_("torch").attr("contiguous_format"));
  return nb::module_::import_("numpy").attr("array")(object, nb::arg("order") = "C");
}

} // namespace

Array rondo::viewOf(nb::handle object, const Port &port, bool isWritten, Extent &extent) {
  Array array;
  array.view = importArray(object, port.name, isWritten);
  nb::object tokens;
  checkType(object, port.name, port.type, isWritten, array.view, tokens);
  bool hasStepAxis = port.window >= 0 && !extent.isStep;
  checkShape(array.view, port, hasStepAxis, extent);
  if (!setStrides(array.view, port, hasStepAxis, array)) {
    if (isWritten)
      failValue(port.name, "expected an array whose rows" +
                               std::string(port.hasStepStride() && hasStepAxis ? " and steps" : "") +
                               " are dense, one behind the other, found other strides");
    nb::object copy = denseCopy(object);
    array.view = importArray(copy, port.name, false);
    setStrides(array.view, port, hasStepAxis, array);
  }
  array.raw.data = array.view.data();
  array.begin = array.end = static_cast<const char *>(array.raw.data);
  int64_t last = array.view.size() ? 1 : 0;
  for (size_t i = 0; last && i < array.view.ndim(); ++i)
    last += (array.view.shape(i) - 1) * array.view.stride(i);
  array.end += last * sizeOf(port.type);
  return array;
}

void rondo::checkOverlap(const Array &written, const Port &port, const Array &other, const std::string &otherName) {
  if (written.begin < other.end && other.begin < written.end)
    failValue(port.name, "expected an array for results with memory of its own, found that of '" + otherName + "'");
}

nb::object rondo::newNumPy(const std::vector<int64_t> &shape, ElementType type, bool zero) {
  static PyObject *known[2] = {}; // numpy.empty and numpy.zeros, for good
  if (!known[zero])
    known[zero] = nb::object(nb::module_::import_("numpy").attr(zero ? "zeros" : "empty")).release().ptr();
  return nb::handle(known[zero])(tupleOf(shape), nameOf(type));
}

nb::object rondo::newArray(const Port &port, const Extent &extent, Framework framework, bool zero, Array &view) {
  std::vector<int64_t> shape{extent.rows};
  for (size_t i = 0; i < port.shape.size(); ++i)
    if (static_cast<int>(i) != port.window)
      shape.push_back(port.shape[i]);
    else if (!extent.isStep)
      shape.push_back(extent.steps);
  nb::object array;
  if (framework == Framework::Torch) {
    array = newTensor(shape, port.type, zero);
  } else {
    array = newNumPy(shape, port.type, zero);
  }
  Extent same = extent;
  view = viewOf(array, port, /*isWritten=*/true, same);
  return array;
}

nb::object rondo::finished(nb::object array, Framework framework) {
  if (framework != Framework::Jax)
    return array;
  return nb::module_::import_("jax.numpy").attr("asarray")(array);
}

const void *rondo::denseValues(nb::handle object, const std::string &name, const std::vector<int64_t> &shape,
                               ElementType type, bool isWritten, View &keep) {
  keep = importArray(object, name, isWritten);
  nb::object tokens;
  checkType(object, name, type, isWritten, keep, tokens);
  if (shapeOf(keep) != shape)
    failValue(name, "expected the shape " + describeShape(shape) + ", found " + describeShape(shapeOf(keep)));
  int64_t dense = 1;
  bool isDense = true;
  for (size_t i = keep.ndim(); i-- > 0;) {
    isDense &= keep.shape(i) <= 1 || keep.stride(i) == dense;
    dense *= keep.shape(i);
  }
  if (!isDense && keep.size() > 0) {
    if (isWritten)
      failValue(name, "expected a dense array, found other strides");
    nb::object copy = denseCopy(object);
    keep = importArray(copy, name, false);
  }
  return keep.data();
}
