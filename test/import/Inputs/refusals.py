"""What rondo-import does not cover is said by node and operator, with exit status 1, and no file is written.

usage: refusals.py SCRATCH INCLUDE

Each case is a small model, as protobuf's text, and the words that are expected.
"""

import os
import subprocess
import sys

from model_text import BOOL, INT, TEXT, graph, integers, node, ones, port

CASES = []


def refuse(words, nodes, inputs=None, known=None, outputs=("y",), opset=17):
    """words: of a node's operator, as `(Relu): ..`, or of the whole model."""
    words = f"node 'n' {words}" if words.startswith("(") else words
    nodes = nodes if isinstance(nodes, list) else [nodes]
    CASES.append((words, f"ir_version: 8 opset_import {{ version: {opset} }} graph {{ "
                         f"{graph(nodes, {'x': [3, 4]} if inputs is None else inputs, known, outputs)} }}"))


def refuse_text(words, text):
    CASES.append((words, text))


LSTM = {"W": ones(1, 8, 3), "R": ones(1, 8, 2), "B": ones(1, 16), "P": ones(1, 6)}
STEPS = {"x": [4, 2, 3]}
RNN = {"W": ones(1, 2, 3), "R": ones(1, 2, 2)}
IMAGE = {"x": [2, 3, 8]}

for op in ("ArgMax", "ArgMin", "TopK", "NonZero", "ScatterND", "Resize", "Upsample", "LpPool", "GridSample"):
    refuse(f"({op}): the operator is not covered", node(op, "x"))
refuse("(Loop): expected a number of iterations that is known, found 'x'", node("Loop", "x"))
refuse("(Loop): expected a condition that is true", node("Loop", "m,c"),
       known={"m": ((), [2], INT), "c": ((), [0], BOOL)})
refuse("(Loop): expected a graph as attribute 'body'", node("Loop", "m"), known={"m": ((), [2], INT)})
refuse("(Relu): expected at least 1 inputs, found input 1 missing", node("Relu", ""))
refuse("(Relu): expected a value computed before it, found 'z'", node("Relu", "z"))
refuse("(Relu): expected an output, found none", node("Relu", "x", ""))
refuse("(Relu): attribute 'size' is not covered", node("Relu", "x", size=3))
refuse("(Relu): expected one value 'y', found a second", [node("Relu", "x"), node("Relu", "x")])
refuse("output 'y' is computed by no node", node("Relu", "x", "z"))
refuse("output 'y' is known without any input", node("Identity", "c"), known={"c": ones(2)})
refuse("output 'y' is no real number", node("Less", "x,c"), known={"c": ones(4)})
refuse("the graph has no output", node("Relu", "x"), outputs=())
refuse("expected one output 'y', found a second", node("Relu", "x"), outputs=("y", "y"))
refuse("input 'x' is empty: dimension 1 has size 0", node("Relu", "x"), {"x": [3, 0]})
refuse("input 'x' has truth values, expected reals or integers", node("Not", "x"), {"x": ([3], BOOL)})
refuse("'x' has elements of type 8, expected reals, integers or truth values", node("Relu", "x"), {"x": ([3], TEXT)})
refuse("'x' has a dimension of size -3", node("Relu", "x"), {"x": [3, -3]})
refuse("expected one input 'x', found a second",
       [node("Relu", "x"), port("input", "x", [3, 4])])
refuse("input 'x' has integers that pick no rows of a table", [node("Identity", "x", "z"), node("Relu", "w")],
       {"x": ([3, 2], INT), "w": [3, 4]})
refuse("(Relu): expected real numbers", node("Relu", "x"), {"x": ([3, 2], INT)})
refuse("expected one dimension of open size beside the batch, found a second in input 'x'", node("Relu", "x"),
       {"x": ["n", "t", "s"]})
refuse("expected operators of version 7 to 25, found 99", node("Relu", "x"), opset=99)
refuse_text("expected an ONNX model, found something else", "ir_version: 8")
refuse_text("operators of domain 'other' are not covered",
            'opset_import { version: 17 } graph { node { op_type: "Relu" domain: "other" output: "y" } }')
refuse_text("functions of the model's own are not covered",
            'opset_import { version: 17 } graph { } functions { name: "f" }')
