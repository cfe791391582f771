# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of Inputs/axes.rondo, whose values vary over several axes, written with PyTorch for make_golden.py.

Each is a function of the weights by Rondo's paths and the data, batch first; it gives the loss and the states to carry.
"""

import torch
from torch.nn.functional import conv1d, conv2d, cross_entropy, max_pool2d, mse_loss, pad


def linear(weights, path, **arguments):
    """linear[N](..) of Rondo: a weight for each argument and one bias."""
    return sum(value @ weights[f"{path}.{name}"].T for name, value in arguments.items()) + weights[path + ".bias"]


def gru(weights, path, x, h):
    """The library's GRU: the reset after the product."""
    r = torch.sigmoid(linear(weights, path + ".r", x=x, h=h))
    z = torch.sigmoid(linear(weights, path + ".z", x=x, h=h))
    n = torch.tanh(linear(weights, path + ".nx", x=x) + r * linear(weights, path + ".nh", h=h))
    return (1 - z) * n + z * h


def decode(weights, data, score):
    """A GRU that reads the mixture of the memory by the softmax of its scores."""
    memory, s, outputs = data["memory"], torch.zeros(data["y"].shape[0], 4, dtype=torch.float64), []
    for y in data["y"].unbind(1):
        context = (torch.softmax(score(s, memory), 1).unsqueeze(-1) * memory).sum(1)
        s = gru(weights, "a.step", torch.cat([y, context], -1), s)
        outputs.append(s)
    return outputs, s


def decoderLoss(data, outputs, s):
    return mse_loss(torch.stack(outputs, 1), data["goal"]), {"a.s": s}


def additive(weights, data):
    def score(s, memory):
        hidden = linear(weights, "a.score", s=s.unsqueeze(1), memory=memory)
        return torch.tanh(hidden) @ weights["a.v"]

    return decoderLoss(data, *decode(weights, data, score))


def dot(weights, data):
    score = lambda s, memory: (memory * linear(weights, "a.q", s=s).unsqueeze(1)).sum(-1)
    return decoderLoss(data, *decode(weights, data, score))


def pointer(weights, data):
    """Scores of positions are the logits themselves (Vinyals et al. 2015)."""
    s, loss, x = torch.zeros(data["y"].shape[0], 4, dtype=torch.float64), 0, data["memory"]
    encoded, h = [], torch.zeros(x.shape[0], 4, dtype=torch.float64)
    for position in x.unbind(1):
        h = gru(weights, "m", position, h)
        encoded.append(h)
    encoded = torch.stack(encoded, 1)
    for t in range(data["y"].shape[1]):
        s = gru(weights, "a.step", data["y"][:, t], s)
        hidden = torch.tanh(linear(weights, "a.score", s=s.unsqueeze(1), memory=encoded))
        logits = hidden @ weights["a.v"]
        chosen = (torch.log_softmax(logits, 1) * data["chosen"][:, t]).sum(1)
        loss = loss - chosen.mean()
    return loss / data["y"].shape[1], {"a.s": s}


def renet(weights, data):
    """Down and up the columns, then along the rows of what that gives."""

    def scan(path, x, dim, reverse):
        steps, outputs = list(x.unbind(dim)), []
        h = torch.zeros(*steps[0].shape[:-1], 4, dtype=torch.float64)
        for step in reversed(steps) if reverse else steps:
            h = gru(weights, path, step, h)
            outputs.append(h)
        return torch.stack(outputs[::-1] if reverse else outputs, dim)

    x = data["x"]
    columns = torch.cat([scan("down", x, 1, False), scan("up", x, 1, True)], -1)
    rows = torch.cat([scan("right", columns, 2, False), scan("left", columns, 2, True)], -1)
    seen = rows.amax(1).mean(1)
    return cross_entropy(linear(weights, "logits", seen=seen), data["label"].long()), {}


def masked(weights, data):
    """Attention to the part of a memory that there is; the loss of the steps that there are."""
    within = lambda name, size: torch.arange(size) < data["length." + name].unsqueeze(1)

    def score(s, memory):
        scores = (memory * linear(weights, "a.q", s=s).unsqueeze(1)).sum(-1)
        return torch.where(within("S", 6), scores, -1e9)

    outputs, _ = decode(weights, data, score)
    losses = ((torch.stack(outputs, 1) - data["goal"]) ** 2).mean(-1)
    return losses[within("T", 5)].mean(), {}


def forced(weights, data):
    """What is said before each position is read: words by their embedding, places by what the memory has there."""
    memory, next, where = data["memory"], data["next"].long(), data["where"].long()
    batch, length = next.shape
    first = lambda value: torch.full((batch, 1), value)
    past = weights["past"][torch.cat([first(4), next[:, :-1]], 1)]
    read = memory[torch.arange(batch).unsqueeze(1), torch.cat([first(1), where[:, :-1]], 1)]
    fit = linear(weights, "asks", past=past) @ past.transpose(1, 2)
    later = torch.ones(length, length, dtype=torch.bool).triu(1)
    seen = torch.softmax(fit.masked_fill(later, float("-inf")), -1) @ read
    before = torch.cat([torch.full((batch, 2, 3), 0.5, dtype=torch.float64), read[:, :-2]], 1)
    x, h, steps = torch.cat([past, seen, before], -1), torch.zeros(batch, 4, dtype=torch.float64), []
    for t in range(length):
        h = gru(weights, "a", x[:, t], h)
        steps.append(h)
    a = torch.stack(steps, 1)
    words = cross_entropy(linear(weights, "logits", a=a).flatten(0, 1), next.flatten())
    scores = linear(weights, "query", a=a) @ memory.transpose(1, 2)
    return words + cross_entropy(scores.flatten(0, 1), where.flatten()), {}


