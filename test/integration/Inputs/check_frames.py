# check_frames.py FOLDER: trains FOLDER/next and FOLDER/overlapping on sequences of different lengths and evaluates
# them; the losses are those of the model in Python, in the order of runtime/Feed.h. The rate is so small that the
# weights stay what they are.
import csv
import math
import random
import subprocess
import sys

import fake
import philox

folder = sys.argv[1]
BATCH, WINDOW, STEPS, SEED = 3, 4, 40, 9
source = random.Random(4)
LENGTHS = [14, 5, 3, 9, 22, 0, 6]
offsets = [sum(LENGTHS[:i]) for i in range(len(LENGTHS) + 1)]
frames = [[source.random() for _ in range(3)] for _ in range(offsets[-1])]
speakers = [source.randrange(5) for _ in LENGTHS]


def tensors(part, pieces):
    chosen = [frames[offsets[piece]:offsets[piece + 1]] for piece in pieces]
    ends = [sum(map(len, chosen[:i])) for i in range(len(chosen) + 1)]
    return {part + "x": ("F64", [ends[-1], 3], [number for piece in chosen for frame in piece for number in frame]),
            part + "offsets": ("I64", [len(ends)], ends),
            part + "speaker": ("U8", [len(pieces)], [speakers[piece] for piece in pieces])}


def run(binary, *words):
    return subprocess.run([folder + "/" + binary, *words], check=True, capture_output=True, text=True).stdout


def score(output):
    return dict(line.split()[:2] for line in output.splitlines() if not line.startswith("note"))


fake.write_tensors(folder + "/all", tensors("", range(7)))
fake.write_tensors(folder + "/parts", {**tensors("train.", range(5)), **tensors("test.", [5, 6, 0])})
run("next", "train", "--data", folder + "/all", "--split", "0", "--steps", "1", "--out", folder + "/w")
weights = fake.read_tensors(folder + "/w")


def product(name, vector):
    (rows, columns), values = weights[name]
    return [sum(values[r * columns + c] * vector[c] for c in range(columns)) for r in range(rows)]


def losses(piece):
    """Those of all positions that have their target."""
    state, found = [0.5] * 6, []
    by_speaker = product("guess.s", weights["s"][1][speakers[piece] * 2:speakers[piece] * 2 + 2])
    for t in range(offsets[piece], offsets[piece + 1] - 1):
        inner = zip(state, product("a.h.x", frames[t]), weights["a.h.bias"][1])
        state = [0.5 * old + math.tanh(new + bias) for old, new, bias in inner]
        guess = map(sum, zip(product("guess.a", state), by_speaker, weights["guess.bias"][1]))
        found.append(sum((g - y) ** 2 for g, y in zip(guess, frames[t + 1])) / 3)
    return found


LOSSES = [losses(piece) for piece in range(len(LENGTHS))]


def deal(pieces):
    """The pieces of all passes that have a window, in their order."""
    number = 0
    while True:
        order = list(range(pieces))
        for i in range(pieces - 1, 0, -1):
            j = philox.below(SEED, philox.hash_name("order") + number, i, i + 1)
            order[i], order[j] = order[j], order[i]
        yield from (piece for piece in order if len(LOSSES[piece]) >= WINDOW)
        number += 1


def check_training(binary, data, pieces, step):
    run(binary, "train", "--data", folder + "/" + data, *([] if data == "parts" else ["--split", "0"]), "--seed",
        str(SEED), "--steps", str(STEPS), "--init", folder + "/w", "--log", folder + "/log")
    with open(folder + "/log") as file:
        log = [float(row["loss"]) for row in csv.DictReader(file)]
    dealt = deal(pieces)
    rows = [None] * BATCH
    for logged in log:
        total = 0
        for b in range(BATCH):
            piece, begin = rows[b] or (None, 0)
            begin += step
            if piece is None or begin + WINDOW > len(LOSSES[piece]):
                piece, begin = next(dealt), 0
            rows[b] = piece, begin
            total += sum(LOSSES[piece][begin + WINDOW - step:begin + WINDOW]) / step
        assert abs(total / BATCH - logged) < 1e-12 * logged, (binary, total / BATCH, logged)


check_training("next", "all", 7, 4)
check_training("overlapping", "all", 7, 2)
check_training("next", "parts", 4, 4)  # a tenth of `train` is for validation


def check_evaluation(pieces, *words):
    found = score(run("next", "eval", "--weights", folder + "/w", *words))
    scored = [loss for piece in pieces for loss in LOSSES[piece]]
    assert int(found["positions"]) == len(scored), (found, len(scored))
    assert abs(float(found["loss"]) - sum(scored) / len(scored)) < 1e-8 * float(found["loss"]), found
    assert "skipped" not in found


check_evaluation(range(7), "--data", folder + "/all")
check_evaluation([3, 4, 5, 6], "--data", folder + "/all", "--split", "0.5")
check_evaluation([5, 6, 0], "--data", folder + "/parts")
check_evaluation(range(5), "--data", folder + "/parts", "--part", "train")
