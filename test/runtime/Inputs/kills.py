# kills.py BINARY FOLDER N: kills a run that writes all the time, N times, and goes on from its checkpoint.
import glob
import json
import os
import random
import subprocess
import sys
import time

import event_file
import fake

binary, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
source = random.Random(6)
data, out = folder + "/text", folder + "/w.safetensors"
checkpoint, best = folder + "/w.checkpoint.safetensors", folder + "/w.best.safetensors"
log, events = folder + "/log.jsonl", folder + "/events"
LOGS = ["--log", log, "--tensorboard", events]
with open(data, "w") as file:
    file.write(fake.make_text(2, 60))


def command(*more):
    return [binary, "train", "--data", data, "--out", out, "--checkpoint-every", "1", *more]


def start(*more):
    return subprocess.Popen(command(*more), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def leftovers():
    return glob.glob(glob.escape(folder) + "/*.rondo-tmp")


def read_all():
    """The step of the checkpoint. Each file that is there is a whole one."""
    steps = {path: int(fake.read_tensors(path)["__metadata__"]["rondo.steps"])
             for path in (out, checkpoint, best) if os.path.exists(path)}
    assert steps.get(out, 0) - steps.get(checkpoint, 0) in (0, 1), steps
    return steps.get(checkpoint, 0)


def read_logs():
    """The steps of the log, of which each line is whole, as each event is."""
    event_file.read_events(events)
    with open(log) as file:
        lines = file.readlines()
    assert all(line.endswith("}\n") for line in lines), lines[-1]
    return [line["step"] for line in map(json.loads, lines) if "loss" in line]


done = killed_in_write = 0
for number in range(count):
    run = start("--steps", "100000000", *LOGS, *(["--resume", checkpoint] if done else []))
    while run.poll() is None and not os.path.exists(checkpoint):
        pass
    time.sleep(source.uniform(0, 0.3))
    assert run.poll() is None, run.communicate()
    run.kill()
    run.wait()
    killed_in_write += bool(leftovers())
    before, done = done, read_all()
    assert done >= before, (before, done)
    steps = read_logs()
    assert steps == list(range(1, len(steps) + 1)) and len(steps) >= done, (steps, done)
print(f"{count} kills, {killed_in_write} in the middle of a file, {done} steps")

# A temporary file of each name, half written, as of runs that were killed there.
for path in (out, checkpoint, best):
    with open(path + ".rondo-tmp", "w") as file:
        file.write("half")
subprocess.run(command("--resume", checkpoint, "--steps", str(done + 3), *LOGS), check=True,
               stdout=subprocess.DEVNULL)
assert not leftovers(), leftovers()
assert read_all() == done + 3
assert read_logs() == list(range(1, done + 4))

# The same steps as of a run that nobody killed.
whole = folder + "/whole.safetensors"
subprocess.run([binary, "train", "--data", data, "--out", whole, "--steps", str(done + 3)], check=True,
               stdout=subprocess.DEVNULL)
assert fake.read_tensors(whole) == fake.read_tensors(out)

# Two at once, and a third that starts and ends meanwhile: all write whole files.
runs = [start("--steps", "60") for _ in range(2)]
for _ in range(5):
    subprocess.run(command("--steps", "2"), check=True, stdout=subprocess.DEVNULL)
    fake.read_tensors(out), fake.read_tensors(checkpoint), fake.read_tensors(best)
for run in runs:
    assert run.communicate()[1] == "" and run.returncode == 0
assert not leftovers(), leftovers()
