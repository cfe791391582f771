# check_steps.py PROGRAM FOLDER: what cells give that run for so many steps, beside Python's own numbers, whole and in
# parts.
import math
import os
import sys

import fake
from compiled_models import outputs, prepare, reals

program, folder = (os.path.abspath(word) for word in sys.argv[1:])
os.chdir(folder)
rows, length, size = 3, 9, 5
x, patterns = reals(rows, length, 2), reals(rows, 3, size)
fake.write_tensors("data", {"x": ("F32", [rows, length, 2], x), "patterns": ("F32", [rows, 3, size], patterns)})
fake.write_tensors("taught", {"x": ("F32", [2, 4, 2], reals(2, 4, 2)), "patterns": ("F32", [2, 3, size],
                              reals(2, 3, size)), "goal": ("F32", [2, 4, size], reals(2, 4, size))})
prepare("recalls", program, "taught", "--model", "Recalls")
found = outputs("recalls", "data")
weights = {name: values for name, (_, values) in list(fake.read_tensors("recalls.w").items())[1:]}


def linear(path, argument, v):
    w, bias = weights[f"{path}.{argument}"], weights[f"{path}.bias"]
    return [b + sum(w[r * len(v) + i] * v[i] for i in range(len(v))) for r, b in enumerate(bias)]


def seek(bias, memory, s):
    for n in range(1, 4):
        fits = [math.exp(2 * sum(a * b for a, b in zip(pattern, s))) for pattern in memory]
        s = [sum(f * pattern[i] for f, pattern in zip(fits, memory)) / sum(fits) + bias[i] for i in range(size)]
    return [a / n for a in s]


def close(values, expected):
    assert all(abs(a - b) < 2e-5 * max(1, abs(b)) for a, b in zip(values, expected)), (values, expected)


for row in range(rows):
    memory = [patterns[(row * 3 + p) * size :][:size] for p in range(3)]
    rest = [0.5] * size
    for t in range(length):
        place = row * length + t
        here = x[place * 2 :][:2]
        rest = [0.5 * s + 0.5 * math.tanh(a) for s, a in zip(rest, linear("free.s", "s", rest))]
        close(found["rest"][1][place * size :][:size], rest)
        close(found["found"][1][place * size :][:size],
              seek(linear("bias", "x", here), memory, linear("cue", "x", here)))

# The decoder reads nothing but the code, which is known at the end.
fake.write_tensors("said", {"x": ("F32", [4, 4, 2], reals(4, 4, 2)), "y": ("F32", [4, 4, 2], reals(4, 4, 2))})
prepare("auto", program, "said", "--model", "Auto")
assert outputs("auto", "said", streams=False)["guess"][0] == [4, 4, 2]
