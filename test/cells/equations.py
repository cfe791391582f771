# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cells in NumPy, written from their papers' equations, for make_golden.py.

Each is a generator: of the weights `w` and the inputs `xs`, an array [rows, features] for each position, it gives what
goes out at each one. `w(path, sizes..)` is the weight of Rondo's parameter `path`, drawn when it is first asked for.
`lin` is a layer of several inputs by their names, with a bias.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lin(w, path, size, bias=True, **inputs):
    total = sum(value @ w(f"{path}.{name}", size, value.shape[1]).T for name, value in inputs.items())
    return total + w(path + ".bias", size) if bias else total


def zeros(xs, size):
    return np.zeros((len(xs[0]), size))


def irnn(w, xs, H):
    h = zeros(xs, H)
    for x in xs:
        h = np.maximum(0, lin(w, "a", H, x=x) + h @ w("recurrent.h", H, H).T)
        yield h


def indrnn(w, xs, H, bound):
    h = zeros(xs, H)
    for x in xs:
        h = np.maximum(0, lin(w, "a", H, x=x) + np.clip(w("u", H), -bound, bound) * h)
        yield h


def jordan(w, xs, N, H, decay):
    s = zeros(xs, N)
    for x in xs:
        y = sigmoid(lin(w, "y", N, h=np.tanh(lin(w, "h", H, x=x, s=s))))
        s = decay * s + y
        yield y


def leaky(w, xs, H, rate):
    h = zeros(xs, H)
    for x in xs:
        h = (1 - rate) * h + rate * np.tanh(lin(w, "n", H, x=x, h=h))
        yield h


def highway(w, xs, H):
    for x in xs:
        t = sigmoid(lin(w, "t", H, x=x))
        yield np.maximum(0, lin(w, "n", H, x=x)) * t + x * (1 - t)


def highway_stack(w, xs, H, depth):
    for layer in range(depth):
        xs = list(highway(lambda path, *sizes: w(f"layer.{layer}.highway.{path}", *sizes), xs, H))
    yield from xs


def lstm(w, xs, H, h=None, c=None, last=None):
    """With a forget gate. `last` takes the states behind it."""
    h, c = (zeros(xs, H) if s is None else s for s in (h, c))
    for x in xs:
        i, f, o = (sigmoid(lin(w, gate, H, x=x, h=h)) for gate in "ifo")
        c = f * c + i * np.tanh(lin(w, "g", H, x=x, h=h))
        h = o * np.tanh(c)
        yield h
    if last is not None:
        last += [h, c]


def zoneout_lstm(w, xs, H, zc, zh):
    """As in evaluation: each keeps what it does on average."""
    h, c = zeros(xs, H), zeros(xs, H)
    for x in xs:
        i, f, o = (sigmoid(lin(w, gate, H, x=x, h=h)) for gate in "ifo")
        new = f * c + i * np.tanh(lin(w, "g", H, x=x, h=h))
        c = zc * c + (1 - zc) * new
        h = zh * h + (1 - zh) * o * np.tanh(new)
        yield h


def batch_norm(w, path, x):
    """As in evaluation: by the means that have been kept."""
    gain, bias, mean = (w(f"{path}.{part}", x.shape[1]) for part in ("gain", "bias", "mean"))
    variance = w(path + ".variance", x.shape[1], span=(0.5, 2))
    return gain * (x - mean) / np.sqrt(variance + 1e-5) + bias


