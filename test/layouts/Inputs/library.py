# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints y of a file of results as library.c does: library.py RESULTS.safetensors"""

import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "..", "torch"))

import safetensors

for value in safetensors.read(sys.argv[1])[0]["y"].values:
    print(f"{value:.4f}")
