# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cells with a matrix for each head in NumPy, as equations.py has the other cells: sums over the past, where the paper
has them, in place of states."""

import numpy as np
from equations import lin, sigmoid
from equations_spaces import near, normalised


def by_heads(x, heads):
    return x.reshape(*x.shape[:-1], heads, -1)


def group_norm(w, path, x, groups, epsilon):
    parts = by_heads(x, groups)
    parts = (parts - parts.mean(2, keepdims=True)) / np.sqrt(parts.var(2, keepdims=True) + epsilon)
    return parts.reshape(x.shape) * w(path + ".gain", x.shape[1]) + w(path + ".bias", x.shape[1])


def silu(x):
    return x * sigmoid(x)


def memory(qs, ks, vs, i_s, fs, heads):
    """Equations 19 to 27 of the paper without the stabiliser: exponentials of numbers that are small here."""
    C, n = 0, 0
    for q, k, v, i, f in zip(qs, ks, vs, i_s, fs):
        q, k, v = (by_heads(part, heads) for part in (q, k, v))
        k = k / np.sqrt(k.shape[2])
        i, f = np.exp(i), sigmoid(f)
        C = f[:, :, None, None] * C + i[:, :, None, None] * np.einsum("bhv,bhk->bhvk", v, k)
        n = f[:, :, None] * n + i[:, :, None] * k
        size = np.maximum(np.abs(np.einsum("bhk,bhk->bh", n, q)), 1)
        yield (np.einsum("bhvk,bhk->bhv", C, q) / size[:, :, None]).reshape(len(q), -1)


def mlstm(w, xs, H, heads):
    parts = ([lin(w, name, size, x=x) for x in xs] for name, size in zip("qkvif", (H, H, H, heads, heads)))
    for x, told in zip(xs, memory(*parts, heads)):
        yield sigmoid(lin(w, "o", H, x=x)) * told


def mlstm_block(w, xs, H, heads, expand, width):
    D = expand * H
    n = [normalised(w, "n", x) for x in xs]
    inner = [x @ w("inner.n", D, H).T for x in n]
    seen = near(w, "convolution", inner, width)
    q, k = ([x @ w(name + ".near", D, D).T for x in seen] for name in "qk")
    v = [x @ w("v.inner", D, D).T for x in inner]
    i, f = ([lin(w, name, heads, q=a, k=b, v=c) for a, b, c in zip(q, k, v)] for name in "if")
    for t, told in enumerate(memory(q, k, v, i, f, heads)):
        said = group_norm(w, "norm", told, heads, 1e-5) + w("skip", D) * seen[t]
        yield xs[t] + (silu(n[t] @ w("gate.n", D, H).T) * said) @ w("out.said", H, D).T


def recall(r, keys, values, decays, bonus):
    """r (diag(u) k v + sum over i < t of the decays between k_i v_i), by heads; the last of keys is the present one."""
    total = np.einsum("bhk,bhk,bhv->bhv", r, bonus * keys[-1], values[-1])
    for i in range(len(keys) - 1):
        between = np.prod(decays[i + 1 : len(keys) - 1], 0) if i + 2 < len(keys) else 1
        total = total + np.einsum("bhk,bhk,bhv->bhv", r, between * keys[i], values[i])
    return total


def rwkv5_time_mix(w, xs, H, heads):
    D, before, keys, values, decays = H // heads, 0 * xs[0], [], [], []
    for x in xs:
        mixed = {n: (x + (before - x) * w("mix" + n.upper(), H)) @ w(n + ".x", H, H).T for n in "rkvg"}
        before = x
        keys.append(by_heads(mixed["k"], heads))
        values.append(by_heads(mixed["v"], heads))
        decays.append(np.broadcast_to(np.exp(-np.exp(w("w", heads, D))), keys[0].shape))
        read = recall(by_heads(mixed["r"], heads), keys, values, decays, w("u", heads, D)).reshape(-1, H)
        yield (silu(mixed["g"]) * group_norm(w, "norm", read, heads, 64e-5)) @ w("out.told", H, H).T


def rwkv6_time_mix(w, xs, H, heads, rank):
    D, before, keys, values, decays = H // heads, 0 * xs[0], [], [], []

    def low_rank(path, x):
        return np.tanh(x @ w(path + ".low.x", rank, H).T) @ w(path + ".up.low", H, rank).T

    for x in xs:
        towards = x + (before - x) * w("mix", H)
        seen = {n: x + (before - x) * (w("mix" + n.upper(), H) + low_rank("x" + n, towards)) for n in "rkvgw"}
        before = x
        r, k, v, g = (seen[n] @ w(n + ".x", H, H).T for n in "rkvg")
        keys.append(by_heads(k, heads))
        values.append(by_heads(v, heads))
        decays.append(by_heads(np.exp(-np.exp(w("w", H) + low_rank("decay", seen["w"]))), heads))
        read = recall(by_heads(r, heads), keys, values, decays, w("u", heads, D)).reshape(-1, H)
        yield (silu(g) * group_norm(w, "norm", read, heads, 64e-5)) @ w("out.told", H, H).T


def rwkv7_time_mix(w, xs, H, heads, rank):
    """With the transition as a matrix, diag(w) - kappa (a kappa), as the paper writes it."""
    D, before = H // heads, 0 * xs[0]
    S = np.zeros((len(xs[0]), heads, D, D))
    for x in xs:
        seen = {n: x + (before - x) * w("mix" + n.upper(), H) for n in "rkvwag"}
        before = x
        r, k, v = (seen[n] @ w(n + ".x", H, H).T for n in "rkv")
        d = np.tanh(seen["w"] @ w("lowW.x", rank, H).T) @ w("w.low", H, rank).T + w("w.bias", H)
        decay = np.exp(-np.exp(-0.5) * sigmoid(d))
        a = sigmoid(seen["a"] @ w("lowA.x", rank, H).T @ w("a.low", H, rank).T + w("a.bias", H))
        g = sigmoid(seen["g"] @ w("lowG.x", rank, H).T) @ w("g.low", H, rank).T
        kappa = by_heads(k * w("removal", H), heads)
        kappa = kappa / np.linalg.norm(kappa, axis=2, keepdims=True)
        key = by_heads(k * ((1 - w("replace", H)) + w("replace", H) * a), heads)
        r, v, decay, a = (by_heads(value, heads) for value in (r, v, decay, a))
        change = decay[..., None] * np.eye(D) - kappa[..., :, None] * (a * kappa)[..., None, :]
        S = S @ change + v[..., :, None] * key[..., None, :]
        read = np.einsum("bhvk,bhk->bhv", S, r).reshape(-1, H)
        now = (r * w("bonus", heads, D) * key).sum(2, keepdims=True) * v
        yield (g * (group_norm(w, "norm", read, heads, 64e-5) + now.reshape(-1, H))) @ w("out.told", H, H).T


def retention(w, xs, H, heads):
    """The parallel form of the paper: products of queries and keys times powers of the decay, by complex rotations."""
    D = H // heads
    X = np.stack(xs, 1)
    q, k, v = (by_heads(X @ w(name + ".x", H, H).T, heads) for name in "qkv")
    turn = np.exp(1j * np.arange(len(xs))[:, None] * 10000 ** (-2 * np.arange(D // 2) / D))[:, None]
    q, k = ((x[..., : D // 2] + 1j * x[..., D // 2 :]) * turn for x in (q, k))
    distance = np.subtract.outer(np.arange(len(xs)), np.arange(len(xs)))
    rate = 1 - 2.0 ** (-5 - np.arange(heads))
    kept = np.where(distance >= 0, rate[:, None, None] ** np.maximum(distance, 0), 0)
    weight = np.einsum("bnhd,bmhd->bhnm", q, k.conj()).real / np.sqrt(D) * kept
    read = np.einsum("bhnm,bmhd->bnhd", weight, v)
    for t, x in enumerate(xs):
        said = group_norm(w, "norm", read[:, t].reshape(-1, H), heads, 1e-5)
        yield (silu(x @ w("g.x", H, H).T) * said) @ w("out.told", H, H).T