refuse_text("sparse initialisers are not covered", "opset_import { version: 17 } graph { sparse_initializer { } }")
refuse_text("initialiser 'w' lies in another file", "opset_import { version: 17 } graph { initializer { "
            'name: "w" data_type: 1 dims: [2] data_location: EXTERNAL } }')
refuse_text("'x' is no tensor, which is not covered",
            'opset_import { version: 17 } graph { input { name: "x" type { sequence_type { } } } }')
refuse_text("input 'x' has no shape, which the program needs",
            'opset_import { version: 17 } graph { node { op_type: "Relu" input: "x" output: "y" } '
            'input { name: "x" type '
            '{ tensor_type { elem_type: 1 } } } ' + port("output", "y", []) + " }")
refuse("initialiser 'c' has other data than its shape, of 3 elements, and its type say", node("Add", "x,c"),
       known={"c": ((3,), [1.0])})
refuse("initialiser 'c' has a shape with a negative size, or of more than 2^28 elements", node("Add", "x,c"),
       known={"c": ((-3,), [1.0])})
refuse("initialiser 'c' has elements of type 8, expected reals, integers or truth values", node("Add", "x,c"),
       known={"c": ((1,), ["a"], TEXT)})
refuse("expected one attribute 'axis', found a second",
       node("Softmax", "x", axis=1).replace("attribute", 'attribute { name: "axis" type: INT } attribute', 1))

# Recurrent operators.
for words, attributes in {
        "attribute 'stride' is not covered": {"stride": 2},
        "expected the direction forward, reverse or bidirectional, found 'up'": {"direction": "up"},
        "expected a text as attribute 'direction'": {"direction": 3},
        "expected the layout 0 or 1, found 2": {"layout": 2},
        "expected a positive number as attribute 'clip'": {"clip": -1.0},
        "expected a real number as attribute 'clip'": {"clip": 1},
        "expected an integer as attribute 'hidden_size'": {"hidden_size": 1.5},
        "expected W to be reals of shape [1, 12, 3], found shape [1, 8, 3]": {"hidden_size": 3},
        "expected at least one state, found hidden_size -1": {"hidden_size": -1},
        "expected 3 names as attribute 'activations'": {"activations": ["Tanh"]},
        "the activation 'exp' is not covered": {"activations": ["Tanh", "Exp", "Tanh"]},
        "expected activation_alpha and activation_beta for the activation 'affine'":
            {"activations": ["Tanh", "Affine", "Tanh"]},
        "expected real numbers as attribute 'activation_alpha'": {"activation_alpha": [1]}}.items():
    refuse("(LSTM): " + words, node("LSTM", "x,W,R", **attributes), STEPS, LSTM)
refuse("(LSTM): expected B to be reals of shape [1, 16], found shape [1, 8, 3]", node("LSTM", "x,W,R,W"),
    STEPS, LSTM)
refuse("(LSTM): expected P to be reals of shape [1, 6], found shape [1, 16]", node("LSTM", "x,W,R,B,,,,B"),
    STEPS, LSTM)
refuse("(LSTM): expected weights W that is known, found 'x'", node("LSTM", "x,x,R"), STEPS, LSTM)
refuse("(LSTM): expected weights W and R of three dimensions", node("LSTM", "x,c,R"), STEPS, {**LSTM,
    "c": ones(3)})
refuse("(LSTM): expected an input X of three dimensions that the graph's inputs change", node("LSTM",
    "x,W,R"), None,
       LSTM)
refuse("(LSTM): expected an input X of 3 features in one dimension, found shape [5]", node("LSTM", "x,W,R"),
       {"x": [4, 2, 5]}, LSTM)
refuse("(LSTM): expected positions in time in dimension 0 of X", [node("Unsqueeze", "x,i", "z"), node("LSTM",
    "z,W,R")],
       {"x": [2, 3]}, {**LSTM, "i": integers(0)})
refuse("(LSTM): expected a batch in dimension 1 of X, found features of the program",
       [node("Conv", "x,k", "z"), node("Transpose", "z", "u", perm=[2, 1, 0]), node("LSTM", "u,W,R")], {"x": [3, 3, 5]},
       {**LSTM, "k": ones(2, 3, 1)})
