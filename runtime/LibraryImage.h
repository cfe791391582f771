// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights that are part of a library or an executable (rondoc --weights). Plain C: the compiler calls the functions of
// a library that it made without weights, and gives the bytes to what it makes with them.
#ifndef RONDO_RUNTIME_LIBRARYIMAGE_H
#define RONDO_RUNTIME_LIBRARYIMAGE_H

#include <stddef.h>

extern "C" {

/// What stands before an image: for each column of a text, the bytes that its tokens mean.
struct rondo_image_header {
  int counts[2];
  unsigned char symbols[2][256];
};

/// A header, filled up to rondo_image_offset, and what Parameters::writeImage() writes, aligned to 64 bytes; null where
/// there are none.
struct rondo_image {
  const void *data;
};
enum { rondo_image_offset = (sizeof(rondo_image_header) + 63) / 64 * 64 };
extern const rondo_image rondo_library_image;

/// Loads the bytes of a weight file in that layout and writes the image to `image`, or, if that is null, its size to
/// `*image_bytes`. Returns a rondo_error with the words in `words`, which has room for so many characters.
int rondo_model_image(const void *file, size_t file_bytes, const char *layout, void *image, size_t *image_bytes,
                      char *words, size_t words_room);
}

#endif
