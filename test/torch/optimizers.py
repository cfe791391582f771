# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains one model with each optimizer, compiled in double precision, and in PyTorch, and compares the weights.

usage: optimizers.py FOLDER [NAME]...: of the cases with these names, or all
"""

import subprocess
import sys

import safetensors
import torch
from torch import nn, optim

folder, *names = sys.argv[1:]
STEPS = 20

PROGRAM = """
model M {
  axis T
  input x: [3] over T
  target y: [2] over T
  a = tanh(linear[4](x))
  output z: [2] = linear[2](a)
  loss = squared_error(z, y)
  train {
    data arrays
    batch 5
    bptt 6
    SETTINGS
  }
}
"""


class Lion(optim.Optimizer):
    """Chen et al. 2023, algorithm 2."""

    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                c = beta1 * m + (1 - beta1) * p.grad
                p -= group["lr"] * (c.sign() + group["weight_decay"] * p)
                m.copy_(beta2 * m + (1 - beta2) * p.grad)


# Of each case the settings, and what makes PyTorch's optimizer of the module.
CASES = {
    "sgd": ("optimizer sgd(rate: 0.3)", lambda m: optim.SGD(m.parameters(), 0.3)),
    "momentum": (
        "optimizer sgd(rate: 0.1, momentum: 0.8, weight_decay: 0.01)",
        lambda m: optim.SGD(m.parameters(), 0.1, momentum=0.8, weight_decay=0.01),
    ),
    "nesterov": (
        "optimizer nesterov(rate: 0.05, weight_decay: 0.01)",
        lambda m: optim.SGD(m.parameters(), 0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    "adagrad": (
        "optimizer adagrad(rate: 0.1, weight_decay: 0.01)",
        lambda m: optim.Adagrad(m.parameters(), 0.1, weight_decay=0.01),
    ),
    "rmsprop": ("optimizer rmsprop", lambda m: optim.RMSprop(m.parameters())),
    "rmsprop-momentum": (
        "optimizer rmsprop(rate: 0.003, alpha: 0.9, momentum: 0.7, epsilon: 1e-5, weight_decay: 0.1)",
        lambda m: optim.RMSprop(m.parameters(), 0.003, 0.9, 1e-5, 0.1, 0.7),
    ),
    "rmsprop-centered": (
        "optimizer rmsprop(rate: 0.003, alpha: 0.9, epsilon: 1e-4, centered: 1)",
        lambda m: optim.RMSprop(m.parameters(), 0.003, 0.9, 1e-4, centered=True),
    ),
    "rmsprop-both": (
        "optimizer rmsprop(rate: 0.003, momentum: 0.5, epsilon: 1e-4, centered: 1)",
        lambda m: optim.RMSprop(m.parameters(), 0.003, eps=1e-4, momentum=0.5, centered=True),
    ),
    "adadelta": (
        "optimizer adadelta(epsilon: 1e-4, weight_decay: 0.01)",
        lambda m: optim.Adadelta(m.parameters(), 1, eps=1e-4, weight_decay=0.01),
    ),
    "adam": (
        "optimizer adam(rate: 0.02, beta2: 0.99, weight_decay: 0.1)",
        lambda m: optim.Adam(m.parameters(), 0.02, (0.9, 0.99), weight_decay=0.1),
    ),
    "adamw": ("optimizer adamw(rate: 0.02)", lambda m: optim.AdamW(m.parameters(), 0.02, weight_decay=0.01)),
    "lion": (
        "optimizer lion(rate: 0.01, weight_decay: 0.1)",
        lambda m: Lion(m.parameters(), 0.01, (0.9, 0.99), 0.1),
    ),
}


class Module(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 4)
        self.z = nn.Linear(4, 2)

    def forward(self, x):
        return self.z(self.a(x).tanh())


def save(path, tensors):
    safetensors.write(path, {name: safetensors.tensor("F64", list(t.shape), t.detach().flatten().tolist())
                             for name, t in tensors.items()})


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, (command, result.stdout, result.stderr)


def compiled(name, settings):
    """The weights after so many steps of the compiled program."""
    path = f"{folder}/{name}"
    with open(path + ".rondo", "w") as file:
        file.write(PROGRAM.replace("SETTINGS", settings.replace("; ", "\n    ")))
    run("rondoc", path + ".rondo", "-O1", "--element=f64", "--no-gradcheck", "-o", path)
    run(path, "train", "--data", folder + "/data", "--split", "0", "--init", folder + "/start", "--layout", "torch",
        "--steps", str(STEPS), "--out", path + ".weights")
    run(path, "convert", "--weights", path + ".weights", "--to", "torch", "--out", path + ".safetensors")
    found, _ = safetensors.read(path + ".safetensors")
    return {name: torch.tensor(list(t.values)).reshape(t.shape) for name, t in found.items()}


torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
start = {name: t.detach().clone() for name, t in Module().state_dict().items()}
x, y = torch.randn(5, 6, 3), torch.randn(5, 6, 2)
save(folder + "/data", {"x": x, "y": y})
save(folder + "/start", start)
for name in names or CASES:
    settings, make = CASES[name]
    module = Module()
    module.load_state_dict(start)
    optimizer = make(module)
    for _ in range(STEPS):
        optimizer.zero_grad()
        ((module(x) - y) ** 2).mean().backward()
        optimizer.step()
    found = compiled(name, settings)
    expected = module.state_dict()
    assert set(found) == set(expected), (sorted(found), sorted(expected))
    error = max((found[path] - t).abs().max().item() for path, t in expected.items())
    moved = max((start[path] - t).abs().max().item() for path, t in expected.items())
    print(f"{name}: {error:.1e}")
    assert error < 1e-9 and moved > 1e-3, (name, error, moved)