refuse("(LSTM): expected at most 8 inputs and 3 outputs", node("LSTM", "x,W,R,B,,,,P,x"), STEPS, LSTM)
refuse("(RNN): expected sequence_lens to be a list of integers", node("RNN", "x,W,R,,W"), STEPS, RNN)
refuse("(RNN): expected lengths from 0 to that of X", node("RNN", "x,W,R,,l"), STEPS, {**RNN,
    "l": integers(5, 2)})
refuse("(RNN): expected sequence_lens to be known or an input of the graph",
       [node("Relu", "x", "l"), node("RNN", "x,W,R,,l")], STEPS, RNN)
refuse("(RNN): lengths that are an input, beside states that each row has of its own, are not covered",
       node("RNN", "x,W,R,,l,h"), {**STEPS, "l": ([2], INT)}, {**RNN, "h": ones(1, 2, 2)[:1] + ([1.0, 2.0, 3.0, 4.0],)})
refuse("(RNN): expected initial states of shape [1, batch, 2], found [2, 2]", node("RNN", "x,W,R,,,h"), STEPS,
       {**RNN, "h": ones(2, 2)})
refuse("(RNN): expected initial states of three dimensions", node("RNN", "x,W,R,,,h"), {**STEPS, "h": [2,
    2]}, RNN)
refuse("(RNN): expected initial states of 2 features, found shape [3]", node("RNN", "x,W,R,,,h"),
       {**STEPS, "h": [1, 2, 3]}, RNN)
refuse("(ReduceL1): of values side by side this reduction is not covered",
       [node("RNN", "x,W,R", "z", direction="bidirectional"), node("ReduceL1", "z", axes=[1])], STEPS,
       {"W": ones(2, 2, 3), "R": ones(2, 2, 2)})
refuse("(ReduceSum): a reduction of values side by side and over others is not covered",
       [node("RNN", "x,W,R", "z", direction="bidirectional"), node("ReduceSum", "z,a")], STEPS,
       {"W": ones(2, 2, 3), "R": ones(2, 2, 2), "a": integers(1, 3)})

refuse("(ReduceMean): what depends on the number of positions, where that is open beside lengths that are an input",
       [node("RNN", "x,W,R,,l", "z"), node("ReduceMean", "z", axes=[0])], {"x": ["t", "b", 3], "l": (["b"], INT)}, RNN)

# Element by element.
refuse("(Where): expected a finite number, found a negative infinite one", [node("Less", "x,z", "c"), node(
    "Where", "c,x,i")], known={"z": ((), [0.0]), "i": ((), [float("-inf")])})
refuse("(MatMul): expected 5 features to multiply, found shape [open, 4]", node("MatMul", "x,w"), {"x": ["b",
    4]}, {"w": ones(5, 2)})
refuse("(Clip): expected a finite number as the bound 'min'", node("Clip", "x,i"),
       known={"i": ((), [float("inf")])})
refuse("(Cast): a cast to type 8 is not covered", node("Cast", "x", to=8))
refuse("(Cast): of what the inputs change only casts of real numbers", node("Cast", "x", to=6))
refuse("(Floor): of what the inputs change this operator is not covered", node("Floor", "x"))
refuse("(Elu): of known arrays this operator is not covered", [node("Elu", "c", "z"), node("Add", "x,z")],
       known={"c": ones(4)})
refuse("(Add): expected dimensions of one size or of size 1, found 3 and 4", node("Add", "x,c"),
    known={"c": ones(3)})
refuse("(Add): expected dimensions of one size or of size 1, found 4 and 5", node("Add", "x,z"), {"x": [3,
    4], "z": [3, 5]})
refuse("(Add): arithmetic with integers of the inputs is not covered", node("Add", "x,t"), {"x": [3, 4],
    "t": ([3, 4], INT)})
refuse("(Add): weights along two axes are not covered",
       [node("Conv", "x,k", "z"), node("Add", "z,c")], {"x": [1, 2, 4, 4]}, {"k": ones(2, 2, 2, 2), "c": ones(1, 2, 3,
           3)})
refuse("(Add): expected an array of real numbers beside what the inputs change", node("Add", "x,c"),
       known={"c": integers(1, 2, 3, 4)})
refuse("(Add): its result would have features that one operand lacks", node("Add", "x,c"), {"x": [2, 1, 3]},
       {"c": ones(5, 1)})
