"""Graphs as exporters write them, through rondo-import and through ONNX Runtime: attention with heads, groups, loops,
classifiers around recurrent operators, the forms that operators had in older versions.

usage: graphs.py SCRATCH [EVERY | NAME...]
"""

import sys

import numpy as np
from onnx import helper, numpy_helper

from cases import add, main, node, real, recurrent


def ints(*values):
    return np.array(values, np.int64)


def port(name, kind=1, shape=None):
    return helper.make_tensor_value_info(name, kind, shape)


def weights(op, hidden, inputs, ways=1):
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    return {"W": real(ways, gates * hidden, inputs), "R": real(ways, gates * hidden, hidden, scale=0.4)}


X = real(2, 6, 4)
SEQUENCE = (X, ("batch", 6, 4))
CHANNELS = real(2, 4, 8)

# Attention with heads, in the two ways of an exporter, and its masks.
HEADS = {"x": (real(2, 6, 8), ("batch", 6, 8))}
PROJECTED = [node("MatMul", "x,wq", "q"), node("MatMul", "x,wk", "k"), node("MatMul", "x,wv", "v")]
SPLIT = [node("Reshape", f"{one},s", f"{one}2") for one in "qkv"] + [
    node("Transpose", "q2", "q3", perm=[0, 2, 1, 3]), node("Transpose", "k2", "k3", perm=[0, 2, 3, 1]),
    node("Transpose", "v2", "v3", perm=[0, 2, 1, 3]), node("MatMul", "q3,k3", "a")]
JOINED = [node("MatMul", "p,v3", "r"), node("Transpose", "r", "t", perm=[0, 2, 1, 3]), node("Reshape", "t,s2", "u"),
          node("MatMul", "u,wo")]
KNOWN = {"wq": real(8, 8), "wk": real(8, 8), "wv": real(8, 8), "wo": real(8, 8), "s": ints(0, 0, 2, 4),
         "s2": ints(0, 0, 8)}
CAUSAL = np.triu(np.full((6, 6), -np.inf, np.float32), 1)
NEAR = np.where(np.abs(np.subtract.outer(np.arange(6), np.arange(6))) < 3, 0, -np.inf).astype(np.float32)
add("heads", PROJECTED + SPLIT + [node("Softmax", "a", "p", axis=-1)] + JOINED, HEADS, KNOWN)
for name, mask in (("causal", CAUSAL), ("near", NEAR), ("bias", real(6, 6))):
    add("heads-" + name, PROJECTED + SPLIT + [node("Add", "a,m", "b"), node("Softmax", "b", "p", axis=-1)] + JOINED,
        HEADS, {**KNOWN, "m": mask})
add("heads-where", PROJECTED + SPLIT + [node("Where", "m,a,low", "b"), node("Softmax", "b", "p", axis=-1)] + JOINED,
    HEADS, {**KNOWN, "m": CAUSAL == 0, "low": np.float32(-np.inf)})
add("heads-trilu", PROJECTED + SPLIT + [
    node("Trilu", "ones,one", "m", upper=1), node("Mul", "m,low", "n"), node("Add", "a,n", "b"),
    node("Softmax", "b", "p", axis=-1)] + JOINED, HEADS,
    {**KNOWN, "ones": np.ones((6, 6), np.float32), "one": np.int64(1), "low": np.float32(-1e9)})
