# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Takes state dicts of PyTorch's modules as weights and compares the outputs; writes them back and compares again.

usage: layouts.py RONDOC PROGRAM.rondo SCRATCH [CASE..]

Each case is a model of PROGRAM and a module with random weights. `run --layout torch` and `--layout auto` must agree
with the module within 1e-5, at batches and lengths of several sizes. Weights that `convert` has written to the own
layout and then to PyTorch's have the module's names, and give it the same outputs.
"""

import array
import os
import subprocess
import sys

import safetensors
import torch
from torch import nn

TOLERANCE = 1e-5
BATCHES = (1, 3, 17)
LENGTHS = (1, 2, 50)


class Stepped(nn.Module):
    """A cell over a sequence."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def forward(self, x):
        state, outputs = None, []
        for step in x.unbind(1):
            state = self.cell(step, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs, 1)


class Parts(nn.Module):
    """As a language model is."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.norm = nn.LayerNorm(4)
        self.rnn = nn.LSTM(4, 4, batch_first=True)
        self.fc = nn.Linear(4, 7)

    def forward(self, words):
        return self.fc(self.rnn(self.norm(self.embed(words)))[0])


class Normed(nn.Module):
    """Batch normalisation as it is once trained."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.norm.running_mean.uniform_(-1, 1)
        self.norm.running_var.uniform_(0.1, 2)
        self.norm.num_batches_tracked.fill_(7)

    def forward(self, x):
        return self.norm(self.fc(x).transpose(1, 2)).transpose(1, 2)


class Named(nn.Module):
    """Two networks of the same shapes, and what the model does not have."""

    def __init__(self):
        super().__init__()
        self.coder = nn.ModuleDict()
        self.coder["deep"] = nn.LSTM(4, 4, 2, batch_first=True)
        self.coder["wide"] = nn.ModuleList([nn.Identity(), nn.Identity(), nn.LSTM(4, 4, batch_first=True)])
        self.scales = nn.Parameter(torch.randn(2, 4))
        self.coder.register_parameter("unused", nn.Parameter(torch.randn(3)))

    def forward(self, x):
        deep = nn.LSTM(4, 4, batch_first=True)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        deep.load_state_dict({f"{n}_l0": getattr(self.coder["deep"], f"{n}_l1").detach() for n in names})
        return deep(x)[0] + (self.scales[1] - self.scales[0]) * self.coder["wide"][2](x)[0]


def recurrent(kind, inputs, size, layers=1, both=False, **options):
    return kind(inputs, size, layers, batch_first=True, bidirectional=both, **options)


def block(kind, size, heads, first, activation="gelu"):
    return kind(size, heads, 8, 0.0, activation, batch_first=True, norm_first=first)


def whole(size, heads, encoders, decoders, first, activation):
    return nn.Transformer(
        size, heads, encoders, decoders, 8, 0.0, activation, batch_first=True, norm_first=first
    )


def causal(module, x):
    mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
    return module(x, src_mask=mask, is_causal=True)


def decode(module, x, memory):
    mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
    return module(x, memory, tgt_mask=mask, tgt_is_causal=True)


def translate(module, x, source):
    return module(source, x, tgt_mask=nn.Transformer.generate_square_subsequent_mask(x.shape[1]), tgt_is_causal=True)


def convolve(module, x):
    return module(nn.functional.pad(x.transpose(1, 2), (4, 0))).transpose(1, 2)


def attend(module, x, memory):
    return module(x, memory, memory, need_weights=False)[0]


def plain(module, x):
    found = module(x)
    return found[0] if isinstance(found, tuple) else found


