# check_dropout.py FOLDER: trains the models of dropout.rondo, compiled to FOLDER for several windows; the losses are
# those that follow from dialect/TensorOps.td (rondo.random) and runtime/Feed.h, whatever the windows.
import csv
import math
import random
import subprocess
import sys

import fake
import philox

folder, SEED, BATCH = sys.argv[1], 2**40 + 9, 3
M32 = 0xFFFFFFFF


def kept(seed, stream, position, element, probability):
    """What dropout multiplies an element by."""
    key = (seed & M32, seed >> 32)
    word = philox.philox((element, position & M32, position >> 32, stream), key)[0]
    return 1 / (1 - probability) if (word >> 8) / 2**24 >= probability else 0


def mask(seed, stream, position, count, probability):
    return [kept(seed, stream, position, element, probability) for element in range(count)]


def sequence_seed(number):
    return philox.bits(SEED, "sequence", number)


def batch_seed(number):
    return philox.bits(SEED, "batch", number)


def log_of(binary, data, steps, *words):
    subprocess.run([folder + "/" + binary, "train", "--data", folder + "/" + data, "--split", "0", "--seed", str(SEED),
                    "--steps", str(steps), "--log", folder + "/log", *words], check=True, capture_output=True)
    with open(folder + "/log") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def expect(what, found, right):
    assert len(found) == len(right), (what, len(found), len(right))
    for step, (a, b) in enumerate(zip(found, right)):
        assert abs(a - b) <= 1e-12 * max(abs(b), 1e-3), (what, step, a, b)


def error(guess, target):
    return sum((g - y) ** 2 for g, y in zip(guess, target)) / len(target)


def leak(state, x, shared):
    return [0.5 * h + value * keep for h, value, keep in zip(state, x, shared)]


source = random.Random(4)


def numbers(count):
    return [source.uniform(-1, 1) for _ in range(count)]


# Frames: each example has a sequence of its own, which begins and ends where it does.
LENGTHS = [14, 5, 3, 9, 22, 0, 6]
xs, ys = ([[numbers(3) for _ in range(length)] for length in LENGTHS] for _ in range(2))
stills = [numbers(3) for _ in LENGTHS]
offsets = [sum(LENGTHS[:i]) for i in range(len(LENGTHS) + 1)]
fake.write_tensors(folder + "/frames", {
    "x": ("F64", [offsets[-1], 3], [number for piece in xs for frame in piece for number in frame]),
    "y": ("F64", [offsets[-1], 3], [number for piece in ys for frame in piece for number in frame]),
    "still": ("F64", [len(LENGTHS), 3], [number for still in stills for number in still]),
    "offsets": ("I64", [len(offsets)], offsets)})


def deal(window):
    """The sequences of all passes that have a window, with their numbers."""
    turn = 0
    while True:
        order = list(range(len(LENGTHS)))
        for i in range(len(order) - 1, 0, -1):
            j = philox.below(SEED, philox.hash_name("order") + turn, i, i + 1)
            order[i], order[j] = order[j], order[i]
        yield from ((piece, turn * len(order) + place) for place, piece in enumerate(order) if LENGTHS[piece] >= window)
        turn += 1


def frames_losses(window, steps):
    dealt, rows, losses = deal(window), [None] * BATCH, []
    for step in range(steps):
        total = 0
        for b in range(BATCH):
            piece, number, begin, state = rows[b] or (0, 0, LENGTHS[0], None)
            if begin + window > LENGTHS[piece]:
                (piece, number), begin, state = next(dealt), 0, [0.5] * 3
            seed = sequence_seed(number)
            once, both = mask(seed, 2, 0, 3, 0.3), mask(batch_seed(step), 3, 0, 3, 0.5)
            for t in range(begin, begin + window):
                x = [value * keep for value, keep in zip(xs[piece][t], mask(seed, 0, t, 3, 0.2))]
                state = leak(state, x, mask(batch_seed(step), 1, t - begin, 3, 0.4))
                total += error([h + s * k * j for h, s, k, j in zip(state, stills[piece], once, both)], ys[piece][t])
            rows[b] = piece, number, begin + window, state
        losses.append(total / BATCH / window)
    return losses


for window in 1, 4:
    expect("frames", log_of(f"frames-{window}", "frames", 30), frames_losses(window, 30))

# Arrays of 7 sequences, two batches a pass, of 16 positions.
count, length = 7, 16
xs = [[[numbers(3) for _ in range(2)] for _ in range(length)] for _ in range(count)]
ys = [[numbers(3) for _ in range(length)] for _ in range(count)]
fake.write_tensors(folder + "/arrays", {
    "x": ("F64", [count, 2, length, 3],
          [number for piece in xs for n in range(2) for position in piece for number in position[n]]),
    "y": ("F64", [count, length, 3], [number for piece in ys for position in piece for number in position])})


