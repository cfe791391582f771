"""Small models of single operators and of several together, through rondo-import and through ONNX Runtime.

usage: operators.py SCRATCH [EVERY | NAME...]
"""

import sys

import numpy as np
from onnx import helper, numpy_helper

from cases import add, main, node, real, recurrent

for way in ("forward", "reverse", "bidirectional"):
    for op in ("RNN", "GRU", "LSTM"):
        recurrent(f"{op}-{way}", op, direction=way)
        recurrent(f"{op}-{way}-rows", op, direction=way, h0="rows", c0="rows")
        recurrent(f"{op}-{way}-same-state", op, direction=way, h0="same", c0="same", bias=False)
        recurrent(f"{op}-{way}-given-state", op, direction=way, h0="rows", c0="rows",
                  given=("h0", "c0") if op == "LSTM" else ("h0",))
        recurrent(f"{op}-{way}-clip", op, direction=way, clip=0.7, h0="same", c0="same")
        recurrent(f"{op}-{way}-ragged", op, direction=way, lengths=[2, 4, 1])
        recurrent(f"{op}-{way}-ragged-rows", op, direction=way, lengths=[3, 1, 4], h0="rows", c0="rows", clip=1.5)
        recurrent(f"{op}-{way}-short", op, direction=way, lengths=[2, 2, 2])
        recurrent(f"{op}-{way}-given-lengths", op, direction=way, lengths=[2, 4, 1], given=("lens",))
    recurrent(f"LSTM-{way}-peepholes", "LSTM", direction=way, peepholes=True, h0="rows", c0="rows")
    recurrent(f"LSTM-{way}-peepholes-clip", "LSTM", direction=way, peepholes=True, clip=0.9, c0="same")
    recurrent(f"LSTM-{way}-coupled", "LSTM", direction=way, input_forget=1, peepholes=True, c0="same")
    recurrent(f"LSTM-{way}-all", "LSTM", direction=way, input_forget=1, peepholes=True, c0="rows", h0="rows", clip=0.8,
              lengths=[1, 3, 2], activations=["HardSigmoid", "Softsign", "Elu"] * (2 if way == "bidirectional" else 1))
    recurrent(f"GRU-{way}-behind", "GRU", direction=way, linear_before_reset=1)
    recurrent(f"GRU-{way}-behind-clip", "GRU", direction=way, linear_before_reset=1, clip=0.5, lengths=[3, 2, 4])
for activation, constants in {"Affine": (0.8, 0.1), "Elu": (0.7,), "HardSigmoid": (0.3, 0.4), "LeakyRelu": (0.2,),
                              "Relu": (), "ScaledTanh": (0.9, 0.6), "Sigmoid": (), "Softplus": (), "Softsign": (),
                              "Tanh": (), "ThresholdedRelu": (0.4,)}.items():
    alpha = {"activation_alpha": [constants[0]]} if constants else {}
    beta = {"activation_beta": [constants[1]]} if len(constants) > 1 else {}
    recurrent(f"RNN-{activation}", "RNN", activations=[activation], **alpha, **beta)
recurrent("RNN-usual-constants", "RNN", direction="bidirectional", activations=["LeakyRelu", "HardSigmoid"])
recurrent("GRU-activations", "GRU", activations=["HardSigmoid", "Softsign"], activation_alpha=[0.3], clip=2.0)
recurrent("LSTM-activations", "LSTM", activations=["HardSigmoid", "LeakyRelu", "ScaledTanh"],
          activation_alpha=[0.3, 0.2, 0.9], activation_beta=[0.4, 0.6])
recurrent("LSTM-one-step", "LSTM", steps=1, direction="bidirectional", h0="rows")
recurrent("LSTM-one-row", "LSTM", batch=1, direction="bidirectional", h0="rows", c0="rows")
recurrent("GRU-one-of-all", "GRU", steps=1, batch=1, inputs=1, hidden=1)
recurrent("RNN-one-feature", "RNN", inputs=1)
recurrent("RNN-one-state", "RNN", hidden=1, direction="bidirectional")

x34, tokens = real(3, 4), np.array([[1, 0, 4], [2, 2, 3]], np.int64)
SEQUENCE = (real(2, 6, 4), ("batch", "time", 4))

