#!/usr/bin/env python3
"""DRAW in PyTorch, as draw.rondo has it: the bound on test digits after as many steps, in nats.

draw_torch.py TRAIN TEST [SEED [STEPS]]: files of data.py; prints the mean bound of the tests and its parts."""

import sys

import torch
from safetensors.torch import load_file

from torch_linear import linear

A, N, H, Z, STROKES, BATCH = 8, 4, 96, 10, 8, 64


class Draw(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.reader, self.writer = linear(H, 5), linear(H, 5)
        self.encoder, self.decoder = torch.nn.LSTMCell(2 * N * N + H, H), torch.nn.LSTMCell(Z, H)
        self.m, self.s, self.stroke = linear(H, Z), linear(H, Z), linear(H, N * N)

    def filters(self, place, stride, variance):
        centre = place + (torch.arange(N) - (N - 1) / 2) * stride
        gap = torch.arange(A)[None, None, :] + 1 - centre[:, :, None]
        weight = torch.exp(-gap.square() / (2 * variance[:, :, None]))
        return weight / weight.sum(-1, keepdim=True).clamp(min=1e-8)

    def bank(self, numbers):
        y, x, width, apart, bright = numbers.split(1, 1)
        stride, variance = (A - 1) / (N - 1) * apart.exp(), width.exp()
        return (self.filters((A + 1) / 2 * (y + 1), stride, variance),
                self.filters((A + 1) / 2 * (x + 1), stride, variance), bright)

    def forward(self, x):
        """The two parts of the bound for each image."""
        rows = len(x)
        canvas, h = torch.zeros(rows, A, A), torch.zeros(rows, H)
        encoder, c, nats = (torch.zeros(rows, H), torch.zeros(rows, H)), torch.zeros(rows, H), 0
        for _ in range(STROKES):
            down, across, bright = self.bank(self.reader(h))
            seen = [(down @ image @ across.mT).flatten(1) for image in (x, x - canvas.sigmoid())]
            encoder = self.encoder(torch.cat([bright.exp() * torch.cat(seen, 1), h], 1), encoder)
            m, s = self.m(encoder[0]), self.s(encoder[0])
            nats = nats + (0.5 * (m.square() + (2 * s).exp() - 1) - s).sum(1)
            h, c = self.decoder(m + s.exp() * torch.randn_like(m), (h, c))
            up, along, faint = self.bank(self.writer(h))
            stroke = self.stroke(h).view(-1, N, N)
            canvas = canvas + (-faint).exp()[:, :, None] * (up.mT @ stroke @ along)
        return (torch.nn.functional.softplus(canvas) - x * canvas).sum((1, 2)), nats


def main(train, test, seed=1, steps=4000):
    torch.manual_seed(int(seed))
    torch.set_num_threads(1)
    pixels, tests = load_file(train)["pixels"], load_file(test)["pixels"]
    model = Draw()
    optimizer = torch.optim.Adam(model.parameters(), 4e-3)
    order, at = torch.randperm(len(pixels)), 0
    for step in range(int(steps)):
        if at + BATCH > len(order):
            order, at = torch.randperm(len(pixels)), 0
        for group in optimizer.param_groups:
            group["lr"] = 4e-3 * 0.5 ** ((step + 1) // 1000)
        wrong, nats = model(pixels[order[at:at + BATCH]])
        at += BATCH
        optimizer.zero_grad()
        (wrong + nats).mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        if step % 500 == 499:
            print(f"step {step + 1} {(wrong + nats).mean().item():.3f}", file=sys.stderr, flush=True)
    with torch.no_grad():
        wrong, nats = model(tests)
    print(f"pixels_nats {wrong.mean():.4f}\ncode_nats {nats.mean():.4f}\nloss {(wrong + nats).mean():.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
