"""What rondo-import does not cover of operators on dimensions, products, windows and scans, and the words."""

from model_text import BOOL, INT, TEXT, graph, integers, node, ones, port
from refusal_cases import IMAGE, LSTM, RNN, STEPS, refuse, refuse_text

# Dimensions.
refuse("(Transpose): expected a permutation of 2 dimensions, found [0, 2]", node("Transpose", "x", perm=[0, 2]))
refuse("(Transpose): expected integers as attribute 'perm'", node("Transpose", "x", perm=1.5))
refuse("(Reshape): it would divide a dimension of the program, or mix several", node("Reshape", "x,s"),
       known={"s": integers(3, 3, 2)})
refuse("(Reshape): expected at most one size -1, found 2", node("Reshape", "x,s"), known={"s": integers(-1, -1)})
refuse("(Reshape): expected a dimension to keep for each 0, found none for dimension 2", node("Reshape", "x,s"),
       known={"s": integers(3, 4, 0)})
refuse("(Reshape): expected sizes, found -2", node("Reshape", "x,s"), known={"s": integers(3, -2)})
refuse("(Reshape): expected a list of integers as input 2", node("Reshape", "x,s"), known={"s": ones(2)})
refuse("(Reshape): expected a shape of 4 elements, found [3]", node("Reshape", "c,s"),
       known={"c": ones(4), "s": integers(3)})
refuse("(Squeeze): expected dimension 1 to be of size 1, found 4", node("Squeeze", "x,i"), known={"i": integers(1)})
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
refuse("(Slice): parts of a dimension of open size are not covered, except its last position",
       node("Slice", "x,b,e,a"), {"x": [2, "t", 3]}, {"b": integers(1), "e": integers(3), "a": integers(1)})
refuse("(Split): expected as many sizes as outputs, of the sum 4", node("Split", "x,s", "y,z", axis=1),
       known={"s": integers(1, 2)})
refuse("(Split): dividing a dimension of open size is not covered", node("Split", "x", axis=1), {"x": [2, "t", 3]})
refuse("(Gather): expected indices of a dimension of size 4, found 4", node("Gather", "x,i", axis=1),
       known={"i": integers(4)})
refuse("(Gather): expected an index or a list of them", node("Gather", "x,c", axis=1), known={"c": ones(2)})
refuse("(Gather): expected at least one index", node("Gather", "x,i", axis=1), known={"i": integers()})
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
       {"t": ([3, 2], INT)}, {"c": ones(4)})
refuse("(Gather): expected tables of as many rows for one input, found 5 beside 4",
       [node("Gather", "c,t", "z"), node("Gather", "d,t", "w"), node("Add", "z,w")], {"t": ([3, 2], INT)},
       {"c": ones(4, 2), "d": ones(5, 2)})
refuse("(Concat): of positions of an axis values that the inputs change are expected",
       [ node("RNN", "x,W,R", "z"), node("Concat", "z,c", axis=0)], STEPS, {**RNN, "c": ones(1, 1, 2, 2)})
refuse("(Concat): expected values of as many dimensions, found 2 and 3", node("Concat", "x,z", axis=0),
       {"x": [3, 4], "z": [1, 3, 4]})
refuse("(Concat): expected arrays of one shape but for dimension 0",
       [node("Concat", "c,d", "e", axis=0), node("Add", "x,e")], known={"c": ones(2, 3), "d": ones(2, 4)})
refuse("(ConstantOfShape): expected sizes, found -1", node("ConstantOfShape", "s"), known={"s": integers(-1)})
refuse("(ConstantOfShape): expected an array of one element as attribute 'value'",
       node("ConstantOfShape", "s", value=ones(2)), known={"s": integers(2)})
refuse("(Range): expected at most 2^20 integers", node("Range", "a,b,c"),
       known={"a": ((), [0], INT), "b": ((), [9999999], INT), "c": ((), [1], INT)})
refuse("(Constant): expected one attribute with its value, found 0", node("Constant", ""))
refuse("(Div): this operation of known arrays, or of sizes that are open, is not covered",
       [node("Shape", "x", "s"), node("Div", "s,c")], {"x": ["n", 4]}, {"c": integers(2)})

# Products, windows, reductions.
refuse("(MatMul): expected 5 features to multiply, found shape [3, 4]", node("MatMul", "x,w"), known={"w": ones(5, 2)})
refuse("(MatMul): expected weights of two dimensions as the second operand, found shape [2, 4, 2]",
       node("MatMul", "x,w"), known={"w": ones(2, 4, 2)})
refuse("(MatMul): expected one axis in both operands, found two", node("MatMul", "x,z"),
       {"x": [3, 4], "z": [4, 3]})
refuse("(Gemm): expected a bias of 2 numbers, found shape [3]", node("Gemm", "x,w,b"),
       known={"w": ones(4, 2), "b": ones(3)})
refuse("(Gemm): expected a value of two dimensions that the inputs change, and weights of two", node("Gemm", "x,w"),
       {"x": [2, 3, 4]}, {"w": ones(4, 2)})
refuse("(Conv): expected outputs for as many groups, found 4 for 3", node("Conv", "x,k", group=3), IMAGE,
       {"k": ones(4, 1, 3)})
refuse("(Conv): expected 2 channels as features, found shape [2, 3, 8]", node("Conv", "x,k"), IMAGE,
       {"k": ones(3, 2, 3)})
refuse("(Conv): expected kernel_shape to be that of the weights, [3]", node("Conv", "x,k", kernel_shape=[2]), IMAGE,
       {"k": ones(3, 3, 3)})
