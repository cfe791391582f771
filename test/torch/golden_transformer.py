# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""examples/transformer.rondo at small sizes, for make_golden.py: PyTorch's own attention, normalisation and GELU."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, gelu, scaled_dot_product_attention

VOCAB, H, LAYERS, HEADS, CONTEXT = 11, 8, 2, 2, 6


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.between = nn.LayerNorm(H), nn.LayerNorm(H)
        self.all, self.out = nn.Linear(H, 3 * H), nn.Linear(H, H)
        self.widen, self.narrow = nn.Linear(H, 4 * H), nn.Linear(4 * H, H)

    def forward(self, x):
        heads = lambda part: part.view(*part.shape[:2], HEADS, H // HEADS).transpose(1, 2)
        query, key, value = (heads(part) for part in self.all(self.before(x)).chunk(3, -1))
        seen = scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2).reshape(x.shape)
        x = x + self.out(seen)
        return x + self.narrow(gelu(self.widen(self.between(x))))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.symbols, self.places = nn.Embedding(VOCAB, H), nn.Embedding(CONTEXT, H)
        self.layer, self.after = nn.ModuleList(Layer() for _ in range(LAYERS)), nn.LayerNorm(H)

    def forward(self, text):
        x = self.symbols(text) + self.places(torch.arange(text.shape[1]))
        for layer in self.layer:
            x = layer(x)
        return self.after(x) @ self.symbols.weight.T


def parametersOf(tensors):
    """Rondo's path -> its part of PyTorch's tensors: each head has its rows of the projections."""
    result = {"symbols": tensors["symbols.weight"], "places": tensors["places.weight"]}
    size = H // HEADS
    norms = {"after": "after"}
    for layer in range(LAYERS):
        path = f"layer.{layer}."
        norms |= {path + "before": path + "before", path + "between": path + "between"}
        result[path + "bias"] = tensors[path + "out.bias"]
        for head in range(HEADS):
            for index, name in enumerate(("query", "key", "value")):
                rows = slice(index * H + head * size, index * H + (head + 1) * size)
                result[f"{path}head.{head}.{name}.before"] = tensors[path + "all.weight"][rows]
                result[f"{path}head.{head}.{name}.bias"] = tensors[path + "all.bias"][rows]
            columns = slice(head * size, (head + 1) * size)
            result[f"{path}head.{head}.out.seen"] = tensors[path + "out.weight"][:, columns]
        for name, operand in (("widen", "between"), ("narrow", "wide")):
            result[f"{path}{name}.{operand}"] = tensors[f"{path}{name}.weight"]
            result[f"{path}{name}.bias"] = tensors[f"{path}{name}.bias"]
    for path, norm in norms.items():
        result |= {path + ".gain": tensors[norm + ".weight"], path + ".bias": tensors[norm + ".bias"]}
    return result


def transformer(finish, draw, seed, batch):
    generator = torch.Generator().manual_seed(seed)
    model = Transformer().double()
    draw([model], generator)
    text = torch.randint(VOCAB, (batch, CONTEXT + 1), generator=generator)
    data = {"text": text[:, :-1].int(), "next": text[:, 1:].int()}
    loss = cross_entropy(model(text[:, :-1]).flatten(0, 1), text[:, 1:].flatten())
    golden = finish(loss, [model], lambda tensors: parametersOf(tensors(model)), data, {})
    # What a key's bias adds is the same at all positions that a softmax compares: what PyTorch gives is rounding.
    for path, value in golden.items():
        if path.startswith("out.") and path.endswith("key.bias"):
            assert value.abs().max() < 1e-14
            golden[path] = torch.zeros_like(value)
    return golden
