# What the tests of run share: compiling models, training and running them in the current folder.
import math
import random
import subprocess

import fake
from run_helpers import read_bytes

source = random.Random(8)


def call(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def prepare(name, program, data, *options):
    """Compiles and trains; the binary is NAME, the weights are NAME.w."""
    call("rondoc", program, "-O1", "--no-gradcheck", *options, "-o", name)
    call("./" + name, "train", "--data", data, "--split", "0", "--steps", "4", "--out", name + ".w")


def run(name, data, out, *more):
    call("./" + name, "run", "--weights", name + ".w", "--in", data, "--out", out, *more)


def evaluate(name, data):
    """What eval prints, by name, but for what is skipped."""
    lines = call("./" + name, "eval", "--weights", name + ".w", "--data", data).splitlines()
    return {" ".join(words[:-1]): float(words[-1]) for words in map(str.split, lines) if "skipped" not in words}


def outputs(name, data, streams=True):
    """The outputs of a file's rows; the same bytes by one thread and, where the model `streams`, in parts."""
    run(name, data, name + ".safetensors")
    whole = read_bytes(name + ".safetensors")
    for more in ["--threads 1", *(["--stream 1", "--stream 7", "--stream 100000"] if streams else [])]:
        run(name, data, name + ".safetensors", *more.split())
        assert read_bytes(name + ".safetensors") == whole, (name, more)
    return fake.read_tensors(name + ".safetensors")


def check_nats(name, data, logits, targets, positions, loss=""):
    """`positions` are the places in `targets` that count, `loss` is what eval writes before those of several losses."""
    classes, total, right = len(logits) // len(targets), 0.0, 0
    for i in positions:
        row = logits[i * classes : i * classes + classes]
        top = max(row)
        total += math.log(sum(math.exp(x - top) for x in row)) + top - row[targets[i]]
        right += row.index(top) == targets[i]
    found = evaluate(name, data)
    assert found[loss + "positions"] == len(positions), found
    assert abs(found[loss + "accuracy"] - right / len(positions)) < 1e-6, found
    assert abs(found[loss + "nats"] - total / len(positions)) < 1e-5, (found, total / len(positions))


def reals(*shape):
    return [source.gauss(0, 1) for _ in range(math.prod(shape))]


def tokens(vocab, *shape):
    return [source.randrange(vocab) for _ in range(math.prod(shape))]


def refuse(name, expected, *more, command="run"):
    done = subprocess.run(["./" + name, command, "--weights", name + ".w", *more], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, f"{name}: error: {expected}\n"), done
