#!/usr/bin/env python3
# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times training steps with the losses of this folder that PyTorch has: a script for `tools/peers --peers-script`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import peer_script

LABELS = 7  # of each sequence, as in ctc.rondo


def run(workload, seconds, threads):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    if workload["cell"] not in ("ctc", "full"):
        return None
    steps, batch, units, vocab = (workload[name] for name in ("T", "B", "H", "vocab"))
    inputs = workload.get("I", units)
    speaks = workload["cell"] == "ctc"
    lstm = nn.LSTM(inputs, units, bidirectional=speaks)
    out = nn.Linear(2 * units if speaks else units, vocab)
    modules = nn.ModuleList([lstm, out] if speaks else [lstm, out, nn.Embedding(vocab, inputs)])
    optimizer = torch.optim.SGD(modules.parameters(), 0.1)

    def loss_of_labels():
        scores = out(lstm(frames)[0]).log_softmax(-1)
        return nn.functional.ctc_loss(scores, labels, lengths, counts)

    def loss_of_words():
        return nn.functional.cross_entropy(out(lstm(modules[2](words))[0]).flatten(0, 1), following.flatten())

    if speaks:
        frames, labels = torch.randn(steps, batch, inputs), torch.randint(1, vocab, (batch, LABELS))
        lengths, counts = [steps] * batch, [LABELS] * batch
    else:
        words, following = torch.randint(vocab, (2, steps, batch))
    loss_of = loss_of_labels if speaks else loss_of_words

    def step():
        optimizer.zero_grad()
        loss_of().backward()
        nn.utils.clip_grad_norm_(modules.parameters(), 5)
        optimizer.step()

    return peer_script.median_us(step, seconds)


if __name__ == "__main__":
    sys.exit(peer_script.main(__doc__, {"torch": run}, HERE.parent / "losses.json"))
