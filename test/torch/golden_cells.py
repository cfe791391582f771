# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cells that PyTorch has no module for, written with PyTorch as their papers have them, for make_golden.py.

Each is a module whose call takes the input [B, I] and the states by name, and gives the output and the next states.
`states` has the widths of the states; `paths` maps the module's tensors to the parameters of Rondo's cell.
"""

import torch
from torch import nn
from torch.nn.functional import layer_norm


def parameter(*shape):
    return nn.Parameter(torch.zeros(*shape))


def gates(names, tensors, x="x", h="h"):
    """Rows of `x`, `h` and `bias`, gate after gate, by Rondo's paths."""
    result = {}
    for name, *parts in zip(names, *(tensors[key].chunk(len(names)) for key in ("x", "h", "bias"))):
        result |= dict(zip((f"{name}.{x}", f"{name}.{h}", f"{name}.bias"), parts))
    return result


class LayerNormLSTM(nn.Module):
    """Ba, Kiros & Hinton 2016."""

    def __init__(self, inputs, size):
        super().__init__()
        self.size, self.states = size, {"h": size, "c": size}
        self.x, self.h = parameter(4 * size, inputs), parameter(4 * size, size)
        for name, width in (("nu", 4 * size), ("nv", 4 * size), ("nc", size)):
            setattr(self, name + "_gain", parameter(width))
            setattr(self, name + "_bias", parameter(width))

    def forward(self, x, state):
        u = layer_norm(x @ self.x.T, [4 * self.size], self.nu_gain, self.nu_bias, 1e-5)
        v = layer_norm(state["h"] @ self.h.T, [4 * self.size], self.nv_gain, self.nv_bias, 1e-5)
        i, f, o, g = (u + v).chunk(4, -1)
        c = torch.sigmoid(f) * state["c"] + torch.sigmoid(i) * torch.tanh(g)
        c = layer_norm(c, [self.size], self.nc_gain, self.nc_bias, 1e-5)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, {"h": h, "c": c}

    def paths(self, tensors):
        result = {"u.x": tensors["x"], "v.h": tensors["h"]}
        return result | {name.replace("_", "."): value for name, value in tensors.items() if "_" in name}


class PeepholeLSTM(nn.Module):
    """Gers, Schraudolph & Schmidhuber 2002."""

    def __init__(self, inputs, size):
        super().__init__()
        self.states = {"h": size, "c": size}
        self.x, self.h, self.bias = parameter(4 * size, inputs), parameter(4 * size, size), parameter(4 * size)
        self.pi, self.pf, self.po = parameter(size), parameter(size), parameter(size)

    def forward(self, x, state):
        i, f, g, o = (x @ self.x.T + state["h"] @ self.h.T + self.bias).chunk(4, -1)
        c = torch.sigmoid(f + self.pf * state["c"]) * state["c"]
        c = c + torch.sigmoid(i + self.pi * state["c"]) * torch.tanh(g)
        h = torch.sigmoid(o + self.po * c) * torch.tanh(c)
        return h, {"h": h, "c": c}

    def paths(self, tensors):
        return gates("ifgo", tensors) | {name: tensors[name] for name in ("pi", "pf", "po")}


class SCRN(nn.Module):
    """Mikolov et al. 2015."""

    def __init__(self, inputs, size):
        super().__init__()
        context = size // 4
        self.states = {"h": size, "s": context}
        self.B, self.P = parameter(context, inputs), parameter(size, context)
        self.A, self.R = parameter(size, inputs), parameter(size, size)

    def forward(self, x, state):
        s = 0.05 * (x @ self.B.T) + 0.95 * state["s"]
        h = torch.sigmoid(s @ self.P.T + x @ self.A.T + state["h"] @ self.R.T)
        return h, {"h": h, "s": s}

    def paths(self, tensors):
        return {"b.x": tensors["B"], "a.s": tensors["P"], "a.x": tensors["A"], "a.h": tensors["R"]}


class RHN(nn.Module):
    """Zilly et al. 2017, of depth 3, with the carry gate 1 - t."""

    def __init__(self, inputs, size):
        super().__init__()
        self.states = {"s": size}
        self.x, self.h, self.bias = parameter(2 * size, inputs), parameter(2 * size, size), parameter(2 * size)
        self.upper = nn.ParameterList([parameter(2 * size, size) for _ in range(2)])
        self.offset = nn.ParameterList([parameter(2 * size) for _ in range(2)])

    def forward(self, x, state):
        s = state["s"]
        for depth in range(3):
            if depth == 0:
                u = x @ self.x.T + s @ self.h.T + self.bias
            else:
                u = s @ self.upper[depth - 1].T + self.offset[depth - 1]
            a, t = u.chunk(2, -1)
            t = torch.sigmoid(t)
            s = t * torch.tanh(a) + (1 - t) * s
        return s, {"s": s}

    def paths(self, tensors):
        result = gates("ht", tensors, h="s")
        for layer in range(2):
            weights, biases = tensors[f"upper.{layer}"].chunk(2), tensors[f"offset.{layer}"].chunk(2)
            for name, weight, bias in zip("ht", weights, biases):
                result |= {f"layer.{layer}.{name}.y": weight, f"layer.{layer}.{name}.bias": bias}
        return result


CELLS = {cell.__name__: cell for cell in (LayerNormLSTM, PeepholeLSTM, SCRN, RHN)}
