# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains a PyTorch model with a cell written in Rondo (smooth.rondo) between PyTorch's own layers: from noisy samples
of a wave it learns to say how fast the wave is. Needs `pip install .`, PyTorch, and rondoc (README.md, "In Python").
"""
import pathlib

import rondo.torch
import torch

STEPS, ROWS, SIZE = 40, 16, 32

torch.manual_seed(1)
program = pathlib.Path(__file__).with_name("smooth.rondo")
cell = rondo.compile(program, layer=True, I=8, H=SIZE, batch=ROWS, bptt=STEPS)
into, layer, out = torch.nn.Linear(1, 8), rondo.torch.Layer(cell), torch.nn.Linear(SIZE, 1)
model = torch.nn.Sequential(into, layer, out)
optimizer = torch.optim.Adam(model.parameters(), 5e-3)

for step in range(1, 301):
    pace = 0.1 + 0.9 * torch.rand(ROWS, 1)
    wave = torch.sin(pace * torch.arange(STEPS) + 6 * torch.rand(ROWS, 1)) + 0.1 * torch.randn(ROWS, STEPS)
    said = model(wave.unsqueeze(2))[:, -1]
    loss = (said - pace).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step}: the speed is off by {loss.sqrt().item():.3f}, of 0.26 if it were guessed")
