# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles programs twice for each of three CPUs: every run must give the same bytes.

Addresses differ from run to run, so an order that hangs on them shows here. PROGRAM:MODEL names one of several models.
Usage: same_bytes.py SCRATCH PROGRAM[:MODEL] ...
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

CPUS = ["x86-64", "haswell", "skylake-avx512"]


def compile_twice(scratch, program, cpu):
    path, _, model = program.partition(":")
    objects = []
    for run in "first", "second":
        out = f"{scratch}.{os.path.basename(path)}-{cpu}-{run}.o"
        command = ["rondoc", path, "--emit=obj", "--mcpu", cpu, "--threads", "2", "-o", out]
        subprocess.run(command + (["--model", model] if model else []), check=True)
        with open(out, "rb") as file:
            objects.append(file.read())
        os.remove(out)
    same = objects[0] == objects[1]
    print(f"{os.path.basename(path)} for {cpu}: {'the same' if same else 'different'} bytes", flush=True)
    return same


scratch, *programs = sys.argv[1:]
with ThreadPoolExecutor(max_workers=2) as pool:
    jobs = [pool.submit(compile_twice, scratch, program, cpu) for program in programs for cpu in CPUS]
sys.exit(0 if all([job.result() for job in jobs]) else 1)
