# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains a model with the optimizer hessian_free, compiled in double precision and by the plain formulas (Martens
2010), with PyTorch's derivatives, and compares the weights and what the log says. Many steps of conjugate gradients
multiply differences in last places by orders of magnitude, so that 20 updates are compared with few steps each, those
of the default numbers over 4, and those of classes behind states, whose damping has fallen far by then, over 8.

usage: hessian_free.py FOLDER [NAME]...: of the cases with these names, or all
"""

import json
import math
import subprocess
import sys

import safetensors
import torch
from torch.func import functional_call, jvp, vjp

folder, *chosen = sys.argv[1:]

PROGRAM = """
model M {
  axis T
  input x: [3] over T
  target y: TARGET over T
  a = tanh(linear[4](x))
  output z: [2] = linear[2](a)
  loss = LOSS(z, y)
  train {
    data arrays
    batch 5
    bptt 6
    SETTINGS
  }
}
"""

# A term that is always 0, as its slope, adds the Gauss-Newton matrix of the states: structural damping (Martens &
# Sutskever 2011).
RECURRENT = """
cell Plain[H](x: [I]) -> [H] {
  state h: [H]
  h' = tanh(linear[H](x) as seen + linear[H](h, bias: none) as back)
  return h'
}

model M {
  axis T
  input x: [3] over T
  target y: TARGET over T
  output a: [4] = scan Plain[4](x)
  output z: [2] = linear[2](a)
  loss error = LOSS(z, y)
  loss still = mean(mean(square(a - stop(a))) over T) weight STRUCTURAL
  train {
    data arrays
    batch 5
    bptt 6
    SETTINGS
  }
}
"""

# Of each case the settings, their numbers, the loss, the parameters that are trained, and the updates.
CASES = {
    "defaults": ("", {}, "squared_error", "az", 4),
    "light": ("", {"damping": 0.01, "cg_steps": 6}, "squared_error", "az", 20),
    "short": ("", {"damping": 0.1, "cg_steps": 3, "cg_decay": 0.5, "rate": 0.7}, "squared_error", "az", 20),
    "classes": ("", {"damping": 0.1, "cg_steps": 5}, "cross_entropy", "az", 20),
    "frozen": ("freeze a", {"damping": 0.1, "cg_steps": 4}, "squared_error", "z", 20),
    "heavy": ("", {"damping": 50, "rate": 8, "cg_steps": 6}, "squared_error", "az", 20),
    "structural": ("", {"damping": 0.1, "cg_steps": 5}, "squared_error", "az", 20),
    "structural classes": ("", {"damping": 0.03, "cg_steps": 4}, "cross_entropy", "az", 8),
}
# The factor of the structural damping of those that have it.
STRUCTURAL = {"structural": 0.5, "structural classes": 0.3}


class Module(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.Linear(3, 4)
        self.z = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.z(self.a(x).tanh())


class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.ModuleDict({"seen": torch.nn.Linear(3, 4), "back": torch.nn.Linear(4, 4, bias=False)})
        self.z = torch.nn.Linear(4, 2)

    def states(self, x):
        h, all_states = torch.zeros(x.shape[0], 4), []
        for t in range(x.shape[1]):
            h = (self.a["seen"](x[:, t]) + self.a["back"](h)).tanh()
            all_states.append(h)
        return torch.stack(all_states, 1)

    def forward(self, x):
        a = self.states(x)
        return self.z(a), a


def squared_error(z, y):
    return ((z - y) ** 2).mean()


def cross_entropy(z, y):
    return torch.nn.functional.cross_entropy(z.reshape(-1, 2), y.reshape(-1).long())


class Problem:
    """Loss, gradient and Gauss-Newton products at a vector of the parameters that are trained."""

    def __init__(self, module, names, loss, x, y, structural):
        self.module, self.x, self.y, self.of_output, self.structural = module, x, y, loss, structural
        self.names = names
        self.shapes = [dict(module.named_parameters())[name].shape for name in names]

    def run(self, p):
        parts = torch.split(p, [shape.numel() for shape in self.shapes])
        values = {name: part.reshape(shape) for name, part, shape in zip(self.names, parts, self.shapes)}
        return functional_call(self.module, values, (self.x,))

    def output(self, p):
        found = self.run(p)
        return found[0] if self.structural else found

    def states(self, p):
        return self.run(p)[1]

    def loss(self, p):
        return self.of_output(self.output(p), self.y)

    def gradient(self, p):
        return vjp(self.loss, p)[1](torch.ones(()))[0]

    def product(self, p, v):
        z, jv = jvp(self.output, (p,), (v,))
        slope = lambda z: vjp(lambda z: self.of_output(z, self.y), z)[1](torch.ones(()))[0]
        _, hjv = jvp(slope, (z,), (jv,))
        product = vjp(self.output, p)[1](hjv)[0]
        if self.structural:
            # Of the mean square of what the states change by.
            h, jv = jvp(self.states, (p,), (v,))
            product = product + vjp(self.states, p)[1](2 * self.structural / h.numel() * jv)[0]
        return product


def hessian_free(f, p, updates, damping=1.0, cg_steps=250, cg_decay=0.95, rate=1.0):
    """The weights after so many updates, and of each one the damping, the steps, rho and the factor."""
    x = torch.zeros_like(p)
    told = []
    for _ in range(updates):
        g = f.gradient(p)
        A = lambda v: f.product(p, v) + damping * v
        # Conjugate gradients for A x = -g.
        x = cg_decay * x
        r = A(x) + g
        d = -r
        phi = [0.5 * x @ A(x) + g @ x]
        kept, kept_next = [], 1
        i = 0
        while i < cg_steps and r @ r > 0:
            Ad = A(d)
            alpha = (r @ r) / (d @ Ad)
            x = x + alpha * d
            new = r + alpha * Ad
            d = -new + (new @ new) / (r @ r) * d
            r = new
            i += 1
            phi.append(0.5 * x @ A(x) + g @ x)
            if i == kept_next:
                kept.append(x)
                kept_next = math.ceil(round(1.3 * i, 6))
            k = max(10, i // 10)
            if i > k and phi[i] < 0 and (phi[i] - phi[i - k]) / phi[i] < 5e-4 * k:
                break
        if not kept or kept[-1] is not x:
            kept.append(x)
        # Back over them as long as the loss falls.
        best = len(kept) - 1
        while best > 0 and f.loss(p + kept[best - 1]) < f.loss(p + kept[best]):
            best -= 1
        d = kept[best]
        model = 0.5 * d @ f.product(p, d) + g @ d
        gain = f.loss(p + d) - f.loss(p)
        rho = gain / model
        before = damping
        if rho < 0.25 or gain >= 0 or model >= 0:
            damping *= 1.5
        elif rho > 0.75:
            damping /= 1.5
        s = rate
        for _ in range(60):
            if f.loss(p + s * d) <= f.loss(p) + 0.01 * s * min(g @ d, torch.zeros(())):
                break
            s *= 0.8
        else:
            s = 0.0
        told.append((before, i, rho.item(), s))
        p = p + s * d
    return p, told


def save(path, tensors):
    safetensors.write(path, {name: safetensors.tensor(kind, list(t.shape), t.detach().flatten().tolist())
                             for name, (kind, t) in tensors.items()})


def start_of(name):
    return "recurrent" if name in STRUCTURAL else "start"


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, (command, result.stdout, result.stderr)


def compiled(name, settings, loss, updates):
    """The weights after so many steps of the compiled program, and the lines of its log."""
    path = f"{folder}/{name.replace(' ', '_')}"
    program = RECURRENT if name in STRUCTURAL else PROGRAM
    start = f"{folder}/{start_of(name)}"
    target = "token[2]" if loss == "cross_entropy" else "[2]"
    with open(path + ".rondo", "w") as file:
        file.write(program.replace("SETTINGS", settings).replace("TARGET", target)
                   .replace("LOSS", loss).replace("STRUCTURAL", str(STRUCTURAL.get(name))))
    run("rondoc", path + ".rondo", "-O1", "--element=f64", "--no-gradcheck", "-o", path)
    run(path, "train", "--data", f"{folder}/{loss}", "--split", "0", "--init", start, "--layout", "torch",
        "--steps", str(updates), "--out", path + ".weights", "--log", path + ".jsonl")
    run(path, "convert", "--weights", path + ".weights", "--to", "torch", "--out", path + ".safetensors")
    found, _ = safetensors.read(path + ".safetensors")
    with open(path + ".jsonl") as file:
        lines = [json.loads(line) for line in file]
    return {name: torch.tensor(list(t.values)).reshape(t.shape) for name, t in found.items()}, lines


torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
starts = {kind: {name: t.detach().clone() for name, t in module().state_dict().items()}
          for kind, module in (("start", Module), ("recurrent", Recurrent))}
x, real = torch.randn(5, 6, 3), torch.randn(5, 6, 2)
tokens = (x[..., 0] * x[..., 1] > 0).int()
save(folder + "/squared_error", {"x": ("F64", x), "y": ("F64", real)})
save(folder + "/cross_entropy", {"x": ("F64", x), "y": ("I32", tokens)})
for kind, start in starts.items():
    save(f"{folder}/{kind}", {name: ("F64", t) for name, t in start.items()})
for name in chosen or CASES:
    setting, numbers, loss, trained, updates = CASES[name]
    of_numbers = ", ".join(f"{number}: {value}" for number, value in numbers.items())
    settings = f"{setting}\n    optimizer hessian_free{f'({of_numbers})' if numbers else ''}"
    start = starts[start_of(name)]
    module = Recurrent() if name in STRUCTURAL else Module()
    module.load_state_dict(start)
    names = [path for path in start if path[0] in trained]
    f = Problem(module, names, globals()[loss], x, real if loss == "squared_error" else tokens,
                STRUCTURAL.get(name))
    p, told = hessian_free(f, torch.cat([start[path].flatten() for path in names]), updates, **numbers)
    found, lines = compiled(name, settings, loss, updates)
    error = (torch.cat([found[path].flatten() for path in names]) - p).abs().max().item()
    moved = (torch.cat([start[path].flatten() for path in names]) - p).abs().max().item()
    print(f"{name}: {error:.1e}, damping {told[-1][0]:.2g}, {sum(line[1] for line in told)} products")
    assert error < 1e-9 and moved > 1e-3, (name, error, moved)
    for line, (damping, steps, rho, factor) in zip(lines, told, strict=True):
        assert line["cg_steps"] == steps, (name, line, steps)
        for key, value in (("damping", damping), ("reduction_ratio", rho), ("step_factor", factor)):
            assert abs(line[key] - value) <= 1e-6 * max(1, abs(value)), (name, key, line, value)
