"""Writes archives of so many arrays, all of which may be a part of a model by their names, as COUNT.npz.

usage: long.py COUNT..
"""
import os
import sys
import zipfile

sys.path.insert(1, os.path.join(os.path.dirname(__file__), ".."))

from make_weights import npy

for count in sys.argv[1:]:
    with zipfile.ZipFile(count + ".npz", "w") as archive:
        for i in range(int(count)):
            archive.writestr("part" * 5 + f"{i}.weight_ih.npy", npy([1], [0.5]))
