# logs.py BINARY FOLDER: CSV, JSON lines and events of one run agree with each other and with its weights; a run that is
# cut and goes on has the same ones.
import csv
import json
import math
import struct
import subprocess
import sys

import event_file
import fake

binary, folder = sys.argv[1:]
TIMES = ("tokens_per_s", "seconds")


def train(name, *more):
    subprocess.run([binary, "train", "--data", folder + "/text", "--out", f"{folder}/{name}", "--checkpoint-every",
                    "10", "--validate-every", "5", *more], check=True, stdout=subprocess.DEVNULL)


def read_lines(path):
    """The JSON lines of steps, and those of validations."""
    lines = [json.loads(line) for line in open(path)]
    return [line for line in lines if "loss" in line], [line for line in lines if "loss" not in line]


def without_times(lines):
    return [{name: value for name, value in line.items() if name not in TIMES} for line in lines]


train("whole", "--steps", "40", "--log", folder + "/whole.jsonl", "--tensorboard", folder + "/whole.events")
train("csv", "--steps", "40", "--log", folder + "/whole.csv")
steps, validations = read_lines(folder + "/whole.jsonl")
assert [line["step"] for line in steps] == list(range(1, 41))
assert [line["step"] for line in validations] == list(range(5, 41, 5))
assert list(steps[0]) == ["step", "loss", "gradient_norm", "update_norm", "rate", *TIMES], steps[0]
assert list(validations[0]) == ["step", "validation.loss", "validation.accuracy"], validations[0]
for line, row in zip(steps, csv.DictReader(open(folder + "/whole.csv"))):
    assert (line["step"], line["loss"], line["gradient_norm"]) == (int(row["step"]), *map(float, (row["loss"],
                                                                                               row["norm"])))
    assert line["rate"] == 0.01 and line["tokens_per_s"] > 0 and 0 < line["seconds"] < 1000
# What eval says of the same weights.
printed = subprocess.run([binary, "eval", "--data", folder + "/text", "--weights", folder + "/whole", "--split", "0.1"],
                         check=True, capture_output=True, text=True).stdout
numbers = dict(line.split()[:2] for line in printed.splitlines())
assert abs(validations[-1]["validation.loss"] - float(numbers["nats"])) < 1e-8, (validations[-1], numbers)
assert abs(validations[-1]["validation.accuracy"] - float(numbers["accuracy"])) < 1e-6
# The distance between the weights before and behind a step.
train("before", "--steps", "22")
train("behind", "--steps", "23")
before, behind = (fake.read_tensors(f"{folder}/{name}") for name in ("before", "behind"))
distance = math.sqrt(sum((a - b)**2 for name in "erwb" for a, b in zip(before[name][1], behind[name][1])))
assert abs(distance / steps[22]["update_norm"] - 1) < 1e-12, (distance, steps[22])

# Cut behind a checkpoint, with lines and events of steps that come again.
train("cut", "--steps", "20", "--log", folder + "/cut.jsonl", "--tensorboard", folder + "/cut.events")
with open(folder + "/cut.jsonl", "a") as file:
    file.write('{"step":21,"loss":1}\n{"step":2')
train("cut", "--resume", folder + "/cut.checkpoint", "--steps", "40", "--log", folder + "/cut.jsonl", "--tensorboard",
      folder + "/cut.events")
assert [without_times(lines) for lines in read_lines(folder + "/cut.jsonl")] == [
    without_times(steps), without_times(validations)]

# Events hold the same in single precision.
events = event_file.read_events(folder + "/whole.events")
expected = []
for line in [json.loads(line) for line in open(folder + "/whole.jsonl")]:
    step, isStep = line.pop("step"), "loss" in line
    line.pop("seconds", None)
    for name, value in line.items():
        tag = "train/" + name if isStep else name.replace(".", "/", 1)
        expected.append((0, step, tag, struct.unpack("f", struct.pack("f", value))[0]))
assert events == expected, (events[:9], expected[:9])
cut = event_file.read_events(folder + "/cut.events")
assert [event for event in cut if event[2] == "start"] == [(1, 21, "start", None)]
kept = [event[1:] for event in cut if event[2] not in ("start", "train/tokens_per_s")]
assert kept == [event[1:] for event in events if event[2] != "train/tokens_per_s"]
