# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of Inputs/grids.rondo: scans along several axes and within scans, written with PyTorch for make_golden.py.

Each is a function of the weights by Rondo's paths and the data, batch first; it gives the loss and the states to carry.
"""

import torch
from torch.nn.functional import cross_entropy, mse_loss

from golden_axes import gru, gruShapes, linear, shapes


def zeros(*shape):
    return torch.zeros(*shape, dtype=torch.float64)


def directed(length, backward):
    return range(length - 1, -1, -1) if backward else range(length)


def mdlstm(weights, path, x, downward, rightward):
    """x[batch, R, C, I] from one of its corners: the neighbours are those before in each direction."""
    batch, rows, columns, _ = x.shape
    h, c = {}, {}
    for r in directed(rows, not downward):
        for k in directed(columns, not rightward):
            above, left = (r - (1 if downward else -1), k), (r, k - (1 if rightward else -1))
            rest = zeros(batch, 3)
            inputs = {"x": x[:, r, k], "rows": h.get(above, rest), "columns": h.get(left, rest)}
            i, fr, fc, o, g = (linear(weights, f"{path}.{gate}", **inputs) for gate in MD_GATES)
            i, fr, fc, o, g = *(torch.sigmoid(gate) for gate in (i, fr, fc, o)), torch.tanh(g)
            c[r, k] = fr * c.get(above, rest) + fc * c.get(left, rest) + i * g
            h[r, k] = o * torch.tanh(c[r, k])
    return torch.stack([torch.stack([h[r, k] for k in range(columns)], 1) for r in range(rows)], 1)


def fourCorners(weights, data):
    x = data["x"]
    values = {"a": mdlstm(weights, "a", x, True, True), "b": mdlstm(weights, "b", x, False, True),
              "c": mdlstm(weights, "c", x, True, False), "d": mdlstm(weights, "d", x, False, False)}
    logits = linear(weights, "v", **values).amax(1).mean(1)
    return cross_entropy(logits, data["label"].long()), {}


def timeGrid(weights, data):
    """x[batch, C, T, I]; the cell's R is the model's C, from its end, and the cell's C is time."""
    x = data["x"].transpose(1, 2)
    batch, length, columns, _ = x.shape
    before = [(weights["start"].expand(batch, 3), zeros(batch, 3)) for _ in range(columns)]
    outputs = []
    for t in range(length):
        h, m = zeros(batch, 3), zeros(batch, 3)
        row, passed, given = [None] * columns, [None] * columns, [None] * columns
        for k in directed(columns, True):
            inputs = {"x": x[:, t, k], "rows": h, "columns": before[k][0]}

            def change(memory, suffix):
                u, f, o = (torch.sigmoid(linear(weights, f"a.{gate}{suffix}", **inputs)) for gate in "ufo")
                memory = f * memory + u * torch.tanh(linear(weights, "a.g" + suffix, **inputs))
                return torch.tanh(o * memory), memory

            (h, m), row[k] = change(m, "r"), change(before[k][1], "c")
            passed[k] = (h, m)
            given[k] = torch.cat([h, row[k][0]], -1)
        before = row
        outputs.append(torch.stack(given, 1))
    # A window carries on what goes along the axis too, though none reads it.
    states = {"a.hc": torch.stack([h for h, _ in before], 1), "a.mc": torch.stack([m for _, m in before], 1),
              "a.hr": torch.stack([h for h, _ in passed], 1), "a.mr": torch.stack([m for _, m in passed], 1)}
    return mse_loss(torch.stack(outputs, 2), data["goal"]), states


def covering(weights, data):
    memory, outputs = data["memory"], []
    batch, positions, _ = memory.shape
    s, cover = zeros(batch, 4), zeros(batch, positions) + 0.1
    for y in data["y"].unbind(1):
        hidden = linear(weights, "a.score", s=s.unsqueeze(1), memory=memory) + weights["a.w"] * cover.unsqueeze(-1)
        weight = torch.softmax(torch.tanh(hidden) @ weights["a.v"], 1)
        cover = cover + weight
        s = gru(weights, "a.step", torch.cat([y, (weight.unsqueeze(-1) * memory).sum(1)], -1), s)
        outputs.append(s)
    return mse_loss(torch.stack(outputs, 1), data["goal"]), {"a.s": s, "a.cover": cover}


def rereading(weights, data):
    memory, outputs = data["memory"], []
    s = zeros(memory.shape[0], 4)
    for y in data["y"].unbind(1):
        h, read = s, []
        for k in directed(memory.shape[1], True):
            h = gru(weights, "a.read", s + memory[:, k], h)
            read.append(h)
        s = gru(weights, "a.step", torch.cat([y, read[-1], read[0]], -1), s)
        outputs.append(s)
    return mse_loss(torch.stack(outputs, 1), data["goal"]), {"a.s": s}


def gridShapes(path, gates):
    result = {}
    for gate in gates:
        result |= shapes(f"{path}.{gate}", 3, x=2, rows=3, columns=3)
    return result


MD_GATES = ("i", "fr", "fc", "o", "g")
# The loss, the parameters' shapes and the data's, as in golden_axes.py.
MODELS = {
    "mdlstm": (fourCorners, gridShapes("a", MD_GATES) | gridShapes("b", MD_GATES) | gridShapes("c", MD_GATES)
               | gridShapes("d", MD_GATES) | shapes("v", 3, a=3, b=3, c=3, d=3), {"x": (3, 5, 4, 2), "label": (3,)}),
    "grid": (timeGrid, {"start": (3,)} | gridShapes("a", [gate + axis for axis in "rc" for gate in "ufog"]),
             {"x": (3, 4, 5, 2), "goal": (3, 4, 5, 6)}),
    "coverage": (covering, {"a.w": (7,), "a.v": (7,)} | shapes("a.score", 7, s=4, memory=3) | gruShapes("a.step", 4, 5),
                 {"memory": (3, 6, 3), "y": (3, 5, 2), "goal": (3, 5, 4)}),
    "rereading": (rereading, gruShapes("a.read", 4, 4) | gruShapes("a.step", 4, 10),
                  {"memory": (3, 6, 4), "y": (3, 5, 2), "goal": (3, 5, 4)}),
}
