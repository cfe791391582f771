#!/usr/bin/env python3
"""The mixture network of strokes.rondo in PyTorch: nats for each move of the tests after as many steps.

strokes_torch.py TRAIN TEST [SEED [STEPS]]: files of data.py; prints `nats`."""

import math
import sys

import torch
from safetensors.torch import load_file

from torch_linear import linear

H, K, BATCH = 96, 6, 32


def nats(pen, layer, lifts, x, following):
    h, _ = pen(x)
    mx, my, sx, sy, r, w = layer(h).split(K, -1)
    lift, rho = lifts(h)[..., 0], 0.95 * torch.tanh(r)
    a = (following[..., :1] - mx) * torch.exp(-sx)
    b = (following[..., 1:2] - my) * torch.exp(-sy)
    rest = 1 - rho.square()
    density = -(a.square() + b.square() - 2 * rho * a * b) / (2 * rest) - sx - sy - 0.5 * rest.log()
    density = density - math.log(2 * math.pi)
    placed = w.logsumexp(-1) - (w + density).logsumexp(-1)
    return (placed + torch.nn.functional.softplus(lift) - lift * following[..., 2]).mean()


def main(train, test, seed=1, steps=3000):
    torch.manual_seed(int(seed))
    torch.set_num_threads(1)
    known, tests = load_file(train), load_file(test)
    pen, layer, lifts = torch.nn.LSTM(3, H, batch_first=True), linear(H, 6 * K), linear(H, 1)
    parameters = [*pen.parameters(), *layer.parameters(), *lifts.parameters()]
    optimizer = torch.optim.Adam(parameters, 3e-3)
    order, at = torch.randperm(len(known["pen"])), 0
    for step in range(1, int(steps) + 1):
        if at + BATCH > len(order):
            order, at = torch.randperm(len(order)), 0
        rows, at = order[at:at + BATCH], at + BATCH
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1, step / 100) * 0.5 ** (step // 1000)
        optimizer.zero_grad()
        nats(pen, layer, lifts, known["pen"][rows], known["next"][rows]).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
    with torch.no_grad():
        print(f"nats {nats(pen, layer, lifts, tests['pen'], tests['next']):.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
