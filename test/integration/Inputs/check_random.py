# check_random.py FOLDER: what the models of random-values.rondo, compiled to FOLDER, draw is what follows from
# dialect/TensorOps.td (rondo.random) and frontend/Random.md, for any windows, rows and threads; and is distributed as
# that says.
import csv
import math
import random
import subprocess
import sys

import fake
import philox

folder, SEED, M32 = sys.argv[1], 2**40 + 9, 0xFFFFFFFF
source = random.Random(4)


def uniform(seed, stream, position, element):
    key = (seed & M32, seed >> 32)
    return (philox.philox((element, position & M32, position >> 32, stream), key)[0] >> 8) / 2**24


def normal(seed, stream, position, element):
    above, turn = 1 - uniform(seed, stream, position, element), uniform(seed, stream + 1, position, element)
    return math.sqrt(-2 * math.log(above)) * math.cos(2 * math.pi * turn)


def gumbel(seed, stream, position, element):
    return -math.log(-math.log(max(uniform(seed, stream, position, element), 2**-25)))


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def largest(values):
    return [float(i == values.index(max(values))) for i in range(len(values))]


def run(model, given, *words, seed=SEED, kind="F64"):
    """The outputs of the model: name -> [row][position][element]."""
    tensors = {name: ("I32" if name.startswith("length") else kind, [len(rows)] + shape, flatten(rows))
               for name, (shape, rows) in given.items()}
    fake.write_tensors(folder + "/in.safetensors", tensors)
    subprocess.run([folder + "/" + model, "run", "--in", folder + "/in.safetensors",
                    "--out", folder + "/out.safetensors", "--seed", str(seed), *words], check=True, capture_output=True)
    found = fake.read_tensors(folder + "/out.safetensors")
    del found["__metadata__"]
    return found


def flatten(value):
    return [number for part in value for number in flatten(part)] if isinstance(value, list) else [value]


def inputs(rows, length):
    return {"x": ([length, 3], [[[source.uniform(-2, 2) for _ in range(3)] for _ in range(length)]
                                for _ in range(rows)]),
            "still": ([], [0.0] * rows)}


# The streams are numbered in the program's order, two for each normal.
ROWS, LENGTH = 5, 7
given = inputs(ROWS, LENGTH)
whole = run("drawn", given)
for b in range(ROWS):
    seed, batch = philox.bits(SEED, "sequence", b), philox.bits(SEED, "batch", 0)
    for t in range(LENGTH):
        x = given["x"][1][b][t]
        for e in range(3):
            right = {"coin": float(uniform(seed, 0, t, e) < 0.3),
                     "bell": 0.5 * normal(seed, 1, t, e),
                     "flat": 2 * (2 * uniform(seed, 3, t, e) - 1),
                     "peak": gumbel(seed, 4, t, e),
                     "drawn": largest([x[i] + gumbel(seed, 5, t, i) for i in range(3)])[e],
                     "most": largest(x)[e],
                     "several": normal(seed, 6, t, e) + normal(seed, 6, t, 3 + e),
                     "chance": float(uniform(seed, 8, t, e) < sigmoid(x[e])),
                     "same": float(uniform(seed, 11, 0, e) < sigmoid(x[e]))}
            once = {"once": normal(seed, 9, 0, e),
                    "shared": 2 * uniform(batch, 12, 0, e) - 1,
                    "anew": 2 * uniform(seed, 13, 0, e) - 1}
            for names, place in (right, (b * LENGTH + t) * 3 + e), (once, b * 3 + e):
                for name, value in names.items():
                    found = whole[name][1][place]
                    assert abs(found - value) <= 1e-12 * max(1, abs(value)), (name, b, t, e, found, value)

# The same bits in windows, with threads, and of fewer rows.
for words in ("--stream", "1"), ("--stream", "3"), ("--threads", "2"):
    assert run("drawn", given, *words) == whole, words
