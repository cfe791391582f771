"""What rondo-import does not cover of operators with one result for each element or with states, and the words."""

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
refuse_text("initialiser 'w': expected the name of a file beside the model",
            "opset_import { version: 17 } graph { initializer { "
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
refuse("(LSTM): expected B to be reals of shape [1, 16], found shape [1, 8, 3]", node("LSTM", "x,W,R,W"), STEPS, LSTM)
refuse("(LSTM): expected P to be reals of shape [1, 6], found shape [1, 16]", node("LSTM", "x,W,R,B,,,,B"), STEPS,
       LSTM)
refuse("(LSTM): expected weights W that is known, found 'x'", node("LSTM", "x,x,R"), STEPS, LSTM)
refuse("(LSTM): expected weights W and R of three dimensions", node("LSTM", "x,c,R"), STEPS, {**LSTM, "c": ones(3)})
refuse("(LSTM): expected an input X of three dimensions that the graph's inputs change", node("LSTM", "x,W,R"), None,
       LSTM)
refuse("(LSTM): expected an input X of 3 features in one dimension, found shape [5]", node("LSTM", "x,W,R"),
       {"x": [4, 2, 5]}, LSTM)
refuse("(LSTM): expected positions in time in dimension 0 of X",
       [node("Unsqueeze", "x,i", "z"), node("LSTM", "z,W,R")], {"x": [2, 3]}, {**LSTM, "i": integers(0)})
refuse("(LSTM): expected a batch in dimension 1 of X, found features of the program",
       [node("Conv", "x,k", "z"), node("Transpose", "z", "u", perm=[2, 1, 0]), node("LSTM", "u,W,R")], {"x": [3, 3, 5]},
       {**LSTM, "k": ones(2, 3, 1)})
refuse("(LSTM): expected at most 8 inputs and 3 outputs", node("LSTM", "x,W,R,B,,,,P,x"), STEPS, LSTM)
refuse("(RNN): expected sequence_lens to be a list of integers", node("RNN", "x,W,R,,W"), STEPS, RNN)
refuse("(RNN): expected lengths from 0 to that of X", node("RNN", "x,W,R,,l"), STEPS, {**RNN, "l": integers(5, 2)})
refuse("(RNN): expected sequence_lens to be known or an input of the graph",
       [node("Relu", "x", "l"), node("RNN", "x,W,R,,l")], STEPS, RNN)
refuse("(RNN): lengths that are an input, beside states that each row has of its own, are not covered",
       node("RNN", "x,W,R,,l,h"), {**STEPS, "l": ([2], INT)}, {**RNN, "h": ones(1, 2, 2)[:1] + ([1.0, 2.0, 3.0, 4.0],)})
refuse("(RNN): expected initial states of shape [1, batch, 2], found [2, 2]", node("RNN", "x,W,R,,,h"), STEPS,
       {**RNN, "h": ones(2, 2)})
refuse("(RNN): expected initial states of three dimensions", node("RNN", "x,W,R,,,h"), {**STEPS, "h": [2, 2]}, RNN)
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
refuse("(Where): expected a finite number, found a negative infinite one",
       [node("Less", "x,z", "c"), node( "Where", "c,x,i")], known={"z": ((), [0.0]), "i": ((), [float("-inf")])})
refuse("(MatMul): expected 5 features to multiply, found shape [open, 4]", node("MatMul", "x,w"), {"x": ["b", 4]},
       {"w": ones(5, 2)})
refuse("(Clip): expected a finite number as the bound 'min'", node("Clip", "x,i"),
       known={"i": ((), [float("inf")])})
refuse("(Cast): a cast to type 8 is not covered", node("Cast", "x", to=8))
refuse("(Cast): of real numbers that the inputs change a cast to integers is not covered", node("Cast", "x", to=6))
refuse("(Floor): of what the inputs change this operator is not covered", node("Floor", "x"))
refuse("(Elu): of known arrays this operator is not covered", [node("Elu", "c", "z"), node("Add", "x,z")],
       known={"c": ones(4)})
refuse("(Add): expected dimensions of one size or of size 1, found 3 and 4", node("Add", "x,c"), known={"c": ones(3)})
refuse("(Add): expected dimensions of one size or of size 1, found 4 and 5", node("Add", "x,z"),
       {"x": [3, 4], "z": [3, 5]})
refuse("(Div): of integers that the inputs change, + - * and comparisons are covered", node("Div", "t,c"),
       {"t": ([3, 4], INT)}, {"c": ((), [2], INT)})
refuse("(Add): expected integers up to 2^24, which are exact as real numbers, found 16777217", node("Add", "t,c"),
       {"t": ([3, 4], INT)}, {"c": ((), [(1 << 24) + 1], INT)})
refuse("(Add): expected operands of one type, found integers and others", node("Add", "x,t"),
       {"x": [3, 4], "t": ([3, 4], INT)})
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
refuse("(Clip): expected numbers that the inputs change", node("Clip", "c"), known={"c": ones(4)})
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
