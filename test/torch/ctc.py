# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the loss and the gradients of CTC, as examples/speech says it, with those of PyTorch: labels that repeat,
of any number, none included, and sequences of any length, some with too few frames: their loss is 1e30, by label, and
they have no gradient.

usage: ctc.py PROGRAM FOLDER"""

import itertools
import math
import pathlib
import random
import subprocess
import sys

import safetensors
import torch

program, folder = sys.argv[1:]
model = f"{folder}/ctc"
BATCH, FRAMES, LABELS, CLASSES = 6, 12, 5, 4
TOLERANCE = 1e-9
draw = random.Random(1)
torch.manual_seed(1)


def compile_paths():
    """The example without its LSTMs, and with one input for each frame of the batch: the gradient of the weights is
    that of the logits."""
    text = pathlib.Path(program).read_text()
    for old, new in [
        ("  a = concat(scan LSTM[H](x) as forth, scan LSTM[H](x) backward as back)\n", ""),
        ("linear[V](a)", "linear[V](x, bias: none)"),
        ("axis T ragged max longest", "axis T ragged"),
        ("data frames", "data arrays"),
        ("batch 32", f"batch {BATCH}"),
    ]:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    pathlib.Path(f"{model}.rondo").write_text(text)
    sizes = {"F": BATCH * FRAMES, "V": CLASSES, "most": LABELS, "longest": FRAMES}
    options = [word for name, size in sizes.items() for word in ("-D", f"{name}={size}")]
    subprocess.run(["rondoc", f"{model}.rondo", "-O1", "--element=f64", *options, "-o", model], check=True)


def loss_of_all_paths(scores, labels):
    """-log of the summed probabilities of all paths that say the labels, one by one."""
    total = 0.0
    for path in itertools.product(range(CLASSES), repeat=len(scores)):
        said = [c for c, _ in itertools.groupby(path) if c]
        if said == labels:
            total += math.exp(sum(frame[c] for frame, c in zip(scores, path)))
    return -math.log(total)


def flat(tensor):
    return tensor.flatten().tolist()


def compare(number):
    frames = [draw.randint(1, FRAMES) for _ in range(BATCH)]
    counts = [draw.randint(0, LABELS) for _ in range(BATCH)]
    labels = torch.zeros(BATCH, LABELS, dtype=torch.long)
    for row, count in enumerate(counts):
        for place in range(count):
            labels[row, place] = draw.randint(1, CLASSES - 1 if number % 2 else 2)
    weight = (3 * torch.randn(CLASSES, BATCH * FRAMES, dtype=torch.float64)).requires_grad_()
    logits = weight.T.reshape(BATCH, FRAMES, CLASSES)
    each = torch.nn.functional.ctc_loss(
        logits.log_softmax(-1).transpose(0, 1), labels, frames, counts, reduction="none", zero_infinity=True
    )
    for row in range(BATCH):
        if frames[row] <= 5 and each[row] > 0:
            scores = logits[row, : frames[row]].log_softmax(-1).tolist()
            path_loss = loss_of_all_paths(scores, labels[row, : counts[row]].tolist())
            assert abs(each[row].item() - path_loss) < TOLERANCE, f"batch {number}, row {row}: all paths {path_loss}"
    by_label = each / torch.tensor(counts).clamp(min=1)
    by_label.mean().backward()
    impossible = [
        count + sum(int(labels[row, i] == labels[row, i + 1]) for i in range(count - 1)) > frames[row]
        for row, count in enumerate(counts)
    ]
    infinite = sum(1e30 / max(count, 1) for count, found in zip(counts, impossible) if found)
    expected = (by_label.sum().item() + infinite) / BATCH

    x = torch.eye(BATCH * FRAMES, dtype=torch.float64).reshape(BATCH, FRAMES, -1)
    safetensors.write(
        f"{folder}/in.safetensors",
        {
            "x": safetensors.tensor("F64", x.shape, flat(x)),
            "labels": safetensors.tensor("I32", labels.shape, flat(labels)),
            "length.T": safetensors.tensor("I32", [BATCH], frames),
            "length.L": safetensors.tensor("I32", [BATCH], counts),
        },
    )
    safetensors.write(f"{folder}/w.safetensors", {"logits.x": safetensors.tensor("F64", weight.shape, flat(weight))})
    command = [model, "grad", "--weights", f"{folder}/w.safetensors", "--in", f"{folder}/in.safetensors"]
    subprocess.run([*command, "--out", f"{folder}/out.safetensors"], check=True, stdout=subprocess.DEVNULL)
    found, _ = safetensors.read(f"{folder}/out.safetensors")
    loss, gradient = found["loss"].values[0], torch.tensor(found["logits.x"].values, dtype=torch.float64)
    off = max(abs(loss - expected) / max(1, abs(expected)), (gradient - weight.grad.flatten()).abs().max().item())
    assert off < TOLERANCE, f"batch {number}: {off}, loss {loss} for {expected}, frames {frames}, labels {counts}"
    return sum(impossible), off


compile_paths()
results = [compare(number) for number in range(40)]
assert 10 < sum(count for count, _ in results) < 100, "some sequences have too few frames"
print(f"passed: {len(results)} batches, at most {max(off for _, off in results):.1e} off")
