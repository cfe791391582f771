# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains examples/charlm.rondo beside the same model in PyTorch. Needs torch; run by hand.

usage: charlm_compare.py --data TEXT [--steps 20] [--rondoc build/bin/rondoc] [--scratch build/torch]
                         [--only agree|speed]

agree  In double precision and without dropout, from the same weights and on the same windows (runtime/Feed.h): the
       loss and every gradient of each step, the gradients' norms and the weights after the last step must agree
       within 1e-9. PyTorch's second bias is zero and fixed, for Rondo has one.
speed  In single precision, the whole training step as a user has it on either side (dropout, clipping, Adam): the two
       take turns on the same cores, and the medians over all steps are compared.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import time

import torch
from torch import nn

import safetensors
from compare import TOLERANCE, difference

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VOCAB, SIZE, BATCH, WINDOW, RATE, CLIP = 96, 256, 32, 64, 2e-3, 1.0
EXAMPLE = os.path.join(ROOT, "examples", "charlm.rondo")


class CharLM(nn.Module):
    """Two LSTM layers between an embedding and a linear layer. Time comes first."""

    def __init__(self, drop, dtype):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, SIZE)
        self.rnn = nn.LSTM(SIZE, SIZE, num_layers=2, dropout=drop)
        self.logits = nn.Linear(SIZE, VOCAB)
        self.to(dtype)

    def forward(self, tokens, states):
        hidden, states = self.rnn(self.embedding(tokens), states)
        return self.logits(hidden), states

    def keepOneBias(self):
        for name, value in self.rnn.named_parameters():
            if name.startswith("bias_hh"):
                value.data.zero_()
                value.requires_grad_(False)

    def parts(self, take):
        """Rondo's path -> its part of what `take` gives for each of PyTorch's parameters."""
        result = {"e": take(self.embedding.weight)}
        for layer, name in enumerate("ab"):
            for index, gate in enumerate("ifgo"):
                rows = slice(index * SIZE, (index + 1) * SIZE)
                result[f"{name}.{gate}.x"] = take(getattr(self.rnn, f"weight_ih_l{layer}"))[rows]
                result[f"{name}.{gate}.h"] = take(getattr(self.rnn, f"weight_hh_l{layer}"))[rows]
                result[f"{name}.{gate}.bias"] = take(getattr(self.rnn, f"bias_ih_l{layer}"))[rows]
        return result | {"logits.b": take(self.logits.weight), "logits.bias": take(self.logits.bias)}


class Windows:
    """The text as tokens, and its windows in Rondo's order (with all of the text for training)."""

    def __init__(self, data):
        alphabet = sorted(set(data))
        self.tokens = torch.tensor([alphabet.index(byte) for byte in data])
        self.length = (len(data) - 1) // BATCH

    def __getitem__(self, step):
        window = step % ((self.length - WINDOW) // WINDOW + 1)
        begin = torch.arange(BATCH) * self.length + window * WINDOW
        places = torch.arange(WINDOW)[:, None] + begin[None, :]
        return window == 0, self.tokens[places], self.tokens[places + 1]


class Trainer:
    """PyTorch's side of a training step: the state is carried from window to window."""

    def __init__(self, model, windows):
        self.model, self.windows, self.states = model, windows, None
        self.trained = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(self.trained, lr=RATE)

    def gradients(self, step):
        first, text, following = self.windows[step]
        states = None if first else self.states
        self.optimizer.zero_grad()
        logits, (h, c) = self.model(text, states)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), following.flatten())
        loss.backward()
        self.states = (h.detach(), c.detach())
        return loss

    def update(self):
        norm = nn.utils.clip_grad_norm_(self.trained, CLIP)
        self.optimizer.step()
        return norm


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def toFile(value):
    value = value.detach().contiguous()
    dtype = {torch.float64: "F64", torch.int64: "I32"}[value.dtype]
    return safetensors.tensor(dtype, list(value.shape), value.flatten().tolist())


def writeFile(path, values):
    safetensors.write(path, {name: toFile(value) for name, value in values.items()})


def readLog(path, column):
    with open(path) as file:
        return [float(row[column]) for row in csv.DictReader(file)]


