# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""State spaces and RWKV-4 in NumPy, as equations.py has the other cells."""

import numpy as np
from equations import lin, sigmoid, zeros


def s4d(w, xs, H, N):
    """Held input and complex modes, of which the conjugates are not computed (Gu et al. 2022)."""
    modes = range(N // 2)

    def stack(name):
        return np.stack([w(f"mode.{n}.y.{name}", H) for n in modes])

    dt = np.exp(np.log(0.01) + w("rate", H))
    A = -np.exp(stack("decay")) + 1j * stack("turn")
    C = stack("cre") + 1j * stack("cim")
    kept = np.exp(dt * A)
    B = (kept - 1) / A
    h = np.zeros((len(modes), len(xs[0]), H), complex)
    for x in xs:
        h = kept[:, None] * h + B[:, None] * x
        yield 2 * (C[:, None] * h).sum(0).real + w("skip", H) * x


def lru(w, xs, H, N, least, most):
    nu = w("decay", N) + np.log(np.log(least) * np.log(most)) / 2
    eigenvalue = np.exp(-np.exp(nu) + 1j * np.exp(w("turn", N)))
    gamma = np.exp(w("gamma", N)) * np.sqrt(1 - np.abs(eigenvalue) ** 2)
    B = w("bre.x", N, H) + 1j * w("bim.x", N, H)
    C = w("c.re", H, N) - 1j * w("c.im", H, N)
    h = np.zeros((len(xs[0]), N), complex)
    for x in xs:
        h = eigenvalue * h + gamma * (x @ B.T)
        yield (h @ C.T).real + w("skip", H) * x


def selective(w, xs, D, N, rank):
    A = -np.exp(np.stack([w(f"mode.{n}.y.a", D) for n in range(N)], 1))
    h = np.zeros((len(xs[0]), D, N))
    for x in xs:
        B, C = x @ w("b.x", N, D).T, x @ w("c.x", N, D).T
        dt = np.log1p(np.exp(lin(w, "dt", D, low=x @ w("low.x", rank, D).T)))
        h = np.exp(dt[:, :, None] * A) * h + dt[:, :, None] * B[:, None] * x[:, :, None]
        yield np.einsum("bdn,bn->bd", h, C) + w("skip", D) * x


def near(w, path, xs, width):
    """Of each feature a convolution of the last positions, and silu."""
    D, padded = xs[0].shape[1], [0 * xs[0]] * (width - 1) + xs
    taps = [w(path + ".now", D), *(w(f"{path}.before.{k}.w", D) for k in range(width - 1))]
    us = [sum(tap * padded[t + width - 1 - k] for k, tap in enumerate(taps)) for t in range(len(xs))]
    return [(u + w(path + ".bias", D)) * sigmoid(u + w(path + ".bias", D)) for u in us]


def mamba(w, xs, H, N, expand, width, rank):
    D = expand * H
    inner = [x @ w("inner.x", D, H).T for x in xs]
    us = near(w, "convolution", inner, width)
    states = selective(lambda path, *sizes: w("space." + path, *sizes), us, D, N, rank)
    for x, y in zip(xs, states):
        gate = x @ w("gate.x", D, H).T
        yield (y * gate * sigmoid(gate)) @ w("out.y", H, D).T


def rwkv_time_mix(w, xs, H):
    """The sums as they stand in the paper (its equation 16), without the largest exponent."""
    mix = {name: w("mix" + name.upper(), H) for name in "kvr"}
    before, keys, values = 0 * xs[0], [], []
    for x in xs:
        k, v, r = ((m * x + (1 - m) * before) @ w(n + ".x", H, H).T for n, m in mix.items())
        before = x
        t, decay = len(keys), np.exp(w("w", H))
        parts = [np.exp(-(t - 1 - i) * decay + key) for i, key in enumerate(keys)] + [np.exp(w("u", H) + k)]
        keys.append(k)
        values.append(v)
        wkv = sum(p * value for p, value in zip(parts, values)) / sum(parts)
        yield (sigmoid(r) * wkv) @ w("out.told", H, H).T


def rwkv_channel_mix(w, xs, H, F):
    before = 0 * xs[0]
    for x in xs:
        k, r = (m * x + (1 - m) * before for m in (w("mixK", H), w("mixR", H)))
        before = x
        yield sigmoid(r @ w("r.x", H, H).T) * (np.maximum(0, k @ w("k.x", F, H).T) ** 2 @ w("out.k", H, F).T)


def normalised(w, path, x):
    x = x - x.mean(1, keepdims=True)
    x = x / np.sqrt((x**2).mean(1, keepdims=True) + 1e-5)
    return x * w(path + ".gain", len(x[0])) + w(path + ".bias", len(x[0]))


def rwkv(w, xs, H, F):
    def within(part):
        return lambda path, *sizes: w(f"{part}.{path}", *sizes)

    said = rwkv_time_mix(within("time"), [normalised(w, "n", x) for x in xs], H)
    ys = [x + y for x, y in zip(xs, said)]
    said = rwkv_channel_mix(within("channel"), [normalised(w, "m", y) for y in ys], H, F)
    yield from (y + z for y, z in zip(ys, said))
