// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of tensors of inputs and targets.
#include "runtime/PortTensor.h"

using namespace rondo;

bool rondo::checkPortTensor(const Model &model, const Port &port, const Buffer &data, bool joined, PortLayout &layout,
                            Error &error) {
  const char *name = port.name.c_str();
  if (port.token ? !isToken(data.type) : !isNumber(data.type))
    return error.fail("'%s' is %s, expected %s", name, fileNameOf(data.type),
                      port.token ? "tokens (I32, I64 or U8)" : "F16, F32, F64 or U8");
  layout = PortLayout();
  bool inTime = joined && port.varies(model.windowAxis());
  Text expected(inTime ? "[time" : "[sequences");
  int dims = 1;
  bool fits = true;
  auto expect = [&](int64_t size) {
    fits = fits && dims < data.shape.rank && data.shape.dim[dims] == size;
    ++dims;
    expected.appendFormat(", %lld", static_cast<long long>(size));
  };
  for (size_t axis = 0; axis < model.axes.size(); ++axis) {
    if (!port.varies(static_cast<int>(axis)))
      continue;
    if (static_cast<int>(axis) == model.windowAxis()) {
      layout.rowCut = dims;
      layout.cut = inTime ? 0 : dims++;
      expected.append(inTime ? "" : ", time");
      continue;
    }
    expect(model.axes[axis].size);
    (layout.cut >= 0 ? layout.behind : layout.before) *= model.axes[axis].size;
  }
  for (int i = 0; i < port.shape.rank; ++i)
    expect(port.shape.dim[i]);
  return (fits && data.shape.rank == dims) ||
         error.fail("'%s' has the shape %s, expected %s]", name, data.shape.str().c_str(), expected.c_str());
}

bool rondo::checkPortValues(const Port &port, const Buffer &data, int64_t first, Error &error) {
  const char *name = port.name.c_str();
  if (int64_t i = port.token ? -1 : firstNotFinite(data); i >= 0)
    return error.fail("'%s' holds a value that is not finite (element %lld)", name, static_cast<long long>(first + i));
  for (int64_t i = 0, n = port.token ? data.count() : 0; i < n; ++i)
    if (data.getToken(i) < 0 || data.getToken(i) >= port.vocab)
      return error.fail("'%s' holds the token %lld (element %lld), expected 0 to %lld", name,
                        static_cast<long long>(data.getToken(i)), static_cast<long long>(first + i),
                        static_cast<long long>(port.vocab - 1));
  return true;
}
