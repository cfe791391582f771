// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of the training windows, as Feed.h states it.
#include "runtime/Feed.h"

#include "runtime/Random.h"

#include <cmath>

using namespace rondo;

bool rondo::checkTextModel(const Model &model, Error &error) {
  const char *name = model.name.c_str();
  if (model.inputs.size() != 1)
    return error.fail("a text needs a model with one input, '%s' has %zu", name, model.inputs.size());
  const Port &input = model.inputs[0];
  if (!input.token || !model.overWindow(input) || input.shape.rank != 0)
    return error.fail("a text needs an input of tokens over time, '%s' is another", input.name.c_str());
  for (const Port &target : model.targets)
    if (target.aheadOf != input.name || !target.token || !model.overWindow(target) || target.shape.rank != 0)
      return error.fail("a text needs targets that are '%s' ahead, '%s' is another", input.name.c_str(),
                        target.name.c_str());
  return true;
}

int64_t rondo::longestAhead(const Model &model) {
  int64_t longest = 0;
  for (const Port &target : model.targets)
    longest = target.ahead > longest ? target.ahead : longest;
  return longest;
}

int64_t rondo::trainingPart(int64_t n, double split) {
  // 10 * (1 - 0.8) is a little less than 2.
  return static_cast<int64_t>(std::floor(static_cast<double>(n) * (1 - split) * (1 + 1e-12)));
}

static void fillTokens(const Buffer *to, const Entry &entry, const int32_t *tokens, const int64_t *begin,
                       int64_t valid) {
  if (!to)
    return;
  int32_t *out = static_cast<int32_t *>(to->data);
  for (int64_t t = 0; t < entry.length; ++t)
    for (int64_t b = 0; b < entry.batch; ++b)
      out[t * entry.batch + b] = t < valid ? tokens[begin[b] + t] : 0;
}

void rondo::fillText(const Call &call, const Model &model, const int32_t *tokens, const int64_t *begin, int64_t valid) {
  fillTokens(call.find(Role::Input, model.inputs[0].name), *call.entry, tokens, begin, valid);
  for (const Port &target : model.targets)
    fillTokens(call.find(Role::Target, target.name), *call.entry, tokens + target.ahead, begin, valid);
}

bool Feed::measure(int64_t positions, const char *what, Error &error) {
  k1 = model->train.k1;
  k2 = call->entry->length;
  length = positions;
  if (length < k2)
    return error.fail("%s has %lld positions, fewer than the %lld of a window", what, static_cast<long long>(length),
                      static_cast<long long>(k2));
  windows = (length - k2) / k1 + 1;
  rest = (length - k2) % k1;
  return true;
}

bool Feed::openText(const Model &m, const Call &c, const int32_t *text, int64_t count, uint64_t orderSeed,
                    Error &error) {
  model = &m;
  call = &c;
  tokens = text;
  seed = orderSeed;
  int64_t batch = call->entry->batch, ahead = longestAhead(m);
  places.resize(static_cast<size_t>(batch));
  if (m.train.data == DataKind::Windows) {
    k2 = call->entry->length;
    int64_t symbols = k2 + ahead;
    choices = count - symbols + 1;
    return choices > 0 || error.fail("the training data, %lld tokens, is shorter than a window, which takes %lld",
                                     static_cast<long long>(count), static_cast<long long>(symbols));
  }
  int64_t positions = count > ahead ? (count - ahead) / batch : 0;
  Text what = Text::format("the training data, %lld tokens, is too short: each of %lld streams",
                           static_cast<long long>(count), static_cast<long long>(batch));
  return measure(positions, what.c_str(), error);
}

static bool noneCounts(int64_t count, int64_t longest, Error &error) {
  return error.fail("the longest of the %lld sequences of the training data has %lld positions, of which none counts",
                    static_cast<long long>(count), static_cast<long long>(longest));
}

bool Feed::openArrays(const Model &m, const Call &c, const ArrayData &data, int64_t count, uint64_t orderSeed,
                      Error &error) {
  model = &m;
  call = &c;
  arrays = &data;
  seed = orderSeed;
  int64_t batch = call->entry->batch;
  order.resize(static_cast<size_t>(count));
  cut.resize(static_cast<size_t>(batch));
  if (data.isDealt())
    return openFrames(error);
  batches = count / batch;
  if (batches == 0)
    return error.fail("the training data has %lld sequences, fewer than the batch of %lld",
                      static_cast<long long>(count), static_cast<long long>(batch));
  // Where nothing varies over the window's axis a step sees whole examples.
  int64_t positions = data.length(0) ? data.length(0) : call->entry->length;
  if (data.wholeSequences() && positions != call->entry->length)
    return error.fail("each sequence of the training data has %lld positions, the model was compiled for %lld and %s",
                      static_cast<long long>(positions), static_cast<long long>(call->entry->length),
                      data.wholeReason());
  if (!measure(positions, "each sequence of the training data", error))
    return false;
  bool areMasked = model->hasLengths();
  for (const Loss &loss : model->losses)
    areMasked &= loss.isMasked;
  int64_t longest = 0;
  for (int64_t row = 0; row < count && areMasked; ++row)
    longest = data.validLength(row) > longest ? data.validLength(row) : longest;
  return !areMasked || longest > 0 || noneCounts(count, longest, error);
}

