/* What the test programs of any library share: conditions that end them, and memory for objects. */
#ifndef EXPECT_H
#define EXPECT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(condition)                                                                                              \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition);                                         \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

static inline void *take(size_t bytes) {
  void *memory = bytes ? aligned_alloc(64, (bytes + 63) / 64 * 64) : NULL;
  EXPECT(memory);
  memset(memory, 0xa5, bytes);
  return memory;
}

#endif
