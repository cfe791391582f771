"""The loss of examples/transformer.rondo in plain Python, with the weights of a file and a batch of windows.

transformer.py FOLDER: writes the windows; transformer.py FOLDER compare: checks the loss that `grad` computed.
"""
import math
import random
import sys

import fake

LAYERS, HEADS, H, T, B, V = 2, 2, 12, 6, 3, 16
folder = sys.argv[1]


def matrix(weights, name):
    (rows, columns), values = weights[name]
    return [values[i * columns : (i + 1) * columns] for i in range(rows)]


def linear(weights, name, argument, x, bias=True):
    product = [sum(w * v for w, v in zip(row, x)) for row in matrix(weights, f"{name}.{argument}")]
    return [p + b for p, b in zip(product, weights[f"{name}.bias"][1])] if bias else product


def layer_norm(weights, name, x):
    mean = sum(x) / len(x)
    deviation = math.sqrt(sum((v - mean) ** 2 for v in x) / len(x) + 1e-5)
    gain, bias = weights[f"{name}.gain"][1], weights[f"{name}.bias"][1]
    return [(v - mean) / deviation * g + b for v, g, b in zip(x, gain, bias)]


def add(a, b):
    return [u + v for u, v in zip(a, b)]


def attend(weights, name, x):
    """What the head adds to each position, which sees those up to itself."""
    parts = ("query", "key", "value")
    query, key, value = ([linear(weights, f"{name}.{part}", "before", v) for v in x] for part in parts)
    result = []
    for t in range(T):
        fit = [math.exp(sum(q * k for q, k in zip(query[t], key[s])) / math.sqrt(H / HEADS)) for s in range(t + 1)]
        seen = [sum(f * v[i] for f, v in zip(fit, value)) / sum(fit) for i in range(H // HEADS)]
        result.append(linear(weights, f"{name}.out", "seen", seen, bias=False))
    return result


def loss(weights, text, following):
    symbols, places = matrix(weights, "symbols"), matrix(weights, "places")
    x = [add(symbols[token], places[t]) for t, token in enumerate(text)]
    for layer in (f"layer.{i}" for i in range(LAYERS)):
        before = [layer_norm(weights, f"{layer}.before", v) for v in x]
        x = [add(v, weights[f"{layer}.bias"][1]) for v in x]
        for head in range(HEADS):
            x = [add(v, w) for v, w in zip(x, attend(weights, f"{layer}.head.{head}", before))]
        for t in range(T):
            between = layer_norm(weights, f"{layer}.between", x[t])
            wide = [v * 0.5 * (1 + math.erf(v / math.sqrt(2)))
                    for v in linear(weights, f"{layer}.widen", "between", between)]
            x[t] = add(x[t], linear(weights, f"{layer}.narrow", "wide", wide))
    total = 0
    for t, token in enumerate(following):
        last = layer_norm(weights, "after", x[t])
        logits = [sum(w * v for w, v in zip(row, last)) for row in symbols]
        total += math.log(sum(map(math.exp, logits))) - logits[token]
    return total / T


if len(sys.argv) == 2:
    random.seed(5)
    tokens = [[random.randrange(V) for _ in range(T + 1)] for _ in range(B)]
    fake.write_tensors(folder + "/window", {
        "text": ("I32", [B, T], [token for row in tokens for token in row[:-1]]),
        "next": ("I32", [B, T], [token for row in tokens for token in row[1:]])})
else:
    window, weights, found = (fake.read_tensors(folder + "/" + name) for name in ("window", "weights", "grad"))
    rows = [[window[name][1][b * T : (b + 1) * T] for name in ("text", "next")] for b in range(B)]
    expected = sum(loss(weights, text, following) for text, following in rows) / B
    assert abs(expected - found["loss"][1][0]) < 1e-12, (expected, found["loss"])