# By the model's name: the module, how it is called, and the shapes of inputs at one position (none of tokens) by name;
# S is an axis of 5 positions.
CASES = {
    "OneLSTM": (lambda: recurrent(nn.LSTM, 3, 4), plain, {"x": "T3"}),
    "BothLSTM": (lambda: recurrent(nn.LSTM, 3, 4, 2, True), plain, {"x": "T3"}),
    "BothGRU": (lambda: recurrent(nn.GRU, 3, 4, 2, True), plain, {"x": "T3"}),
    "BothRNN": (lambda: recurrent(nn.RNN, 3, 4, 2, True), plain, {"x": "T3"}),
    "BothReLU": (lambda: recurrent(nn.RNN, 3, 4, 2, True, nonlinearity="relu"), plain, {"x": "T3"}),
    "BothProjected": (lambda: recurrent(nn.LSTM, 3, 5, 2, True, proj_size=2), plain, {"x": "T3"}),
    "Deep": (lambda: recurrent(nn.GRU, 4, 4, 3), plain, {"x": "T4"}),
    "CellLSTM": (lambda: Stepped(nn.LSTMCell(3, 4)), plain, {"x": "T3"}),
    "CellGRU": (lambda: Stepped(nn.GRUCell(3, 4)), plain, {"x": "T3"}),
    "CellRNN": (lambda: Stepped(nn.RNNCell(3, 4)), plain, {"x": "T3"}),
    "Parts": (Parts, plain, {"words": "T"}),
    "Normed": (Normed, plain, {"x": "T3"}),
    "Convolved": (lambda: nn.Conv1d(3, 4, 3, dilation=2), convolve, {"x": "T3"}),
    "Encoder": (lambda: block(nn.TransformerEncoderLayer, 6, 3, True), plain, {"x": "T6"}),
    "Encoders": (
        lambda: nn.TransformerEncoder(block(nn.TransformerEncoderLayer, 6, 2, False), 2, enable_nested_tensor=False),
        plain,
        {"x": "T6"},
    ),
    "Causal": (lambda: block(nn.TransformerEncoderLayer, 6, 2, True), causal, {"x": "T6"}),
    "Decoder": (lambda: block(nn.TransformerDecoderLayer, 6, 2, True), decode, {"x": "T6", "memory": "S6"}),
    "PostDecoder": (lambda: block(nn.TransformerDecoderLayer, 6, 2, False), decode, {"x": "T6", "memory": "S6"}),
    "ReLUEncoder": (lambda: block(nn.TransformerEncoderLayer, 6, 3, True, "relu"), plain, {"x": "T6"}),
    "ReLUEncoders": (
        lambda: nn.TransformerEncoder(
            block(nn.TransformerEncoderLayer, 6, 2, False, "relu"), 2, nn.LayerNorm(6), enable_nested_tensor=False
        ),
        plain,
        {"x": "T6"},
    ),
    "ReLUDecoder": (
        lambda: block(nn.TransformerDecoderLayer, 6, 2, True, "relu"),
        decode,
        {"x": "T6", "memory": "S6"},
    ),
    "ReLUPostDecoder": (
        lambda: block(nn.TransformerDecoderLayer, 6, 2, False, "relu"),
        decode,
        {"x": "T6", "memory": "S6"},
    ),
    "Whole": (lambda: whole(6, 2, 2, 3, False, "relu"), translate, {"x": "T6", "source": "S6"}),
    "WholeFirst": (lambda: whole(6, 3, 2, 2, True, "gelu"), translate, {"x": "T6", "source": "S6"}),
    "Attention": (lambda: nn.MultiheadAttention(6, 3, batch_first=True), attend, {"x": "T6", "memory": "S6"}),
    "Named": (Named, plain, {"x": "T4"}),
}
# Modules whose files differ, for models that are there already.
CASES["NoBias"] = (lambda: recurrent(nn.LSTM, 3, 4, bias=False), plain, {"x": "T3"})
CASES["Half"] = CASES["Brain"] = CASES["OneLSTM"]
MODELS = {"NoBias": "OneLSTM", "Half": "OneLSTM", "Brain": "OneLSTM"}
TYPES = {"Half": torch.float16, "Brain": torch.bfloat16}
# These take sequences of any length, once compiled.
STREAMED = {"OneLSTM", "NoBias", "Half", "Brain", "Deep", "CellLSTM", "CellGRU", "CellRNN", "Parts", "Normed", "Named"}
# What an export leaves out, or has besides: what is no part of the model, biases of zero, how many batches there were.
OTHERS = {"Named", "NoBias", "Normed"}


