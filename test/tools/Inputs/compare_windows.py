"""Compares the number of instructions for a short and a long window.

Usage: compare_windows.py PROGRAM SCRATCH CPU ...
"""

import subprocess
import sys

program, scratch, *cpus = sys.argv[1:]


def instructions(cpu, steps):
    text = f"{scratch}/{cpu}-{steps}.ll"
    sizes = ["-DH=16", "-Dbatch=2", f"-Dbptt={steps}"]
    subprocess.run(["rondoc", program, *sizes, "--mcpu", cpu, "--emit=llvm", "-o", text], check=True)
    with open(text) as lines:
        return sum(line.startswith("  ") for line in lines)


for cpu in cpus:
    short, long = instructions(cpu, 64), instructions(cpu, 4096)
    more = "no" if long <= short + short // 20 else f"{long} instructions for {short}:"
    print(f"{cpu}: 4096 steps have {more} more code than 64")
