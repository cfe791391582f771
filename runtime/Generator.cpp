// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Positions, one after the other, and what follows from their logits.
#include "runtime/Generator.h"

#include "runtime/Random.h"

#include <cmath>

using namespace rondo;

using LongLong = long long;

/// What one row has of an array.
static RowArray rowsOf(const RowArray &array, const List<int64_t> &rows, List<int64_t> &begins) {
  RowArray part = array;
  for (int64_t row : rows)
    begins.add(array.beginOf(row));
  part.begins = begins.data();
  part.shape.dim[0] = static_cast<int64_t>(rows.size());
  return part;
}

bool Generator::open(int64_t count, int64_t beam, int64_t symbolsOfEach, Error &error) {
  int64_t sizes[] = {count, beam, symbolsOfEach}, all, linked;
  if (!multiplySizes(sizes, 3, linked) || !multiplySizes(sizes, 2, all) || linked > INT64_MAX / 64 || beam > INT32_MAX)
    return error.fail("expected fewer sequences, or shorter ones, than %lld with %lld hypotheses of %lld symbols each",
                      LongLong(count), LongLong(beam), LongLong(symbolsOfEach));
  states = cover.statesRead();
  before.resize(states.size(), error);
  after.resize(states.size(), error);
  for (size_t i = 0; i < states.size(); ++i) {
    Shape shape = states[i]->shape.within(all);
    if (!blocks.allocate(cover.element(), shape, before[i], error))
      return false;
    // Hypotheses may go on from one another's states; a single one from its own.
    after[i] = before[i];
    if (beam > 1 && !blocks.allocate(cover.element(), shape, after[i], error))
      return false;
  }
  heldValues = cover.heldRead();
  held.resize(heldValues.size(), error);
  constexpr int64_t mostHeld = 1 << 22; // numbers, but for one row
  int64_t ofRow = 0;
  for (const State *value : heldValues)
    ofRow += value->shape.count();
  together = ofRow && count > mostHeld / ofRow ? mostHeld / ofRow + 1 : count;
  for (size_t i = 0; i < held.size(); ++i)
    if (!blocks.allocate(cover.element(), heldValues[i]->shape.within(together), held[i], error))
      return false;
  Shape ofSymbols, ofLogits;
  ofSymbols.add(all);
  ofSymbols.add(1);
  return shapeOfRows(model, *model.output(model.generation.from), all, 1, ofLogits) &&
         blocks.allocate(Type::I32, ofSymbols, symbols, error) &&
         blocks.allocate(cover.element(), ofLogits, logits, error) && rows.resize(static_cast<size_t>(count), error) &&
         hypotheses.resize(static_cast<size_t>(all), error) && links.resize(static_cast<size_t>(linked), error);
}

/// How many symbols a row's may be: of positions those that it has.
int64_t Generator::symbolsOf(int64_t row) const {
  int axis = model.generation.positions;
  const RowArray *lengths = axis < 0 ? nullptr : findLengths(batch->inputs, model.axes[static_cast<size_t>(axis)]);
  return lengths ? Buffer{lengths->data, lengths->type, {}}.getToken(lengths->beginOf(row)) : decoding->symbols;
}

/// What each row begins with.
bool Generator::begin(Error &error) {
  for (int64_t i = 0; i < batch->rows; ++i) {
    if (symbolsOf(i) < 1)
      return error.fail("row %lld: expected a position that '%s' can be, found none", LongLong(i),
                        model.generation.answer.c_str());
    Row row;
    int64_t prompt = batch->prompts ? batch->promptLengths[i] : 0;
    row.lead = prompt + (decoding->first >= 0);
    if (row.lead == 0)
      return error.fail(
          "row %lld: expected a prompt, since the program says no symbol before the first one, found none",
          LongLong(i));
    int64_t found, symbols = symbolsOf(i);
    Shape extents;
    extents.add(prompt);
    if (prompt > 0 && !areTokens(*batch->prompts, i, extents, symbols, found))
      return error.fail("the prompt of row %lld has the symbol %lld, expected 0 to %lld", LongLong(i), LongLong(found),
                        LongLong(symbols - 1));
    rows[static_cast<size_t>(i)] = row;
    hypothesis(i, 0) = Hypothesis();
  }
  return true;
}

