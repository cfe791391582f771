# check_memory.py PROGRAM: training in so much memory, of the models of memory.rondo, in the current folder. However
# much there is, it trains the same weights bit for bit, and so do windows that are stored as a whole.
import random
import re
import subprocess
import sys

import fake
from compiled_models import call

PROGRAM = sys.argv[1]
source = random.Random(3)


def reals(*shape):
    count = 1
    for size in shape:
        count *= size
    return ("F64", list(shape), [source.gauss(0, 1) for _ in range(count)])


def tokens(vocab, *shape):
    count = 1
    for size in shape:
        count *= size
    return ("I32", list(shape), [source.randrange(vocab) for _ in range(count)])


DATA = {
    "One": {"x": reals(3, 100, 3), "y": reals(3, 100, 2)},
    "Ragged": {"x": reals(4, 23, 2), "y": tokens(4, 4, 23), "length.T": ("I64", [4], [23, 1, 11, 16])},
    "Last": {"x": reals(3, 50, 2), "y": reals(3, 1)},
    "Neighbours": {"x": reals(2, 120, 2), "y": reals(2, 120, 2)},
    "Sums": {"x": reals(3, 100, 3), "y": reals(3, 100, 2)},
    "Norms": {"x": reals(3, 45, 3), "y": reals(3, 45, 2)},
    "Tied": {"text": tokens(20, 5, 37), "next": tokens(20, 5, 37)},
    "Many": {"x": reals(9, 600, 2), "y": reals(9, 600, 1)},
    "Text": {"text": tokens(20, 4, 37), "next": tokens(20, 4, 37)},
}


def build(model, *options, check="--no-gradcheck"):
    binary = f"{model}{''.join(options)}.out"
    words = ["rondoc", PROGRAM, "--model", model, "-O1", *check.split(), *options, "-o", binary]
    done = subprocess.run(words, capture_output=True, text=True)
    return binary, done.stderr


def least_of(model, *options):
    """What the error says that is given for one byte."""
    _, error = build(model, "--mem=1", *options)
    found = re.search(r"error: expected --mem to be at least (\w+) for training model '(\w+)', found 1$", error, re.M)
    assert found and found[2] == model, error
    return found[1]


def segments(binary):
    found = re.search(r"^  segments +(.*)$", call("./" + binary, "info"), re.M)
    return found[1] if found else ""


def arena(binary):
    return int(re.search(r"^  training arena +(\d+) bytes$", call("./" + binary, "info"), re.M)[1])


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


for model, data in DATA.items():
    fake.write_tensors(model + ".data", data)
    train = model + ".data"
    if model == "Text":
        train = model + ".txt"
        with open(train, "w") as file:
            file.write("".join(source.choice("abcdefghijklmnopqrst") for _ in range(4000)))
    whole, _ = build(model)
    stored, error = build(model, "--mem=1G")
    assert not error and segments(stored).endswith(", stored"), (error, segments(stored))
    size = least_of(model)
    again, error = build(model, "--mem=" + size)
    if more := re.search(r"at least (\w+) for training model '\w+' and scoring data", error):
        size = more[1]
        again, error = build(model, "--mem=" + size)
    assert not error and segments(again).endswith(", recomputed"), (error, segments(again))
    assert segments(whole) == "" and arena(again) < arena(stored), (arena(again), arena(stored))
    outputs = {}
    for binary in whole, stored, again:
        call("./" + binary, "train", "--data", train, "--split", "0", "--seed", "5", "--steps", "3", "--out", "w")
        outputs[binary] = bytes_of("w")
    assert outputs[whole] == outputs[stored] == outputs[again], model
    for before, binary in ((stored, again), (whole, again), (again, whole)) if model == "One" else ():
        words = ["train", "--data", train, "--split", "0", "--out", "r"]
        call("./" + before, *words, "--seed", "5", "--steps", "1")
        said = call("./" + binary, *words, "--steps", "2", "--resume", "r.checkpoint")
        note = re.search(r"^note: the run began with (.*), and goes on with (.*) \(rondoc --mem\): ", said, re.M)
        assert bool(note) == (whole in (before, binary)), said
        if note:
            began, goes_on = (note[1], note[2]) if before == whole else (note[2], note[1])
            assert began == "whole windows" and goes_on == "windows in segments (16 of 6 behind 4)", said
    for threads in "1", "2":
        for binary in whole, stored, again:
            call("./" + binary, "grad", "--weights", "w", "--in", model + ".data", "--seed", "7", "--threads", threads,
                 "--out", binary + ".g")
        expected = bytes_of(whole + ".g")
        assert bytes_of(stored + ".g") == expected, model
        assert bytes_of(again + ".g") == expected, model
    if model == "Sums":  # what gradcheck has in double precision is no part of it
        checked, error = build(model, "--mem=" + size, check="")
        assert not error and segments(checked).endswith(", recomputed"), error
        call("./" + checked, "gradcheck")
        # The sums of several batches' gradients, of 8362 parameters, are part of it.
        more = least_of(model, "-Daccumulate=2")
        assert int(more.rstrip("K")) >= int(size.rstrip("K")) + 32, (size, more)
    print(model, segments(stored), "/", segments(again))
