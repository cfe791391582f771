/* The objects of a program that calls functions wrongly, and a line for what each found: its code and words. */
#ifndef REPORT_H
#define REPORT_H

#include "library.h"

static M(weights) * weights;
static M(workspace) * workspace;
static M(trainer) * trainer;

static void of_weights(const char *what, int code) { printf("%s: %d, %s\n", what, code, M(weights_error)(weights)); }
static void of_workspace(const char *what, int code) {
  printf("%s: %d, %s\n", what, code, M(workspace_error)(workspace));
}
static void of_trainer(const char *what, int code) { printf("%s: %d, %s\n", what, code, M(trainer_error)(trainer)); }

#endif