# All three in one product; batch and heads in one dimension, whose size is computed.
add("heads-packed", [
    node("Transpose", "x", "f", perm=[1, 0, 2]), node("Shape", "f", "shape"), node("Gather", "shape,one", "n"),
    node("Mul", "n,two", "nh"), node("Unsqueeze", "nh,zero", "nh1"), node("Concat", "six,nh1,four", "to", axis=0),
    node("MatMul", "f,w", "g"), node("Add", "b,g", "h"), node("Reshape", "h,three", "i"),
    node("Transpose", "i", "j", perm=[2, 0, 1, 3]), node("Gather", "j,0", "q"), node("Gather", "j,1", "k"),
    node("Gather", "j,2", "v"), node("Reshape", "q,to", "q2"), node("Reshape", "k,to", "k2"),
    node("Reshape", "v,to", "v2"), node("Transpose", "q2", "q3", perm=[1, 0, 2]),
    node("Transpose", "k2", "k3", perm=[1, 2, 0]), node("Transpose", "v2", "v3", perm=[1, 0, 2]),
    node("MatMul", "q3,k3", "a"), node("Softmax", "a", "p", axis=-1), node("MatMul", "p,v3", "r"),
    node("Transpose", "r", "t", perm=[1, 0, 2]), node("Reshape", "t,rows", "u"), node("Gemm", "u,wo,bo", "o"),
    node("Reshape", "o,back", "m"), node("Transpose", "m", perm=[1, 0, 2])], HEADS,
    {"w": real(8, 24), "b": real(24), "one": np.int64(1), "two": np.int64(2), "zero": ints(0), "six": ints(6),
     "four": ints(4), "three": ints(0, 0, 3, 8), "0": np.int64(0), "1": np.int64(1), "2": np.int64(2),
     "rows": ints(-1, 8), "back": ints(6, -1, 8), "wo": real(8, 8), "bo": real(8)})
add("heads-einsum", [
    node("Einsum", "x,w", "q", equation="btd,dhe->bthe"), node("Einsum", "q,q", "a", equation="bthe,bshe->bhts"),
    node("Softmax", "a", "p", axis=-1), node("Einsum", "p,q", "r", equation="bhts,bshe->bthe"),
    node("Einsum", "r,v", equation="bthe,hed->btd")], {"x": SEQUENCE}, {"w": real(4, 2, 3), "v": real(2, 3, 4)})
for name, equation, other in (("transpose", "bij->bji", None), ("sum", "bij->bi", None),
                              ("dot", "btd,bd->bt", real(2, 4)), ("implied", "btd,dk", {"w": real(4, 3)})):
    known = other if isinstance(other, dict) else {}
    add("Einsum-" + name, [node("Einsum", "x" + (",w" if other is not None else ""), equation=equation)],
        {"x": X, **({"w": other} if other is not None and not known else {})}, known)
add("rows-product", [node("MatMul", "w,x", "a"), node("Relu", "a")], {"x": X}, {"w": real(3, 6)})
add("vector-product", [node("MatMul", "x,w")], {"x": X}, {"w": real(4)})

