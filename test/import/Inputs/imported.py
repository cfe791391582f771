"""What tests of rondo-import share: a model is imported, compiled and run, and its outputs compared with another's."""

import os
import re
import subprocess

import numpy as np
from safetensors.numpy import load_file, save_file

PORT = re.compile(r"(input|output) (\S+) \[(.*)\] is \[(.*)\] of '(.*)', transposed by(.*)")


class Refused(Exception):
    pass


def call(*command):
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if run.returncode:
        raise Refused(f"{os.path.basename(command[0])}: status {run.returncode}: {run.stderr.strip()}")
    return run.stdout


def import_model(path, folder):
    """Imports and compiles a model; returns its ports: (kind, name, parts, parts of ONNX, ONNX's name, order)."""
    program, weights = f"{folder}/model.rondo", f"{folder}/model.safetensors"
    ports = []
    for line in call("rondo-import", path, "-o", program, "--weights", weights, "--model", "Model").splitlines():
        if line.startswith("behind a row's length.") or line.endswith("which are exact below 2^24"):
            continue
        kind, name, ours, theirs, onnx_name, order = PORT.fullmatch(line).groups()
        parts = [part for part in theirs.split(", ") if part]
        ports.append((kind, name, ours.split(", "), parts, onnx_name, [int(i) for i in order.split()]))
    return ports


def compile_model(folder, *options):
    call("rondoc", f"{folder}/model.rondo", "--inference", "-o", f"{folder}/model", *options)


def to_file(array, ours, theirs, order):
    """An input of ONNX as an array of the program's: sequences first."""
    sizes = [size for size in array.shape if size != 1]
    wanted = len([part for part in theirs if part != "1"])
    array = array.reshape(sizes if len(sizes) == wanted == len(theirs) else array.shape)
    if array.ndim != len(theirs):  # dimensions of size 1 are a part or none
        array = array.reshape([-1 if not part.isdigit() else int(part) for part in theirs])
    array = array.transpose(order)
    return array if "batch" in theirs else array[None]


def run_model(folder, ports, inputs, *options, is_embedded=False):
    """The outputs by ONNX's names, of inputs by ONNX's names, each in ONNX's order of dimensions without those of 1.

    The weights are those of the import, or where `is_embedded` those that the model was compiled with.
    """
    weights = [] if is_embedded else ["--weights", f"{folder}/model.safetensors"]
    arrays = {}
    with open(f"{folder}/model.rondo") as file:
        program = file.read()
    for kind, name, ours, theirs, onnx_name, order in ports:
        if kind == "input":
            array = inputs[onnx_name]
            if f"input {name}: [" in program:  # integers too
                array = array.astype(np.float32)
            arrays[name] = np.ascontiguousarray(to_file(array, ours, theirs, order))
    save_file(arrays, f"{folder}/in.safetensors")
    call(f"{folder}/model", "run", *weights, "--in", f"{folder}/in.safetensors", "--out", f"{folder}/out.safetensors",
         *options)
    results, outputs = load_file(f"{folder}/out.safetensors"), {}
    for kind, name, ours, theirs, onnx_name, order in ports:
        if kind == "output":
            array = results[name] if "batch" in theirs else results[name][0]
            if array.ndim != len(theirs):  # values side by side are one dimension there
                sizes = [int(theirs[i]) if theirs[i].isdigit() else None for i in order]
                sizes = [size or array.shape[i] for i, size in enumerate(sizes)]
                array = array.reshape(sizes)
            outputs[onnx_name] = array.transpose(np.argsort(order))
    return outputs


def difference(ours, expected):
    """The largest one, relative to the largest entry if that is above 1; infinite where shapes differ, but for
    dimensions of size 1."""
    if [size for size in ours.shape if size != 1] != [size for size in expected.shape if size != 1]:
        return float("inf")
    ours, expected = ours.reshape(-1).astype(np.float64), expected.reshape(-1).astype(np.float64)
    scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
    return float(np.max(np.abs(ours - expected), initial=0)) / scale if np.isfinite(ours).all() else float("inf")