def save(path, tensors):
    types = {torch.float32: "F32", torch.int64: "I64"}
    halves = {torch.float16: "F16", torch.bfloat16: "BF16"}
    plain_tensors = {}
    for name, t in tensors.items():
        values = t.detach().flatten()
        if t.dtype in halves:  # of which Python's arrays know the bits alone
            bits = array.array("h", values.view(torch.int16).tolist())
            plain_tensors[name] = safetensors.Tensor(halves[t.dtype], list(t.shape), bits)
        else:
            plain_tensors[name] = safetensors.tensor(types[t.dtype], list(t.shape), values.tolist())
    safetensors.write(path, plain_tensors)


def load(path):
    tensors, _ = safetensors.read(path)
    return {name: torch.tensor(list(t.values), dtype=torch.float32).reshape(t.shape) for name, t in tensors.items()}


def call(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def randomise(module):
    """Norms and biases that begin as constants would hide that they change places."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-0.8, 0.8)


def make_inputs(shapes, batch, length):
    axes = {"T": length, "S": 5}
    inputs = {}
    for name, shape in shapes.items():
        size = (batch, axes[shape[0]]) + tuple(int(digit) for digit in shape[1:])
        inputs[name] = torch.randn(size) if shape[1:] else torch.randint(7, size)
    return inputs


def check(name, rondoc, program, scratch):
    make, forward, shapes = CASES[name]
    module = make().eval()
    randomise(module)
    weights, own, back = (f"{scratch}-{name}.{kind}.safetensors" for kind in ("torch", "own", "back"))
    if name in TYPES:
        module.load_state_dict({n: t.to(TYPES[name]).float() for n, t in module.state_dict().items()})
    save(weights, {n: t.to(TYPES.get(name, t.dtype)) for n, t in module.state_dict().items()})
    worst = 0.0
    for length in LENGTHS:
        binary = f"{scratch}-{name}"
        if length == LENGTHS[0] or name not in STREAMED:
            options = ["--model", MODELS.get(name, name), "--inference", "-D", f"bptt={length}"]
            call(rondoc, program, *options, "-o", binary)
        if length == LENGTHS[0]:
            call(binary, "convert", "--weights", weights, "--layout", "torch", "--out", own)
            call(binary, "convert", "--weights", own, "--to", "torch", "--out", back)
            returned = load(back)
            expected = module.state_dict()
            if name not in OTHERS and set(returned) != set(expected):
                sys.exit(f"{name}: expected the tensors {sorted(expected)} back, found {sorted(returned)}")
            again = make().eval()
            again.load_state_dict({n: returned.get(n, value) for n, value in expected.items()})
        for batch in BATCHES:
            inputs = make_inputs(shapes, batch, length)
            with torch.no_grad():
                expected = forward(module, *inputs.values())
                same = forward(again, *inputs.values())
            save(scratch + ".in.safetensors", inputs)
            found = []
            for options in (["--layout", "torch"], ["--layout", "auto"]):
                command = [binary, "run", "--weights", weights, "--in", scratch + ".in.safetensors"]
                call(*command, *options, "--out", scratch + ".out.safetensors")
                found.append(*load(scratch + ".out.safetensors").values())
            for result in (*found, same):
                difference = (result - expected).abs().max().item()
                worst = max(worst, difference)
                if not difference <= TOLERANCE:
                    sys.exit(f"{name}, batch {batch}, length {length}: differs by {difference:.3g}")
    print(f"{name}: the same within {worst:.2g}")


if __name__ == "__main__":
    torch.manual_seed(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    for case in sys.argv[4:] or CASES:
        check(case, *sys.argv[1:4])