for op in ("Abs", "Celu", "Cos", "Elu", "Erf", "Exp", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Neg",
    "Reciprocal",
           "Relu", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Tanh", "ThresholdedRelu"):
    add(op, [node(op, "x")], {"x": real(3, 4) + 0.1}, opset=18)
for op in ("Log", "Sqrt"):
    add(op, [node(op, "x")], {"x": np.abs(x34) + 0.5})
add("Gelu", [node("Gelu", "x")], {"x": x34}, opset=20)
add("ReduceLogSumExp-large", [node("ReduceLogSumExp", "x", axes=[1])], {"x": x34 * 200})
add("ReduceLogSumExp-time", [node("ReduceLogSumExp", "x", axes=[1, 2])], {"x": (real(2, 6, 4) * 200, ("batch", 6, 4))})
add("Cast-truth", [node("Cast", "c", "t", to=9), node("Where", "t,x,z")], {"x": x34},
    {"c": np.array([0.5, 0, -0.25, 2], np.float32), "z": np.float32(7)})
add("Where-everywhere", [node("Where", "c,x,z")], {"x": real(3, 1)}, {"c": np.ones((3, 4), bool), "z": real(3, 4)})
add("Where-everywhere-known", [node("Where", "c,a,b", "k"), node("Add", "x,k")], {"x": x34},
    {"c": np.ones((1, 4), bool), "a": np.float32(2), "b": real(3, 1)})
add("Dropout", [node("Dropout", "x", "a"), node("Identity", "a")], {"x": x34})
add("PRelu", [node("PRelu", "x,s")], {"x": x34}, {"s": real(4)})
add("Clip", [node("Clip", "x,low,high")], {"x": x34}, {"low": np.float32(-0.3), "high": np.float32(0.4)})
add("Clip-old", [node("Clip", "x", max=0.25)], {"x": x34}, opset=7)
for op in ("Add", "Sub", "Mul", "Div"):
    add(op, [node(op, "x,z")], {"x": x34, "z": real(3, 4) + 3})
    add(op + "-constant", [node(op, "x,c")], {"x": x34}, {"c": real(4) + 3})
    add(op + "-number", [node(op, "c,x")], {"x": x34 + 5}, {"c": np.float32(-1.5)})
    add(op + "-rows", [node(op, "x,c")], {"x": x34}, {"c": real(3, 4) + 3})
    add(op + "-positions", [node(op, "c,x", "a"), node("Relu", "a")], {"x": real(2, 3, 4) + 4}, {"c": real(3, 1)})
for power in (2.0, 0.5, 3.0, -1.0, 1.5):
    add(f"Pow-{power}", [node("Pow", "x,c")], {"x": np.abs(x34) + 0.2}, {"c": np.float32(power)})
for op in ("Max", "Min", "Sum", "Mean"):
    add(op, [node(op, "x,z,c")], {"x": x34, "z": real(3, 4)}, {"c": real(4)})
for op in ("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"):
    add(op, [node(op, "x,z", "a"), node("Not", "a", "n"), node("Cast", "n", "m", to=1), node("Where", "a,x,c", "w"),
             node("Add", "w,m")], {"x": x34, "z": np.where(real(3, 4) > 0, x34, real(3, 4))}, {"c": np.float32(7)})
add("And-Or", [node("Less", "x,z", "a"), node("Greater", "x,c", "b"), node("And", "a,b", "d"), node("Or", "a,b", "e"),
               node("Where", "d,x,z", "f"), node("Where", "e,f,x")], {"x": x34, "z": real(3, 4)},
                   {"c": np.float32(0.1)})

add("MatMul", [node("MatMul", "x,w")], {"x": x34}, {"w": real(4, 5)})
add("MatMul-bias", [node("MatMul", "x,w", "a"), node("Add", "b,a")], {"x": SEQUENCE}, {"w": real(4, 5), "b": real(5)})
add("MatMul-one", [node("MatMul", "x,w", "a"), node("Sigmoid", "a")], {"x": x34}, {"w": real(4, 1)})
add("MatMul-of-three", [node("MatMul", "x,w")], {"x": real(2, 3, 4)}, {"w": real(4, 5)})
for turns in (0, 1):
    add(f"Gemm-{turns}", [node("Gemm", "x,w,b", transB=turns, alpha=0.5, beta=2.0)], {"x": x34},
        {"w": real(5, 4) if turns else real(4, 5), "b": real(5)})
add("Gemm-one-bias", [node("Gemm", "x,w,b")], {"x": x34}, {"w": real(4, 5), "b": real(1)})
add("Flatten-Gemm", [node("Conv", "x,k", "a", pads=[1, 1, 1, 1]), node("Flatten", "a", "f"), node("Gemm", "f,w,b")],
    {"x": real(2, 3, 5, 4)}, {"k": real(2, 3, 3, 3), "w": real(40, 6), "b": real(6)})
add("Reshape-Gemm", [node("Conv", "x,k", "a"), node("Shape", "a", "s"), node("Gather", "s,i0", "n"),
                     node("Unsqueeze", "n,i0v", "n1"), node("Concat", "n1,m1", "to", axis=0), node("Reshape", "a,to",
                         "f"),
                     node("MatMul", "f,w")], {"x": (real(2, 3, 5), ("n", 3, 5))},
    {"k": real(2, 3, 2), "w": real(8, 6), "i0": np.int64(0), "i0v": np.array([0]), "m1": np.array([-1])})

for name, size, channels, kernel, attributes in [
        ("plain", (7,), 3, (3,), {}), ("same", (7,), 3, (3,), {"pads": [1, 1]}), ("stride", (7,), 3, (3,),
            {"strides": [2]}),
        ("rest", (8,), 3, (3,), {"strides": [3], "pads": [1, 0]}), ("dilated", (9,), 2, (3,), {"dilations": [2],
            "pads": [2, 2]}),
        ("causal", (6,), 2, (4,), {"pads": [3, 0]}), ("wide", (4,), 2, (3,), {"pads": [3, 4]}), ("point", (5,), 3, (1,
            ), {}),
        ("mono", (9,), 1, (4,), {"strides": [2]}),
        ("upper", (8,), 2, (3,), {"strides": [2], "auto_pad": "SAME_UPPER"}),
        ("lower", (8,), 2, (4,), {"strides": [3], "auto_pad": "SAME_LOWER"}), ("valid", (8,), 2, (4,),
            {"auto_pad": "VALID"}),
        ("one", (3,), 2, (3,), {}), ("image", (6, 5), 2, (3, 2), {"pads": [1, 0, 1, 1], "strides": [2, 1]}),
        ("image-mono", (6, 5), 1, (3, 3), {}), ("image-row", (1, 5), 2, (1, 3), {}),
        ("image-dilated", (6, 7), 2, (2, 3), {"dilations": [3, 2]}), ("image-whole", (3, 4), 2, (3, 4), {})]:
    add("Conv-" + name, [node("Conv", "x,k,b", **attributes)], {"x": real(2, channels, *size)},
        {"k": real(4, channels, *kernel), "b": real(4)})
for name, size in (("one", (9,)), ("open", (9,)), ("image", (4, 5))):  # one channel and one tap: numbers alone
    x = real(2, 1, *size)
    add(f"Conv-mono-point-{name}", [node("Conv", "x,k,b", "a"), node("Tanh", "a", "t"), node("Conv", "t,m", "c"),
                                    node("Sigmoid", "c", "s"), node("Conv", "s,n,o")],
        {"x": (x, ("batch", 1, "time")) if name == "open" else x},
        {"k": real(4, 1, *[1] * len(size)), "b": real(4), "m": real(1, 4, *[1] * len(size)),
         "n": real(1, 1, *[1] * len(size)), "o": real(1)})
add("ConvTranspose-mono-point", [node("ConvTranspose", "x,k,b")], {"x": real(2, 1, 5)}, {"k": real(1, 3, 1), "b":
    real(3)})
add("MatMul-column-row", [node("MatMul", "x,u", "a"), node("Relu", "a", "r"), node("MatMul", "r,w", "c"),
                          node("Add", "c,b", "d")], {"x": SEQUENCE}, {"u": real(4, 1), "w": real(1, 3), "b": real(3)},
    ("d",))
add("Gemm-column-row", [node("Gemm", "x,u", "a"), node("Tanh", "a", "r"), node("Gemm", "r,w,b", transB=1)],
    {"x": x34}, {"u": real(4, 1), "w": real(3, 1), "b": real(3)})
add("Conv-one-out", [node("Conv", "x,k,b")], {"x": real(2, 3, 6)}, {"k": real(1, 3, 2), "b": real(1)})
add("Conv-chain", [node("Conv", "x,k", "a", pads=[1, 1]), node("Relu", "a", "r"), node("Conv", "r,m", "c", strides=[2]),
                   node("BatchNormalization", "c,g,b,e,v")], {"x": real(2, 3, 9)},
    {"k": real(4, 3, 3), "m": real(5, 4, 3), "g": real(5), "b": real(5), "e": real(5), "v": np.abs(real(5))})
add("Conv-residual", [node("Conv", "x,k", "a", pads=[1, 1]), node("Add", "x,a")], {"x": real(2, 3, 9)}, {"k": real(3,
    3, 3)})
for mode in ("constant", "reflect", "edge"):
    add("Pad-Conv-" + mode, [node("Pad", "x,p", "a", mode=mode), node("Conv", "a,k", strides=[2])], {"x": real(2, 3,
        8)},
        {"k": real(4, 3, 3), "p": np.array([0, 0, 2, 0, 0, 1])})
    add("Pad-" + mode, [node("Pad", "x,p", "a", mode=mode), node("Relu", "a")], {"x": real(2, 3, 5)},
        {"p": np.array([0, 0, 3, 0, 0, 2])})
for op in ("MaxPool", "AveragePool"):
    add(op, [node(op, "x", kernel_shape=[3], strides=[2])], {"x": real(2, 3, 9)})
    add(op + "-image", [node(op, "x", kernel_shape=[2, 3], strides=[2, 1])], {"x": real(2, 3, 6, 5)})
    more = {"count_include_pad": 1} if op == "AveragePool" else {}
    add(op + "-padded", [node(op, "x", kernel_shape=[3], pads=[1, 1], **more)], {"x": real(2, 3, 7) - 3})
    add("Global" + op, [node("Global" + op, "x")], {"x": real(2, 3, 5, 4)})

for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare",
    "ReduceLogSumExp"):
    axes = {"inputs": "x,axes", "constants": {"axes": np.array([-1])}, "attributes": {}}
    if op != "ReduceSum":
        axes = {"inputs": "x", "constants": {}, "attributes": {"axes": [-1]}}
    add(op, [node(op, axes["inputs"], keepdims=0, **axes["attributes"])], {"x": real(2, 3, 4)}, axes["constants"])