refuse("(And): expected truth values", node("And", "x,x"))
refuse("(Not): expected truth values", node("Not", "x"))
refuse("(Pow): expected one known number as the exponent", node("Pow", "x,x"))
refuse("(Gelu): expected no approximation or that by tanh, found 'erf'", node("Gelu", "x", approximate="erf"), opset=20)
refuse("(Clip): expected one number as a bound", node("Clip", "x,c"), known={"c": ones(4)})
refuse("(Clip): expected a bound that is known, found 'x'", node("Clip", "x,x"))
refuse("(Clip): expected real numbers that the inputs change", node("Clip", "c"), known={"c": ones(4)})
refuse("(Dropout): its output 2 is not covered", [node("Dropout", "x", "z,m"), node("Where", "m,z,z")])
refuse("(Dropout): dropout as in training is not covered", node("Dropout", "x,r,t"),
    known={"r": ((), [0.5]), "t": ((), [1], BOOL)})
refuse("(Where): expected truth values", node("Where", "x,x,x"))
refuse("(Where): expected truth values, and at most one known array", [node("Less", "x,c", "z"),
       node("Where", "z,c,c")],
       known={"c": ones(4)})
refuse("(If): expected a condition that is known, found 'x'", node("If", "x"))
refuse("(If): expected one truth value as condition", node("If", "c"), known={"c": ones(2)})
refuse("(If): expected a graph for both cases with an output for each of its own", node("If", "c"),
       known={"c": ((), [1], BOOL)})

# Dimensions.
refuse("(Transpose): expected a permutation of 2 dimensions, found [0, 2]", node("Transpose", "x", perm=[0,
    2]))
refuse("(Transpose): expected integers as attribute 'perm'", node("Transpose", "x", perm=1.5))
refuse("(Reshape): it would divide a dimension of the program, or mix several", node("Reshape", "x,s"),
       known={"s": integers(3, 3, 2)})
refuse("(Reshape): expected at most one size -1, found 2", node("Reshape", "x,s"), known={"s": integers(-1,
    -1)})
refuse("(Reshape): expected a dimension to keep for each 0, found none for dimension 2", node("Reshape",
    "x,s"),
       known={"s": integers(3, 4, 0)})
refuse("(Reshape): expected sizes, found -2", node("Reshape", "x,s"), known={"s": integers(3, -2)})
refuse("(Reshape): expected a list of integers as input 2", node("Reshape", "x,s"), known={"s": ones(2)})
refuse("(Reshape): expected a shape of 4 elements, found [3]", node("Reshape", "c,s"), known={"c": ones(4),
    "s": integers(3)})
refuse("(Squeeze): expected dimension 1 to be of size 1, found 4", node("Squeeze", "x,i"),
    known={"i": integers(1)})
refuse("(Squeeze): expected a dimension of 2, found 5", node("Squeeze", "x,i"), known={"i": integers(5)})
refuse("(Unsqueeze): expected each new dimension once, found 0 twice", node("Unsqueeze", "x,i"),
    known={"i": integers(0, 0)})
refuse("(Flatten): expected a dimension of what the inputs change, found 3", node("Flatten", "x", axis=3))
refuse("(Tile): repeating what the inputs change is covered along a dimension of size 1, a known number of times",
       node("Tile", "x,s"), known={"s": integers(1, 2)})
refuse("(Tile): expected each dimension once or more often, found 0", node("Tile", "x,s"),
       known={"s": integers(1, 0)})
refuse("(Slice): expected known positions and steps", node("Slice", "x,b,e,a,s"),
       known={"b": integers(3), "e": integers(-9), "a": integers(1), "s": integers(0)})
refuse("(Slice): expected as many ends, axes and steps as starts", node("Slice", "x,b,e"),
       known={"b": integers(1, 1), "e": integers(2)})
refuse("(Slice): expected known positions and steps", node("Slice", "x,b,e,a,s"),
       known={"b": integers(1), "e": integers(2), "a": integers(1), "s": integers(0)})
refuse("(Slice): taking parts of dimension 1 is not covered: it is empty then", node("Slice", "x,b,e,a"),
       known={"b": integers(2), "e": integers(2), "a": integers(1)})
refuse("(Slice): parts of a dimension of open size are not covered, except its last position", node("Slice",
    "x,b,e,a"),
       {"x": [2, "t", 3]}, {"b": integers(1), "e": integers(3), "a": integers(1)})
