"""What tests of rondo-import share: a model is imported, compiled and run, and its outputs compared with another's."""

import os
import re
import subprocess

import numpy as np
from safetensors.numpy import load_file, save_file

PORT = re.compile(r"(input|output) (\S+) \[(.*?)\] is \[(.*?)\] of '(.*)'(?:, reshaped to \[(.*?)\])?, "
                  r"transposed by([ \d]*)(?:, reshaped to \[(.*)\])?")


class Refused(Exception):
    pass


def call(*command):
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if run.returncode:
        raise Refused(f"{os.path.basename(command[0])}: status {run.returncode}: {run.stderr.strip()}")
    return run.stdout


def sizes_in(text):
    return [part for part in (text or "").split(", ") if part]


def import_model(path, folder):
    """Imports a model; returns its ports: (kind, name, the program's shape, ONNX's, its parts, ONNX's name, order)."""
    program, weights = f"{folder}/model.rondo", f"{folder}/model.safetensors"
    ports = []
    for line in call("rondo-import", path, "-o", program, "--weights", weights, "--model", "Model").splitlines():
        if line.startswith("behind a row's length.") or line.endswith("which are exact below 2^24"):
            continue
        kind, name, ours, theirs, onnx_name, parts, order, _ = PORT.fullmatch(line).groups()
        shape = sizes_in(theirs)
        ports.append((kind, name, sizes_in(ours), shape, shape if parts is None else sizes_in(parts), onnx_name,
                      [int(i) for i in order.split()]))
    return ports


def compile_model(folder, *options):
    call("rondoc", f"{folder}/model.rondo", "--inference", "-o", f"{folder}/model", *options)


def reshaped(array, shape, to):
    """What NumPy makes of an array, of the printed shape, that is reshaped to another printed one."""
    known = {name: size for name, size in zip(shape, array.shape) if not name.isdigit()}
    if len(shape) != array.ndim:
        raise Refused(f"shape {array.shape} where {shape} is printed")
    sizes = []
    for one in to:
        factors = [int(part) if part.isdigit() else known.get(part, -1) for part in one.split(" * ")]
        sizes.append(known.get(one, -1 if -1 in factors else int(np.prod(factors))))
    return array.reshape(sizes)


def run_model(folder, ports, inputs, *options, is_embedded=False):
    """The outputs by ONNX's names, of inputs by ONNX's names, each in ONNX's shape, as the importer printed it.

    The weights are those of the import, or where `is_embedded` those that the model was compiled with.
    """
    weights = [] if is_embedded else ["--weights", f"{folder}/model.safetensors"]
    arrays = {}
    with open(f"{folder}/model.rondo") as file:
        program = file.read()
    for kind, name, ours, theirs, parts, onnx_name, order in ports:
        if kind == "input":
            array = inputs[onnx_name]
            if f"input {name}: [" in program:  # integers too
                array = array.astype(np.float32)
            arrays[name] = np.ascontiguousarray(
                reshaped(reshaped(array, theirs, parts).transpose(order), [parts[i] for i in order], ours))
    save_file(arrays, f"{folder}/in.safetensors")
    call(f"{folder}/model", "run", *weights, "--in", f"{folder}/in.safetensors", "--out", f"{folder}/out.safetensors",
         *options)
    results, outputs = load_file(f"{folder}/out.safetensors"), {}
    for kind, name, ours, theirs, parts, onnx_name, order in ports:
        if kind == "output":  # backwards
            array = reshaped(results[name], ours, [parts[i] for i in order]).transpose(np.argsort(order))
            outputs[onnx_name] = reshaped(array, parts, theirs)
    return outputs


def difference(ours, expected):
    """The largest one, relative to the largest entry if that is above 1; infinite where shapes differ, but for
    dimensions of size 1."""
    if [size for size in ours.shape if size != 1] != [size for size in expected.shape if size != 1]:
        return float("inf")
    ours, expected = ours.reshape(-1).astype(np.float64), expected.reshape(-1).astype(np.float64)
    scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
    return float(np.max(np.abs(ours - expected), initial=0)) / scale if np.isfinite(ours).all() else float("inf")
