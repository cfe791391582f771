// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is asked of PyTorch's tensors in every call. The objects that are kept for it live as long as the process does.

#include "Tensor.h"
#include "Numbers.h"

#include <cstring>

namespace nb = nanobind;
using namespace rondo;

namespace {

/// DLPackExchangeAPI of dlpack.h 1.3: the functions that a type of arrays offers to C, in its attribute
/// __dlpack_c_exchange_api__. Only what is called here has its type.
struct ExchangeApi {
  uint32_t major, minor;
  ExchangeApi *previous; // of an earlier major version
  void *allocate, *ownedOf, *objectOf;
  /// What an object says of itself, as long as it is not changed; not 0 with a Python exception on an error.
  int (*tensorOf)(void *object, nb::dlpack::dltensor *to);
  void *stream;
};

/// The table of a type, or none.
const ExchangeApi *exchangeApiOf(PyTypeObject *type) {
  nb::object capsule =
      nb::getattr(nb::handle(reinterpret_cast<PyObject *>(type)), "__dlpack_c_exchange_api__", nb::none());
  constexpr const char *name = "dlpack_exchange_api";
  if (!PyCapsule_IsValid(capsule.ptr(), name))
    return nullptr;
  auto *api = static_cast<const ExchangeApi *>(PyCapsule_GetPointer(capsule.ptr(), name));
  while (api && api->major != nb::dlpack::major_version)
    api = api->previous;
  return api && api->tensorOf ? api : nullptr;
}

/// Whether a truth value is False; an error of asking for it is none.
bool isFalse(PyObject *value) {
  if (!value)
    PyErr_Clear();
  return nb::steal(value).is(Py_False);
}

bool isPlain(nb::dlpack::dtype type) {
  using Code = nb::dlpack::dtype_code;
  auto code = static_cast<Code>(type.code);
  return type.lanes == 1 && (code == Code::Int || code == Code::UInt || code == Code::Float);
}

/// What torch.empty and torch.zeros are called with.
struct Creation {
  Creation()
      : torch(nb::module_::import_("torch")), empty(torch.attr("empty")), zeros(torch.attr("zeros")),
        cpu(torch.attr("device")("cpu")), names(nb::make_tuple("dtype", "device")) {
    for (ElementType type : {ElementType::F32, ElementType::F64, ElementType::I32})
      types[static_cast<int>(type)] = torch.attr(nameOf(type));
  }

  nb::module_ torch;
  nb::object empty, zeros, cpu, types[3];
  nb::tuple names;
};

} // namespace

bool rondo::isTensorType(PyTypeObject *type) {
  static PyTypeObject *known = nullptr;
  if (type == known)
    return true;
  if (std::strcmp(type->tp_name, "Tensor") != 0)
    return false;
  nb::object moduleName = nb::getattr(nb::handle(reinterpret_cast<PyObject *>(type)), "__module__", nb::none());
  if (!nb::isinstance<nb::str>(moduleName) || PyUnicode_CompareWithASCIIString(moduleName.ptr(), "torch") != 0)
    return false;
  known = type;
  return true;
}

bool rondo::viewTensor(nb::handle tensor, View &view) {
  static PyTypeObject *known = nullptr;
  static const ExchangeApi *api = nullptr;
  static PyObject *const needsGradient = PyUnicode_InternFromString("requires_grad");
  // A view that its framework negates as it reads, which DLPack does not tell of.
  static PyObject *const isNegated = PyUnicode_InternFromString("is_neg");
  PyTypeObject *type = Py_TYPE(tensor.ptr());
  if (!isTensorType(type))
    return false;
  if (type != known) {
    api = exchangeApiOf(type);
    known = type;
  }
  if (!api || !isFalse(PyObject_GetAttr(tensor.ptr(), needsGradient)) ||
      !isFalse(PyObject_CallMethodNoArgs(tensor.ptr(), isNegated)))
    return false;
  nb::dlpack::dltensor found;
  if (api->tensorOf(tensor.ptr(), &found)) {
    PyErr_Clear();
    return false;
  }
  if (found.device.device_type != nb::device::cpu::value || !isPlain(found.dtype))
    return false;
  view = View(nb::borrow(tensor), found);
  return true;
}

nb::object rondo::newTensor(const std::vector<int64_t> &shape, ElementType type, bool zero) {
  static const Creation *known = nullptr;
  if (!known)
    known = new Creation();
  nb::object sizes = tupleOf(shape);
  PyObject *arguments[] = {sizes.ptr(), known->types[static_cast<int>(type)].ptr(), known->cpu.ptr()};
  PyObject *made = PyObject_Vectorcall((zero ? known->zeros : known->empty).ptr(), arguments, 1, known->names.ptr());
  if (!made)
    throw nb::python_error();
  return nb::steal(made);
}
