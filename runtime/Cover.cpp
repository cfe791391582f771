// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Deals rows out to tiles.
#include "runtime/Cover.h"

#include "runtime/CoverCheck.h"
#include "runtime/TileRun.h"

using namespace rondo;

Cover::Cover(Parameters &parameters, Team &team) : parameters(parameters), model(parameters.model), team(team) {}

Cover::~Cover() {
  for (Worker *worker : workers) {
    worker->~Worker();
    free(worker);
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
  for (size_t i = 1; i < forms.size(); ++i)
    for (size_t j = i; j > 0 && forms[j].rows() < forms[j - 1].rows(); --j)
      std::swap(forms[j], forms[j - 1]);
  if (forms.empty() || forms[0].rows() != 1)
    return error.fail("the model '%s' was compiled without the entries that compute its outputs", model.name.c_str());
  return true;
}

int64_t Cover::wholeLength() const {
  return model.windowAxis() < 0 || (model.streamable && forms[0].step) ? 0 : forms[0].window->length;
}

bool Cover::isRead(Role role, const Text &name) const { return forms[0].window->takes(role, name); }

Cover::Worker &Cover::worker(int64_t thread) {
  while (static_cast<int64_t>(workers.size()) <= thread) {
    void *memory = malloc(sizeof(Worker));
    if (!memory)
      outOfMemory(sizeof(Worker));
    Worker *made = workers.add(new (memory) Worker(parameters, team));
    for (const Form &form : forms) {
      made->windows.add(made->workspace.bind(*form.window));
      made->steps.add(form.step ? made->workspace.bind(*form.step) : Call());
    }
  }
  return *workers[static_cast<size_t>(thread)];
}

bool Cover::run(const CoverBatch &batch, Error &error) {
  if (!CoverCheck(*this, batch, error).run())
    return false;
  List<int64_t> order;
  for (int64_t row = 0; row < batch.rows; ++row)
    order.add(row);
  for (int64_t row = 0; row < batch.rows; ++row)
    TileRun(*this, batch, worker(0), {0, row, 1}, order.data()).run();
  return true;
}