few = run("drawn", {name: (shape, rows[:2]) for name, (shape, rows) in given.items()})
assert all(values == whole[name][1][:len(values)] for name, (shape, values) in few.items())

# Cells: in parts, with states in files between them.
cells = {"x": given["x"], "y": ([LENGTH, 2, 3], [[[[source.uniform(-1, 1) for _ in range(3)] for _ in range(2)]
                                                   for _ in range(LENGTH)] for _ in range(ROWS)])}
whole = run("cells", cells)
for words in ("--stream", "1"), ("--stream", "4"):
    assert run("cells", cells, *words) == whole, words
parts = []
for begin, end in (0, 3), (3, LENGTH):
    part = {name: ([end - begin] + shape[1:], [row[begin:end] for row in rows])
            for name, (shape, rows) in cells.items()}
    state = folder + "/state.safetensors"
    words = ["--state-out", state] + (["--state-in", state] if begin else [])
    parts.append(run("cells", part, *words))
for name, (shape, values) in whole.items():
    rows = [[parts[i][name][1][b * length * 3:(b + 1) * length * 3] for i, length in enumerate((3, LENGTH - 3))]
            for b in range(ROWS)]
    assert flatten(rows) == values, name
assert run("cells", cells) == whole
seeds = {tuple(run("cells", cells, seed=seed)["o"][1]) for seed in (1, 2, 3)}
assert len(seeds) == 3

# Sequences that end: what is before their ends is that of longer ones, and what is over all of theirs that of as long.
lengths = [3, 7, 0, 5, 1]
ended = run("ended", {"x": given["x"], "length.T": ([], lengths)})
for b, length in enumerate(lengths):
    rows = {"x": ([length, 3], [row[:length] for row in given["x"][1]])}
    alone = run("ended", rows) if length else {"last": ([], [0.0] * 15), "sum": ([], [0.0] * 15)}
    for name in "last", "sum":
        assert ended[name][1][b * 3:b * 3 + 3] == alone[name][1][b * 3:b * 3 + 3], (name, b)
    if length:
        begin, count = b * max(lengths) * 3, length * 3
        assert ended["o"][1][begin:begin + count] == alone["o"][1][b * count:(b + 1) * count], b

# In windows too, from which the rows that have ended are left out, and those that never begin.
going = {"x": given["x"], "length.T": ([], lengths)}
whole = run("going", going)
for words in ("--stream", "1"), ("--stream", "3"), ("--threads", "2"):
    assert run("going", going, *words) == whole, words

# What generates draws as what runs: each symbol is the likeliest of the logits of those before, with a beam the
# sequence is likelier.
fake.write_tensors(folder + "/prompts.safetensors", {"text": ("I32", [3, 2], [1, 2, 3, 4, 0, 1])})
prompts, likelihood = [[0, 1, 2], [0, 3, 4], [0, 0, 1]], {}
for words in (), ("--beam", "1"), ("--beam", "3"):
    subprocess.run([folder + "/told", "generate", "--prompts", folder + "/prompts.safetensors", "--out",
                    folder + "/told.safetensors", "--seed", str(SEED), *words], check=True, capture_output=True)
    told = fake.read_tensors(folder + "/told.safetensors")
    texts = [prompt + told["text"][1][12 * row:12 * row + 12] for row, prompt in enumerate(prompts)]
    logits = run("told", {"text": ([14], [text[:-1] for text in texts])}, kind="I32")["logits"][1]
    likelihood[words] = told["log_probability"][1]
    for row, text in enumerate(texts):
        total = 0
        for place in range(2, 14):
            at = logits[(row * 14 + place) * 5:][:5]
            total += at[text[place + 1]] - math.log(sum(map(math.exp, at)))
            assert "3" in words or at[text[place + 1]] == max(at), (words, row, place)
        assert abs(total - likelihood[words][row]) <= 1e-9 * abs(total), (words, row)
