"""Layers of PyTorch that begin as Rondo's do."""

import math

import torch


def linear(inputs, outputs):
    """With the weights that Rondo's `linear` begins with."""
    layer = torch.nn.Linear(inputs, outputs)
    bound = 1 / math.sqrt(inputs)
    torch.nn.init.uniform_(layer.weight, -bound, bound)
    torch.nn.init.zeros_(layer.bias)
    return layer