def batch_norm_lstm(w, xs, H):
    """Gains are a tenth of the parameters."""
    h, c = zeros(xs, H), zeros(xs, H)
    for x in xs:
        u = batch_norm(w, "u", x @ w("wx.x", 4 * H, x.shape[1]).T)
        v = batch_norm(w, "v", h @ w("wh.h", 4 * H, H).T)
        i, f, o, g = np.split((u + v) / 10, 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(batch_norm(w, "nc", c) / 10)
        yield h


def echo_state(w, xs, N, H, leak):
    """With a read-out of N numbers."""
    h = zeros(xs, H)
    for x in xs:
        h = (1 - leak) * h + leak * np.tanh(lin(w, "reservoir.a", H, x=x) + h @ w("reservoir.w", H, H).T)
        yield lin(w, "y", N, r=h)


def residual_lstm(w, xs, H, depth):
    for layer in range(depth):
        said = lstm(lambda path, *sizes: w(f"layer.{layer}.lstm.{path}", *sizes), xs, H)
        xs = [x + y for x, y in zip(xs, list(said))]
    yield from xs


def autoencoder(w, xs, H):
    last = []
    list(lstm(lambda path, *sizes: w("encoder." + path, *sizes), xs, H, last=last))
    fed = [0 * xs[0], *xs[:-1]]
    yield from lstm(lambda path, *sizes: w("decoder." + path, *sizes), fed, H, *last)


def sru(w, xs, H, carry):
    c = zeros(xs, H)
    for x in xs:
        f = sigmoid(x @ w("f.x", H, H).T + w("vf", H) * c + w("f.bias", H))
        r = sigmoid(x @ w("r.x", H, H).T + w("vr", H) * c + w("r.bias", H))
        c = f * c + (1 - f) * (x @ w("n.x", H, H).T)
        yield r * c + (1 - r) * x * np.sqrt(1 + 2 * np.exp(carry))


def qrnn(w, xs, H, width):
    I, c = xs[0].shape[1], zeros(xs, H)
    padded = [0 * xs[0]] * (width - 1) + xs
    for t in range(len(xs)):
        near = np.stack(padded[t : t + width], 1)
        z, f, o = (
            np.einsum("bki,hki->bh", near, w(gate + ".near", H, width, I)) + w(gate + ".bias", H) for gate in "zfo"
        )
        f = sigmoid(f)
        c = f * c + (1 - f) * np.tanh(z)
        yield sigmoid(o) * c


def mgu(w, xs, H):
    h = zeros(xs, H)
    for x in xs:
        f = sigmoid(lin(w, "f", H, x=x, h=h))
        h = (1 - f) * h + f * np.tanh(lin(w, "n", H, x=x, h=f * h))
        yield h


def min_gru(w, xs, H):
    h = zeros(xs, H)
    for x in xs:
        z = sigmoid(lin(w, "z", H, x=x))
        h = (1 - z) * h + z * lin(w, "n", H, x=x)
        yield h


def min_lstm(w, xs, H):
    h = zeros(xs, H)
    for x in xs:
        f, i = sigmoid(lin(w, "f", H, x=x)), sigmoid(lin(w, "i", H, x=x))
        forget, enter = f / (f + i), i / (f + i)
        h = forget * h + enter * lin(w, "n", H, x=x)
        yield h


def early_lstm(w, xs, H):
    h, s = zeros(xs, H), zeros(xs, H)
    for x in xs:
        enter, out = sigmoid(lin(w, "i", H, x=x, h=h)), sigmoid(lin(w, "o", H, x=x, h=h))
        s = s + enter * (4 * sigmoid(lin(w, "g", H, x=x, h=h)) - 2)
        h = out * (2 * sigmoid(s) - 1)
        yield h


def multiplicative_lstm(w, xs, H):
    h, c = zeros(xs, H), zeros(xs, H)
    for x in xs:
        m = lin(w, "mx", H, False, x=x) * lin(w, "mh", H, False, h=h)
        i, f, o = (sigmoid(lin(w, gate, H, x=x, m=m)) for gate in "ifo")
        c = f * c + i * np.tanh(lin(w, "g", H, x=x, m=m))
        h = np.tanh(c) * o
        yield h


def mogrifier_lstm(w, xs, H, rounds):
    h, c = zeros(xs, H), zeros(xs, H)
    for x in xs:
        for i in range(1, rounds + 1):
            pair = f"pair.{(i - 1) // 2}" if i < rounds or i % 2 == 0 else "last.0"
            if i % 2:
                x = 2 * sigmoid(h @ w(pair + ".q.h", x.shape[1], H).T) * x
            else:
                h = 2 * sigmoid(x @ w(pair + ".r.x", H, x.shape[1]).T) * h
        i, f, o = (sigmoid(lin(w, gate, H, x=x, h=h)) for gate in "ifo")
        c = f * c + i * np.tanh(lin(w, "g", H, x=x, h=h))
        h = o * np.tanh(c)
        yield h


def slstm(w, xs, H, heads):
    """Without the stabiliser: exponentials of numbers that are small here."""
    D = H // heads
    h, c, n = zeros(xs, H), zeros(xs, H), zeros(xs, H)

    def gate(name, x):
        blocks = [h[:, k * D :][:, :D] @ w(f"h{name}.block.{k}.part.h", D, D).T for k in range(heads)]
        return lin(w, name, H, x=x) + np.concatenate(blocks, 1)

    for x in xs:
        z, i, f, o = np.tanh(gate("z", x)), np.exp(gate("i", x)), sigmoid(gate("f", x)), sigmoid(gate("o", x))
        c, n = f * c + i * z, f * n + i
        h = o * c / n
        yield h


def goru(w, xs, H, layers):
    """The rotations as a matrix, of neighbours in the order a0 b0 a1 b1 .., which are halves in Rondo."""
    U = np.eye(H)
    for layer in range(layers):
        for name, first, pairs in ("even", 0, H // 2), ("odd", 1, H // 2 - 1):
            turn = np.eye(H)
            for k, angle in enumerate(w(f"turn.layer.{layer}.{name}", pairs)):
                p = first + 2 * k
                turn[p : p + 2, p : p + 2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
            U = turn @ U
    neighbours = [k // 2 + k % 2 * (H // 2) for k in range(H)]
    P = np.eye(H)[neighbours]
    U = P.T @ U @ P
    assert np.allclose(U @ U.T, np.eye(H))
    h = zeros(xs, H)
    for x in xs:
        r, z = sigmoid(lin(w, "r", H, x=x, h=h)), sigmoid(lin(w, "z", H, x=x, h=h))
        a = x @ w("a.x", H, x.shape[1]).T + r * (h @ U.T)
        h = z * h + (1 - z) * a / np.abs(a) * np.maximum(0, np.abs(a) + w("b", H))
        yield h


def clockwork(w, xs, H, modules):
    D = H // modules
    h = zeros(xs, H)
    for t, x in enumerate(xs):
        old = h
        h = old.copy()
        for k in range(modules):
            if t % 2**k == 0:
                h[:, k * D : k * D + D] = np.tanh(lin(w, f"module.{k}.a", D, x=x, h=old[:, k * D :]))
        yield h


def phased_lstm(w, xs, H, longest):
    """The last feature of x is the time; as in evaluation, without a leak."""
    h, c = zeros(xs, H), zeros(xs, H)
    tau = np.exp(w("period", H)) * np.sqrt(longest)
    shift, on = w("shift", H) * tau, w("on", H, span=(0.2, 0.8))
    for x in xs:
        x, time = x[:, :-1], x[:, -1:]
        phase = np.mod(time - shift, tau) / tau
        k = np.where(phase < on / 2, 2 * phase / on, np.where(phase < on, 2 - 2 * phase / on, 0))
        i = sigmoid(lin(w, "i", H, x=x, h=h) + w("pi", H) * c)
        f = sigmoid(lin(w, "f", H, x=x, h=h) + w("pf", H) * c)
        new = f * c + i * np.tanh(lin(w, "g", H, x=x, h=h))
        o = sigmoid(lin(w, "o", H, x=x, h=h) + w("po", H) * new)
        c, h = k * new + (1 - k) * c, k * o * np.tanh(new) + (1 - k) * h
        yield h
