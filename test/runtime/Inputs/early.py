# early.py BINARY FOLDER: a run that its patience ends, and that goes on without, has the weights, the best weights and
# the checkpoint of one that never stopped, bit for bit; between them --out holds the best weights.
import filecmp
import random
import subprocess
import sys

import fake

binary, folder = sys.argv[1:]
source = random.Random(3)
# Noise, of which the model learns the training part by heart alone.
with open(folder + "/noise", "w") as file:
    file.write("".join(source.choice("abcdefgh") for _ in range(200)))


def train(name, *more):
    return subprocess.run([binary, "train", "--data", folder + "/noise", "--split", "0.3", "--out",
                           f"{folder}/{name}", "--checkpoint-every", "15", "--validate-every", "5", *more],
                          check=True, capture_output=True, text=True).stdout


def same(first, second):
    return filecmp.cmp(f"{folder}/{first}", f"{folder}/{second}", shallow=False)


train("whole", "--steps", "600", "--rate", "0.05")
printed = train("cut", "--steps", "600", "--rate", "0.05", "--patience", "4")
metadata = fake.read_tensors(folder + "/cut.checkpoint")["__metadata__"]
stop, best = int(metadata["rondo.run.step"]), int(metadata["rondo.run.best_steps"])
assert stop % 5 == 0 and stop == best + 4 * 5 < 600 and metadata["rondo.run.waited"] == "4", metadata
assert "the last 4 validations were no better: the training ends\n" in printed, printed
assert same("cut", "cut.best")
assert fake.read_tensors(folder + "/cut")["__metadata__"]["rondo.steps"] == str(best)
# More patience, and then none; the number of steps is the checkpoint's.
train("cut", "--resume", folder + "/cut.checkpoint", "--patience", "6")
metadata = fake.read_tensors(folder + "/cut.checkpoint")["__metadata__"]
assert int(metadata["rondo.run.step"]) > stop and metadata["rondo.run.waited"] == "6", metadata
train("cut", "--resume", folder + "/cut.checkpoint")
for ending in ("", ".checkpoint", ".best"):
    assert same("whole" + ending, "cut" + ending), ending
