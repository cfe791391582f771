// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef RONDO_TOOLS_COMPILER_LAYOUTDESCRIPTION_H
#define RONDO_TOOLS_COMPILER_LAYOUTDESCRIPTION_H

#include "frontend/ModelInfo.h"

#include <nlohmann/json.hpp>

namespace rondo {

/// What files of other frameworks are to the model (runtime/Layout.h), for its description.
nlohmann::ordered_json describeLayouts(const ModelInfo &info);

} // namespace rondo

#endif