refuse("(Split): expected as many sizes as outputs, of the sum 4", node("Split", "x,s", "y,z", axis=1),
       known={"s": integers(1, 2)})
refuse("(Split): dividing a dimension of open size is not covered", node("Split", "x", axis=1), {"x": [2,
    "t", 3]})
refuse("(Gather): expected indices of a dimension of size 4, found 4", node("Gather", "x,i", axis=1),
       known={"i": integers(4)})
refuse("(Gather): expected an index or a list of them", node("Gather", "x,c", axis=1), known={"c": ones(2)})
refuse("(Gather): expected at least one index", node("Gather", "x,i", axis=1), known={"i": integers()})
refuse("(Equal): expected integers of the inputs that pick rows of a table before", [node("Equal", "t,c", "e"),
       node("Where", "e,x,x")], {"x": [3, 4], "t": ([3, 4], INT)}, {"c": ((), [1], INT)})
refuse("(OneHot): expected integers that are an input, their number, and the numbers 0 and 1", node("OneHot", "t,d,v"),
       {"t": ([3, 4], INT)}, {"d": ((), [5], INT), "v": ((2,), [0.0, 2.0])})
refuse("(Einsum): an equation of one or two operands is covered, found 'ij,jk,kl->il'",
       node("Einsum", "x,x,x", equation="ij,jk,kl->il"))
refuse("(Einsum): expected a letter of its own for each dimension, found 'ii->i'",
       node("Einsum", "x", equation="ii->i"))
refuse("(GroupNormalization): expected num_groups to divide the channels, found 2",
       node("GroupNormalization", "x,c,c", num_groups=2), IMAGE, {"c": ones(3)}, opset=21)
refuse("(InstanceNormalization): expected a list of 3 numbers as input 2",
       node("InstanceNormalization", "x,c,c"), IMAGE,
       {"c": ones(2)})
refuse("(CumSum): expected an axis of the program in dimension 1", [node("MatMul", "x,w", "z"), node("CumSum", "z,a")],
       known={"w": ones(4, 2), "a": ((), [1], INT)})
refuse("(ConvTranspose): padding that follows from the strides is not covered",
       node("ConvTranspose", "x,k", auto_pad="SAME_UPPER"), IMAGE, {"k": ones(3, 2, 3)})
refuse("(MatMul): of two values a product over dimensions that are made of several is not covered",
       [node("Reshape", "z,s", "q"), node("MatMul", "q,x")], {"x": [4, 4], "z": [2, 3, 4]}, {"s": integers(6, 4)})
refuse("(Gather): expected a known table, and indices that are an input", node("Gather", "x,t"),
       {"x": [3, 4], "t": ([3], INT)})
refuse("(Gather): expected a table of two dimensions whose rows are picked", node("Gather", "c,t"),
    {"t": ([3, 2], INT)},
       {"c": ones(4)})
refuse("(Gather): expected tables of as many rows for one input, found 5 beside 4",
       [node("Gather", "c,t", "z"), node("Gather", "d,t", "w"), node("Add", "z,w")], {"t": ([3, 2], INT)},
       {"c": ones(4, 2), "d": ones(5, 2)})
refuse("(Concat): of positions of an axis values that the inputs change are expected", [
    node("RNN", "x,W,R", "z"), node("Concat", "z,c", axis=0)], STEPS, {**RNN, "c": ones(1, 1, 2, 2)})
refuse("(Concat): expected values of as many dimensions, found 2 and 3", node("Concat", "x,z", axis=0),
       {"x": [3, 4], "z": [1, 3, 4]})
refuse("(Concat): expected arrays of one shape but for dimension 0", [node("Concat", "c,d", "e", axis=0),
    node("Add", "x,e")],
       known={"c": ones(2, 3), "d": ones(2, 4)})
refuse("(ConstantOfShape): expected sizes, found -1", node("ConstantOfShape", "s"), known={"s": integers(-1)})
refuse("(ConstantOfShape): expected an array of one element as attribute 'value'", node("ConstantOfShape",
    "s", value=ones(2)),
       known={"s": integers(2)})
refuse("(Range): expected at most 2^20 integers", node("Range", "a,b,c"),
       known={"a": ((), [0], INT), "b": ((), [9999999], INT), "c": ((), [1], INT)})