# Groups of channels, and normalisations by statistics of the value.
for name, groups, outputs, size in (("each", 4, 4, (8,)), ("two", 2, 6, (8,)), ("several", 4, 8, (8,)),
                                    ("image", 4, 4, (5, 6))):
    for attributes in ({}, {"strides": [2] * len(size)}, {"auto_pad": "SAME_UPPER"},
                       {"dilations": [2] * len(size), "pads": [1] * 2 * len(size)}):
        add("-".join(["Conv", name] + list(attributes)), [node("Conv", "x,k,b", group=groups, **attributes)],
            {"x": real(2, 4, *size)}, {"k": real(outputs, 4 // groups, *[3] * len(size)), "b": real(outputs)})
for name, attributes in {"plain": {}, "strides": {"strides": [3], "pads": [1, 1]}, "dilations": {"dilations": [2]},
                         "more": {"strides": [2], "output_padding": [1], "pads": [1, 1]}}.items():
    add("ConvTranspose-" + name, [node("ConvTranspose", "x,k,b", **attributes)], {"x": real(2, 3, 5)},
        {"k": real(3, 4, 3), "b": real(4)})
add("ConvTranspose-groups", [node("ConvTranspose", "x,k", group=2)], {"x": real(2, 4, 5)}, {"k": real(4, 3, 3)})
add("ConvTranspose-image", [node("ConvTranspose", "x,k", strides=[2, 2])], {"x": real(2, 2, 3, 4)},
    {"k": real(2, 3, 2, 2)})
add("InstanceNormalization", [node("InstanceNormalization", "x,s,b")], {"x": CHANNELS}, {"s": real(4), "b": real(4)})
for groups in (1, 2, 4):
    add(f"GroupNormalization-{groups}", [node("GroupNormalization", "x,s,b", num_groups=groups)], {"x": CHANNELS},
        {"s": real(4), "b": real(4)}, opset=21)
add("GroupNormalization-spelled", [
    node("Reshape", "x,s", "a"), node("InstanceNormalization", "a,one,none", "b"), node("Shape", "x", "d"),
    node("Reshape", "b,d", "c"), node("Mul", "c,g", "e"), node("Add", "e,h")], {"x": (CHANNELS, ("batch", 4, 8))},
    {"s": ints(0, 2, -1), "one": np.ones(2, np.float32), "none": np.zeros(2, np.float32), "g": real(4, 1),
     "h": real(4, 1)})
add("LayerNormalization-positions", [node("LayerNormalization", "x,s,b", axis=1, epsilon=1e-3)], {"x": X},
    {"s": real(6, 4), "b": real(6, 4)})
add("squeeze-excite", [node("ReduceMean", "x", "m", axes=[2], keepdims=0), node("Gemm", "m,w", "g"),
                       node("Unsqueeze", "g,two", "u"), node("Mul", "x,u")], {"x": CHANNELS},
    {"w": real(4, 4), "two": ints(2)})
for stride, width, size in ((1, 3, 7), (2, 2, 7), (2, 3, 8), (3, 2, 9)):
    for pads in ([0, 0], [1, 1]):
        add(f"MaxPool-ceil-{stride}{width}{pads[0]}",
            [node("MaxPool", "x", kernel_shape=[width], strides=[stride], ceil_mode=1, pads=pads)],
            {"x": real(2, 3, size)})
add("AveragePool-fewer", [node("AveragePool", "x", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 2])],
    {"x": real(2, 3, 5, 6)})
add("causal-padding", [node("Pad", "x,p", "a"), node("Conv", "a,k", dilations=[2])],
    {"x": (CHANNELS, ("batch", 4, "time"))}, {"p": ints(0, 0, 4, 0, 0, 0), "k": real(3, 4, 3)},
    options=("-D", "bptt=8"))
add("causal-cut", [node("Conv", "x,k", "c", dilations=[2], pads=[4, 4]), node("Slice", "c,b,e,a", "d"),
                   node("Relu", "d")], {"x": (CHANNELS, ("batch", 4, "time"))},
    {"k": real(3, 4, 3), "b": ints(0), "e": ints(-4), "a": ints(2)}, options=("-D", "bptt=8"))

# Loops: scans, and iterations that are written out.
STEP = [node("MatMul", "now,w", "a"), node("MatMul", "h,u", "b"), node("Add", "a,b", "d"), node("Tanh", "d", "e"),
        node("Identity", "e", "f"), node("Identity", "on", "on2")]


def loop(name, nodes, inputs, known, states, told, most=5, first=(), **options):
    body = helper.make_graph(nodes, "body", [port("i", 7, []), port("on", 9, [])] + [port(one) for one in states],
                             [port("on2", 9, [])] + [port(one) for one in told])
    made = helper.make_node("Loop", ["most", ""] + [one + "0" for one in states], ["out_" + one for one in told],
                            body=body)
    add("Loop-" + name, list(first) + [made], inputs, {**known, **({} if first else {"most": np.int64(most)})},
        ["out_" + one for one in told], **options)


CELL = {"w": real(4, 3), "u": real(3, 3)}
ZERO = {"h0": np.zeros((2, 3), np.float32)}
loop("first", [node("Gather", "x,i", "now", axis=0)] + STEP, {"x": real(5, 2, 4)}, {**CELL, **ZERO}, ["h"], ["e", "f"])
loop("second", [node("Gather", "x,i", "now", axis=1)] + STEP, {"x": real(2, 5, 4), "h0": real(2, 3)}, CELL, ["h"],
     ["e", "f"])
loop("length", [node("Gather", "x,i", "now", axis=1)] + STEP, {"x": (real(2, 5, 4), ("batch", "time", 4))},
     {**CELL, **ZERO, "one": np.int64(1)}, ["h"], ["e", "f"],
     first=[node("Shape", "x", "shape"), node("Gather", "shape,one", "most")])
loop("list", [node("Unsqueeze", "i,zero", "j"), node("Gather", "x,j", "k", axis=0), node("Squeeze", "k,zero", "now")]
     + STEP,
     {"x": real(5, 2, 4)}, {**CELL, **ZERO, "zero": ints(0)}, ["h"], ["e", "f"])
loop("written-out", [node("MatMul", "h,u", "b"), node("Tanh", "b", "e"), node("Identity", "e", "f"),
                     node("Identity", "on", "on2")], {"h0": real(2, 3)}, {"u": CELL["u"]}, ["h"], ["e", "f"], most=4)
loop("number", [node("Cast", "i", "j", to=1), node("Mul", "h,j", "k"), node("MatMul", "k,u", "b"),
                node("Add", "b,x", "e"),
                node("Constant", "", "on2", value=numpy_helper.from_array(np.array(True)))],
     {"h0": real(2, 3), "x": real(2, 3)}, {"u": CELL["u"]}, ["h"], ["e"], most=3)
TWICE = helper.make_graph([node("MatMul", "h,u", "b"), node("Tanh", "b", "e"), node("Identity", "on", "on2")], "body",
                          [port("i", 7, []), port("on", 9, []), port("h")], [port("on2", 9, []), port("e")])
add("Loop-twice", [helper.make_node("Loop", ["most", "", first], [then], body=TWICE)
                   for first, then in (("x", "z"), ("z", "y"))], {"x": real(2, 3)},
    {"u": CELL["u"], "most": np.int64(3)})
OUTER = helper.make_graph([node("Add", "p,c", "q"), node("Add", "h,q", "e"), node("Identity", "on", "on2")], "body",
                          [port("i", 7, []), port("on", 9, []), port("h")], [port("on2", 9, []), port("e")])
add("Loop-reads-product", [node("MatMul", "x,u", "p"), helper.make_node("Loop", ["most", "", "x"], ["y"], body=OUTER)],
    {"x": real(2, 3)}, {"u": CELL["u"], "c": real(3), "most": np.int64(3)})
add("CumSum", [node("CumSum", "x,a")], {"x": X}, {"a": np.int32(1)})
add("CumSum-before", [node("CumSum", "x,a", exclusive=1, reverse=1)], {"x": X}, {"a": np.int32(1)})
add("reversed", [node("Slice", "x,b,e,a,s", "r"), node("Transpose", "r", "t", perm=[1, 0, 2]),
                 node("GRU", "t,W,R", "Y", hidden_size=3)], {"x": X},
    {**weights("GRU", 3, 4), "b": ints(-1), "e": ints(-100), "a": ints(1), "s": ints(-1)}, outputs=("Y",))

# What stands around recurrent operators.
TURNED = node("Transpose", "x", "t", perm=[1, 0, 2])
add("classifier", [TURNED, node("LSTM", "t,W,R", "Y,Yh,Yc", hidden_size=3), node("Squeeze", "Yh,zero", "h"),
                   node("Gemm", "h,w,b", "g"), node("Sigmoid", "g")], {"x": SEQUENCE},
    {**weights("LSTM", 3, 4), "zero": ints(0), "w": real(3, 1), "b": real(1)})
add("dense-behind-all", [TURNED, node("GRU", "t,W,R", "Y", hidden_size=3, linear_before_reset=1),
                         node("Squeeze", "Y,one", "q"), node("Transpose", "q", "r", perm=[1, 0, 2]),
                         node("Reshape", "r,s", "f"), node("Gemm", "f,w", "g"), node("Softmax", "g", axis=-1)],
    {"x": SEQUENCE}, {**weights("GRU", 3, 4), "one": ints(1), "s": ints(-1, 18), "w": real(18, 5)})
add("time-distributed", [TURNED, node("LSTM", "t,W,R", "Y", hidden_size=3), node("Squeeze", "Y,one", "q"),
                         node("Transpose", "q", "r", perm=[1, 0, 2]), node("Reshape", "r,s", "f"),
                         node("MatMul", "f,w", "g"), node("Reshape", "g,s2")], {"x": SEQUENCE},
    {**weights("LSTM", 3, 4), "one": ints(1), "s": ints(-1, 3), "w": real(3, 2), "s2": ints(-1, 6, 2)})
add("directions-summed", [TURNED, node("LSTM", "t,W,R", "Y,Yh", hidden_size=3, direction="bidirectional"),
                          node("ReduceSum", "Yh,zero", keepdims=0)], {"x": SEQUENCE},
    {**weights("LSTM", 3, 4, 2), "zero": ints(0)})
add("encoder-decoder", [TURNED, node("LSTM", "t,W,R", "Y,Yh,Yc", hidden_size=3),
                        node("Transpose", "z", "u", perm=[1, 0, 2]),
                        node("LSTM", "u,V,R,,,Yh,Yc", "Z", hidden_size=3)], {"x": X, "z": real(2, 6, 2)},
    {**weights("LSTM", 3, 4), "V": real(1, 12, 2)}, outputs=("Z",))
for op in ("Expand", "Tile"):
    add("repeated-" + op, [TURNED, node("LSTM", "t,W,R", ",Yh", hidden_size=3), node(op, "Yh,s", "e"),
                           node("LSTM", "e,V,Q", "Z", hidden_size=2)], {"x": X},
        {**weights("LSTM", 3, 4), "V": real(1, 8, 3), "Q": real(1, 8, 2),
         "s": ints(6, 2, 3) if op == "Expand" else ints(6, 1, 1)}, outputs=("Z",))
for op in ("GRU", "LSTM", "RNN"):
    add(op + "-expanded-state", [
        node("Shape", "x", "s"), node("Slice", "s,one,two", "n"), node("Concat", "one,n,three", "to", axis=0),
        node("Expand", "h,to", "h0"), node(op, "x,W,R,,,h0", "Y", hidden_size=3)],
        {"x": (real(5, 2, 4), ("time", "batch", 4))},
        {**weights(op, 3, 4), "one": ints(1), "two": ints(2), "three": ints(3), "h": real(1, 1, 3)}, outputs=("Y",))
    recurrent(op + "-length-0", op, lengths=[4, 0, 2], direction="bidirectional")
    recurrent(op + "-one-state-rows", op, hidden=1, h0="rows", c0="same")
add("image-rows", [node("Conv", "x,k", "c", pads=[1, 1, 1, 1]), node("Transpose", "c", "t", perm=[3, 0, 1, 2]),
                   node("Reshape", "t,s", "f"), node("LSTM", "f,W,R", "Y", hidden_size=3)], {"x": real(2, 1, 3, 5)},
    {"k": real(4, 1, 3, 3), "s": ints(0, 0, -1), **weights("LSTM", 3, 12)}, outputs=("Y",))
add("joined-positions", [node("Concat", "x,z", "c", axis=0), node("GRU", "c,W,R", "Y", hidden_size=3)],
    {"x": real(3, 2, 4), "z": real(2, 2, 4)}, weights("GRU", 3, 4), outputs=("Y",))
add("circular", [node("Slice", "x,e,end,two", "a"), node("Slice", "x,b,one,two", "z"),
                 node("Concat", "a,x,z", "c", axis=2),
                 node("Conv", "c,k")], {"x": CHANNELS},
    {"e": ints(-1), "end": ints(99), "two": ints(2), "b": ints(0), "one": ints(1), "k": real(3, 4, 3)})
add("picked", [node("GRU", "x,W,R", "Y", hidden_size=3), node("Gather", "Y,i", axis=0)], {"x": real(5, 2, 4)},
    {**weights("GRU", 3, 4), "i": ints(0, 3, 4)})
add("picked-features", [node("Gather", "x,i", "a", axis=1), node("Slice", "x,b,e,one,s", "c"), node("Add", "a,c")],
    {"x": real(2, 6)}, {"i": ints(4, 0, 2), "b": ints(5), "e": ints(-100), "one": ints(1), "s": ints(-2)})
TOKENS = {"ids": (ints(1, 2, 0, 3, 0, 0).reshape(2, 3), ("batch", 3))}
add("token-mask", [node("Gather", "t,ids", "e"), node("Equal", "ids,zero", "p"), node("Not", "p", "n"),
                   node("Cast", "n", "m", to=1), node("Unsqueeze", "m,last", "u"), node("Mul", "e,u", "w"),
                   node("ReduceSum", "w,one", keepdims=0)], TOKENS,
    {"t": real(5, 4), "zero": np.int64(0), "last": ints(-1), "one": ints(1)})
add("OneHot", [node("OneHot", "ids,depth,ends", "a"), node("MatMul", "a,w")], TOKENS,
    {"depth": np.int64(5), "ends": np.array([0, 1], np.float32), "w": real(5, 3)})
add("positions-table", [node("Gather", "t,ids", "e"), node("Gather", "u,at", "f"), node("Add", "e,f")], TOKENS,
    {"t": real(5, 4), "u": real(7, 4), "at": ints(0, 1, 2).reshape(1, 3)})
add("masked-mean", [node("Unsqueeze", "m,last", "u"), node("Mul", "x,u", "w"),
                    node("ReduceSum", "w,one", "s", keepdims=0),
                    node("ReduceSum", "m,one", "n"), node("Div", "s,n")], {"x": X, "m": np.ones((2, 6), np.float32)},
    {"last": ints(-1), "one": ints(1)})

# Operators in the forms of their versions.
for opset in (7, 11, 12, 13, 18, 21):
    old = opset < 13
    add(f"Squeeze-{opset}", [node("Squeeze", "x", axes=[1]) if old else node("Squeeze", "x,a")], {"x": real(2, 1, 4)},
        {} if old else {"a": ints(1)}, opset=opset)
    add(f"ReduceSum-{opset}", [node("ReduceSum", "x", axes=[1], keepdims=0) if old else
                               node("ReduceSum", "x,a", keepdims=0)], {"x": X}, {} if old else {"a": ints(1)},
        opset=opset)
    add(f"Softmax-{opset}", [node("Softmax", "x", "a", axis=1), node("LogSoftmax", "x", "b", axis=1),
                                node("Add", "a,b")],
        {"x": X}, opset=opset)
    add(f"Split-{opset}", [node("Split", "x", "p,q", axis=2, split=[1, 3]) if old else
                           node("Split", "x,s", "p,q", axis=2), node("Relu", "q")], {"x": X},
        {} if old else {"s": ints(1, 3)}, opset=opset)
    add(f"Clip-{opset}", [node("Clip", "x", min=-0.2, max=0.3) if opset < 11 else node("Clip", "x,a,b")], {"x": X},
        {} if opset < 11 else {"a": np.float32(-0.2), "b": np.float32(0.3)}, opset=opset)
    add(f"Slice-{opset}", [node("Slice", "x", starts=[1], ends=[5], axes=[1]) if opset < 10 else
                              node("Slice", "x,s,e,a")],
        {"x": X}, {} if opset < 10 else {"s": ints(1), "e": ints(5), "a": ints(1)}, opset=opset)
add("Gelu-tanh", [node("Gelu", "x", approximate="tanh")], {"x": X}, opset=20)
add("Shrink", [node("Shrink", "x", lambd=0.4, bias=0.1)], {"x": X})
add("guarded", [node("IsNaN", "x", "n"), node("Where", "n,zero,x")], {"x": X}, {"zero": np.float32(0)})

# Integers of the inputs: masks of lengths, the last state by them, and counts.
TOKENS, LENGTHS = np.array([[1, 4, 2, 0, 0], [3, 3, 1, 2, 4], [2, 0, 0, 0, 0]], np.int64), ints(3, 5, 1)
ROWS = {"t": TOKENS, "n": LENGTHS}
OPEN_ROWS = {"t": (TOKENS, ("batch", "time")), "n": (LENGTHS, ("batch",))}
EMBEDDED = {"E": real(5, 4), **weights("GRU", 6, 4), "1": ints(1), "2": ints(2), "0": np.int64(0), "i1": np.int64(1)}
STATES = [node("Gather", "E,t", "e"), node("Transpose", "e", "x", perm=[1, 0, 2]),
          node("GRU", "x,W,R", "Y", hidden_size=6), node("Squeeze", "Y,1", "S"),
          node("Transpose", "S", "h", perm=[1, 0, 2])]
MEAN = [node("Unsqueeze", "n,1", "n1"), node("Less", "p,n1", "c"), node("Cast", "c", "m0", to=1),
        node("Unsqueeze", "m0,2", "m"), node("Mul", "h,m", "a"), node("ReduceSum", "a,1", "s", keepdims=0),
        node("Cast", "n1", "f", to=1), node("Div", "s,f")]
COUNTED = [node("Shape", "t", "shape"), node("Gather", "shape,i1", "T"), node("Range", "0,T,i1", "p")]
add("lengths-mask", STATES + MEAN, ROWS, {**EMBEDDED, "p": np.arange(5)[None]})
add("lengths-mask-open", STATES + COUNTED + MEAN, OPEN_ROWS, EMBEDDED, options=("-D", "bptt=5"))
add("lengths-mask-real", STATES + [one for one in MEAN if one.output[0] != "f"][:-1] + [node("Div", "s,n1")],
    {"t": TOKENS, "n": LENGTHS.astype(np.float32)}, {**EMBEDDED, "p": np.arange(5, dtype=np.float32)[None]})
LAST = [node("Sub", "n,1", "l"), node("Flatten", "h", "f", axis=2), node("Add", "l,b", "i"), node("Gather", "f,i", "g"),
        node("Reshape", "g,rows")]
add("lengths-last", STATES + LAST, ROWS, {**EMBEDDED, "b": np.arange(3) * 5, "rows": ints(-1, 6)})
add("lengths-last-open", STATES + COUNTED[:2] + [
    node("Gather", "shape,0", "B"), node("Range", "0,B,i1", "r"), node("Mul", "r,T", "b")] + LAST, OPEN_ROWS,
    {**EMBEDDED, "rows": ints(-1, 6)}, options=("-D", "bptt=5"))
add("tokens-counted", STATES + [
    node("Equal", "t,0", "z"), node("Not", "z", "k"), node("Cast", "k", "w", to=7), node("ReduceSum", "w,1", "q"),
    node("Clip", "q,i1", "d"), node("Cast", "d", "f", to=1), node("Cast", "t", "u", to=1), node("ReduceSum", "u,1",
    "v"), node("ReduceSum", "h,1", "s", keepdims=0), node("Div", "s,f", "a"), node("Add", "a,v")], {"t": TOKENS},
    EMBEDDED)
add("integers-alone", [node("Mul", "n,n", "a"), node("Sub", "a,3", "b"), node("Neg", "b", "d"), node("Max", "d,n", "g"),
                       node("Cast", "g", "f", to=1), node("Mul", "f,x")],
    {"x": real(3, 4), "n": ints(2, 5, 1)[:, None]}, {"3": ints(3)})
# A table of positions, as many rows of it as there are positions.
add("positions-open", [node("Gather", "E,t", "e"), node("Shape", "t", "shape", start=1), node("Slice", "P,z,shape,a",
    "p"), node("Add", "e,p")], {"t": (TOKENS, ("batch", "time"))},
    {"E": EMBEDDED["E"], "P": real(64, 4), "z": ints(0), "a": ints(0)}, options=("-D", "bptt=5"))
add("positions-open-first", [node("Gather", "E,t", "e"), node("Shape", "t", "shape", start=1),
    node("Slice", "P,z,shape,a", "p"), node("Add", "e,p")], {"t": (TOKENS, ("batch", "time"))},
    {"E": EMBEDDED["E"], "P": real(1, 64, 4), "z": ints(0), "a": ints(1)}, options=("-D", "bptt=5"))

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
