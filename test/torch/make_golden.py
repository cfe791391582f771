# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes the golden files in Inputs/ with PyTorch, in double precision.

usage: make_golden.py [FOLDER]      (needs torch; FOLDER is Inputs/ beside this script if left out)

Each case is a model of Inputs/*.rondo at sizes that fit no vector and no tile. The recurrent layers are PyTorch's own
modules; Rondo's parameters are slices of theirs. Rondo has one bias where PyTorch adds two, so PyTorch's second one
is zero and not a parameter here, except where the cell keeps both (the candidate of the GRU). Cells that PyTorch does
not have are in golden_cells.py, models with several axes in golden_axes.py, blocks of attention in golden_blocks.py,
models with scans along several axes or within scans in golden_grids.py; golden_transformer.py has a whole example.
"""

import os
import sys

import torch
from torch import nn

import golden_axes
import golden_blocks
import golden_cells
import golden_grids
import golden_transformer
import safetensors

GATES = {"LSTM": "ifgo", "LSTMP": "ifgo", "GRU": "rzn", "Elman": "a", "ElmanReLU": "a"}


def recurrent(kind, inputs, size, reverse=False, layers=1):
    """PyTorch's layer of this kind, batch first, with both directions if `reverse`."""
    options = {"batch_first": True, "bidirectional": reverse, "num_layers": layers}
    if kind == "LSTMP":
        return nn.LSTM(inputs, size, proj_size=size - 2, **options)
    if kind.startswith("Elman"):
        return nn.RNN(inputs, size, nonlinearity="relu" if kind == "ElmanReLU" else "tanh", **options)
    return getattr(nn, kind)(inputs, size, **options)


def layerParameters(kind, layer, name, tensors, suffix="_l0"):
    """Rondo's path -> its part of PyTorch's tensors; `tensors` maps the names of the layer's parameters."""
    size = layer.hidden_size
    ih, hh = tensors["weight_ih" + suffix], tensors["weight_hh" + suffix]
    bias, second = tensors["bias_ih" + suffix], tensors["bias_hh" + suffix]
    result = {}
    for index, gate in enumerate(GATES[kind]):
        rows = slice(index * size, (index + 1) * size)
        if kind == "GRU" and gate == "n":
            result |= {f"{name}.nx.x": ih[rows], f"{name}.nx.bias": bias[rows]}
            result |= {f"{name}.nh.h": hh[rows], f"{name}.nh.bias": second[rows]}
        else:
            result |= {f"{name}.{gate}.x": ih[rows], f"{name}.{gate}.h": hh[rows], f"{name}.{gate}.bias": bias[rows]}
    if kind == "LSTMP":
        result[name + ".projection.m"] = tensors["weight_hr" + suffix]
    return result


def clearSecondBias(kind, layer):
    """Zeroes the part of PyTorch's second bias that Rondo does not have."""
    for name, value in layer.named_parameters():
        if name.startswith("bias_hh"):
            value.data[: 2 * layer.hidden_size if kind == "GRU" else None] = 0


def draw(modules, generator):
    """Weights that saturate some gates and leave others in the middle."""
    for module in modules:
        for value in module.parameters():
            value.data = torch.randn(value.shape, generator=generator, dtype=torch.float64) * 0.7


def finish(loss, modules, parameters, inputs, results):
    """The golden tensors: weights, inputs, and what the model gives for them."""
    loss.backward()
    weights = {path: value.data for path, value in parameters(lambda m: dict(m.named_parameters())).items()}
    gradients = {
        path: value for path, value in parameters(lambda m: {n: p.grad for n, p in m.named_parameters()}).items()
    }
    golden = {"weight." + path: value for path, value in weights.items()}
    golden |= {"in." + name: value for name, value in inputs.items()}
    golden |= {"out." + name: value for name, value in gradients.items()}
    golden |= {"out.state." + name: value for name, value in results.items()}
    return golden | {"out.loss": loss}


def oneLayer(kind, seed, inputs, size, batch, length, carried=False):
    """A layer from rest, or from a given state if `carried`; the loss is the mean of squared differences."""
    generator = torch.Generator().manual_seed(seed)
    layer = recurrent(kind, inputs, size).double()
    draw([layer], generator)
    clearSecondBias(kind, layer)
    states = ["r.h", "r.c"] if "LSTM" in kind else ["r.h"]
    widths = [size - 2 if kind == "LSTMP" else size, size]
    x = torch.randn(batch, length, inputs, generator=generator, dtype=torch.float64)
    y = torch.randn(batch, length, widths[0], generator=generator, dtype=torch.float64)
    first = [torch.zeros(1, batch, width, dtype=torch.float64) for _, width in zip(states, widths)]
    data = {"x": x, "y": y}
    if carried:
        first = [torch.randn(value.shape, generator=generator, dtype=torch.float64) for value in first]
        data |= {"state." + name: value[0] for name, value in zip(states, first)}
    outputs, final = layer(x, tuple(first) if "LSTM" in kind else first[0])
    final = final if "LSTM" in kind else (final,)
    loss = nn.functional.mse_loss(outputs, y)
    parameters = lambda tensors: layerParameters(kind, layer, "r", tensors(layer))
    return finish(loss, [layer], parameters, data, {name: value[0] for name, value in zip(states, final)})


def bidirectional(seed, inputs, size, batch, length, layers=1):
    """A forward and a backward LSTM, concatenated. It cannot be streamed, so it has no states to carry."""
    generator = torch.Generator().manual_seed(seed)
    layer = recurrent("LSTM", inputs, size, reverse=True, layers=layers).double()
    draw([layer], generator)
    clearSecondBias("LSTM", layer)
    x = torch.randn(batch, length, inputs, generator=generator, dtype=torch.float64)
    y = torch.randn(batch, length, 2 * size, generator=generator, dtype=torch.float64)
    outputs, _ = layer(x)
    loss = nn.functional.mse_loss(outputs, y)

    def parameters(tensors):
        result = {}
        for index in range(layers):
            prefix = f"layer.{index}." if layers > 1 else ""
            for name, suffix in (("f", f"_l{index}"), ("b", f"_l{index}_reverse")):
                result |= layerParameters("LSTM", layer, prefix + name, tensors(layer), suffix)
        return result

    return finish(loss, [layer], parameters, {"x": x, "y": y}, {})


def ownCell(kind, seed, inputs, size, batch, length):
    """A cell of golden_cells.py; the loss is as in oneLayer."""
    generator = torch.Generator().manual_seed(seed)
    cell = golden_cells.CELLS[kind](inputs, size).double()
    draw([cell], generator)
    x = torch.randn(batch, length, inputs, generator=generator, dtype=torch.float64)
    y = torch.randn(batch, length, size, generator=generator, dtype=torch.float64)
    state = {name: torch.zeros(batch, width, dtype=torch.float64) for name, width in cell.states.items()}
    outputs = []
    for t in range(length):
        output, state = cell(x[:, t], state)
        outputs.append(output)
    loss = nn.functional.mse_loss(torch.stack(outputs, 1), y)
    parameters = lambda tensors: {"r." + path: value for path, value in cell.paths(tensors(cell)).items()}
    return finish(loss, [cell], parameters, {"x": x, "y": y}, {"r." + name: value for name, value in state.items()})


def language(seed, vocab, size, batch, length):
    """Embedding, two LSTM layers, a linear layer and cross-entropy: charlm, small and without dropout."""
    generator = torch.Generator().manual_seed(seed)
    table = nn.Embedding(vocab, size).double()
    first, second = recurrent("LSTM", size, size).double(), recurrent("LSTM", size, size).double()
    logits = nn.Linear(size, vocab).double()
    draw([table, first, second, logits], generator)
    clearSecondBias("LSTM", first)
    clearSecondBias("LSTM", second)
    tokens = torch.randint(vocab, (batch, length + 1), generator=generator)
    a, (ah, ac) = first(table(tokens[:, :-1]))
    b, (bh, bc) = second(a)
    loss = nn.functional.cross_entropy(logits(b).flatten(0, 1), tokens[:, 1:].flatten())

    def parameters(tensors):
        result = {"e": tensors(table)["weight"]}
        result |= layerParameters("LSTM", first, "a", tensors(first))
        result |= layerParameters("LSTM", second, "b", tensors(second))
        return result | {"logits.b": tensors(logits)["weight"], "logits.bias": tensors(logits)["bias"]}

    data = {"text": tokens[:, :-1].to(torch.int32), "next": tokens[:, 1:].to(torch.int32)}
    states = {"a.h": ah[0], "a.c": ac[0], "b.h": bh[0], "b.c": bc[0]}
    return finish(loss, [table, first, second, logits], parameters, data, states)


CASES = {
    "lstm": lambda: oneLayer("LSTM", 1, inputs=3, size=5, batch=3, length=7),
    "lstm-one": lambda: oneLayer("LSTM", 2, inputs=1, size=7, batch=1, length=1),
    "lstm-carried": lambda: oneLayer("LSTM", 3, inputs=2, size=3, batch=2, length=5, carried=True),
    "gru": lambda: oneLayer("GRU", 4, inputs=3, size=5, batch=3, length=7),
    "gru-carried": lambda: oneLayer("GRU", 5, inputs=1, size=3, batch=1, length=9, carried=True),
    "elman": lambda: oneLayer("Elman", 6, inputs=3, size=5, batch=3, length=7),
    "elman-relu": lambda: oneLayer("ElmanReLU", 7, inputs=5, size=3, batch=2, length=6),
    "bidirectional": lambda: bidirectional(8, inputs=3, size=5, batch=3, length=7),
    "bidirectional-twice": lambda: bidirectional(10, inputs=3, size=4, batch=3, length=7, layers=2),
    "bidirectional-one": lambda: bidirectional(11, inputs=2, size=3, batch=1, length=1, layers=2),
    "lstmp": lambda: oneLayer("LSTMP", 12, inputs=3, size=5, batch=3, length=7),
    "lstmp-carried": lambda: oneLayer("LSTMP", 13, inputs=1, size=4, batch=1, length=3, carried=True),
    "layer-norm-lstm": lambda: ownCell("LayerNormLSTM", 14, inputs=3, size=5, batch=3, length=7),
    "peephole-lstm": lambda: ownCell("PeepholeLSTM", 15, inputs=3, size=5, batch=3, length=7),
    "scrn": lambda: ownCell("SCRN", 16, inputs=3, size=9, batch=3, length=7),
    "rhn": lambda: ownCell("RHN", 17, inputs=3, size=5, batch=3, length=7),
    "language": lambda: language(9, vocab=11, size=5, batch=3, length=7),
    "axes-additive": lambda: golden_axes.golden(golden_axes.MODELS["additive"], 18),
    "axes-dot": lambda: golden_axes.golden(golden_axes.MODELS["dot"], 19),
    "axes-pointer": lambda: golden_axes.golden(golden_axes.MODELS["pointer"], 20),
    "axes-renet": lambda: golden_axes.golden(golden_axes.MODELS["renet"], 21),
    "axes-masked": lambda: golden_axes.golden(golden_axes.MODELS["masked"], 28),
    "blocks-encoder": lambda: golden_blocks.block(finish, 22, isDecoder=False, first=True),
    "blocks-post-encoder": lambda: golden_blocks.block(finish, 23, isDecoder=False, first=False),
    "blocks-decoder": lambda: golden_blocks.block(finish, 24, isDecoder=True, first=True),
    "blocks-post-decoder": lambda: golden_blocks.block(finish, 25, isDecoder=True, first=False),
    "blocks-relu-encoder": lambda: golden_blocks.block(finish, 28, isDecoder=False, first=True, activation="relu"),
    "blocks-relu-decoder": lambda: golden_blocks.block(finish, 29, isDecoder=True, first=False, activation="relu"),
    "blocks-weighted": lambda: golden_blocks.written(finish, 26, "rwkv"),
    "blocks-luong": lambda: golden_blocks.written(finish, 27, "luong"),
    "grids-mdlstm": lambda: golden_axes.golden(golden_grids.MODELS["mdlstm"], 22),
    "grids-grid": lambda: golden_axes.golden(golden_grids.MODELS["grid"], 23),
    "grids-coverage": lambda: golden_axes.golden(golden_grids.MODELS["coverage"], 24),
    "grids-rereading": lambda: golden_axes.golden(golden_grids.MODELS["rereading"], 25),
    "axes-forced": lambda: golden_axes.golden(golden_axes.MODELS["forced"], 22),
    "axes-convolution": lambda: golden_axes.golden(golden_axes.MODELS["convolution"], 22),
    "axes-dilated": lambda: golden_axes.golden(golden_axes.MODELS["dilated"], 23),
    "transformer": lambda: golden_transformer.transformer(finish, draw, 29, batch=3),
}


def convert(value):
    value = value.detach().contiguous()
    dtype = {torch.float64: "F64", torch.int32: "I32"}[value.dtype]
    return safetensors.tensor(dtype, list(value.shape), value.flatten().tolist())


def main(folder):
    for name, case in CASES.items():
        golden = {key: convert(value) for key, value in case().items()}
        path = os.path.join(folder, name + ".safetensors")
        safetensors.write(path, golden, {"made by": "test/torch/make_golden.py, PyTorch " + torch.__version__})
        print(f"{path}: loss {golden['out.loss'].values[0]:.17g}, {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs"))
