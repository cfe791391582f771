# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of Inputs/blocks.rondo, of the library's attention, for make_golden.py.

Transformer blocks are PyTorch's own modules, of which Rondo's parameters are slices: each head has its rows of the
projections. Keys have no bias in Rondo, so it is zero and not a parameter here. The others are written out.
"""

import torch
from torch import nn
from torch.nn.functional import mse_loss

H, HEADS, WIDE = 4, 2, 6


def normParameters(path, norm):
    return {path + ".gain": norm["weight"], path + ".bias": norm["bias"]}


def attentionParameters(path, tensors):
    """Rondo's path -> its part of the tensors of a nn.MultiheadAttention."""
    rows, bias, out = tensors["in_proj_weight"], tensors["in_proj_bias"], tensors["out_proj.weight"]
    result, size = {path + ".bias": tensors["out_proj.bias"]}, H // HEADS
    for head in range(HEADS):
        for index, name in enumerate(("query", "key", "value")):
            part = slice(index * H + head * size, index * H + (head + 1) * size)
            memory = path.endswith("seen") and name != "query"  # of the decoder's second attention
            result[f"{path}.head.{head}.{name}.{'memory' if memory else 'x'}"] = rows[part]
            if name != "key":
                result[f"{path}.head.{head}.{name}.bias"] = bias[part]
        result[f"{path}.head.{head}.out.seen"] = out[:, head * size:(head + 1) * size]
    return result


def within(tensors, prefix):
    return {name[len(prefix) + 1:]: value for name, value in tensors.items() if name.startswith(prefix + ".")}


def feedForward(tensors):
    return {"z.thought.widen.x": tensors["linear1.weight"], "z.thought.widen.bias": tensors["linear1.bias"],
            "z.thought.narrow.wide": tensors["linear2.weight"], "z.thought.narrow.bias": tensors["linear2.bias"]}


def encoderParameters(tensors, first):
    norms = ("z.before", "z.between") if first else ("z.y", "z.after")
    result = feedForward(tensors)
    for path, name in zip(norms, ("norm1", "norm2")):
        result |= normParameters(path, within(tensors, name))
    # SelfAttention hands the renamed sequence to MultiHeadAttention as its memory.
    for path, value in attentionParameters("z.seen", within(tensors, "self_attn")).items():
        result[path.replace("z.seen", "z.seen.all")] = value
    return result


def decoderParameters(tensors, first):
    norms = ("z.before", "z.between", "z.behind") if first else ("z.y", "z.z", "z.after")
    result = feedForward(tensors)
    for path, name in zip(norms, ("norm1", "norm2", "norm3")):
        result |= normParameters(path, within(tensors, name))
    result |= attentionParameters("z.own", within(tensors, "self_attn"))
    return result | attentionParameters("z.seen", within(tensors, "multihead_attn"))


def block(finish, seed, isDecoder, first, activation="gelu"):
    """A block of PyTorch's, normalised before each part if `first`, else behind it."""
    kind = nn.TransformerDecoderLayer if isDecoder else nn.TransformerEncoderLayer
    layer = kind(H, HEADS, WIDE, dropout=0, activation=activation, batch_first=True, norm_first=first).double()
    generator = torch.Generator().manual_seed(seed)
    make = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
    for name, value in layer.named_parameters():
        value.data = make(*value.shape) * 0.7
        if name.endswith("in_proj_bias"):
            value.data[H:2 * H] = 0
    data = {"x": make(3, 5, H), "y": make(3, 5, H)}
    if isDecoder:
        data["memory"] = make(3, 7, H)
        mask = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1)
        output = layer(data["x"], data["memory"], tgt_mask=mask)
    else:
        output = layer(data["x"])
    parameters = decoderParameters if isDecoder else encoderParameters
    return finish(mse_loss(output, data["y"]), [layer], lambda tensors: parameters(tensors(layer), first), data, {})


class Named(nn.Module):
    """Parameters by Rondo's paths."""

    def __init__(self, shapes, make):
        super().__init__()
        self.values = nn.ParameterList([nn.Parameter(make(*shape) * 0.7) for shape in shapes.values()])
        self.paths = list(shapes)

    def __getitem__(self, path):
        return self.values[self.paths.index(path)]


