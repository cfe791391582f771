// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The names in layout blocks: sizes and counters. What tensors and paths mean is not known before the sizes are.

#include "frontend/LayoutDecl.h"
#include "frontend/Resolver.h"

using namespace llvm;
using namespace rondo;

void Resolver::resolve(std::vector<LayoutDecl> &layouts) {
  StringMap<mlir::Location> unconditional;
  for (LayoutDecl &layout : layouts) {
    if (auto old = unconditional.find(layout.name.text); old != unconditional.end()) {
      auto diagnostic = error(layout.name.loc)
                        << "expected no layout '" << layout.name.text << "' behind one without 'where', found a second";
      diagnostic.attachNote(old->second) << "the first one is here";
    }
    if (layout.conditions.empty())
      unconditional.try_emplace(layout.name.text, layout.name.loc);
    for (auto &[lhs, rhs] : layout.conditions) {
      resolve(*lhs);
      resolve(*rhs);
    }
    resolve(layout.lines);
  }
}

void Resolver::resolve(std::vector<Subscript> &subscripts) {
  for (Subscript &subscript : subscripts)
    for (const ExprPtr *place : {&subscript.low, &subscript.high})
      if (*place)
        resolve(**place);
}

void Resolver::resolve(std::vector<LayoutLine> &lines) {
  for (LayoutLine &line : lines) {
    resolve(line.subscripts);
    for (TensorTerm &term : line.terms)
      resolve(term.subscripts);
    for (PrefixPart &part : line.prefix)
      if (part.number)
        resolve(*part.number);
    if (line.layer)
      resolve(*line.layer);
    if (line.kind != LayoutLine::Kind::Repeat)
      continue;
    resolve(*line.count);
    scopes.emplace_back();
    declare(*line.counter, NameKind::Size);
    resolve(line.lines);
    scopes.pop_back();
  }
}
