# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains Inputs/batch-norm.rondo, compiled, and the same module in PyTorch on one batch, and compares.

usage: batch_norm.py FOLDER, which has the program `normalised`
"""

import subprocess
import sys

import safetensors
import torch
from torch import nn

folder = sys.argv[1]
STEPS = 4


class Normalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 4)
        self.n = nn.BatchNorm1d(4, eps=0.01, momentum=0.3)
        self.m = nn.BatchNorm1d(4)
        self.z = nn.Linear(4, 2)

    def forward(self, x):
        n = self.n(self.a(x).transpose(1, 2)).transpose(1, 2)
        return self.z(self.m(n.tanh().mean(1)))


def save(path, tensors):
    types = {torch.float64: "F64", torch.int64: "I64"}
    safetensors.write(path, {name: safetensors.tensor(types[t.dtype], list(t.shape), t.detach().flatten().tolist())
                             for name, t in tensors.items()})


def call(command, *options):
    subprocess.run([f"{folder}/normalised", command, *options], check=True, stdout=subprocess.DEVNULL)


torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
module = Normalised()
x, y = torch.randn(5, 6, 3), torch.randn(5, 2)
save(folder + "/data", {"x": x, "y": y})
save(folder + "/start", module.state_dict())
call("train", "--data", folder + "/data", "--split", "0", "--init", folder + "/start", "--layout", "torch",
     "--steps", str(STEPS), "--out", folder + "/weights")
call("convert", "--weights", folder + "/weights", "--to", "torch", "--out", folder + "/back.safetensors")
optimizer = torch.optim.SGD(module.parameters(), lr=0.5, momentum=0.9)
for _ in range(STEPS):
    optimizer.zero_grad()
    ((module(x) - y) ** 2).mean().backward()
    optimizer.step()
found, _ = safetensors.read(folder + "/back.safetensors")
found = {name: torch.tensor(list(t.values)).reshape(t.shape) for name, t in found.items()}
expected = {name: t for name, t in module.state_dict().items() if "num_batches_tracked" not in name}
assert set(found) == set(expected), (sorted(found), sorted(expected))
for name, t in expected.items():
    assert (found[name] - t).abs().max() < 1e-12, (name, found[name], t)
assert (found["n.running_var"] - 1).abs().min() > 1e-3
