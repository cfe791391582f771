# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cells with a matrix for each head in NumPy, as equations.py has the other cells."""

import numpy as np
from equations import lin, sigmoid


def by_heads(x, heads):
    return x.reshape(*x.shape[:-1], heads, -1)


def mlstm(w, xs, H, heads):
    """Equations 19 to 27 of the paper without the stabiliser: exponentials of numbers that are small here."""
    D = H // heads
    C, n = np.zeros((len(xs[0]), heads, D, D)), np.zeros((len(xs[0]), heads, D))
    for x in xs:
        q, k, v = (by_heads(lin(w, name, H, x=x), heads) for name in "qkv")
        k = k / np.sqrt(D)
        i, f = np.exp(lin(w, "i", heads, x=x)), sigmoid(lin(w, "f", heads, x=x))
        C = f[:, :, None, None] * C + i[:, :, None, None] * np.einsum("bhv,bhk->bhvk", v, k)
        n = f[:, :, None] * n + i[:, :, None] * k
        size = np.maximum(np.abs(np.einsum("bhk,bhk->bh", n, q)), 1)
        said = np.einsum("bhvk,bhk->bhv", C, q) / size[:, :, None]
        yield sigmoid(lin(w, "o", H, x=x)) * said.reshape(-1, H)