add("ReduceMean-time", [node("ReduceMean", "x", axes=[1])], {"x": real(2, 3, 4)})
add("ReduceMax-both", [node("ReduceMax", "x", axes=[1, 2], keepdims=0)], {"x": real(2, 3, 4)})
for axis in (-1, 1):
    add(f"Softmax{axis}", [node("Softmax", "x", axis=axis)], {"x": real(2, 3, 4)} if axis == -1 else {"x": SEQUENCE},
        options=("-D", "bptt=6"))
    add(f"LogSoftmax{axis}", [node("LogSoftmax", "x", axis=axis)], {"x": real(2, 3, 4) if axis == -1 else real(2, 4)})
for epsilon in (1e-5, 1e-3):
    add(f"LayerNormalization-{epsilon}", [node("LayerNormalization", "x,g,b", epsilon=epsilon)], {"x": real(2, 3, 4)},
        {"g": real(4), "b": real(4)})

add("Gather-tokens", [node("Gather", "w,t")], {"t": tokens}, {"w": real(5, 6)})
add("Gather-tokens-GRU", [node("Gather", "w,t", "e"), node("GRU", "e,W,R", "Y,Y_h", hidden_size=3), node("Squeeze",
    "Y,one")],
    {"t": (tokens, ("time", "batch"))}, {"w": real(5, 6), "W": real(1, 9, 6), "R": real(1, 9, 3), "one": np.array([1])})
