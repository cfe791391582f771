// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Affinity and the quotas of control groups. A quota of version 2 is cpu.max ("max 100000", "150000 100000"), of
// version 1 cpu.cfs_quota_us and cpu.cfs_period_us; that of each group above holds as well. A container sees its own
// group as the root of the file system, though /proc may name it by a path outside: folders that are missing are
// passed over.
#include "runtime/Cores.h"

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sched.h>

using namespace rondo;

namespace {

/// Reads the beginning of a file as text; false where there is none.
bool readText(const char *root, const char *folder, const char *name, char (&text)[128]) {
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s%s/%s", root, folder, name);
  FILE *file = length < static_cast<int>(sizeof path) ? fopen(path, "re") : nullptr;
  if (!file)
    return false;
  bool found = fgets(text, sizeof text, file) != nullptr;
  fclose(file);
  return found;
}

/// Whole processors in a quota: a part of one more would make threads wait for each other.
void lower(int64_t &cores, long long quota, long long period) {
  if (quota <= 0 || period <= 0)
    return;
  int64_t whole = quota < period ? 1 : quota / period;
  cores = whole < cores ? whole : cores;
}

void applyGroup(const char *root, const char *folder, int64_t &cores) {
  char text[128], periodText[128];
  long long quota, period;
  if (readText(root, folder, "cpu.max", text) && sscanf(text, "%lld %lld", &quota, &period) == 2)
    lower(cores, quota, period);
  if (readText(root, folder, "cpu.cfs_quota_us", text) && readText(root, folder, "cpu.cfs_period_us", periodText))
    lower(cores, atoll(text), atoll(periodText));
}

/// Applies the group `path` below `root` and all above it; `path` is cut on the way.
void applyGroups(const char *root, char *path, int64_t &cores) {
  for (;;) {
    char *slash = strrchr(path, '/');
    if (!slash || !slash[1]) // the root of the hierarchy
      return applyGroup(root, "", cores);
    applyGroup(root, path, cores);
    *slash = 0;
    if (slash == path)
      return applyGroup(root, "", cores);
  }
}

/// Whether the comma-separated list holds the controller "cpu".
bool controlsProcessors(const char *list) {
  for (const char *word = list; word; word = strchr(word, ',')) {
    word += *word == ',';
    if (strncmp(word, "cpu", 3) == 0 && (word[3] == 0 || word[3] == ','))
      return true;
  }
  return false;
}

void applyQuotas(int64_t &cores) {
  const char *root = getenv("RONDO_CGROUP_ROOT");
  if (!root || !*root)
    root = "/sys/fs/cgroup";
  FILE *file = fopen("/proc/self/cgroup", "re");
  if (!file)
    return;
  // A line reads "0::/path" in version 2, "4:cpu,cpuacct:/path" in version 1.
  for (char line[PATH_MAX + 64]; fgets(line, sizeof line, file);) {
    line[strcspn(line, "\n")] = 0;
    char *list = strchr(line, ':'), *path = list ? strchr(++list, ':') : nullptr;
    if (!path)
      continue;
    *path++ = 0;
    char folder[PATH_MAX];
    if (!*list)
      applyGroups(root, path, cores);
    else if (controlsProcessors(list) && snprintf(folder, sizeof folder, "%s/cpu", root) < PATH_MAX)
      applyGroups(folder, path, cores);
  }
  fclose(file);
}

} // namespace

int64_t rondo::usableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  int64_t cores = CPU_COUNT(&set);
  cores = cores < 1 ? 1 : cores;
  applyQuotas(cores);
  return cores;
}
