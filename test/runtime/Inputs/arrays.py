# arrays.py BINARY FOLDER: trains on and evaluates [sequence, time] tokens.
import csv
import random
import subprocess
import sys

import fake

binary, folder = sys.argv[1:]
COUNT, LENGTH = 11, 13
source = random.Random(9)
# Every sequence repeats one token, so that the loss of a window tells which sequences it holds.
rows = [[token] * (LENGTH + 1) for token in source.sample(range(30), COUNT)]
flat = [token for row in rows for token in row]
fake.write_tensors(folder + "/data", {"text": ("I64", [COUNT, LENGTH + 1], flat)})


def run(*words):
    return subprocess.run([binary, *words], check=True, capture_output=True, text=True).stdout


run("train", "--data", folder + "/data", "--steps", "1", "--rate", "1e-300", "--out", folder + "/w")
output = run("train", "--data", folder + "/data", "--steps", "12", "--rate", "1e-300", "--init", folder + "/w",
             "--log", folder + "/log", "--split", "0.2", "--seed", "3")
assert "8 sequences for training, 3 for validation; 4 steps in a pass" in output, output
assert "note: the last 3 positions of each sequence fill no window" in output, output

model = fake.Fake(folder + "/w")
first, second = {}, {}
for i, row in enumerate(rows):
    scored, _ = model.losses(row[:-1], row[1:], [0.0] * fake.HIDDEN)
    first[i] = sum(loss for loss, _ in scored[:5]) / 5
    second[i] = sum(loss for loss, _ in scored[5:10]) / 5
with open(folder + "/log") as file:
    log = [float(row["loss"]) for row in csv.DictReader(file)]
batches = []
for step in range(0, 12, 2):
    found = [(a, b, c) for a in range(8) for b in range(a) for c in range(b)
             if abs(first[a] + first[b] + first[c] - 3 * log[step]) < 1e-11
             and abs(second[a] + second[b] + second[c] - 3 * log[step + 1]) < 1e-11]
    assert len(found) == 1, (step, found)
    batches.append(found[0])
for one, other in zip(batches[::2], batches[1::2]):
    assert not set(one) & set(other), "a pass takes no sequence twice"
assert len(set(batches)) > 2, "passes differ in order"

output = run("eval", "--data", folder + "/data", "--weights", folder + "/w")
found = dict(line.split()[:2] for line in output.splitlines())
losses = [loss for row in rows for loss, _ in model.losses(row[:-1], row[1:], [0.0] * fake.HIDDEN)[0]]
assert int(found["positions"]) == COUNT * LENGTH, found
assert abs(float(found["nats"]) - sum(losses) / len(losses)) < 1e-8
