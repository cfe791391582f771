# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the input of library.c, 1 to 6: ramp.py OUT.safetensors"""

import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "..", "torch"))

import safetensors

safetensors.write(sys.argv[1], {"x": safetensors.tensor("F32", [1, 2, 3], range(1, 7))})