refuse("(Constant): expected one attribute with its value, found 0", node("Constant", ""))
refuse("(Div): this operation of known arrays, or of sizes that are open, is not covered",
       [node("Shape", "x", "s"), node("Div", "s,c")], {"x": ["n", 4]}, {"c": integers(2)})

# Products, windows, reductions.
refuse("(MatMul): expected 5 features to multiply, found shape [3, 4]", node("MatMul", "x,w"),
    known={"w": ones(5, 2)})
refuse("(MatMul): expected weights of two dimensions as the second operand, found shape [2, 4, 2]",
    node("MatMul", "x,w"),
       known={"w": ones(2, 4, 2)})
refuse("(MatMul): expected one axis in both operands, found two", node("MatMul", "x,z"),
       {"x": [3, 4], "z": [4, 3]})
refuse("(Gemm): expected a bias of 2 numbers, found shape [3]", node("Gemm", "x,w,b"), known={"w": ones(4,
    2), "b": ones(3)})
refuse("(Gemm): expected a value of two dimensions that the inputs change, and weights of two", node("Gemm",
    "x,w"),
       {"x": [2, 3, 4]}, {"w": ones(4, 2)})
refuse("(Conv): expected outputs for as many groups, found 4 for 3", node("Conv", "x,k", group=3), IMAGE,
       {"k": ones(4, 1, 3)})
refuse("(Conv): expected 2 channels as features, found shape [2, 3, 8]", node("Conv", "x,k"), IMAGE,
    {"k": ones(3, 2, 3)})
refuse("(Conv): expected kernel_shape to be that of the weights, [3]", node("Conv", "x,k", kernel_shape=[2]),
    IMAGE,
       {"k": ones(3, 3, 3)})
refuse("(Conv): expected a bias of 3 numbers", node("Conv", "x,k,b"), IMAGE, {"k": ones(3, 3, 3),
    "b": ones(2)})
refuse("(Conv): windows over one or two dimensions are covered, found 3", node("Conv", "x,k"), {"x": [2, 3,
    4, 4, 4]},
       {"k": ones(2, 3, 2, 2, 2)})
refuse("(Conv): expected strides, dilations and pads for 1 dimensions", node("Conv", "x,k", strides=[1, 2]),
    IMAGE,
       {"k": ones(3, 3, 3)})
refuse("(Conv): expected a kernel, strides and dilations from 1 to 4096, found 0", node("Conv", "x,k",
    strides=[0]), IMAGE,
       {"k": ones(3, 3, 3)})
refuse("(Conv): expected windows within 8 positions, found a reach of 9", node("Conv", "x,k"), IMAGE,
    {"k": ones(3, 3, 9)})
refuse("(Conv): expected a known kind of padding, found 'SAME'", node("Conv", "x,k", auto_pad="SAME"), IMAGE,
       {"k": ones(3, 3, 3)})
refuse("(Conv): along a dimension of open size, windows that end at their position or have it in their middle",
       node("Conv", "x,k", pads=[0, 2]), {"x": [2, 3, "t"]}, {"k": ones(3, 3, 3)})
refuse("(AveragePool): means of windows beyond the end, or of an open number, by ceil_mode, are not covered",
       node("AveragePool", "x", kernel_shape=[3], strides=[2], ceil_mode=1), IMAGE)
refuse("(MaxPool): the positions of the largest are not covered",
       node("MaxPool", "x", "y,z", kernel_shape=[3]), IMAGE, outputs=("y", "z"))
refuse("(AveragePool): means over fewer positions at the ends of an open number of them are not covered",
       node("AveragePool", "x", kernel_shape=[3], pads=[1, 1]), {"x": ["b", 3, "t"]})
refuse("(Pad): padding with other constants than 0 is not covered", node("Pad", "x,p,c"), IMAGE,
       {"p": integers(0, 0, 1, 0, 0, 1), "c": ((), [1.5])})
refuse("(Pad): expected pads that fit into 8 positions", node("Pad", "x,p", mode="reflect"), IMAGE,
       {"p": integers(0, 0, 8, 0, 0, 0)})
refuse("(Pad): expected two pads for each dimension, and the mode constant, edge or reflect", node("Pad",
    "x,p", mode="wrap"),
       IMAGE, {"p": integers(0, 0, 1, 0, 0, 0)})
