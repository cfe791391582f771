// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// From numbers of Python, and to them.

#include "Numbers.h"

#include "Arrays.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rondo;

std::string rondo::typeNameOf(nb::handle object) {
  return nb::cast<std::string>(nb::handle(reinterpret_cast<PyObject *>(Py_TYPE(object.ptr()))).attr("__name__"));
}

nb::tuple rondo::tupleOf(const std::vector<int64_t> &sizes) {
  nb::object tuple = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(sizes.size())));
  for (size_t i = 0; i < sizes.size(); ++i)
    PyTuple_SET_ITEM(tuple.ptr(), static_cast<Py_ssize_t>(i), PyLong_FromLongLong(sizes[i]));
  return nb::borrow<nb::tuple>(tuple);
}

[[noreturn]] static void failType(const char *name, const char *expected, nb::handle found) {
  throwTypeError(std::string(name) + ": expected " + expected + ", found " + typeNameOf(found));
}

/// Whether it is a truth value of Python or NumPy, which Python takes for a number.
static bool isTruth(nb::handle value) {
  if (PyBool_Check(value.ptr()))
    return true;
  std::string type = typeNameOf(value);
  return type == "bool_" || type == "bool";
}

int64_t rondo::integerOf(nb::handle value, const char *name, int64_t least, int64_t most) {
  if (isTruth(value) || !PyIndex_Check(value.ptr()))
    failType(name, "an integer", value);
  nb::object number = nb::steal(PyNumber_Index(value.ptr()));
  if (!number.is_valid()) { // an array of several
    PyErr_Clear();
    failType(name, "an integer", value);
  }
  int overflow = 0;
  int64_t result = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow || result < least || result > most) {
    std::string expected = std::to_string(least) + " to " + std::to_string(most);
    throwValueError(std::string(name) + ": expected " + expected + ", found " + nb::cast<std::string>(nb::str(number)));
  }
  return result;
}

double rondo::realOf(nb::handle value, const char *name) {
  if (isTruth(value) || nb::isinstance<nb::str>(value))
    failType(name, "a number", value);
  double result = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred()) {
    PyErr_Clear();
    failType(name, "a number", value);
  }
  return result;
}

bool rondo::truthOf(nb::handle value, const char *name) {
  if (!isTruth(value))
    failType(name, "True or False", value);
  int result = PyObject_IsTrue(value.ptr());
  if (result < 0)
    throw nb::python_error();
  return result;
}
