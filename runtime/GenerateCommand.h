// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The two ways of the command `generate`: to go on from a text, and to generate sequences for given inputs.
#ifndef RONDO_RUNTIME_GENERATECOMMAND_H
#define RONDO_RUNTIME_GENERATECOMMAND_H

#include "runtime/Commands.h"
#include "runtime/Sampler.h"

namespace rondo {

/// Prints a text, byte by byte, behind --prompt.
int generateText(const Model &model, const Arguments &options, Team &team, Error &error);
/// Writes a sequence for each row of --in and --prompts to --out.
int generateRows(const Model &model, const Arguments &options, Team &team, Error &error);

/// How the options say that symbols are drawn, by default at that temperature where they say nothing. Error: a value
/// out of range.
bool readSampling(const Arguments &options, double temperature, Sampling &sampling, Error &error);

/// An error where --slide is given and sequences may be of any length.
bool checkSlide(const Model &model, const Arguments &options, Error &error);

} // namespace rondo

#endif