refuse("(ReduceMean): a reduction over the batch is not covered", node("ReduceMean", "x", axes=[0]))
refuse("(Softmax): expected features or an axis in dimension 0", node("Softmax", "x", axis=0))
refuse("(Softmax): a softmax over the batch is not covered", node("Softmax", "x", axis=0), {"x": [2, 3, 4]}, opset=11)
refuse("(LayerNormalization): expected a scale and a bias of shape [4]", node("LayerNormalization", "x,g"),
       known={"g": ones(3)})
refuse("(BatchNormalization): normalisation as in training is not covered", node("BatchNormalization",
    "x,c,c,c,c",
       training_mode=1), known={"c": ones(4)})
refuse("(BatchNormalization): expected 3 channels in dimension 1", node("BatchNormalization", "x,c,c,c,c"),
       known={"c": ones(3)})
refuse("the weights of 'y_bias' are not all finite in single precision", node("Add", "x,c"), known={"c": ((4,), [1.0,
    "inf", 2, 3])})
refuse("(Pow): expected a finite number, found no number", node("Pow", "x,c"), known={"c": ((), ["nan"])})

# Scan.
BODY = {"nodes": [node("Add", "h,s", "g"), node("Relu", "g", "o")], "inputs": {"h": [3], "s": [3]}, "outputs": ("g",
    "o")}
STATE = {"h0": ((2, 3), [0.0] * 6)}
for words, attributes in {
        "expected a graph as attribute 'body'": {"num_scan_inputs": 1},
        "expected as many inputs and outputs as its graph has, and at least one to scan": {"body": BODY},
        "a scan along another dimension than the first one is not covered":
            {"body": BODY, "num_scan_inputs": 1, "scan_input_axes": [1]},
        "a scan in several directions is not covered":
            {"body": BODY, "num_scan_inputs": 1, "scan_input_directions": [1]}}.items():
    refuse("(Scan): " + words, node("Scan", "h0,x", "y,z", **attributes), STEPS, STATE)
refuse("(Scan): expected states that begin with one number, or with what the inputs change",
       node("Scan", "h0,x", "y,z", body=BODY, num_scan_inputs=1), STEPS, {"h0": ones(2, 3)})
refuse("(Scan): expected states that keep their shape [2], found [3]",
       node("Scan", "h0,x", "y,z", body={**BODY, "nodes": [node("Identity", "s", "g"), node("Relu", "h", "o")]},
            num_scan_inputs=1), STEPS, {"h0": ((2, 2), [0.0] * 4)})
refuse("(Scan): expected its graph to compute real numbers as output 'o'",
       node("Scan", "h0,x", "y,z", body={**BODY, "nodes": BODY["nodes"][:1]}, num_scan_inputs=1), STEPS, STATE)
refuse("(Scan): expected real numbers to scan that the inputs change",
       node("Scan", "h0,h0", "y,z", body=BODY, num_scan_inputs=1), STEPS, STATE)


def main(scratch, include):
    os.makedirs(scratch, exist_ok=True)
    failures = 0
    path, written = scratch + "/model.onnx", [scratch + "/model.rondo", scratch + "/model.safetensors"]
    for words, text in CASES:
        made = subprocess.run(["protoc", "--encode=onnx.ModelProto", "-I", include, "onnx.proto"],
                              input=text.replace('"inf"', "inf").replace('"nan"', "nan").encode(), capture_output=True)
        if made.returncode:
            print(f"{words}: no model: {made.stderr.decode()}")
            failures += 1
            continue
        with open(path, "wb") as file:
            file.write(made.stdout)
        for old in written:
            if os.path.exists(old):
                os.remove(old)
        run = subprocess.run(["rondo-import", path, "-o", written[0], "--weights", written[1]],
            stdin=subprocess.DEVNULL,
                             capture_output=True, text=True)
        start = f"rondo-import: error: '{path}': "
        if run.returncode != 1 or not run.stderr.startswith(start + words) and words not in run.stderr:
            print(f"expected: {words}\nstatus {run.returncode}: {run.stderr.strip()[:600]}\n")
            failures += 1
        elif any(os.path.exists(one) for one in written):
            print(f"{words}: a file was written")
            failures += 1
    print(f"{len(CASES) - failures} of {len(CASES)} refused as expected")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
