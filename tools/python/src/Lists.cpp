// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Lists of arrays as arrays of rows and lengths, and back.

#include "Lists.h"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstring>

namespace nb = nanobind;
using namespace rondo;

static bool isList(nb::handle object) {
  return object.is_valid() && (PyList_Check(object.ptr()) || PyTuple_Check(object.ptr()));
}

static nb::object itemOf(nb::handle list, size_t row) { return nb::object(list[row]); }

/// The steps of each row, which the first list says and the others repeat.
void Lists::measure(const Port &port, nb::handle list, int64_t steps) {
  size_t rows = nb::len(list);
  if (rows == 0)
    throwValueError("'" + port.name + "': expected a list of one array at least, found an empty one");
  std::vector<int64_t> found;
  for (size_t row = 0; row < rows; ++row) {
    nb::object shape = nb::getattr(itemOf(list, row), "shape", nb::none());
    std::string where = "'" + port.name + "': row " + std::to_string(row) + ": ";
    if (shape.is_none() || nb::len(shape) == 0)
      throwTypeError(where + "expected an array of its steps in a list of them, found " +
                     (shape.is_none() ? std::string(Py_TYPE(itemOf(list, row).ptr())->tp_name) : "one number"));
    found.push_back(nb::cast<int64_t>(shape[0]));
    if (steps >= 0 && found.back() > steps)
      throwValueError(where + "expected at most " + std::to_string(steps) + " steps, found " +
                      std::to_string(found.back()));
  }
  if (counts.empty()) {
    counts = found;
    countsFrom = port.name;
    return;
  }
  if (found.size() != counts.size())
    throwValueError("'" + port.name + "': expected " + std::to_string(counts.size()) + " arrays, as '" + countsFrom +
                    "' has, found " + std::to_string(found.size()));
  for (size_t row = 0; row < rows; ++row)
    if (found[row] != counts[row])
      throwValueError("'" + port.name + "': row " + std::to_string(row) + ": expected " + std::to_string(counts[row]) +
                      " steps, as '" + countsFrom + "' has, found " + std::to_string(found[row]));
}

nb::object Lists::fill(const Port &port, nb::handle list, int64_t steps) {
  Extent extent;
  extent.rows = static_cast<int64_t>(counts.size());
  extent.steps = steps >= 0 ? steps : std::max<int64_t>(*std::max_element(counts.begin(), counts.end()), 1);
  Array all;
  nb::object array = newArray(port, extent, Framework::NumPy, /*zero=*/true, all);
  int64_t features = sizeOf(port.type);
  for (size_t i = 1; i < port.shape.size(); ++i)
    features *= port.shape[i];
  auto *to = static_cast<char *>(all.raw.data);
  for (size_t row = 0; row < counts.size(); ++row) {
    nb::object item = itemOf(list, row);
    Extent own;
    own.rows = 1;
    own.steps = counts[row];
    Array one = viewOf(item[nb::none()], port, /*isWritten=*/false, own);
    auto *from = static_cast<const char *>(one.raw.data);
    int64_t first = static_cast<int64_t>(row) * extent.steps, stride = one.raw.step_stride; // 0 if it is dense
    for (int64_t step = 0; step < counts[row]; ++step)
      memcpy(to + (first + step) * features, from + step * (stride ? stride : features), static_cast<size_t>(features));
  }
  return array;
}

void Lists::take(const std::vector<Port> &ports, std::vector<nb::handle> &given, int64_t steps) {
  for (size_t i = 0; i < ports.size(); ++i) {
    if (!isList(given[i]))
      continue;
    if (!ports[i].hasStepStride())
      throwTypeError("'" + ports[i].name + "': expected an array " + ports[i].describe(false) +
                     ", as lists have arrays of steps, which do not come first, found a list");
    bool isFirst = counts.empty();
    measure(ports[i], given[i], steps);
    if (isFirst)
      of = frameworkOf(itemOf(given[i], 0));
    inputs.push_back(fill(ports[i], given[i], steps));
    given[i] = inputs.back();
  }
  if (inputs.empty())
    return;
  array = newNumPy({static_cast<int64_t>(counts.size())}, ElementType::I32);
  View keep;
  auto *numbers = static_cast<int32_t *>(const_cast<void *>(denseValues(
      array, "lengths", {static_cast<int64_t>(counts.size())}, ElementType::I32, /*isWritten=*/true, keep)));
  for (size_t row = 0; row < counts.size(); ++row)
    numbers[row] = static_cast<int32_t>(counts[row]);
}

nb::list Lists::cut(nb::handle rows) const {
  nb::list list;
  for (size_t row = 0; row < counts.size(); ++row)
    list.append(rows[nb::int_(row)][nb::slice(nb::int_(0), nb::int_(counts[row]), nb::none())]);
  return list;
}
