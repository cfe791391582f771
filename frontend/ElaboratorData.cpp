// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How a file becomes sequences: which data fit the model's inputs and targets, and which give lengths.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

// `data` is where this setting stands.
void Elaborator::chooseData(mlir::Location data) {
  ModelInfo &info = graph->info;
  if (!hasDataSetting)
    info.train.data = fitsText() && lengths.empty() ? "bytes" : "arrays";
  if (failed)
    return;
  const std::string &kind = info.train.data;
  if ((info.train.readsText() || kind == "lines") && !fitsText())
    error(data) << "expected 'data arrays': " << kind
                << " fit only token inputs over the axis and targets that are 'ahead'";
  else if (kind == "lines" && info.inputs.size() != 1)
    error(data) << "expected one input for 'data lines', found " << info.inputs.size();
  else if (kind == "pairs")
    checkPairs(data);
  else if (kind == "frames")
    checkFrames(data);
  if (failed)
    return;
  checkLengths(data);
  // Lines end where they end, whatever the program says of it.
  if (info.train.readsLines())
    info.axes[*info.windowAxis() - 1].hasLengths = true;
}

// Whether a text could be all of the data.
bool Elaborator::fitsText() const {
  const ModelInfo &info = graph->info;
  return all_of(info.inputs, [&](const PortInfo &port) { return port.token && info.overWindow(port.axes); }) &&
         all_of(info.targets, [](const PortInfo &port) { return !port.aheadOf.empty(); });
}

// The second column is over the window's axis, the first one over another.
void Elaborator::checkPairs(mlir::Location data) {
  const ModelInfo &info = graph->info;
  AxisSet source = noAxes;
  bool hasText = false;
  auto fits = [&](const PortInfo &port, bool isTarget) {
    if (!port.token)
      return false;
    if (info.overWindow(port.axes))
      return hasText = true;
    AxisSet axes = port.axes & ~batchAxis;
    bool isSource = !isTarget && has_single_bit(axes) && (source == noAxes || source == axes);
    source = axes;
    return isSource;
  };
  const PortInfo *other = nullptr;
  for (const PortInfo &input : info.inputs)
    if (!fits(input, /*isTarget=*/false) && !other)
      other = &input;
  for (const PortInfo &target : info.targets)
    if (!fits(target, /*isTarget=*/true) && !other)
      other = &target;
  if (!other && source && hasText)
    return;
  error(data) << "expected 'data arrays': pairs fit only token inputs over one axis with a size, the first column, and "
                 "token inputs and targets over the one without, the second, found "
              << (other     ? "'" + other->name + "'"
                  : !source ? "none of the first column"
                            : "none of the second column");
}

void Elaborator::checkFrames(mlir::Location data) {
  const ModelInfo &info = graph->info;
  checkFrameNames();
  auto lacksAxis = [&](const PortInfo &port) { return !info.windowAxis() || !port.varies(*info.windowAxis()); };
  // With lengths each example is a whole sequence, of which not all must be over the axis.
  if (info.windowAxis() && info.axes[*info.windowAxis() - 1].hasLengths) {
    if (all_of(info.inputs, lacksAxis) && all_of(info.targets, lacksAxis))
      error(data) << "expected 'data arrays': frames are sequences along the axis, found no input or target over it";
    return;
  }
  auto whole = find_if(info.targets, lacksAxis);
  if (whole != info.targets.end() || all_of(info.inputs, lacksAxis))
    error(data)
        << "expected 'data arrays': frames are cut into windows, which fit only inputs over the axis and targets "
           "over it, found "
        << (whole != info.targets.end() ? "target '" + whole->name + "' without it" : "no such input");
}

// A file of frames says under this name where each sequence begins.
void Elaborator::checkFrameNames() {
  for (const std::vector<Node *> *nodes : {&graph->inputs, &graph->targets})
    for (auto [node, port] : zip(*nodes, nodes == &graph->inputs ? graph->info.inputs : graph->info.targets))
      if (port.name == "offsets")
        error(node->loc) << "expected another name with 'data frames': 'offsets' says where each sequence begins";
}

// Each length that the program asks for is one that the data know.
void Elaborator::checkLengths(mlir::Location data) {
  const ModelInfo &info = graph->info;
  const std::string &kind = info.train.data;
  for (auto [axis, place] : lengths) {
    auto overAxis = [axis = axis](const PortInfo &port) { return port.varies(axis); };
    if (kind == "arrays" || kind == "frames" ||
        (info.train.readsLines() && (any_of(info.inputs, overAxis) || any_of(info.targets, overAxis))))
      continue;
    auto diagnostic = error(data) << "expected 'data arrays', as " << kind << " give no lengths along axis '"
                                  << info.axes[axis - 1].name << "'";
    diagnostic.attachNote(place) << "the program asks for them here";
    return;
  }
}
