# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the loss, gradients and final states of compiled random programs in double with PyTorch's autograd.

usage: random_programs.py FIRST COUNT SCRATCH      the programs are those of the seeds FIRST and on (rondo-random)
"""

import re
import subprocess
import sys

import language_torch
import safetensors
import torch

TOLERANCE = 1e-10


def save(path, tensors):
    types = {torch.float64: "F64", torch.int64: "I64"}
    plain = {name: value.detach() for name, value in tensors.items()}
    safetensors.write(
        path, {n: safetensors.tensor(types[v.dtype], list(v.shape), v.flatten().tolist()) for n, v in plain.items()}
    )


def evaluate(text, batch, length, tokens, streams):
    """Weights, inputs and expected results by their names in the files."""
    chance = torch.Generator().manual_seed(7)
    weights, inputs = {}, {}

    def uniform(shape, width):
        return (2 * torch.rand(shape, generator=chance, dtype=torch.float64) - 1) * width

    def parameter(path, shape):
        if path not in weights:
            weights[path] = uniform(shape, min(1.0, 2 / shape[-1] ** 0.5)).requires_grad_()
        return weights[path]

    def data(name, token, shape):
        inputs[name] = torch.randint(tokens, shape, generator=chance) if token else uniform(shape, 1)
        return inputs[name]

    def carried(path, rows, size):
        if not streams:
            return None
        name = "state." + path
        if name not in inputs:
            inputs[name] = sequences_first(uniform([*rows, size], 1))
        return inputs[name].movedim(0, -2)

    def sequences_first(state):
        return state.movedim(-2, 0)

    model = language_torch.Model(text, batch, length, parameter, data, carried)
    loss = model.run()
    loss.backward()
    expected = {"loss": loss}
    for path, value in weights.items():
        expected[path] = torch.zeros_like(value) if value.grad is None else value.grad
    expected.update({"state." + path: sequences_first(value) for path, value in model.finals.items()})
    return weights, inputs, expected


def check(seed, scratch):
    """None, or what differs."""
    text = subprocess.check_output(["rondo-random", str(seed)], text=True)
    head = re.match(r"// batch (\d+), length (\d+), tokens (\d+), streams (\d)", text)
    batch, length, tokens, streams = map(int, head.groups())
    program, binary = scratch + ".rondo", scratch + ".exe"
    with open(program, "w") as file:
        file.write(text)
    sizes = ["-D", f"batch={batch}", "-D", f"bptt={length}"]
    subprocess.run(["rondoc", program, "--element=f64", "-O1", *sizes, "-o", binary], check=True)
    weights, inputs, expected = evaluate(text, batch, length, tokens, streams)
    save(scratch + ".weights", weights)

    def grad(given):
        save(scratch + ".in", given)
        files = ["--weights", scratch + ".weights", "--in", scratch + ".in", "--out", scratch + ".out"]
        subprocess.run([binary, "grad", *files], check=True, stdout=subprocess.DEVNULL)
        return safetensors.read(scratch + ".out")[0]

    states = {name for name in inputs if name.startswith("state.")}
    if states:
        # Which of their axes have one position shows in what the program gives.
        shapes = grad({name: value for name, value in inputs.items() if name not in states})
        for name in states:
            inputs[name] = inputs[name].reshape(shapes[name].shape)
    found = grad(inputs)
    # A model that looks ahead carries no states.
    wanted = {name for name in expected if not name.startswith("state.")}
    if not wanted <= set(found) <= set(expected):
        return f"expected the results {sorted(expected)}, found {sorted(found)}"
    for name, result in found.items():
        right = expected[name].detach().flatten().double()
        scale = max(right.abs().max().item(), 1e-6)
        difference = (torch.tensor(list(result.values), dtype=torch.float64) - right).abs().max().item()
        if not difference <= TOLERANCE * scale:
            return f"'{name}' differs by {difference / scale:.3g} of its largest entry, expected at most {TOLERANCE:g}"
    return None


def main(first, count, scratch):
    torch.set_num_threads(1)
    failures = 0
    for seed in range(first, first + count):
        wrong = check(seed, scratch)
        if wrong:
            failures += 1
            print(f"seed {seed}: {wrong}", flush=True)
    print(f"{count} programs, {failures} differ")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
