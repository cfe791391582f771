# malformed_language.py FOLDER: programs, each with the place and the words of its error.
import os
import subprocess
import sys

os.chdir(sys.argv[1])

TIME = "  input x: [3] over T\n  target y: [] over T\n"
END = "  output z: [] = mean(linear[4](a: a))\n  loss = squared_error(z, y)\n  train { data arrays bptt 8 }\n"
TEXT = ("  input t: token[9] over T\n  target n: token[9] over T = ahead(t, 1)\n  "
        "a = scan GRU[4](embedding[4](t) as e)\n  output l: [9] = linear[9](a)\n  loss = cross_entropy(l, n)\n")


def axes(declared, value, more="", train=None):
    """A model of these axes, and `a` of that value."""
    end = END if train is None else END.replace("train { data arrays bptt 8 }", train)
    return f"model M {{\n{declared}\n{TIME}{more}  a = {value}\n{end}}}\n"


def value(expression):
    """A model whose `a`, in line 8, is that."""
    return axes("  axis T\n  axis S = 5", expression, "  input w: [3] over S\n  input k: token[9] over T\n")


def generate(clause):
    """A decoder with that line 8."""
    return ("model M {\n  axis T\n  input s: [3]\n  target t: token[9] over T\n"
            "  a = scan GRU[4](embedding[4](shift(t over T, first: 2)) as said)\n  output l: [9] = linear[9](a, s)\n"
            f"  loss = cross_entropy(l, t)\n  {clause}\n  train {{ data arrays bptt 8 }}\n}}\n")


BACK, NEAR = "scan GRU[4](x) backward", "linear[4](w: window(x over T, width: 3, {}))"
SIZE = "expected a size from 1 to 2147483647, found "
ENDS = ("is ragged, with values of the ends as padding are not supported yet: expected windows along it with "
        "'pad: zero' or without 'pad'")

