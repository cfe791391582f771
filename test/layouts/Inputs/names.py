# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the names and shapes of a file's tensors: names.py FILE.safetensors"""

import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "..", "torch"))

import safetensors

for name, value in sorted(safetensors.read(sys.argv[1])[0].items()):
    print(name, value.shape)