def arrays_losses(seed, piece, batch_seed):
    state, losses = [0.5] * 3, []
    for t in range(length):
        own = mask(seed, 0, t, 6, 0.2)  # both positions of N
        x = [sum(xs[piece][t][n][f] * own[n * 3 + f] for n in range(2)) for f in range(3)]
        state = leak(state, x, mask(batch_seed, 1, t, 3, 0.4))
        losses.append(error(state, ys[piece][t]))
    return losses


def arrays_order(turn):
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = philox.below(SEED, philox.hash_name("order") + turn, i, i + 1)
        order[i], order[j] = order[j], order[i]
    return order


for window in 1, 5, 16:
    right = []
    for group in range(6):
        pieces = arrays_order(group // 2)[group % 2 * BATCH:][:BATCH]
        losses = [arrays_losses(sequence_seed(group * BATCH + b), piece, batch_seed(group))
                  for b, piece in enumerate(pieces)]
        for begin in range(0, length - window + 1, window):
            right.append(sum(sum(row[begin:begin + window]) for row in losses) / BATCH / window)
    expect("arrays", log_of(f"arrays-{window}", "arrays", len(right)), right)

# The first window of grad is that of the first batch; a later one says where it begins.
binary = folder + "/arrays-5"
subprocess.run([binary, "train", "--data", folder + "/arrays", "--split", "0", "--steps", "1", "--out", folder + "/w"],
               check=True, capture_output=True)
rows = [arrays_losses(sequence_seed(b), b, batch_seed(0)) for b in range(BATCH)]
given = {}
for begin in 0, 5, 10:
    given["x"] = ("F64", [BATCH, 2, 5, 3], [number for b in range(BATCH) for n in range(2)
                                            for t in range(begin, begin + 5) for number in xs[b][t][n]])
    given["y"] = ("F64", [BATCH, 5, 3], [number for b in range(BATCH) for t in range(begin, begin + 5)
                                         for number in ys[b][t]])
    fake.write_tensors(folder + "/in", given)
    subprocess.run([binary, "grad", "--weights", folder + "/w", "--in", folder + "/in", "--out", folder + "/out",
                    "--seed", str(SEED), "--position", str(begin)], check=True, capture_output=True)
    found = fake.read_tensors(folder + "/out")
    expect("grad", found["loss"][1], [sum(sum(row[begin:begin + 5]) for row in rows) / BATCH / 5])
    given = {name: ("F64", *value) for name, value in found.items() if name.startswith("state.")}

# A model of whole windows, of which a sequence has three.
xs = [[numbers(3) for _ in range(length)] for _ in range(count)]
fake.write_tensors(folder + "/whole-data", {
    "x": ("F64", [count, length, 3], [number for piece in xs for position in piece for number in position]),
    "y": ("F64", [count, length, 3], [number for piece in ys for position in piece for number in position])})
right = []
for step in range(12):
    shared, total = mask(batch_seed(step), 1, 0, 3, 0.5), 0
    for b in range(BATCH):
        piece, begin = arrays_order(step // 6)[step // 3 % 2 * BATCH + b], step % 3 * 5
        seed = sequence_seed(step * BATCH + b)
        rows = [[x * k for x, k in zip(xs[piece][begin + t], mask(seed, 0, t, 3, 0.2))] for t in range(5)]
        means = [sum(column) / 5 for column in zip(*rows)]
        total += sum(error([x - m * k for x, m, k in zip(row, means, shared)], y)
                     for row, y in zip(rows, ys[piece][begin:]))
    right.append(total / BATCH / 5)
expect("whole", log_of("whole", "whole-data", 12), right)

# A text of 3 streams of 16 positions.
text = bytes(source.choice(b"abcd") for _ in range(3 * 16 + 1))
with open(folder + "/text", "wb") as file:
    file.write(text)


def text_losses(seed, stream):
    losses = []
    for t in range(16):
        token, following = (b"abcd".index(text[16 * stream + t + i]) for i in range(2))
        logits = [(1 + (i == token)) * keep for i, keep in enumerate(mask(seed, 0, t, 4, 0.5))]
        losses.append(math.log(sum(map(math.exp, logits))) - logits[following])
    return losses


for name, window, step in ("1", 1, 1), ("5", 5, 5), ("16", 16, 16), ("overlapping", 6, 2):
    right = []
    for turn in range(3):
        losses = [text_losses(sequence_seed(turn * BATCH + b), b) for b in range(BATCH)]
        for end in range(window, 17, step):
            right.append(sum(sum(row[end - step:end]) for row in losses) / BATCH / step)
    expect("text", log_of(f"text-{name}", "text", len(right)), right)