cases = [
    # Axes.
    (axes("  axis T max 0", BACK), "2:14", SIZE + "0"),
    (axes("  axis T max -3", BACK), "2:14", SIZE + "-3"),
    (axes("  axis T max 3.5", BACK), "2:14", "expected an integer, found 3.5"),
    (axes("  axis T max Q", BACK), "2:14", "expected a value bound before, found 'Q'"),
    (axes("  axis T max 9", "scan GRU[4](x)"), "2:14",
     "expected axis 'T' without a greatest number of positions, as the model does not look ahead and so takes any "
     "number"),
    (axes("  axis T\n  axis S = 5 max 9", BACK), "3:14",
     "expected 'max' of the time axis alone, found it behind the length of axis 'S'"),
    (axes("  axis T ragged ragged", BACK), "2:17", "expected 'ragged' once, found it twice"),
    (axes("  axis T max 9 max 9", BACK), "2:16", "expected 'max' once, found it twice"),
    (axes("  axis T\n  axis K like T ragged", BACK), "3:17",
     "expected 'ragged' of the axis that 'K' is like, whose lengths it has, found it here"),
    (axes("  axis T like T", BACK), "2:15", "expected an axis declared before, found 'T'"),
    (axes("  axis T\n  axis K like 5", BACK), "3:15", "expected the name of an axis after 'like', found '5'"),
    (axes("  axis T ragged\n  axis U = T / 2", BACK), "3:3",
     "axis 'U', which follows from 'T', with a length for each sequence is not supported yet: expected an axis without "
     "'ragged'"),
    (axes("  axis T ragged\n  axis K like T", BACK, "  input w: [2] over K\n"), "6:21",
     "data over axis 'K', which is like 'T', are not supported yet: expected them over 'T'"),
    (axes("  axis T ragged", "scan GRU[4](x) / length(x)"), "5:31", "expected an axis declared before, found 'x'"),
    (axes("  axis T ragged max 9", BACK, train="train { data arrays bptt(2, 8) }"), "8:23",
     "expected 'bptt n' where each sequence has a length along 'T', as a window then holds a whole one, found k1 = 2, "
     "k2 = 8"),
    (f"model M {{\n  axis T ragged\n{TEXT}  train {{ data windows bptt 8 }}\n}}\n", "8:11",
     "expected 'data arrays', as windows give no lengths along axis 'T'"),
    (f"model M {{\n  axis T ragged\n{TEXT}  train {{ data bytes bptt 8 }}\n}}\n", "8:11",
     "expected 'data arrays', as bytes give no lengths along axis 'T'"),
    # Windows and shifts.
    (axes("  axis T ragged max 9", NEAR.format("pad: edge")), "5:20", "windows along axis 'T', which " + ENDS),
    (axes("  axis T ragged max 9", NEAR.format("pad: reflect")), "5:20", "windows along axis 'T', which " + ENDS),
    (axes("  axis T ragged max 9", NEAR.format("pad: none")), "5:20",
     "expected 'to: ' and an axis declared as T - 2 for these windows, found axis 'T'"),
    (value("shift(x)"), "8:7", "expected 'over' and an axis in the first argument of 'shift', found none"),
    (value("shift(x over T, 0)"), "8:23", "expected a shift by 1 position or more, from earlier ones, found 0"),
    (value("shift(x over T, x)"), "8:23", "expected a number known at compile time, found a value"),
    (value("shift(x over S)"), "8:13",
     "expected a value that varies over axis 'S' in 'shift', found one that does not"),
    (value("embedding[3](shift(k over T, first: 9))"), "8:43",
     "expected the number of a token[9] after 'first', found 9"),
    (value("embedding[3](shift(k over T))"), "8:20",
     "expected 'first: ..', a token's number, in a shift of tokens, found none"),
    # Attention.
    (value("softmax(x over S)"), "8:15",
     "expected a value that varies over axis 'S' in 'softmax', found one that does not"),
    (value("sum(softmax(dot(x, w)) * w over S)"), "8:11", "expected features as the argument of 'softmax', found []"),
    (value("rename(x, T: S)"), "8:17", "expected two axes of which one is 'like' the other, found 'T' and 'S'"),
    (value("MultiHeadAttention[4, 2](x, x)"), "8:7",
     "expected argument 'x' over no axis of another argument, found it over 'T'"),
    (value("MultiHeadAttention[4, 2](x)"), "8:7", "expected 2 arguments of cell 'MultiHeadAttention', found 1"),
    (value("DotAttention(linear[4](x), w)"), "8:7", "expected argument 'memory' of shape [4], found [3]"),
    (value("SelfAttention[4, 3](x)"), "std/Attention.rondo:7:22", "expected an integer, found 1.33333"),
    (value("scan MLSTM[4, 3](x)"), "std/MLSTM.rondo:6:20", "expected an integer, found 1.33333"),
    (value("pick(w over S, k)"), "8:22", "expected a position of axis 'S', one of 5, found token[9]"),
    # Decoders.
    (generate("generate q from l"), "8:12",
     "expected an input or a target of tokens over the axis after 'generate', found 'q'"),
    (generate("generate t from s"), "8:19", "expected an output of shape [9] over the axis after 'from', found 's'"),
    (generate("generate t from 2 * l"), "8:19", "expected the name of an output after 'from', found '2'"),
    (generate("generate t"), "9:3", "expected 'from' and an output, found 'train'"),
    (generate("generate t from l until 9"), "8:27", "expected the number of a symbol, 0 to 8, after 'until', found 9"),
    (generate("generate t from l first -1"), "8:27",
     "expected the number of a symbol, 0 to 8, after 'first', found -1"),
    (generate("generate t from l max 0"), "8:25", SIZE + "0"),
    (generate("generate t from l max 2 max 3"), "8:27", "expected 'max' once, found it twice"),
    (generate("generate t from l beam 3"), "8:21",
     "expected 'first', 'until' or 'max' behind the output, found 'beam'"),
    (generate("generate t from l\n  generate t from l"), "9:3", "expected one 'generate' in a model, found a second"),
]

for text, place, words in cases:
    with open("wrong.rondo", "w") as file:
        file.write(text)
    done = subprocess.run(["rondoc", "wrong.rondo", "-o", "out"], capture_output=True, text=True)
    errors = [line for line in done.stderr.splitlines() if ": error: " in line]
    at = place if ".rondo" in place else "wrong.rondo:" + place
    # What is wrong in a cell of the library may be so at several places.
    first = errors[:1] if ".rondo" in place else errors
    assert done.returncode == 1 and first == [f"{at}: error: {words}"], (text, done.returncode, done.stderr)
    assert os.listdir(".") == ["wrong.rondo"], os.listdir(".")
os.remove("wrong.rondo")
print(len(cases), "wrong programs")