int64_t Feed::windowsOf(int64_t row) const {
  int64_t positions = arrays->length(row);
  if (model->hasLengths()) // to the last position that counts
    return positions <= k2 - k1 ? 0 : (positions - k2 + 2 * k1 - 1) / k1;
  return positions < k2 ? 0 : (positions - k2) / k1 + 1;
}

bool Feed::openFrames(Error &error) {
  k1 = model->train.k1;
  k2 = call->entry->length;
  int64_t count = static_cast<int64_t>(order.size()), batch = call->entry->batch, all = 0, longest = 0;
  rest = 0;
  for (int64_t row = 0; row < count; ++row) {
    int64_t positions = arrays->length(row), found = windowsOf(row);
    all += found;
    if (!model->hasLengths())
      rest += found ? (positions - k2) % k1 : positions;
    longest = positions > longest ? positions : longest;
  }
  if (all == 0 && model->hasLengths())
    return noneCounts(count, longest, error);
  if (all == 0)
    return error.fail("the longest of the %lld sequences of the training data has %lld positions, fewer than the %lld "
                      "of a window",
                      static_cast<long long>(count), static_cast<long long>(longest), static_cast<long long>(k2));
  windows = all / batch ? all / batch : 1;
  dealt = order.size();
  numbers.resize(cut.size());
  for (Window &window : cut)
    window = {-1, 0};
  return true;
}

/// Deals example b the next sequence that has a window, over the end of a pass.
void Feed::nextSequence(size_t b) {
  do {
    if (dealt == order.size()) {
      shuffle(shuffledPass + 1);
      dealt = 0;
    }
    numbers[b] = shuffledPass * static_cast<int64_t>(order.size()) + static_cast<int64_t>(dealt);
    cut[b] = {order[dealt++], 0};
  } while (!windowsOf(cut[b].row));
}

/// Each example of frames goes on by one window, or to the next sequence.
void Feed::dealFrames() {
  for (size_t b = 0; b < cut.size(); ++b) {
    Window &window = cut[b];
    window.first += k1;
    if (window.row < 0 || window.first / k1 >= windowsOf(window.row))
      nextSequence(b);
  }
}

void Feed::skip(int64_t steps) {
  // Where frames go on depends on the lengths of all sequences before; everything else is a function of the step.
  if (arrays && arrays->isDealt())
    for (int64_t i = 0; i < steps; ++i)
      dealFrames();
}

void Feed::shuffle(int64_t pass) {
  shuffledPass = pass;
  int64_t count = static_cast<int64_t>(order.size());
  for (int64_t i = 0; i < count; ++i)
    order[static_cast<size_t>(i)] = i;
  Random random(seed, hashName("order", 5) + static_cast<uint64_t>(pass));
  for (int64_t i = count - 1; i > 0; --i)
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(random.below(static_cast<uint64_t>(i), i + 1))]);
  if (shorter && !arrays->isDealt())
    sortPools(pass);
}

bool Feed::fill(int64_t i) {
  int64_t batch = call->entry->batch;
  bool carried = windows && model->carries() && !(arrays && arrays->isDealt());
  call->setDraws(seed, carried ? i / windows : i, carried ? i % windows * k1 : 0);
  if (choices) {
    Random random(seed, "windows");
    for (int64_t b = 0; b < batch; ++b)
      places[static_cast<size_t>(b)] = random.below(static_cast<uint64_t>(i * batch + b), choices);
    fillText(*call, *model, tokens, places.data(), k2);
    return true;
  }
  if (arrays && arrays->isDealt()) {
    dealFrames();
    for (size_t b = 0; b < cut.size(); ++b) {
      if (cut[b].first == 0)
        call->beginExample(static_cast<int64_t>(b));
      if (model->carries())
        call->setExampleDraws(static_cast<int64_t>(b), seed, numbers[b], cut[b].first);
    }
    arrays->fill(*call, cut.data());
    return !model->carries();
  }
  int64_t window = i % windows;
  if (tokens) {
    for (int64_t b = 0; b < batch; ++b)
      places[static_cast<size_t>(b)] = b * length + window * k1;
    fillText(*call, *model, tokens, places.data(), k2);
  } else {
    int64_t pass = i / stepsPerPass(), group = i / windows % batches;
    if (pass != shuffledPass)
      shuffle(pass);
    for (int64_t b = 0; b < batch; ++b)
      cut[static_cast<size_t>(b)] = {order[static_cast<size_t>(group * batch + b)], window * k1};
    arrays->fill(*call, cut.data());
  }
  return window == 0 || model->indexed > 0;
}
