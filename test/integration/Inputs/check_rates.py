# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains with each rate that a document shows, and compares the sum of the rates with that of the formula here.

usage: check_rates.py FILE.md PROGRAM SCRATCH SAFETENSORS [--element=f64]

The rates are the document's pieces of code that begin with `rate:`; an expression of rates is one of Python as well. In
PROGRAM they take the place of RATE; it starts at 0, and each update takes the rate from its one weight. SCRATCH is a
folder, in which the data are left as `ones`; SAFETENSORS the folder of the module that reads and writes these files.
"""

import math
import os
import re
import subprocess
import sys

NAMES = {name: getattr(math, name) for name in ("cos", "exp", "floor", "log", "pow", "sin", "sqrt")}
NAMES |= {"abs": abs, "max": max, "min": min, "square": lambda x: x * x}


def main():
    document, program, scratch, folder, *options = sys.argv[1:]
    sys.path.insert(0, folder)
    import safetensors

    os.makedirs(scratch, exist_ok=True)
    ones, weights, source, binary = (os.path.join(scratch, name) for name in ("ones", "w", "rate.rondo", "rate"))
    safetensors.write(ones, {"x": safetensors.tensor("F32", [1, 2, 1], [1.0, 1.0])})
    with open(document, encoding="utf-8") as file:
        rates = re.findall(r"`rate: ([^`.]*[0-9][^`]*)`", file.read())
    rates = [rate for rate in rates if "step" in rate]
    if len(rates) < 5:
        return f"error: expected at least five rates in {document}, found {rates}"
    with open(program, encoding="utf-8") as file:
        text = file.read()
    tolerance = 1e-13 if options else 1e-5
    for rate in rates:
        with open(source, "w", encoding="utf-8") as file:
            file.write(text.replace("RATE", rate))
        subprocess.run(["rondoc", source, "-O1", *options, "-o", binary], check=True)
        for steps in (1, 2, 51, 240):
            command = ["train", "--data", ones, "--split", "0", "--steps", str(steps), "--out", weights]
            subprocess.run([binary, *command], check=True, stdout=subprocess.DEVNULL)
            found = -safetensors.read(weights)[0]["w"].values[0]
            expected = sum(eval(rate, NAMES, {"step": step}) for step in range(1, steps + 1))
            if not abs(found - expected) <= tolerance * expected:
                return f"error: {rate}: expected the sum of {steps} rates to be {expected}, found {found}"
    print(f"{len(rates)} rates")
    return None


sys.exit(main())
