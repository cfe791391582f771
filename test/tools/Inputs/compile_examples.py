# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles programs to objects for a CPU. Usage: compile_examples.py CPU FOLDER PROGRAM..."""

import os
import subprocess
import sys

cpu, folder, *programs = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
for program in programs:
    name = os.path.splitext(os.path.basename(program))[0]
    subprocess.run(["rondoc", program, f"--mcpu={cpu}", "--emit=obj", "-o", f"{folder}/{name}.o"], check=True)
