"""Compares the number of instructions for windows of several lengths.

Usage: compare_windows.py PROGRAM SCRATCH CPU ...
"""

import subprocess
import sys

program, scratch, *cpus = sys.argv[1:]


def instructions(cpu, steps):
    text = f"{scratch}/{cpu}-{steps}.ll"
    # 64 steps of 4 are as many rows as no tile for any batch has, so that none shares its code by chance.
    sizes = ["-DH=16", "-Dbatch=4", f"-Dbptt={steps}"]
    subprocess.run(["rondoc", program, *sizes, "--mcpu", cpu, "--emit=llvm", "-o", text], check=True)
    with open(text) as lines:
        return sum(line.startswith("  ") for line in lines)


def alike(cpu, one, other):
    return abs(one - other) <= one // (50 if cpu == "native" else 100)


for cpu in cpus:
    found = {steps: instructions(cpu, steps) for steps in (64, 512, 1024, 2048, 4096, 16384)}
    steady = alike(cpu, found[512], found[1024]) and alike(cpu, found[4096], found[16384])
    bounded = found[2048] <= found[64] + found[64] // 20
    if steady and bounded:
        print(f"{cpu}: as much for 512 and 1024 steps and for 4096 and 16384, no more for 2048 than for 64")
    else:
        print(f"{cpu}: instructions by steps: {found}")
