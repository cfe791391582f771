# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes the golden files of onnx.test with ONNX Runtime and random weights of a fixed seed.

usage: make_onnx.py FOLDER      with numpy, onnx and onnxruntime

For each case onnx-NAME-weights.safetensors, the tensors W, R and, where it has them, B and P of one operator, and
onnx-NAME.safetensors, an input `x` and the outputs `y`, [sequences, time, directions and features].
"""

import os
import sys

# Before a package of the same name.
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import numpy
import onnx
import onnxruntime
import safetensors
from onnx import helper

# The operator, its gates, directions, the inputs with weights, attributes.
CASES = {
    "LSTM1": ("LSTM", 4, 1, "WR", {}),
    "LSTM2": ("LSTM", 4, 2, "WRB", {"direction": "bidirectional"}),
    "Peephole": ("LSTM", 4, 1, "WRBP", {}),
    "GRU0": ("GRU", 3, 1, "WRB", {"linear_before_reset": 0}),
    "GRU1": ("GRU", 3, 1, "WRB", {"linear_before_reset": 1, "direction": "reverse"}),
    "RNN2": ("RNN", 1, 2, "WRB", {"direction": "bidirectional"}),
    "ReLU1": ("RNN", 1, 1, "WRB", {"activations": ["Relu"]}),
}
INPUTS, SIZE, BATCH, LENGTH = 3, 4, 2, 5


def evaluate(op, gates, directions, names, attributes, x):
    shapes = {"W": (gates * SIZE, INPUTS), "R": (gates * SIZE, SIZE), "B": (2 * gates * SIZE,), "P": (3 * SIZE,)}
    weights = {n: numpy.random.uniform(-1, 1, (directions, *shapes[n])).astype("float32") for n in names}
    inputs = ["x", "W", "R", "B" if "B" in names else "", "", "", "", "P" if "P" in names else ""]
    while not inputs[-1]:
        inputs.pop()
    node = helper.make_node(op, inputs, ["y"], hidden_size=SIZE, **attributes)
    values = [
        helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, v.shape) for n, v in {"x": x, **weights}.items()
    ]
    result = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    graph = helper.make_graph([node], op, values, [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return weights, session.run(None, {"x": x, **weights})[0]


def tensors_of(arrays):
    return {n: safetensors.tensor("F32", list(a.shape), a.flatten().tolist()) for n, a in arrays.items()}


def main(folder):
    numpy.random.seed(5)
    for name, (op, gates, directions, names, attributes) in CASES.items():
        x = numpy.random.uniform(-2, 2, (LENGTH, BATCH, INPUTS)).astype("float32")
        weights, y = evaluate(op, gates, directions, names, attributes, x)
        # [time, directions, batch, features]
        y = y.transpose(2, 0, 1, 3).reshape(BATCH, LENGTH, directions * SIZE)
        path = os.path.join(folder, "onnx-" + name)
        safetensors.write(path + "-weights.safetensors", tensors_of(weights))
        safetensors.write(path + ".safetensors", tensors_of({"x": x.transpose(1, 0, 2), "y": y}))


if __name__ == "__main__":
    main(sys.argv[1])