add("Gather-feature", [node("Gather", "x,i", axis=1)], {"x": x34}, {"i": np.int64(-2)})
add("Gather-features", [node("Gather", "x,i", axis=1)], {"x": x34}, {"i": np.array([1, 2])})
add("Gather-last", [node("GRU", "x,W,R", "Y", hidden_size=3), node("Gather", "Y,i", "a", axis=0), node("Squeeze",
    "a,zero")],
    {"x": (real(4, 2, 5), ("time", "batch", 5))}, {"W": real(1, 9, 5), "R": real(1, 9, 3), "i": np.int64(-1),
     "zero": np.array([0])})
add("Concat", [node("Concat", "x,z,x", axis=1)], {"x": x34, "z": real(3, 2)})
add("Concat-constant", [node("Relu", "x", "a"), node("Concat", "a,c", axis=-1)], {"x": real(1, 4)}, {"c": real(1, 2)})
add("Split", [node("Split", "x,s", "a,b", axis=1), node("Mul", "a,b")], {"x": real(3, 6)}, {"s": np.array([3, 3])})
add("Split-unequal", [node("Split", "x,s", "a,y", axis=1), node("Relu", "a", "z")], {"x": real(3, 6)},
    {"s": np.array([2, 4])},
    outputs=("y", "z"))