def agree(options, text, windows):
    scratch = lambda name: os.path.join(options.scratch, name)
    binary = scratch("charlm-f64")
    run(options.rondoc, EXAMPLE, "--element", "f64", "-D", "drop=0", "-o", binary)
    torch.manual_seed(1)
    model = CharLM(0.0, torch.float64)
    model.keepOneBias()
    trainer = Trainer(model, windows)
    writeFile(scratch("first.safetensors"), model.parts(lambda p: p.data))

    worst, losses, norms = {}, [], []

    def check(what, found, expected):
        delta = difference(found, expected)
        worst[what] = max(worst.get(what, 0.0), delta)
        if not delta <= TOLERANCE:
            print(f"  {what} differs by {delta:.3g}")

    for step in range(options.steps):
        writeFile(scratch("weights.safetensors"), model.parts(lambda p: p.data))
        first, tokens, following = windows[step]
        data = {"text": tokens.T, "next": following.T}
        if not first:
            h, c = trainer.states
            data |= {"state.a.h": h[0], "state.a.c": c[0], "state.b.h": h[1], "state.b.c": c[1]}
        writeFile(scratch("in.safetensors"), data)
        run(binary, "grad", "--weights", scratch("weights.safetensors"), "--in", scratch("in.safetensors"),
            "--out", scratch("out.safetensors"))
        found, _ = safetensors.read(scratch("out.safetensors"))
        losses.append(trainer.gradients(step))
        check("the loss of a step", found["loss"], toFile(losses[-1]))
        for path, gradient in model.parts(lambda p: p.grad).items():
            check(f"the gradient of {path}", found[path], toFile(gradient))
        norms.append(trainer.update())
        print(f"  step {step + 1}: loss {losses[-1].item():.15f}, norm {norms[-1].item():.15f}", flush=True)

    run(binary, "train", "--data", text, "--split", "0", "--steps", str(options.steps), "--log", scratch("log.csv"),
        "--init", scratch("first.safetensors"), "--out", scratch("last.safetensors"))
    for what, column, expected in ("losses", "loss", losses), ("norms", "norm", norms):
        values = safetensors.tensor("F64", [options.steps], readLog(scratch("log.csv"), column))
        check(f"the {what} of one training run", values, toFile(torch.stack(expected)))
    found, _ = safetensors.read(scratch("last.safetensors"))
    for path, value in model.parts(lambda p: p.data).items():
        check("the weights after the last step", found[path], toFile(value))
    for what, delta in worst.items():
        print(f"{what}: within {delta:.2g}")
    return max(worst.values()) <= TOLERANCE


def speed(options, text, windows):
    rounds, steps, skipped = 3, 12, 3
    scratch = lambda name: os.path.join(options.scratch, name)
    binary = scratch("charlm-f32")
    run(options.rondoc, EXAMPLE, "-o", binary)
    torch.manual_seed(1)
    trainer = Trainer(CharLM(0.1, torch.float32), windows)
    ours, theirs = [], []
    for round in range(rounds):
        for step in range(steps):
            begin = time.perf_counter()
            trainer.gradients(round * steps + step)
            trainer.update()
            if step >= skipped:
                theirs.append(time.perf_counter() - begin)
        run(binary, "train", "--data", text, "--split", "0", "--steps", str(steps), "--log", scratch("speed.csv"))
        rates = readLog(scratch("speed.csv"), "tokens_per_s")
        ours += [BATCH * WINDOW / rate for rate in rates[skipped:]]
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"a training step, medians of {len(ours)}: Rondo {a * 1e3:.1f} ms "
          f"({BATCH * WINDOW / a:.0f} tokens/s), PyTorch "
          f"{torch.__version__} {b * 1e3:.1f} ms ({BATCH * WINDOW / b:.0f} tokens/s, "
          f"{torch.get_num_threads()} threads); "
          f"ratio {a / b:.2f}")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a text; its first nine tenths are trained on")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rondoc", default=os.path.join(ROOT, "build", "bin", "rondoc"))
    parser.add_argument("--scratch", default=os.path.join(ROOT, "build", "torch"))
    parser.add_argument("--only", choices=["agree", "speed"])
    parser.add_argument("--threads", type=int, default=2, help="PyTorch's threads, on as many cores")
    options = parser.parse_args()
    os.makedirs(options.scratch, exist_ok=True)
    torch.set_num_threads(options.threads)
    # Both sides get the same cores; programs that this one starts inherit them.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    with open(options.data, "rb") as file:
        data = file.read()
    data = data[: len(data) * 9 // 10]
    text = os.path.join(options.scratch, "text")
    with open(text, "wb") as file:
        file.write(data)
    windows = Windows(data)
    good = True
    if options.only != "speed":
        good = agree(options, text, windows) and good
    if options.only != "agree":
        good = speed(options, text, windows) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
