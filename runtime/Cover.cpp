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

/// The cycles that copies of a position's inputs and outputs take, roughly. A single row needs none (TileRun).
static double copyCost(const Entry &entry) {
  constexpr double bytesInACycle = 6;
  double bytes = 0;
  for (const Argument &argument : entry.args)
    if (argument.role == Role::Input || argument.role == Role::Target || argument.role == Role::Output)
      bytes += static_cast<double>(Buffer{nullptr, argument.type, argument.shape}.bytes());
  return entry.batch == 1 ? 0 : bytes / static_cast<double>(entry.length) / bytesInACycle;
}

bool Cover::open(Error &error) { return addForms(error); }

bool Cover::openGenerator(Error &error) {
  isOfGenerator = true;
  generates = model.hasGenerator();
  return addForms(error);
}

bool Cover::addForms(Error &error) {
  for (const Entry &entry : model.entries) {
    if (generates ? !entry.generates : !entry.isOfCover())
      continue;
    Form *form = nullptr;
    for (Form &known : forms)
      if (known.rows() == entry.batch)
        form = &known;
    (form ? *form : forms.add()).entries.add(&entry);
  }
  sortItems(forms, [](const Form &a, const Form &b) { return a.rows() < b.rows(); });
  if (forms.empty() || forms[0].rows() != 1)
    return error.fail("the model '%s' was compiled without the entries that compute its outputs", model.name.c_str());
  for (Form &form : forms) {
    sortItems(form.entries, [](const Entry *a, const Entry *b) { return a->length > b->length; });
    TileForm &cost = costs.add();
    cost.rows = form.rows();
    cost.copyCost = copyCost(*form.entries[0]);
    cost.isWhole = takesShorter();
    for (const Entry *entry : form.entries)
      cost.windows.add({entry->length, entry->cost, entry->fixedCost, entry->takes(Role::Length)});
  }
  return true;
}

/// Whether rows can be run in parts, down to single positions.
bool Cover::streams() const { return (model.streamable || generates) && forms[0].entries.end()[-1]->length == 1; }

int64_t Cover::mostPositions() const {
  if (model.windowAxis() < 0 || streams())
    return 0;
  // The entries may have room for more.
  int64_t room = longest().length, most = model.axes[static_cast<size_t>(model.windowAxis())].most;
  return most && most < room ? most : room;
}

Call *Cover::single() {
  bool isBound = streams() && !workers.empty() && !workers[0]->calls[0].empty();
  return isBound ? &workers[0]->calls[0].back() : nullptr;
}

bool Cover::isRead(Role role, const Text &name) const { return longest().takes(role, name); }

List<const State *> Cover::statesRead() const {
  List<const State *> read;
  for (const State &state : states())
    if (isRead(Role::State, state.name))
      read.add(&state);
  return read;
}

const Entry *Cover::beginOf(const Form &form) const {
  const Text &name = form.entries[0]->begin;
  return name.empty() ? nullptr : model.entry(name.c_str());
}

List<const State *> Cover::heldRead() const {
  List<const State *> read;
  for (const State &value : model.held)
    if (isRead(Role::Held, value.name))
      read.add(&value);
  return read;
}

bool Cover::isHeldOf(Role role, const Text &name) const {
  const Entry *begin = beginOf(forms[0]);
  return begin && begin->takes(role, name);
}

struct Cover::Deal {
  Cover *cover;
  const CoverBatch *batch;
  const CoverPlan *plan;
  const int64_t *order;
  bool outputsApart;
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
    Team *team = deal.plan->isDealtOut ? nullptr : &deal.cover->team;
    TileRun(*deal.cover, *deal.batch, *worker, tiles[i], deal.order, deal.outputsApart, team).run();
  }
}

bool Cover::makeWorkers(int64_t threads, Error &error) {
  while (static_cast<int64_t>(workers.size()) < threads) {
    void *memory = takeMemory(sizeof(Worker));
    if (!memory)
      return error.outOfMemory(sizeof(Worker));
    Worker *worker = new (memory) Worker(parameters, team);
    workers.add(worker);
    worker->calls.resize(forms.size());
    worker->places.resize(states().size());
    worker->begins.resize(forms.size());
  }
  return true;
}

bool Cover::bindForm(Worker &worker, size_t form, Error &error) {
  List<Call> &calls = worker.calls[form], &begins = worker.begins[form];
  if (const Entry *begin = begins.empty() ? beginOf(forms[form]) : nullptr) {
    Call call = worker.workspace.bind(*begin, error);
    if (error.failed())
      return false;
    begins.add(std::move(call));
  }
  while (calls.size() < forms[form].entries.size()) {
    const Call *begin = begins.empty() ? nullptr : &begins[0];
    Call call = worker.workspace.bind(*forms[form].entries[calls.size()], error, begin);
    if (error.failed())
      return false;
    calls.add(std::move(call));
  }
  return true;
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

/// Says what it costs to make what is held, if that is to be made for any row.
void Cover::countBegins(const CoverBatch &batch) {
  bool isGiven = !batch.held.empty() && batch.isHeld;
  for (int64_t row = 0; isGiven && row < batch.rows; ++row)
    isGiven = batch.isHeld[row];
  for (size_t form = 0; form < forms.size(); ++form)
    costs[form].beginCost = isGiven ? 0 : forms[form].entries[0]->beginCost;
}

bool Cover::run(const CoverBatch &batch, Error &error) {
  CoverCheck check(*this, batch, error);
  if (!check.run())
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
  countBegins(batch);
  CoverPlan plan = planCover(costs, lengths.data(), batch.rows, team.threads());
  int64_t tiles = static_cast<int64_t>(plan.tiles.size());
  if (!prepare(!plan.isDealtOut ? 1 : tiles < team.threads() ? tiles : team.threads(), plan, error))
    return false;
  Deal deal{this, &batch, &plan, order.data(), streams() && check.hasOutputsApart()};
  void *arguments[] = {&deal};
  // In a tile that is dealt out the team is busy, so that an entry is run by its thread alone.
  if (plan.isDealtOut)
    team.run(runTiles, arguments);
  else
    runTiles(arguments, nullptr, 0, 1);
  return true;
}