add("Slice", [node("Slice", "x,b,e,a")], {"x": x34}, {"b": np.array([1]), "e": np.array([-1]), "a": np.array([1])})
add("Slice-positions", [node("Conv", "x,k", "c"), node("Slice", "c,b,e,a,s", "z"), node("Relu", "c", "r")],
    {"x": real(2, 3, 9)},
    {"k": real(4, 3, 2), "b": np.array([1]), "e": np.array([9999]), "a": np.array([2]), "s": np.array([2])},
     outputs=("z", "r"))
add("Slice-one-position", [node("Conv", "x,k", "c"), node("Slice", "c,b,e,a", "z"), node("Relu", "c", "r")],
    {"x": real(2, 3, 9)},
    {"k": real(4, 3, 2), "b": np.array([2]), "e": np.array([3]), "a": np.array([2])}, outputs=("z", "r"))
add("Transpose-Conv", [node("Transpose", "x", "a", perm=[0, 2, 1]), node("Conv", "a,k", "c"), node("Transpose", "c",
    perm=[0, 2, 1])],
    {"x": real(2, 7, 3)}, {"k": real(4, 3, 3)})
add("Unsqueeze-Squeeze", [node("Unsqueeze", "x,a", "u"), node("Relu", "u", "r"), node("Squeeze", "r,a")], {"x": x34},
    {"a": np.array([1])})
add("Expand", [node("Expand", "c,s", "e"), node("Add", "x,e")], {"x": x34}, {"c": real(1, 4), "s": np.array([3, 4])})
add("ConstantOfShape", [node("Shape", "x", "s"), node("ConstantOfShape", "s", "c", value=numpy_helper.from_array(
    np.array([0.5], np.float32))), node("Add", "x,c")], {"x": SEQUENCE})
add("If", [helper.make_node("If", ["c"], ["y"], then_branch=helper.make_graph(
    [node("Relu", "x", "p")], "a", [], [helper.make_tensor_value_info("p", 1, None)]), else_branch=helper.make_graph(
        [node("Neg", "x", "q")], "b", [], [helper.make_tensor_value_info("q", 1, None)]))], {"x": x34},
            {"c": np.array(False)})
add("Attention", [node("MatMul", "x,wq", "q"), node("MatMul", "x,wk", "k"), node("MatMul", "x,wv", "v"),
                  node("Transpose", "k", "kt", perm=[0, 2, 1]), node("MatMul", "q,kt", "s"), node("Mul", "s,scale",
                      "t"),
                  node("Softmax", "t", "p", axis=-1), node("MatMul", "p,v")], {"x": SEQUENCE},
    {"wq": real(4, 3), "wk": real(4, 3), "wv": real(4, 5), "scale": np.float32(0.5)}, options=("-D", "bptt=6"))
add("bidirectional-layers", [
    node("LSTM", "x,W,R,B", "Y", hidden_size=4, direction="bidirectional"), node("Transpose", "Y", "t", perm=[0, 2, 1,
        3]),
    node("Reshape", "t,s", "m"), node("LSTM", "m,V,Q", "Z,Z_h", hidden_size=3, direction="bidirectional"),
    node("Transpose", "Z", "u", perm=[0, 2, 1, 3]), node("Reshape", "u,s", "n"), node("MatMul", "n,w", "l"),
        node("Add", "l,b")],
    {"x": (real(6, 2, 5), ("time", "batch", 5))},
    {"W": real(2, 16, 5), "R": real(2, 16, 4), "B": real(2, 32), "V": real(2, 12, 8), "Q": real(2, 12, 3),
     "s": np.array([0, 0, -1]), "w": real(6, 2), "b": real(2)}, outputs=("y", "Z_h"), options=("-D", "bptt=6"))
add("Slice-rows", [node("Slice", "x,b,e")], {"x": x34}, {"b": np.array([1]), "e": np.array([3])})
add("Clip-above", [node("Clip", "x,b,a")], {"x": x34}, {"b": np.float32(-np.inf), "a": np.float32(0.2)})