refuse("(Conv): expected a bias of 3 numbers", node("Conv", "x,k,b"), IMAGE, {"k": ones(3, 3, 3), "b": ones(2)})
refuse("(Conv): windows over one or two dimensions are covered, found 3", node("Conv", "x,k"), {"x": [2, 3, 4, 4, 4]},
       {"k": ones(2, 3, 2, 2, 2)})
refuse("(Conv): expected strides, dilations and pads for 1 dimensions", node("Conv", "x,k", strides=[1, 2]), IMAGE,
       {"k": ones(3, 3, 3)})
refuse("(Conv): expected a kernel, strides and dilations from 1 to 4096, found 0", node("Conv", "x,k", strides=[0]),
       IMAGE, {"k": ones(3, 3, 3)})
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
refuse("(Pad): expected two pads for each dimension, and the mode constant, edge or reflect",
       node("Pad", "x,p", mode="wrap"), IMAGE, {"p": integers(0, 0, 1, 0, 0, 0)})
refuse("(ReduceMean): a reduction over the batch is not covered", node("ReduceMean", "x", axes=[0]))
refuse("(Softmax): expected features or an axis in dimension 0", node("Softmax", "x", axis=0))
refuse("(Softmax): a softmax over the batch is not covered", node("Softmax", "x", axis=0), {"x": [2, 3, 4]}, opset=11)
refuse("(LayerNormalization): expected a scale and a bias of shape [4]", node("LayerNormalization", "x,g"),
       known={"g": ones(3)})
refuse("(BatchNormalization): normalisation as in training is not covered",
       node("BatchNormalization", "x,c,c,c,c", training_mode=1), known={"c": ones(4)})
refuse("(BatchNormalization): expected 3 channels in dimension 1", node("BatchNormalization", "x,c,c,c,c"),
       known={"c": ones(3)})
refuse("the weights of 'y_bias' are not all finite in single precision", node("Add", "x,c"),
       known={"c": ((4,), [1.0, "inf", 2, 3])})
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

# Values side by side that meet one another, lengths that are an input, and known arrays.
HEADS = {"x": [3, 5, 8]}
refuse("(Add): each of its values side by side would meet each of the others",
       [node("Reshape", "x,s", "a"), node("Unsqueeze", "a,p", "b"), node("Unsqueeze", "a,q", "c"),
        node("Add", "b,c", "d"), node("ReduceSum", "d,z", keepdims=0)], HEADS,
       {"s": integers(0, 0, 2, 4), "p": integers(2), "q": integers(3), "z": integers(-1)})
refuse("(Add): weights along a dimension of values side by side are not covered",
       [node("Reshape", "x,s", "a"), node("Add", "a,c", "b"), node("Reshape", "b,t")], HEADS,
       {"s": integers(0, 0, 2, 4), "c": ones(2, 4), "t": integers(0, 0, 8)})
refuse("(MatMul): values side by side in the dimension that it works on are not covered",
       [node("Reshape", "x,s", "a"), node("Einsum", "a,a", equation="bthd,btgd->bthg")], HEADS,
       {"s": integers(0, 0, 2, 4)})
OPEN = {"x": ["t", "b", 3], "l": (["b"], INT)}
FOLLOWED = {**RNN, "V": ones(1, 2, 2), "o": integers(1), "z": ((), [0], INT), "w": ones(3, 2)}
FIRST = [node("RNN", "x,W,R,,l", "a"), node("Squeeze", "a,o", "q")]
COUNTED = "what depends on the number of positions, where that is open beside lengths that are an input"
refuse(f"(RNN): {COUNTED}", FIRST + [node("RNN", "q,V,R", ",y")], OPEN, FOLLOWED)
refuse(f"(RNN): {COUNTED}", FIRST + [node("RNN", "q,V,R", "y", direction="reverse")], OPEN, FOLLOWED)
refuse(f"(CumSum): {COUNTED}", FIRST + [node("CumSum", "q,z", reverse=1)], OPEN, FOLLOWED)
SUM = {"nodes": [node("Add", "s,now", "t"), node("Identity", "t", "told")], "inputs": {"s": ["b", 2], "now": ["b", 2]},
       "outputs": ("t", "told")}
refuse(f"(Scan): {COUNTED}", FIRST + [node("Squeeze", "h,p", "f"), node("Scan", "f,q", "y,u", body=SUM,
       num_scan_inputs=1)], {**OPEN, "h": [1, "b", 2]}, {**FOLLOWED, "p": integers(0)})
for kind, ends, given in ((2, "0 to 255", -1.0), (3, "-128 to 127", 200.0), (6, "-2147483648 to 2147483647", 3e9)):
    refuse(f"(Cast): expected known numbers from {ends}, found another one",
           [node("Cast", "c", "d", to=kind), node("Add", "x,d")], known={"c": ((1,), [given])})
refuse("(Equal): this operation of known arrays, or of sizes that are open, is not covered",
       [node("Shape", "x", "s"), node("Gather", "s,i", "n"), node("Equal", "n,c", "e"), node("Cast", "e", "f", to=1),
        node("Add", "x,f")], {"x": ["b", "t", 4]}, {"i": integers(1), "c": integers(7)})
refuse("(Gather): expected a row for each of 64 positions, as many as a window has where their number is open, found 4",
       [node("Shape", "x", "s"), node("Gather", "s,i", "n"), node("Range", "z,n,o", "r"), node("Gather", "t,r", "p"),
        node("Add", "x,p")], {"x": ["b", "t", 3]},
       {"i": ((), [1], INT), "z": ((), [0], INT), "o": ((), [1], INT), "t": ones(4, 3)})
