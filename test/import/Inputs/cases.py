"""What small models of the tests of operators are made of, and how each goes through rondo-import and ONNX Runtime."""

import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from imported import Refused, compile_model, difference, import_model, run_model

RANDOM = np.random.RandomState(5)
CASES = {}


def real(*shape, scale=1.0):
    return (RANDOM.standard_normal(shape) * scale).astype(np.float32)


def model_of(nodes, inputs, constants, outputs, opset=17):
    """inputs: name -> array, or (array, shape with names of open sizes)."""
    infos, arrays = [], {}
    for name, given in inputs.items():
        array, shape = given if isinstance(given, tuple) else (given, given.shape)
        kind = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "int32": TensorProto.INT32}[str(array.dtype)]
        infos.append(helper.make_tensor_value_info(name, kind, shape))
        arrays[name] = array
    graph = helper.make_graph(
        nodes, "graph", infos, [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset),
                                                  helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 8 if opset < 21 else 10
    return model, arrays


def add(name, nodes, inputs, constants=None, outputs=("y",), opset=17, options=()):
    CASES[name] = (model_of(nodes, inputs, constants or {}, outputs, opset), options)


def node(op, inputs, outputs="y", **attributes):
    return helper.make_node(op, inputs.split(",") if inputs else [], outputs.split(","), **attributes)


def recurrent(name, op, steps=4, batch=3, inputs=3, hidden=5, h0=None, c0=None, lengths=None, peepholes=False,
              bias=True, given=(), **attributes):
    """A recurrent node; what is in `given` is an input of the graph, all else an initialiser."""
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    ways = 2 if attributes.get("direction") == "bidirectional" else 1
    batch_first = attributes.get("layout", 0) == 1
    x = real(batch, steps, inputs) if batch_first else real(steps, batch, inputs)
    state = (batch, ways, hidden) if batch_first else (ways, batch, hidden)
    arrays = {"X": x, "W": real(ways, gates * hidden, inputs), "R": real(ways, gates * hidden, hidden, scale=0.4)}
    arrays["B"] = real(ways, 2 * gates * hidden) if bias else None
    arrays["lens"] = np.array(lengths, np.int32) if lengths is not None else None
    for key, kind in (("h0", h0), ("c0", c0)):
        arrays[key] = None if kind is None else real(*state) if kind == "rows" else np.broadcast_to(
            real(*((1, ways, hidden) if batch_first else (ways, 1, hidden))), state).copy()
    arrays["P"] = real(ways, 3 * hidden) if peepholes else None
    keys = ["X", "W", "R", "B", "lens", "h0"] + (["c0", "P"] if op == "LSTM" else [])
    names = [key if arrays[key] is not None else "" for key in keys]
    while not names[-1]:
        names.pop()
    outputs = ["Y", "Y_h", "Y_c"][:3 if op == "LSTM" else 2]
    made = helper.make_node(op, names, outputs, hidden_size=hidden, **attributes)
    inputs = {"X": x, **{key: arrays[key] for key in given}}
    constants = {key: arrays[key] for key in names[1:] if key and key not in given}
    add(name, [made], inputs, constants, outputs, 14)


def run(name, place):
    (model, arrays), options = CASES[name]
    os.makedirs(place, exist_ok=True)
    onnx.save(model, place + "/case.onnx")
    session = onnxruntime.InferenceSession(place + "/case.onnx", providers=["CPUExecutionProvider"])
    expected = dict(zip([output.name for output in session.get_outputs()], session.run(None, arrays)))
    ports = import_model(place + "/case.onnx", place)
    compile_model(place, *options)
    outputs = run_model(place, ports, arrays)
    return max(difference(outputs[output], expected[output]) for output in expected)


def main(scratch, *names):
    failures = 0
    if len(names) == 1 and names[0].isdigit():
        names = list(CASES)[:: int(names[0])]
    for name in names or CASES:
        try:
            worst = run(name, os.path.join(scratch, name))
            failures += not worst <= 1e-5
            print(f"{name}: {worst:.1e}")
        except Refused as error:
            print(f"{name}: {error}")
            failures += 1
    count = len(names or CASES)
    print(f"{count - failures} of {count} within 1e-5")
    return 1 if failures else 0