assert likelihood[()] == likelihood["--beam", "1"]

# In training: 7 arrays of 16 positions, in batches of 3 and windows of 5.
COUNT, LENGTH = 7, 16
xs, ys = ([[[source.uniform(-1, 1) for _ in range(3)] for _ in range(LENGTH)] for _ in range(COUNT)] for _ in range(2))
fake.write_tensors(folder + "/data", {name: ("F64", [COUNT, LENGTH, 3], flatten(rows))
                                      for name, rows in (("x", xs), ("y", ys))})
subprocess.run([folder + "/trained", "train", "--data", folder + "/data", "--split", "0", "--seed", str(SEED),
                "--steps", "12", "--log", folder + "/log"], check=True, capture_output=True)
with open(folder + "/log") as file:
    losses = [float(row["loss"]) for row in csv.DictReader(file)]
for step, found in enumerate(losses):
    group, begin = step // 3, step % 3 * 5
    order = list(range(COUNT))
    for i in range(COUNT - 1, 0, -1):
        j = philox.below(SEED, philox.hash_name("order") + group // 2, i, i + 1)
        order[i], order[j] = order[j], order[i]
    batch, total = philox.bits(SEED, "batch", group), 0
    for b, piece in enumerate(order[group % 2 * 3:][:3]):
        seed = philox.bits(SEED, "sequence", group * 3 + b)
        for t in range(begin, begin + 5):
            for e in range(3):
                kept = uniform(batch, 1, begin, e) >= 0.4
                w = 2 * uniform(batch, 0, begin, e) - 1
                o = xs[piece][t][e] * kept / 0.6 + normal(seed, 2, 0, e) + w * (uniform(seed, 4, begin, e) < 0.5)
                total += (o + 2 * uniform(seed, 5, t, 0) - 1 - ys[piece][t][e])**2
    assert abs(total / 45 - found) <= 1e-12 * found, (step, total / 45, found)

# Moments: of 60000 numbers each, within four times what they deviate by.
ROWS, LENGTH = 100, 200
found = run("drawn", inputs(ROWS, LENGTH))
count = ROWS * LENGTH * 3


def mean(values):
    return sum(values) / len(values)


def expect(what, value, right, deviation):
    assert abs(value - right) <= 4 * deviation, (what, value, right, deviation)


EULER = 0.5772156649015329
MOMENTS = {"coin": (0.3, 0.21, 1 / 0.21 - 3), "bell": (0, 0.25, 3), "flat": (0, 4 / 3, 1.8),
           "peak": (EULER, math.pi**2 / 6, 5.4), "several": (0, 2, 3)}
centred = {}
for name, (middle, variance, kurtosis) in MOMENTS.items():
    values = found[name][1]
    centred[name] = [(value - middle) / math.sqrt(variance) for value in values]
    expect(name + " mean", mean(values), middle, math.sqrt(variance / count))
    expect(name + " variance", mean([value**2 for value in centred[name]]), 1, math.sqrt((kurtosis - 1) / count))
fourth = [value**4 for value in centred["bell"]]
expect("bell kurtosis", mean(fourth), 3, math.sqrt(96 / count))
for sigmas, mass in (1, 0.3173105), (2, 0.0455003), (3, 0.0026998):
    tail = mean([float(abs(value) > sigmas) for value in centred["bell"]])
    expect("bell tail", tail, mass, math.sqrt(mass * (1 - mass) / count))
for name, values in centred.items():
    for what, step in ("element", 1), ("position", 3), ("sequence", LENGTH * 3):
        pairs = [values[i] * values[i + step] for i in range(count - step)]
        expect(name + " by " + what, mean(pairs), 0, 1 / math.sqrt(len(pairs)))
    for other, others in centred.items():
        if other > name:
            expect(name + " by " + other, mean([a * b for a, b in zip(values, others)]), 0, 1 / math.sqrt(count))
