# cores.py BINARY FOLDER: what `info` says of the threads, under affinities and made-up control groups.
import os
import subprocess
import sys

import fake

binary, folder = sys.argv[1:]
cores = sorted(os.sched_getaffinity(0))


def run(arguments, root="/nowhere", affinity=None):
    return subprocess.run([binary] + arguments, env={**os.environ, "RONDO_CGROUP_ROOT": root}, capture_output=True,
                          text=True, check=True, preexec_fn=lambda: affinity and os.sched_setaffinity(0, affinity))


def threads(root="/nowhere", affinity=None):
    line = run(["info"], root, affinity).stdout.splitlines()[-1]
    assert line.endswith(" threads, unless --threads says otherwise"), line
    return int(line.split()[0])


def group(name, files):
    """A root of control groups; files: path -> text."""
    root = folder + "/" + name
    for path, text in files.items():
        os.makedirs(os.path.dirname(root + "/" + path), exist_ok=True)
        with open(root + "/" + path, "w") as file:
            file.write(text + "\n")
    return root


most = min(len(cores), 64)
assert threads() == most
assert threads(affinity={cores[-1]}) == 1

# The process's own group in each version, as /proc names it.
second, first = None, None
with open("/proc/self/cgroup") as file:
    for line in file:
        _, controllers, path = line.rstrip("\n").split(":", 2)
        if not controllers:
            second = path.strip("/")
        elif "cpu" in controllers.split(","):
            first = path.strip("/")
if second is not None:
    assert threads(group("one", {"cpu.max": "100000 100000"})) == 1
    assert threads(group("part", {"cpu.max": "20000 100000"})) == 1
    assert threads(group("more", {"cpu.max": "190000 100000"})) == 1
    assert threads(group("two", {"cpu.max": "200000 100000"})) == min(most, 2)
    assert threads(group("none", {"cpu.max": "max 100000"})) == most
    # The least quota on the way from the group to the root holds.
    own = os.path.normpath("./" + second + "/cpu.max")
    assert threads(group("own", {own: "100000 100000"})) == 1
    if second:
        assert threads(group("both", {own: "max 100000", "cpu.max": "50000 50000"})) == 1
if first is not None:
    assert threads(group("v1", {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"})) == 1
    assert threads(group("v1-none", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"})) == most

# More threads than that are not started, which is said once; fewer are as asked.
with open(folder + "/text", "w") as file:
    file.write(fake.make_text(1))
train = ["train", "--data", folder + "/text", "--steps", "2", "--threads"]
done = run(train + ["64"], affinity={cores[0]})
assert done.stderr.splitlines() == [os.path.basename(binary) + ": note: --threads 64: the process may use 1 processor, "
                                    "so as many threads compute"], done.stderr
assert run(train + ["1"]).stderr == ""