def near(weights, path):
    """The weights of a window in PyTorch's order: inputs before neighbours."""
    return weights[path + ".near"].movedim(-1, 1), weights[path + ".bias"]


def convolution(weights, data):
    x = data["x"].permute(0, 3, 1, 2)
    a = torch.relu(conv2d(x, *near(weights, "a"), stride=(2, 1), padding=1))
    b = torch.relu(conv2d(a, *near(weights, "b"), padding=1))
    pooled = max_pool2d(b, 2)
    logits = linear(weights, "logits", all=pooled.mean((2, 3)), left=pooled[:, :, -1, -1])
    return cross_entropy(logits, data["label"].long()), {}


def dilated(weights, data):
    """Padded with zeros before the first position, with the ends, and by reflection."""
    x = pad(data["x"].transpose(1, 2), (4, 0))
    a = torch.tanh(conv1d(x, *near(weights, "a"), dilation=2))
    b = torch.tanh(conv1d(pad(a, (2, 2), "replicate"), *near(weights, "b"), dilation=4))
    c = torch.tanh(conv1d(pad(b, (1, 2), "reflect"), *near(weights, "c")))
    return mse_loss(linear(weights, "z", c=c.transpose(1, 2)), data["y"]), {}


def shapes(path, size, **arguments):
    """An argument's size, or of a window the shape."""
    result = {f"{path}.{name}": (size,) + (width if isinstance(width, tuple) else (width,))
              for name, width in arguments.items()}
    return result | {path + ".bias": (size,)}


def gruShapes(path, size, x):
    result = shapes(path + ".nx", size, x=x) | shapes(path + ".nh", size, h=size)
    return result | shapes(path + ".r", size, x=x, h=size) | shapes(path + ".z", size, x=x, h=size)


DECODER = {"memory": (3, 6, 3), "y": (3, 5, 2), "goal": (3, 5, 4)}
# How many values these data have, which are no real numbers.
CLASSES = {"label": 3, "next": 5, "where": 6}
# The loss, the parameters' shapes and the data's.
MODELS = {
    "additive": (additive, {"a.v": (7,)} | shapes("a.score", 7, s=4, memory=3) | gruShapes("a.step", 4, 5), DECODER),
    "dot": (dot, shapes("a.q", 3, s=4) | gruShapes("a.step", 4, 5), DECODER),
    "masked": (masked, shapes("a.q", 3, s=4) | gruShapes("a.step", 4, 5),
               DECODER | {"length.S": [6, 1, 4], "length.T": [5, 3, 0]}),
    "pointer": (pointer, {"a.v": (7,)} | shapes("a.score", 7, s=4, memory=4) | gruShapes("a.step", 4, 2)
                | gruShapes("m", 4, 3), {"memory": (3, 6, 3), "y": (3, 5, 2), "chosen": (3, 5, 6)}),
    "renet": (renet, gruShapes("down", 4, 2) | gruShapes("up", 4, 2) | gruShapes("right", 4, 8)
              | gruShapes("left", 4, 8) | shapes("logits", 3, seen=8), {"x": (3, 5, 4, 2), "label": (3,)}),
    "forced": (forced, {"past": (5, 2)} | shapes("asks", 2, past=2) | gruShapes("a", 4, 8) | shapes("logits", 5, a=4)
               | shapes("query", 3, a=4), {"memory": (3, 6, 3), "next": (3, 5), "where": (3, 5)}),
    "convolution": (convolution, shapes("a", 4, near=(3, 3, 2)) | shapes("b", 3, near=(3, 3, 4))
                    | shapes("logits", 3, all=3, left=3), {"x": (3, 9, 8, 2), "label": (3,)}),
    "dilated": (dilated, shapes("a", 4, near=(3, 2)) | shapes("b", 4, near=(2, 4)) | shapes("c", 4, near=(4, 4))
                | shapes("z", 3, c=4), {"x": (3, 7, 2), "y": (3, 7, 3)}),
}


def golden(model, seed):
    """The golden tensors of a model as those of MODELS."""
    loss, parameters, data = model
    generator = torch.Generator().manual_seed(seed)
    make = lambda shape: torch.randn(shape, generator=generator, dtype=torch.float64)
    weights = {path: (make(shape) * 0.7).requires_grad_() for path, shape in parameters.items()}
    lengths = {key: torch.tensor(value) for key, value in data.items() if key.startswith("length.")}
    values = {key: make(shape) for key, shape in data.items() if key not in lengths} | lengths
    if "chosen" in data:
        values["chosen"] = torch.softmax(values["chosen"], -1)
    values |= {key: torch.randint(CLASSES[key], data[key], generator=generator) for key in CLASSES if key in data}
    result, states = loss(weights, values)
    result.backward()
    for key in {*CLASSES, *lengths} & data.keys():
        values[key] = values[key].to(torch.int32)
    tensors = {"weight." + path: value.data for path, value in weights.items()}
    tensors |= {"in." + key: value for key, value in values.items()}
    tensors |= {"out.state." + path: value for path, value in states.items()}
    return tensors | {"out." + path: value.grad for path, value in weights.items()} | {"out.loss": result}