/// The symbol that a hypothesis reads at a position: of those that are drawn, the one that so many links lead to.
int32_t Generator::symbolAt(int64_t row, int64_t i, int64_t position) const {
  const Row &of = rows[static_cast<size_t>(row)];
  if (position >= of.lead) {
    Link link = hypothesis(row, i).link;
    for (int64_t last = of.drawn - 1; last > position - of.lead; --last)
      link = links[placeOf(row, last - 1, link.before)];
    return link.symbol;
  }
  if (decoding->first >= 0 && position == 0)
    return static_cast<int32_t>(decoding->first);
  const RowArray &prompts = *batch->prompts;
  int64_t at = prompts.beginOf(row) + (position - (decoding->first >= 0)) * prompts.strides[1];
  return static_cast<int32_t>(Buffer{prompts.data, prompts.type, {}}.getToken(at));
}

/// One position of all hypotheses of these rows that are followed, and its logits.
bool Generator::feed(int64_t position, int64_t firstRow, int64_t endRow, Error &error) {
  callRows.clear();
  heldRows.clear();
  callHypotheses.clear();
  List<int64_t> sources;
  for (int64_t row = firstRow; row < endRow; ++row)
    for (int64_t i = 0; i < rows[static_cast<size_t>(row)].live; ++i) {
      auto *fed = static_cast<int32_t *>(symbols.data);
      fed[callRows.size()] = symbolAt(row, i, position);
      callRows.add(row);
      heldRows.add(row - firstRow);
      callHypotheses.add(row * width + i);
      sources.add(row * width + hypothesis(row, i).state);
    }
  if (callRows.empty())
    return true;
  if (!model.mayGoTo(position - base + 1))
    return error.fail("row %lld goes on to %lld positions, of which %lld have an index", LongLong(callRows[0]),
                      LongLong(position - base + 1), LongLong(model.indexed));
  auto active = static_cast<int64_t>(callRows.size());
  positions.clear();
  ones.clear();
  isHeld.clear();
  for (int64_t i = 0; i < active; ++i) {
    positions.add(position - base);
    ones.add(1);
    isHeld.add(position > 0);
  }
  CoverBatch call;
  call.rows = active;
  call.lengths = ones.data();
  call.positions = positions.data();
  call.seed = static_cast<int64_t>(decoding->seed);
  call.sequences = callRows.data();
  List<List<int64_t>> begins;
  for (const RowArray &input : batch->inputs)
    call.inputs.add(rowsOf(input, callRows, begins.add()));
  auto dense = [&](const Text &name, Buffer of) {
    of.shape.dim[0] = active;
    return RowArray::of(name, of);
  };
  call.inputs.add(dense(model.generation.answer, symbols));
  call.outputs.add(dense(model.generation.from, logits));
  for (size_t i = 0; i < states.size(); ++i) {
    if (position > base)
      call.statesBefore.add(rowsOf(RowArray::of(states[i]->name, before[i]), sources, begins.add()));
    call.statesAfter.add(rowsOf(RowArray::of(states[i]->name, after[i]), callHypotheses, begins.add()));
  }
  for (size_t i = 0; i < held.size(); ++i)
    call.held.add(rowsOf(RowArray::of(heldValues[i]->name, held[i]), heldRows, begins.add()));
  call.isHeld = isHeld.data();
  if (!cover.run(call, error))
    return false;
  before.swap(after);
  return true;
}

/// Reads the last half of the sequences of these rows again, from the model's first position on.
bool Generator::slide(int64_t position, int64_t firstRow, int64_t endRow, Error &error) {
  base = position - model.indexed / 2;
  for (int64_t row = firstRow; row < endRow; ++row)
    for (int64_t i = 0; i < rows[static_cast<size_t>(row)].live; ++i)
      hypothesis(row, i).state = static_cast<int32_t>(i);
  for (int64_t again = base; again < position; ++again)
    if (!feed(again, firstRow, endRow, error))
      return false;
  return true;
}

/// One position of all hypotheses of these rows, and the symbols that follow.
bool Generator::step(int64_t position, int64_t firstRow, int64_t endRow, Error &error) {
  if (decoding->slides && position - base == model.indexed && !slide(position, firstRow, endRow, error))
    return false;
  if (!feed(position, firstRow, endRow, error))
    return false;
  auto active = static_cast<int64_t>(callRows.size());
  for (int64_t first = 0, next; first < active; first = next) {
    int64_t row = callRows[static_cast<size_t>(first)];
    next = first + rows[static_cast<size_t>(row)].live;
    if (position + 1 >= rows[static_cast<size_t>(row)].lead && !choose(row, first, error))
      return false;
  }
  return true;
}

/// A hypothesis with that symbol behind it.
Generator::Hypothesis Generator::longer(int64_t row, int64_t i, int64_t symbol) const {
  const Hypothesis &shorter = hypothesis(row, i);
  return {shorter.logProbability + sampler.logProbability(symbol),
          {static_cast<int32_t>(symbol), shorter.place},
          static_cast<int32_t>(i),
          0};
}

