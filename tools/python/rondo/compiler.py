# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiling programs by rondoc."""

from __future__ import annotations

import functools
import hashlib
import numbers
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable

from .model import Model, load


class CompileError(Exception):
    """What rondoc says of a program that it cannot compile, or why there is no rondoc."""


def find_compiler() -> str:
    """The path of rondoc: the environment's RONDOC, or the first one of the PATH. CompileError where there is none."""
    named = os.environ.get("RONDOC")
    found = shutil.which(named or "rondoc")
    if found:
        return os.path.realpath(found)
    if named:
        raise CompileError(f"expected RONDOC in the environment to name the compiler, found '{named}'")
    raise CompileError("expected the compiler rondoc in the PATH, or named by RONDOC in the environment, found none")


@functools.lru_cache(maxsize=8)
def _hash_of_file(path, size, time):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _hash_of_compiler(rondoc):
    """Of what a library is made by: the compiler, and the runtime beside it that it links."""
    folder = pathlib.Path(rondoc).parent.parent
    files = [pathlib.Path(rondoc), *sorted(folder.glob("lib/librondo*.a")), *sorted(folder.glob("lib/*/librondo*.a"))]
    states = [(str(file), file.stat()) for file in files]
    return [_hash_of_file(path, state.st_size, state.st_mtime_ns) for path, state in states]


def _hash_of_files(words):
    """Of the files that options name, such as weights that become a part of the library."""
    paths = (word.partition("=")[2] if word.startswith("-") and "=" in word else word for word in words)
    states = [(path, os.stat(path)) for path in paths if os.path.isfile(path)]
    return [_hash_of_file(path, state.st_size, state.st_mtime_ns) for path, state in states]


def _hash_of_constants(program, text):
    """Of the files that the program takes constants from."""
    named = (os.fsdecode(name) for name in re.findall(rb'\bfrom\s*"([^"\n]*)"', text))
    paths = (os.path.join(os.path.dirname(program), name) for name in named)
    return _hash_of_files(path for path in paths)


@functools.lru_cache(maxsize=1)
def _processor():
    """What the code that is compiled for this processor depends on."""
    lines = set()
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith(("vendor_id", "cpu family", "model", "flags", "cache size")):
                lines.add(line)
    return "".join(sorted(lines))


def cache_folder() -> str:
    """The folder that compiled libraries are kept in: $XDG_CACHE_HOME/rondo, by default ~/.cache/rondo."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "rondo")


def _define(name, value):
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        value = int(value)
    elif isinstance(value, numbers.Real) and not isinstance(value, bool):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or value == "":
        raise TypeError(f"compile(): expected a number or a word for '{name}', found {value!r}")
    return f"{name}={value}"


def compile(
    program: str | os.PathLike, *, model: str | None = None, layer: bool = False, inference: bool = False,
    threads: int = 1, options: Iterable[str] = (), **defines: int | float | str | tuple
) -> Model:
    """Compiles a program by rondoc and opens the model.

    program    the path of a .rondo file
    model      the model's name, where the file has several
    layer      with what `rondo.torch.Layer` and `Model.vjp` need, for `batch` rows and `bptt` steps at a time
    inference  without training, which compiles faster
    threads    how many threads run the model, 1 to 64
    options    further options of rondoc
    defines    sizes, constants and training settings in place of the program's, as in H=128, batch=16, bptt=(16, 64)

    The library is kept in the user's cache (`cache_folder`) under what it is made of: the program's text, the options
    and the files that both name, the compiler and the processor. Raises CompileError with the compiler's words.
    """
    program = os.fsdecode(program)
    if isinstance(options, (str, bytes)) or not isinstance(options, Iterable):
        raise TypeError(f"compile(): expected a list of options, found {options!r}")
    if model is not None and not isinstance(model, str):
        raise TypeError(f"compile(): expected the name of a model, found {model!r}")
    with open(program, "rb") as file:
        text = file.read()
    rondoc = find_compiler()
    words = [f"-D{_define(name, value)}" for name, value in sorted(defines.items())]
    words += [f"--model={model}"] * (model is not None) + ["--layer"] * bool(layer) + ["--inference"] * bool(inference)
    words += map(str, options)
    parts = [text, os.path.basename(program).encode(), *(word.encode() for word in words), _processor().encode()]
    parts += [part.encode() for part in (*_hash_of_compiler(rondoc), *_hash_of_files(words),
                                      *_hash_of_constants(program, text))]
    key = hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts)).hexdigest()
    folder = cache_folder()
    library = os.path.join(folder, f"{key}.so")
    if not os.path.exists(library):
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as made:
            command = [rondoc, program, "--emit=shared", "-o", os.path.join(made, "model"), *words]
            run = subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
            if run.returncode:
                raise CompileError(run.stderr.strip() or f"rondoc ended with status {run.returncode}")
            if not os.path.exists(os.path.join(made, "libmodel.so")):
                raise CompileError(f"expected a library of '{rondoc}', which wrote no library")
            os.replace(os.path.join(made, "libmodel.so"), library)
    return load(library, threads)
