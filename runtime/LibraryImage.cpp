// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes the image of weights, in the compiler.
#include "runtime/LibraryImage.h"

#include "runtime/Library.h"

#include <cstdio>

using namespace rondo;

/// With weights in pages of the system.
static int makeImage(rondo_model_weights *weights, const void *file, size_t bytes, const char *layout, void *image,
                     size_t *imageBytes) {
  if (int code = rondo_model_load_layout(weights, file, bytes, layout))
    return code;
  return guard(weights, [&](Error &) -> int {
    if (!image) {
      *imageBytes = rondo_image_offset + weights->parameters.imageBytes();
      return RONDO_OK;
    }
    const Alphabet *alphabets[] = {&weights->info.alphabet, &weights->info.sourceAlphabet};
    auto *header = new (image) rondo_image_header();
    for (int column = 0; column < 2; ++column) {
      header->counts[column] = alphabets[column]->count;
      memcpy(header->symbols[column], alphabets[column]->symbol, sizeof header->symbols[column]);
    }
    weights->parameters.writeImage(static_cast<char *>(image) + rondo_image_offset);
    return RONDO_OK;
  });
}

extern "C" int rondo_model_image(const void *file, size_t fileBytes, const char *layout, void *image,
                                 size_t *imageBytes, char *words, size_t room) {
  rondo_model_weights *weights = nullptr;
  // A header may be longer than that of a file of one's own.
  TrialPages pages(rondo_model_weights_bytes() + 64 * fileBytes + (size_t(1) << 22));
  int code = pages.memory ? rondo_model_weights_open(pages.memory, pages.bytes, &weights) : RONDO_MEMORY;
  if (code == RONDO_OK)
    code = makeImage(weights, file, fileBytes, layout, image, imageBytes);
  const char *found = rondo_model_weights_error(weights);
  snprintf(words, room, "%s", *found ? found : rondo_model_message(code));
  return code;
}
