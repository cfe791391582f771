#!/usr/bin/env python3
# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the cells of this folder in JAX: a script for `tools/peers --peers-script`.

Each cell is what a careful user writes: products that wait for no state before the scan, all gates of an operand in one
product, single precision.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import peer_script


def cells(jax, jnp, batch, inputs, hidden):
    """By name: the parameters' shapes, the states' widths, what is computed before the scan, and one step."""
    sigmoid, tanh, softmax = jax.nn.sigmoid, jnp.tanh, jax.nn.softmax

    def parts(value, count):
        return jnp.split(value, count, -1)

    def norm(value, gain, bias):
        mean = value.mean(-1, keepdims=True)
        variance = ((value - mean) ** 2).mean(-1, keepdims=True)
        return (value - mean) * jax.lax.rsqrt(variance + 1e-5) * gain + bias

    def product(p, x):
        return x @ p["W"] + p["b"]

    def mgu(p, s, w, x):
        (h,), (wf, wn) = s, parts(w, 2)
        f = sigmoid(wf + h @ p["U"])
        h = (1 - f) * h + f * tanh(wn + (f * h) @ p["V"])
        return (h,), h

    def lstm(gates, c):
        i, f, o, g = parts(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        return (h, c), h

    def mlstm(p, s, w, x):
        h, c = s
        wm, w = w[..., :hidden], w[..., hidden:]
        return lstm(w + (wm * (h @ p["U"])) @ p["V"], c)

    def mogrifier(p, s, w, x):
        h, c = s
        x = 2 * sigmoid(h @ p["A"] + p["ab"]) * x
        h = 2 * sigmoid(x @ p["B"] + p["bb"]) * h
        x = 2 * sigmoid(h @ p["C"] + p["cb"]) * x
        h = 2 * sigmoid(x @ p["D"] + p["db"]) * h
        return lstm(product(p, x) + h @ p["U"], c)

    def nas(p, s, w, x):
        h, c = s
        u = parts(h @ p["U"], 8)
        w = parts(w, 8)
        b0 = tanh(sigmoid(w[0] + u[0]) * jax.nn.relu(w[1] + u[1]))
        b1 = tanh(sigmoid(w[2] + u[2]) + jax.nn.relu(w[3] * u[3]))
        b2 = tanh(tanh(w[4] + u[4]) * sigmoid(w[5] + u[5]))
        b3 = sigmoid(tanh(w[6] + u[6]) + sigmoid(w[7] + u[7]))
        c = tanh(b0 + c) * b1
        h = tanh(c * tanh(b2 + b3))
        return (h, c), h

    def ugrnn(p, s, w, x):
        g, n = parts(w + s[0] @ p["U"], 2)
        h = sigmoid(g) * s[0] + (1 - sigmoid(g)) * tanh(n)
        return (h,), h

    def janet(p, s, w, x):
        f, g = parts(w + s[0] @ p["U"], 2)
        h = sigmoid(f) * s[0] + (1 - sigmoid(f - 1)) * tanh(g)
        return (h,), h

    def softgate(p, s, w, x):
        score, candidate = parts(w + s[0] @ p["U"], 2)
        a = softmax(score)
        u = a / a.max(-1, keepdims=True)
        h = (1 - u) * s[0] + u * tanh(norm(candidate, p["g"], p["gb"]))
        return (h,), h

    def sru(p, s, w, x):
        (c,), (f, r, candidate, skip) = s, parts(w, 4)
        f = sigmoid(f + p["vf"] * c)
        r = sigmoid(r + p["vr"] * c)
        c = f * c + (1 - f) * candidate
        return (c,), r * c + (1 - r) * skip

    def ligru(p, s, w, x):
        z, n = parts(w + s[0] @ p["U"], 2)
        h = sigmoid(z) * s[0] + (1 - sigmoid(z)) * jax.nn.relu(n)
        return (h,), h

    def slots(p, s, w, x):
        (h,), wq, wz = s, w[..., :16], w[..., 16:]
        read = softmax(wq + h @ p["U"]) @ p["values"]
        z, n = parts(read @ p["R"], 2)
        z = sigmoid(z + wz)
        h = z * h + (1 - z) * tanh(n + h @ p["V"] + p["nb"])
        return (h,), h

    def transition(p, s, w, x):
        (h,), (wz, wr, wn) = s, parts(w, 3)
        uz, ur, un = parts(h @ p["U"], 3)
        z, r = sigmoid(wz + uz), sigmoid(wr + ur)
        h = z * h + (1 - z) * tanh(wn + r * (un + p["nb"]))
        for u, b in (("T0", "t0"), ("T1", "t1")):
            z, r, n = parts(h @ p[u] + p[b], 3)
            z = sigmoid(z)
            h = z * h + (1 - z) * tanh(sigmoid(r) * n)
        return (h,), h

    def lem(p, s, w, x):
        y, z = s
        u, wy = w[..., :3 * hidden] + y @ p["U"], w[..., 3 * hidden:]
        a, b, n = parts(u, 3)
        a, b = 0.5 * sigmoid(a), 0.5 * sigmoid(b)
        z = (1 - a) * z + a * tanh(n)
        y = (1 - b) * y + b * tanh(wy + z @ p["V"])
        return (y, z), y

    def square(*names):
        return {name: (hidden, hidden) for name in names}

    def width(gates, more=0):
        return {"W": (inputs, gates * hidden + more), "b": (gates * hidden + more,)}

    def recurrent(gates):
        return {"U": (hidden, gates * hidden)}

    one, two = (hidden,), (hidden, hidden)
    biases = {name: (hidden,) for name in ("ab", "bb", "cb", "db")}
    return {
        "mgu": (width(2) | square("U", "V"), one, product, mgu),
        "mlstm": (width(5) | square("U") | {"V": (hidden, 4 * hidden)}, two, product, mlstm),
        "mogrifier": (width(4) | recurrent(4) | biases | square("A", "B", "C", "D"), two, lambda p, x: x[..., :0],
                      mogrifier),
        "nas": (width(8) | recurrent(8), two, product, nas),
        "ugrnn": (width(2) | recurrent(2), one, product, ugrnn),
        "janet": (width(2) | recurrent(2), one, product, janet),
        "softgate": (width(2) | recurrent(2) | {"g": (hidden,), "gb": (hidden,)}, one, product, softgate),
        "sru": (width(4) | {"vf": (hidden,), "vr": (hidden,)}, one, product, sru),
        "ligru": (width(2) | recurrent(2) | {"g": (2 * hidden,), "gb": (2 * hidden,)}, one,
                  lambda p, x: norm(x @ p["W"], p["g"], p["gb"]), ligru),
        "slots": (width(1, 16) | {"U": (hidden, 16), "values": (16, hidden), "nb": (hidden,)} | square("V") |
                  {"R": (hidden, 2 * hidden)}, one, product, slots),
        "transition": (width(3) | recurrent(3) | {"nb": (hidden,), "t0": (3 * hidden,), "t1": (3 * hidden,)} |
                       {name: (hidden, 3 * hidden) for name in ("T0", "T1")}, one, product, transition),
        "lem": (width(4) | {"U": (hidden, 3 * hidden)} | square("V"), two, product, lem),
    }


def run(workload, seconds, threads):
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import jax.numpy as jnp
    import numpy as np
    batch, hidden = workload["B"], workload["H"]
    inputs = workload.get("I", hidden)
    shapes, widths, before, step = cells(jax, jnp, batch, inputs, hidden)[workload["cell"]]
    random = np.random.default_rng(0)
    p = {name: jnp.asarray(random.normal(size=shape).astype("float32") / np.sqrt(shape[0]))
         for name, shape in shapes.items()}
    x = jnp.asarray(random.normal(size=(workload["T"], batch, inputs)).astype("float32"))
    states = tuple(jnp.zeros((batch, width)) for width in widths)
    net = jax.jit(lambda p, x: jax.lax.scan(lambda s, a: step(p, s, *a), states, (before(p, x), x))[1])
    return peer_script.median_us(lambda: net(p, x).block_until_ready(), seconds)


if __name__ == "__main__":
    sys.exit(peer_script.main(__doc__, {"jax": run}, HERE.parent / "cells.json"))
