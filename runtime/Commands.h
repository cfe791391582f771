// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The commands of a compiled model's binary. Each prints its results on standard output, gives a worded error, and
// returns the exit status: 0, 1 with the error set or (gradcheck) for a failed check, 130 or 143 after a signal.
#ifndef RONDO_RUNTIME_COMMANDS_H
#define RONDO_RUNTIME_COMMANDS_H

#include "runtime/Arguments.h"
#include "runtime/Model.h"
#include "runtime/Team.h"

namespace rondo {

int runInfo(const Model &model, const Arguments &options, Team &team, Error &error);
int runTrain(const Model &model, const Arguments &options, Team &team, Error &error);
int runEval(const Model &model, const Arguments &options, Team &team, Error &error);
int runGenerate(const Model &model, const Arguments &options, Team &team, Error &error);
int runRun(const Model &model, const Arguments &options, Team &team, Error &error);
int runGrad(const Model &model, const Arguments &options, Team &team, Error &error);
int runGradcheck(const Model &model, const Arguments &options, Team &team, Error &error);
int runConvert(const Model &model, const Arguments &options, Team &team, Error &error);
int runBench(const Model &model, const Arguments &options, Team &team, Error &error);

} // namespace rondo

#endif