# States that are an input, beside a batch that is open, of size 1, or as large as there are directions.
for name, first, rows in (("open", ("batch", "time", 5), "batch"), ("one", (1, "time", 5), 1), ("known", (1, 6, 5), 1)):
    batch = 2 if rows == "batch" else 1
    add("states-" + name, [node("Transpose", "x", "t", perm=[1, 0, 2]), node("GRU", "t,W,R,,,h", "Y,Y_h",
        hidden_size=4, direction="bidirectional")],
        {"x": (real(batch, 6, 5), first), "h": (real(2, batch, 4), (2, rows, 4))},
        {"W": real(2, 12, 5), "R": real(2, 12, 4)}, outputs=("Y", "Y_h"), options=("-D", "bptt=6"))


def behind_both(name, nodes, **constants):
    """Reads m [6, 2, 8], both directions of a scan side by side in one dimension."""
    first = [node("GRU", "x,W,R", "Y", hidden_size=4, direction="bidirectional"),
             node("Transpose", "Y", "t", perm=[0, 2, 1, 3]), node("Reshape", "t,s", "m")]
    add("both-" + name, first + nodes, {"x": real(6, 2, 5)},
        {"W": real(2, 12, 5), "R": real(2, 12, 4), "s": np.array([0, 0, -1]), **constants})


for op, axes in (("ReduceMean", [0]), ("ReduceMax", [0]), ("ReduceMean", [2]), ("ReduceMax", [0, 2])):
    behind_both(f"{op}-{axes[-1]}-{len(axes)}", [node(op, "m", axes=axes)])
for axis in (0, 2):
    behind_both(f"Softmax{axis}", [node("Softmax", "m", "a", axis=axis), node("Mul", "m,a")])
behind_both("LayerNormalization", [node("LayerNormalization", "m,g,b")], g=real(8), b=real(8))
behind_both("Mul", [node("MatMul", "x,w", "a"), node("Mul", "m,a")], w=real(5, 8))
behind_both("Mul-known", [node("Mul", "m,g")], g=real(8))
behind_both("Conv", [node("Transpose", "m", "a", perm=[1, 2, 0]), node("Conv", "a,k", pads=[1, 1])], k=real(3, 8, 3))
behind_both("MaxPool", [node("Transpose", "m", "a", perm=[1, 2, 0]), node("MaxPool", "a", kernel_shape=[2])])
behind_both("MatMul", [node("Transpose", "m", "q", perm=[1, 0, 2]), node("Transpose", "m", "k", perm=[1, 2, 0]),
                       node("MatMul", "q,k", "a"), node("Softmax", "a", "p", axis=-1), node("MatMul", "p,q")])
for begin, end in ((0, 4), (4, 8), (1, 6)):
    behind_both(f"Slice-{begin}", [node("Slice", "m,b,e,d", "a"), node("Relu", "a")], b=np.array([begin]),
                e=np.array([end]), d=np.array([2]))


def scan(name, nodes, inputs, constants, states, shape, outputs, **attributes):
    """A Scan whose graph has these nodes, from states `states` and slices x of the input x."""
    ports = [helper.make_tensor_value_info(state, 1, None) for state in states]
    slices = [helper.make_tensor_value_info("slice", 1, None)]
    told = [helper.make_tensor_value_info(one, 1, None) for one in outputs]
    body = helper.make_graph(nodes, "body", ports + slices, told)
    made = helper.make_node("Scan", [state + "_first" for state in states] + ["x"], ["out_" + one for one in outputs],
                            body=body, num_scan_inputs=1, **attributes)
    first = {state + "_first": np.zeros(shape, np.float32) for state in states
             if state + "_first" not in {**inputs, **constants}}
    add(name, [made], inputs, {**constants, **first}, ["out_" + one for one in outputs])


STEP = [node("MatMul", "slice,w", "a"), node("MatMul", "h,u", "b"), node("Add", "a,b", "c"), node("Tanh", "c", "d")]
STEP_WEIGHTS = {"w": real(3, 4), "u": real(4, 4)}
scan("Scan", STEP + [node("Identity", "d", "e")], {"x": real(5, 2, 3)}, STEP_WEIGHTS, ["h"], (2, 4), ["d", "e"])
scan("Scan-backward", STEP + [node("Relu", "d", "e"), node("Mul", "d,half", "f")], {"x": real(5, 2, 3)},
     {**STEP_WEIGHTS, "half": np.float32(0.5)}, ["h"], (2, 4), ["d", "e", "f"], scan_input_directions=[1],
     scan_output_directions=[1, 1])
scan("Scan-given", STEP + [node("Add", "m,d", "e"), node("Tanh", "e", "f")], {"x": real(5, 2, 3), "h_first": real(2,
    4)},
     STEP_WEIGHTS, ["h", "m"], (2, 4), ["d", "e", "f"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
