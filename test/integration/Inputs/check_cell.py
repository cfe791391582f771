# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From a language model's program to what its binary does: gradients, training, evaluation, generation, the state.

usage: check_cell.py PROGRAM MODEL SCRATCH SAFETENSORS [LEAST]

Compiles the model of 7 symbols with several sizes, precisions and settings and expects of the binaries:
  - gradcheck passes, for a batch and a window of odd sizes, of one, and for bptt(2, 5), where only the last losses
    count
  - training lowers the loss, with adam in float and with momentum in double; a run with checkpoints gives the same
    weights
  - `eval` of the saved weights prints what the training's validation printed
  - `generate` repeats itself with one seed and differs with another
  - two windows with the state carried end in the same state, bit for bit, as one window of twice their length
SCRATCH is a folder; SAFETENSORS the folder of the module that reads and writes these files.
LEAST is the smallest size H at which every parameter matters, 1 if left out.
"""

import filecmp
import os
import random
import subprocess
import sys


class Failed(Exception):
    pass


def run(*command):
    """What the command prints; its failure is the test's."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise Failed(f"{' '.join(command)}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def expect(condition, what):
    if not condition:
        raise Failed(what)


class Check:
    def __init__(self, program, model, scratch, least):
        self.program, self.model, self.scratch, self.least = program, model, scratch, least

    def path(self, name):
        return os.path.join(self.scratch, name)

    def compile(self, name, *options, **sizes):
        """A binary with these sizes and settings in place of the program's."""
        defines = [f"-D{key}={value}" for key, value in sizes.items()]
        run("rondoc", self.program, "--model", self.model, *options, *defines, "-o", self.path(name))
        return self.path(name)

    def gradcheck(self, binary):
        printed = run(binary, "gradcheck")
        expect(printed.endswith("gradcheck passed\n"), printed)
        # The check must have looked at every parameter, and only one that nothing reads may have no influence.
        expect("no influence" not in printed, printed)

    def train(self, binary, steps, *options):
        """Trains and expects the loss to fall; returns what was printed."""
        log = binary + ".csv"
        printed = run(binary, "train", "--data", self.path("text"), "--steps", str(steps), "--log", log, *options)
        with open(log) as file:
            losses = [float(line.split(",")[1]) for line in file.readlines()[1:]]
        expect(len(losses) == steps, f"expected {steps} losses, found {len(losses)}")
        early, late = sum(losses[:5]) / 5, sum(losses[-5:]) / 5
        expect(late < 0.93 * early, f"{binary}: the loss went from {early} to {late} in {steps} steps")
        return printed

    def learns(self):
        binary = self.compile("learner", batch=3, bptt=5, optimizer="adam", rate=2e-2, clip=1)
        self.gradcheck(binary)
        weights, again = self.path("weights"), self.path("weights-again")
        printed = self.train(binary, 80, "--out", weights)
        self.train(binary, 80, "--out", again, "--checkpoint-every", "30")
        expect(filecmp.cmp(weights, again, shallow=False), "checkpoints changed the weights")
        validation = [line[11:] for line in printed.splitlines() if line.startswith("validation ")]
        evaluation = run(binary, "eval", "--data", self.path("text"), "--weights", weights, "--split", "0.1")
        expect(validation and validation == evaluation.splitlines(), f"eval printed\n{evaluation}not\n{validation}")
        texts = [
            run(binary, "generate", "--weights", weights, "--prompt", "ab", "-n", "60", "--seed", seed)
            for seed in ("3", "3", "4")
        ]
        expect(texts[0] == texts[1] and texts[0] != texts[2], f"generated {texts}")

    def wide(self):
        binary = self.compile(
            "wide", "--element=f64", batch=2, bptt="2,5", optimizer="sgd", rate=0.05, momentum=0.9, clip=1, H=6
        )
        self.gradcheck(binary)
        self.train(binary, 200)
        self.gradcheck(self.compile("least", "--element=f64", "-O0", batch=1, bptt=1, H=self.least, vocab=2))

    def carries(self, safetensors):
        """A chain of windows, with what `learns` left."""
        short, long = self.path("learner"), self.compile("twice", batch=3, bptt=10)
        weights = self.path("weights")
        chance = random.Random(5)
        tokens = [[chance.randrange(7) for _ in range(11)] for _ in range(3)]

        def grad(binary, begin, length, states):
            text = [row[begin : begin + length] for row in tokens]
            following = [row[begin + 1 : begin + 1 + length] for row in tokens]
            arrays = dict(states)
            for name, rows in (("text", text), ("next", following)):
                arrays[name] = safetensors.tensor("I32", [3, length], [token for row in rows for token in row])
            safetensors.write(self.path("in"), arrays)
            run(binary, "grad", "--weights", weights, "--in", self.path("in"), "--out", self.path("out"))
            found, _ = safetensors.read(self.path("out"))
            return found, {name: value for name, value in found.items() if name.startswith("state.")}

        at_rest, first = grad(short, 0, 5, {})
        second_results, second = grad(short, 5, 5, first)
        whole_results, whole = grad(long, 0, 10, {})
        expect(first and second == whole, "two windows end in another state than one")
        # The mean over the long window is the mean of the two windows' means, apart from rounding.
        halves = (at_rest["loss"].values[0] + second_results["loss"].values[0]) / 2
        difference = abs(halves - whole_results["loss"].values[0])
        expect(difference < 3e-6, f"the losses differ by {difference}")


def main():
    program, model, scratch, folder = sys.argv[1:5]
    least = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    sys.path.insert(0, folder)
    import safetensors

    os.makedirs(scratch, exist_ok=True)
    check = Check(program, model, scratch, least)
    chance = random.Random(1)
    with open(check.path("text"), "w") as file:
        file.write("".join(chance.choice(["abc", "abd", "cefg", "dg"]) for _ in range(400)))
    try:
        check.learns()
        check.wide()
        check.carries(safetensors)
    except Failed as failure:
        return f"error: {failure}"
    return None


if __name__ == "__main__":
    sys.exit(main())
