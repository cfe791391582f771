#!/usr/bin/env python3
"""Trains hessian.rondo by Adam, at five rates, and by hessian_free, each for as many seconds of one core, and writes
the losses on 1000 other sequences as a table.

Each run is one thread, ended when it has taken --seconds of processor time; the data are --sequences of its seed.
--plot FOLDER keeps the curve of each run as FOLDER/NAME-SEED.svg."""

import argparse
import array
import os
import pathlib
import random
import re
import signal
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from data import arrays, reals  # noqa: E402

LENGTH = 200
ADAM = {f"adam, rate {rate}": [f"rate={rate}", "clip=1"] for rate in ("1e-4", "3e-4", "1e-3", "3e-3", "1e-2")}
FREE = {"hessian_free": ["optimizer=hessian_free", "batch=500", "damping=0.1", "cg_steps=100"]}


def sequences(count, seed):
    draw = random.Random(seed)
    xs, totals = array.array("f"), array.array("f")
    for _ in range(count):
        marked = draw.randrange(LENGTH // 2), LENGTH // 2 + draw.randrange(LENGTH // 2)
        numbers = [draw.random() for _ in range(LENGTH)]
        xs.extend(v for t, number in enumerate(numbers) for v in (number, t in marked))
        totals.append(sum(numbers[t] for t in marked))
    return {"x": reals(count, LENGTH, 2, values=xs), "total": reals(count, 1, values=totals)}


def call(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds_of(pid):
    """The processor time that a process has taken."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def train(model, folder, seed, seconds, plot):
    """The steps that fit, and the loss on the tests."""
    weights = folder / f"{model.name}-{seed}.safetensors"
    words = [model, "train", "--data", folder / f"train{seed}", "--split", 0, "--threads", 1, "--seed", seed,
             "--out", weights, "--checkpoint-every", 1000000000]
    if plot:
        words += ["--plot", plot / f"{model.name}-{seed}.svg"]
    with open(folder / f"{model.name}-{seed}.txt", "w+") as told:
        run = subprocess.Popen([str(word) for word in words], stdout=told, stderr=told)
        while run.poll() is None and seconds_of(run.pid) < seconds:
            time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        run.wait()
        told.seek(0)
        text = told.read()
    steps = re.search(r"weights after (\d+) steps", text)
    if not steps:
        return 0, float("nan"), text.strip().splitlines()[-1]
    found = call(model, "eval", "--data", folder / "test", "--weights", weights)
    return int(steps[1]), float(re.search(r"loss +(\S+)", found)[1]), ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rondoc", default="rondoc")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sequences", type=int, default=20000)
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--define", action="append", default=[], metavar="NAME=VALUE",
                        help="of hessian_free, in place of its own")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.plot:
        options.plot.mkdir(parents=True, exist_ok=True)
    arrays.write(options.folder / "test", sequences(1000, "test"))
    for seed in range(1, options.seeds + 1):
        arrays.write(options.folder / f"train{seed}", sequences(options.sequences, seed))
    print(f"| {options.seconds:g} s of one core each | median loss | losses | updates |\n|---|---|---|---|", flush=True)
    for name, defines in {**FREE, **ADAM}.items():
        model = options.folder / re.sub(r"\W+", "-", name)
        own = options.define if name in FREE else []
        chosen = dict(define.split("=", 1) for define in [*defines, *own])
        settings = [f"-D{key}={value}" for key, value in chosen.items()]
        call(options.rondoc, HERE / "hessian.rondo", "--no-gradcheck", *settings, "-o", model)
        runs = [train(model, options.folder, seed, options.seconds, options.plot)
                for seed in range(1, options.seeds + 1)]
        losses = [loss for _, loss, _ in runs]
        print(f"| {name} | {statistics.median(losses):.4g} | {', '.join(f'{loss:.4g}' for loss in losses)} | "
              f"{', '.join(str(steps) for steps, _, _ in runs)} |", flush=True)
        for _, _, failed in runs:
            if failed:
                print(f"{name}: {failed}", file=sys.stderr)


if __name__ == "__main__":
    main()
