"""Runs ONNX's own test cases, each a JSON file and a safetensors file, through rondo-import, rondoc and run.

usage: node_cases.py FOLDER SCRATCH
"""

import glob
import json
import os
import sys

import onnx
from onnx import helper, numpy_helper
from safetensors.numpy import load_file

from imported import Refused, compile_model, difference, import_model, run_model


def model_of(case, arrays):
    """The case as a model: its first input is an input, the others are initialisers."""
    first = case["node_inputs"][0]
    node = helper.make_node(case["op"], case["node_inputs"], case["node_outputs"], **case["attributes"])
    outputs = [name for name in case["node_outputs"] if name]
    graph = helper.make_graph(
        [node], case["name"],
        [helper.make_tensor_value_info(first, onnx.TensorProto.FLOAT, arrays["in." + first].shape)],
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, arrays["out." + name].shape) for name in outputs],
        [numpy_helper.from_array(arrays["in." + name], name) for name in case["node_inputs"][1:] if name])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", case["opset"]["ai.onnx"])])
    model.ir_version = 10
    return model


def main(folder, scratch):
    failures = 0
    paths = sorted(glob.glob(folder + "/*.json"))
    for path in paths:
        with open(path) as file:
            case = json.load(file)
        arrays = load_file(path[:-5] + ".safetensors")
        place = os.path.join(scratch, case["name"])
        os.makedirs(place, exist_ok=True)
        onnx.save(model_of(case, arrays), place + "/case.onnx")
        try:
            ports = import_model(place + "/case.onnx", place)
            compile_model(place)
            outputs = run_model(place, ports, {name[3:]: array for name, array in arrays.items() if name[:3] == "in."})
            worst = max(difference(outputs[name], arrays["out." + name]) for name in case["node_outputs"] if name)
            print(f"{case['name']}: {worst:.1e}")
            failures += not worst <= 1e-5
        except Refused as error:
            print(f"{case['name']}: {error}")
            failures += 1
    print(f"{len(paths) - failures} of {len(paths)} within 1e-5")
    return 1 if failures or not paths else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