def rwkv(p, x):
    """RWKV-4 by its sums over all positions so far (Peng et al. 2023, equation 16)."""
    norm = lambda path, value: nn.functional.layer_norm(value, (H,), p[path + ".gain"], p[path + ".bias"])

    def shifted(value, mix):
        before = torch.cat([torch.zeros_like(value[:, :1]), value[:, :-1]], 1)
        return mix * value + (1 - mix) * before

    n = norm("z.n", x)
    k = shifted(n, p["z.time.mixK"]) @ p["z.time.k.x"].T
    v = shifted(n, p["z.time.mixV"]) @ p["z.time.v.x"].T
    r = torch.sigmoid(shifted(n, p["z.time.mixR"]) @ p["z.time.r.x"].T)
    means, decay = [], torch.exp(p["z.time.w"])
    for t in range(x.shape[1]):
        # the position before has lost nothing yet, the present one has the bonus in place of the decay
        weights = [torch.exp(k[:, i] - (t - 1 - i) * decay) for i in range(t)] + [torch.exp(k[:, t] + p["z.time.u"])]
        means.append(sum(w * v[:, i] for i, w in enumerate(weights)) / sum(weights))
    exponents = torch.stack([k[:, i] - (x.shape[1] - 1 - i) * decay for i in range(x.shape[1])], 1)
    most = exponents.amax(1)
    kept = torch.exp(exponents - most.unsqueeze(1))
    y = x + (r * torch.stack(means, 1)) @ p["z.time.out.told"].T
    m = norm("z.m", y)
    k = torch.relu(shifted(m, p["z.channel.mixK"]) @ p["z.channel.k.x"].T) ** 2
    r = torch.sigmoid(shifted(m, p["z.channel.mixR"]) @ p["z.channel.r.x"].T)
    states = {"time.before": n[:, -1], "time.p": most, "time.a": (kept * v).sum(1), "time.b": kept.sum(1),
              "channel.before": m[:, -1]}
    return y + r * (k @ p["z.channel.out.k"].T), states


def luong(p, x, memory):
    """An LSTM with input feeding, by the general score (Luong, Pham & Manning 2015)."""
    told = h = c = torch.zeros(x.shape[0], H, dtype=torch.float64)
    outputs = []
    for y in x.unbind(1):
        gate = lambda name: (torch.cat([y, told], -1) @ p[f"z.step.{name}.x"].T + h @ p[f"z.step.{name}.h"].T
                             + p[f"z.step.{name}.bias"])
        i, f, o, g = (gate(name) for name in "ifog")
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        scores = ((memory @ p["z.context.key.memory"].T) * h.unsqueeze(1)).sum(-1)
        context = (torch.softmax(scores, 1).unsqueeze(-1) * memory).sum(1)
        told = torch.tanh(context @ p["z.both.context"].T + h @ p["z.both.h"].T)
        outputs.append(told)
    return torch.stack(outputs, 1), {"told": told, "step.h": h, "step.c": c}


MIXED = {f"z.time.{name}": (H,) for name in ("mixK", "mixV", "mixR", "w", "u")}
RWKV = (MIXED | {f"z.{norm}.{part}": (H,) for norm in "nm" for part in ("gain", "bias")}
        | {"z.time.k.x": (H, H), "z.time.v.x": (H, H), "z.time.r.x": (H, H), "z.time.out.told": (H, H)}
        | {"z.channel.mixK": (H,), "z.channel.mixR": (H,)}
        | {"z.channel.k.x": (WIDE, H), "z.channel.r.x": (H, H), "z.channel.out.k": (H, WIDE)})
LUONG = ({f"z.step.{gate}.{part}": shape for gate in "ifog"
          for part, shape in (("x", (H, 2 * H)), ("h", (H, H)), ("bias", (H,)))}
         | {"z.context.key.memory": (H, 3), "z.both.context": (H, 3), "z.both.h": (H, H)})


def written(finish, seed, which):
    """RWKV or a decoder of Luong's; the loss is as in block."""
    generator = torch.Generator().manual_seed(seed)
    make = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
    model = Named(RWKV if which == "rwkv" else LUONG, make)
    data = {"x": make(3, 5, H), "y": make(3, 5, H)}
    if which == "rwkv":
        output, states = rwkv(model, data["x"])
    else:
        data["memory"] = make(3, 7, 3)
        output, states = luong(model, data["x"], data["memory"])
    parameters = lambda tensors: {path: tensors(model)[f"values.{i}"] for i, path in enumerate(model.paths)}
    states = {"z." + name: value for name, value in states.items()}
    return finish(mse_loss(output, data["y"]), [model], parameters, data, states)
