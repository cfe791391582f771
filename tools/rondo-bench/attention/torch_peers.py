#!/usr/bin/env python3
# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the attention of this folder in PyTorch: a script for `tools/peers --peers-script`.

Its fused kernel on contiguous tensors [batch, heads, positions, features], the order that it is fastest with.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import peer_script


def run(workload, seconds, threads):
    import torch
    torch.set_num_threads(threads)
    heads = workload["heads"]
    shape = (workload["B"], heads, workload["T"], workload["H"] // heads)
    torch.manual_seed(0)
    query, key, value = (torch.randn(shape) for _ in range(3))
    attend = torch.nn.functional.scaled_dot_product_attention
    with torch.no_grad():
        return peer_script.median_us(lambda: attend(query, key, value, is_causal=workload["cell"] == "causal"), seconds)


if __name__ == "__main__":
    sys.exit(peer_script.main(__doc__, {"torch": run}, HERE.parent / "attention.json"))