/// Keeps the best ways to go on from a hypothesis among those from others: as many as the row still follows. Of equal
/// ones the first hypothesis's come first, and the symbols in their order.
void Generator::addCandidates(int64_t row, int64_t i) {
  auto room = static_cast<size_t>(width - rows[static_cast<size_t>(row)].ended);
  for (int64_t symbol = 0; symbol < sampler.count(); ++symbol) {
    Hypothesis candidate = longer(row, i, symbol);
    double value = candidate.logProbability;
    if (!std::isfinite(value) || (candidates.size() == room && value <= candidates.back().logProbability))
      continue;
    if (candidates.size() < room)
      candidates.add();
    size_t place = candidates.size() - 1;
    for (; place > 0 && candidates[place - 1].logProbability < value; --place)
      candidates[place] = candidates[place - 1];
    candidates[place] = candidate;
  }
}

/// Chooses the next symbols of a row, whose hypotheses are those of the last call from `active` on.
bool Generator::choose(int64_t row, int64_t active, Error &error) {
  const Row &of = rows[static_cast<size_t>(row)];
  int64_t size = logits.shape.from(1).count();
  candidates.clear();
  for (int64_t i = 0; i < of.live; ++i) {
    if (!sampler.set(logits, (active + i) * size, symbolsOf(row)))
      continue;
    if (width > 1) {
      addCandidates(row, i);
      continue;
    }
    Random random(decoding->seed, "generate");
    uint64_t number = static_cast<uint64_t>(row) << 32 | static_cast<uint64_t>(of.drawn);
    candidates.add(longer(row, i, sampler.draw(decoding->sampling, random.uniform(number))));
  }
  if (candidates.empty())
    return error.fail("row %lld: the logits of symbol %lld are not finite", LongLong(row), LongLong(of.drawn + 1));
  follow(row);
  return true;
}

double Generator::valueOf(double logProbability, int64_t count) const {
  return logProbability / std::pow((5 + static_cast<double>(count)) / 6, decoding->lengthPenalty);
}

/// A hypothesis that goes no further.
void Generator::end(int64_t row, const Hypothesis &candidate) {
  Row &of = rows[static_cast<size_t>(row)];
  double value = valueOf(candidate.logProbability, of.drawn);
  if (of.ended++ > 0 && value <= of.best)
    return;
  of.best = value;
  of.logProbability = candidate.logProbability;
  of.place = candidate.place;
  of.count = of.drawn;
  of.hasEnd = candidate.link.symbol == decoding->until;
}

/// The candidates become the hypotheses of the row, but those that have ended.
void Generator::follow(int64_t row) {
  Row &of = rows[static_cast<size_t>(row)];
  of.live = 0;
  ++of.drawn;
  for (size_t i = 0; i < candidates.size(); ++i) {
    Hypothesis &candidate = candidates[i];
    candidate.place = static_cast<int32_t>(i);
    links[placeOf(row, of.drawn - 1, candidate.place)] = candidate.link;
    if (candidate.link.symbol == decoding->until || of.drawn == decoding->most)
      end(row, candidate);
    else
      hypothesis(row, of.live++) = candidate;
  }
  // None that goes on can be worth more than the best one, even if all its other symbols were certain.
  if (of.live > 0 && of.ended > 0 && of.best >= valueOf(hypothesis(row, 0).logProbability, decoding->most))
    of.live = 0;
}

void Generator::write(int64_t row) const {
  const Row &of = rows[static_cast<size_t>(row)];
  int64_t count = of.count - of.hasEnd, place = of.place;
  for (int64_t symbol = of.count - 1; symbol >= 0; --symbol) {
    const Link &link = links[placeOf(row, symbol, place)];
    if (symbol < count)
      batch->symbols[row * most + symbol] = link.symbol;
    place = link.before;
  }
  batch->lengths[row] = count;
  batch->logProbabilities[row] = of.logProbability;
}

bool Generator::run(const GenerateBatch &given, const Decoding &how, Error &error) {
  batch = &given;
  decoding = &how;
  width = how.beam;
  most = how.most;
  if (!begin(error))
    return false;
  for (int64_t first = 0, end; first < given.rows; first = end) {
    end = first + together < given.rows ? first + together : given.rows;
    bool goesOn = true;
    base = 0;
    for (int64_t position = 0; goesOn; ++position) {
      if (!step(position, first, end, error))
        return false;
      goesOn = false;
      for (int64_t row = first; row < end; ++row)
        goesOn |= rows[static_cast<size_t>(row)].live > 0;
    }
  }
  for (int64_t row = 0; row < given.rows; ++row)
    write(row);
  return true;
}
