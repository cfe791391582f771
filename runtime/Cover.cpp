// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Deals rows out to tiles.
#include "runtime/Cover.h"

#include "runtime/CoverCheck.h"
#include "runtime/TileRun.h"

#include <atomic>

using namespace rondo;

Cover::Cover(Parameters &parameters, Team &team) : parameters(parameters), model(parameters.model), team(team) {}

Cover::~Cover() {
  for (Worker *worker : workers) {
    worker->~Worker();
    giveMemory(worker);
  }
}

bool Cover::open(Error &error) {
  for (const Entry &entry : model.entries) {
    if (!entry.isOfCover())
      continue;
    Form *form = nullptr;
    for (Form &known : forms)
      if (known.rows() == entry.batch)
        form = &known;
    if (!form)
      forms.add({&entry, nullptr});
    else if (entry.length > form->window->length)
      form->step = std::exchange(form->window, &entry);
    else
      form->step = &entry;
  }
  for (Form &form : forms)
    if (model.streamable && !form.step && form.window->length == 1)
      form.step = form.window;
  for (size_t i = 1; i < forms.size(); ++i)
    for (size_t j = i; j > 0 && forms[j].rows() < forms[j - 1].rows(); --j)
      std::swap(forms[j], forms[j - 1]);
  if (forms.empty() || forms[0].rows() != 1)
    return error.fail("the model '%s' was compiled without the entries that compute its outputs", model.name.c_str());
  return true;
}

int64_t Cover::wholeLength() const { return model.windowAxis() < 0 || forms[0].step ? 0 : forms[0].window->length; }

Call *Cover::single() {
  return forms[0].step && !workers.empty() && workers[0]->steps[0].entry ? &workers[0]->steps[0] : nullptr;
}

bool Cover::isRead(Role role, const Text &name) const { return forms[0].window->takes(role, name); }

struct Cover::Deal {
  Cover *cover;
  const CoverBatch *batch;
  const CoverPlan *plan;
  const int64_t *order;
  /// The next tile, and how many workers have been taken.
  std::atomic<size_t> next{0}, taken{0};
};

/// Lets a thread take tiles until there are none.
void Cover::runTiles(void *const *arguments, rondo_team *, int64_t, int64_t) {
  Deal &deal = *static_cast<Deal *>(arguments[0]);
  const List<Tile> &tiles = deal.plan->tiles;
  Worker *worker = nullptr;
  for (size_t i; (i = deal.next.fetch_add(1, std::memory_order_relaxed)) < tiles.size();) {
    // Not the thread's own: there are no more of them than tiles.
    if (!worker)
      worker = deal.cover->workers[deal.taken.fetch_add(1, std::memory_order_relaxed)];
    TileRun(*deal.cover, *deal.batch, *worker, tiles[i], deal.order).run();
  }
}

bool Cover::makeWorkers(int64_t threads, Error &error) {
  while (static_cast<int64_t>(workers.size()) < threads) {
    void *memory = takeMemory(sizeof(Worker));
    if (!memory)
      return error.outOfMemory(sizeof(Worker));
    Worker *worker = new (memory) Worker(parameters, team);
    workers.add(worker);
    worker->windows.resize(forms.size());
    worker->steps.resize(forms.size());
  }
  return true;
}

bool Cover::bindForm(Worker &worker, size_t form, Error &error) {
  if (worker.windows[form].entry)
    return true;
  worker.windows[form] = worker.workspace.bind(*forms[form].window, error);
  if (forms[form].step)
    worker.steps[form] = worker.workspace.bind(*forms[form].step, error);
  return !error.failed();
}

bool Cover::reserve(int64_t threads, Error &error) {
  if (!makeWorkers(threads, error))
    return false;
  for (Worker *worker : workers)
    for (size_t form = 0; form < forms.size(); ++form)
      if (!bindForm(*worker, form, error))
        return false;
  return true;
}

/// Binds what the threads will need: they may not do so themselves.
bool Cover::prepare(int64_t threads, const CoverPlan &plan, Error &error) {
  if (!makeWorkers(threads, error))
    return false;
  for (int64_t thread = 0; thread < threads; ++thread)
    for (const Tile &tile : plan.tiles)
      if (!bindForm(*workers[static_cast<size_t>(thread)], tile.form, error))
        return false;
  return true;
}

namespace {

struct Row {
  int64_t row, length;
};

bool isLonger(const Row &a, const Row &b) { return a.length != b.length ? a.length > b.length : a.row < b.row; }

} // namespace

bool Cover::run(const CoverBatch &batch, Error &error) {
  if (!CoverCheck(*this, batch, error).run())
    return false;
  List<Row> rows;
  for (int64_t row = 0; row < batch.rows; ++row)
    rows.add({row, model.windowAxis() < 0 ? 1 : batch.lengths[row]});
  if (rows.empty())
    return true;
  sortItems(rows, isLonger);
  List<int64_t> order, lengths;
  for (const Row &row : rows) {
    order.add(row.row);
    lengths.add(row.length);
  }
  List<TileForm> costs;
  for (const Form &form : forms)
    costs.add({form.rows(), form.window->length, form.window->cost, form.step ? form.step->cost : 0});
  CoverPlan plan = planCover(costs, lengths.data(), batch.rows, team.threads());
  int64_t tiles = static_cast<int64_t>(plan.tiles.size());
  if (!prepare(!plan.isDealtOut ? 1 : tiles < team.threads() ? tiles : team.threads(), plan, error))
    return false;
  Deal deal{this, &batch, &plan, order.data()};
  void *arguments[] = {&deal};
  // In a tile that is dealt out the team is busy, so that an entry is run by its thread alone.
  if (plan.isDealtOut)
    team.run(runTiles, arguments);
  else
    runTiles(arguments, nullptr, 0, 1);
  return true;
}
