# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains one model with each optimizer, and with what a train block says besides, compiled in double precision and in
PyTorch, and compares the weights.

usage: optimizers.py FOLDER [NAME]...: of the cases with these names, or all
"""

import math
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


def in_groups(module, make, **head):
    """An optimizer of all parameters, of which those of the last layer have other options."""
    return make([{"params": module.a.parameters()}, {"params": module.z.parameters(), **head}])


def set_rate(rate):
    def set(module, optimizer, step):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
    return set


class LAMB(optim.Optimizer):
    """You et al. 2020, algorithm 2."""

    def __init__(self, parameters, lr, weight_decay):
        super().__init__(parameters, dict(lr=lr, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                m = state.setdefault("m", torch.zeros_like(p))
                v = state.setdefault("v", torch.zeros_like(p))
                t = state["t"] = state.get("t", 0) + 1
                m.copy_(0.9 * m + 0.1 * p.grad)
                v.copy_(0.999 * v + 0.001 * p.grad**2)
                r = m / (1 - 0.9**t) / ((v / (1 - 0.999**t)).sqrt() + 1e-6) + group["weight_decay"] * p
                p -= group["lr"] * p.norm() / r.norm() * r


class Muon(optim.Optimizer):
    """Jordan et al. 2024, with the factor of Liu et al. 2025; torch.optim.Muon computes in bfloat16."""

    def __init__(self, parameters, lr, weight_decay, momentum):
        super().__init__(parameters, dict(lr=lr, weight_decay=weight_decay, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - group["momentum"])
                o = p.grad.lerp(m, group["momentum"])
                o = o / o.norm()
                for _ in range(5):
                    gram = o @ o.T
                    o = 3.4445 * o + (-4.7750 * gram + 2.0315 * gram @ gram) @ o
                factor = 0.2 * max(p.shape) ** 0.5
                p -= group["lr"] * (factor * o + group["weight_decay"] * p)


class Both:
    """Two optimizers of one module."""

    def __init__(self, *both):
        self.both = both

    def zero_grad(self):
        for one in self.both:
            one.zero_grad()

    def step(self):
        for one in self.both:
            one.step()


# Of each case the settings, what makes PyTorch's optimizer of the module, and what comes before its steps.
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
    "lamb": ("optimizer lamb(rate: 0.02)", lambda m: LAMB(m.parameters(), 0.02, 0.01)),
    "muon": (
        "optimizer muon(rate: 0.02, momentum: 0.9)",
        lambda m: Both(
            Muon([p for p in m.parameters() if p.dim() == 2], 0.02, 0.1, 0.9),
            optim.AdamW([p for p in m.parameters() if p.dim() == 1], 0.02, weight_decay=0.1),
        ),
    ),
    "average": ("average 0.9; optimizer adam(rate: 0.02)", lambda m: optim.Adam(m.parameters(), 0.02)),
    "average-lamb": ("average 0.5; optimizer lamb(rate: 0.02)", lambda m: LAMB(m.parameters(), 0.02, 0.01)),
    "accumulate": (
        "accumulate 3; optimizer sgd(rate: 0.1 / step, momentum: 0.9)",
        lambda m: optim.SGD(m.parameters(), 1, momentum=0.9),
        set_rate(lambda step: 0.1 / step),
    ),
    "accumulate-clipped": (
        "accumulate 3; clip norm 0.05; optimizer adam(rate: 0.02, epsilon: 0.1)",
        lambda m: optim.Adam(m.parameters(), 0.02, eps=0.1),
        lambda m, *_: nn.utils.clip_grad_norm_(m.parameters(), 0.05),
    ),
    "cosine": (
        "optimizer nesterov(rate: 0.1 * min(1, step / 5) * (1 + cos(0.15 * step)))",
        lambda m: optim.SGD(m.parameters(), 1, momentum=0.9, nesterov=True),
        set_rate(lambda step: 0.1 * min(1, step / 5) * (1 + math.cos(0.15 * step))),
    ),
    "clip-norm": (
        "clip norm 0.1; optimizer rmsprop(rate: 0.01, epsilon: 0.1)",
        lambda m: optim.RMSprop(m.parameters(), 0.01, eps=0.1),
        lambda m, *_: nn.utils.clip_grad_norm_(m.parameters(), 0.1),
    ),
    "clip-value": (
        "clip value 0.02; optimizer adam(rate: 0.01, epsilon: 0.1)",
        lambda m: optim.Adam(m.parameters(), 0.01, eps=0.1),
        lambda m, *_: nn.utils.clip_grad_value_(m.parameters(), 0.02),
    ),
    "clip-groups": (
        "clip norm 0.1; group z(clip_norm: 0.05); group a.bias(clip_value: 0.01); optimizer sgd(rate: 0.5)",
        lambda m: optim.SGD(m.parameters(), 0.5),
        lambda m, *_: (
            nn.utils.clip_grad_norm_(m.z.parameters(), 0.05),
            nn.utils.clip_grad_value_([m.a.bias], 0.01),
            nn.utils.clip_grad_norm_([m.a.weight], 0.1),
        ),
    ),
    "groups": (
        "group z(rate_factor: 0.1, weight_decay: 0.3); optimizer adamw(rate: 0.02)",
        lambda m: in_groups(m, lambda groups: optim.AdamW(groups, 0.02), lr=0.002, weight_decay=0.3),
    ),
    "scheduled-groups": (
        "group z.*(rate_factor: 3); decay *.bias 0; optimizer sgd(rate: 0.1 / step, momentum: 0.9, weight_decay: 0.2)",
        lambda m: optim.SGD(
            [
                {
                    "params": [p],
                    "weight_decay": 0 if name.endswith("bias") else 0.2,
                    "factor": 3 if name[0] == "z" else 1,
                }
                for name, p in m.named_parameters()
            ],
            1,
            momentum=0.9,
        ),
        lambda m, optimizer, step: [group.update(lr=group["factor"] * 0.1 / step) for group in optimizer.param_groups],
    ),
    "frozen": ("freeze a; optimizer adam(rate: 0.02)", lambda m: optim.Adam(m.z.parameters(), 0.02)),
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
    data = folder + ("/more" if "accumulate" in settings else "/data")
    run(path, "train", "--data", data, "--split", "0", "--init", folder + "/start", "--layout", "torch",
        "--steps", str(STEPS), "--out", path + ".weights")
    run(path, "convert", "--weights", path + ".weights", "--to", "torch", "--out", path + ".safetensors")
    found, _ = safetensors.read(path + ".safetensors")
    return {name: torch.tensor(list(t.values)).reshape(t.shape) for name, t in found.items()}


torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
start = {name: t.detach().clone() for name, t in Module().state_dict().items()}
# One batch, or as many as an update takes.
more = torch.randn(15, 6, 3), torch.randn(15, 6, 2)
save(folder + "/more", {"x": more[0], "y": more[1]})
save(folder + "/data", {"x": more[0][:5], "y": more[1][:5]})
save(folder + "/start", start)
for name in names or CASES:
    settings, make, *before = CASES[name]
    module = Module()
    module.load_state_dict(start)
    optimizer = make(module)
    x, y = more if "accumulate" in settings else (more[0][:5], more[1][:5])
    decay = float(settings.split("average ")[1].split(";")[0]) if "average" in settings else 0
    averaged = optim.swa_utils.AveragedModel(module, multi_avg_fn=optim.swa_utils.get_ema_multi_avg_fn(decay))
    for step in range(STEPS):
        optimizer.zero_grad()
        ((module(x) - y) ** 2).mean().backward()
        for act in before:
            act(module, optimizer, step + 1)
        optimizer.step()
        averaged.update_parameters(module)
    found = compiled(name, settings)
    expected = averaged.module.state_dict()
    assert set(found) == set(expected), (sorted(found), sorted(expected))
    error = max((found[path] - t).abs().max().item() for path, t in expected.items())
    moved = max((start[path] - t).abs().max().item() for path, t in expected.items())
    print(f"{name}: {error:.1e}")
    assert error < 1e-9 and moved > 1e-3, (name, error, moved)
