// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program without weights of its own: linked where the compiler gives no image.
#include "runtime/LibraryImage.h"

const rondo_image rondo_library_image = {nullptr};
