"""Mutated ONNX files never crash rondo-import: it writes both files, or says why not, with exit status 1, and none.

usage: mutate_onnx.py RONDO-IMPORT COUNT SCRATCH MODEL... [--first N] [--include FOLDER]

Makes COUNT mutants, the N-th (0 if not given) and on, of the models in turn, which are texts of protobuf: numbers,
names and whole lines of the text are changed, or bytes of the file. The same number is always the same mutation.
SCRATCH is a folder; a mutant that fails is kept there.
"""

import os
import random
import re
import subprocess
import sys

from mutants import parser_of, run_mutants

NUMBERS = """-9223372036854775808 -2147483649 -5 -1 0 1 2 3 7 16 255 4096 65536 1000000 2147483647 2147483648
99999999999 9223372036854775807 0.5 1e30 -1e300 nan inf""".split()
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z_0-9]*|-?[0-9.]+(?:e[-+]?[0-9]+)?|\s+|.')
OPERATORS = """Add And AveragePool BatchNormalization Cast Clip Concat Constant ConstantOfShape Conv Div Equal
Expand Flatten GRU Gather Gemm GlobalAveragePool If LSTM LayerNormalization LogSoftmax MatMul Max MaxPool Mul
Not Pad Pow PRelu RNN Range ReduceMax ReduceMean ReduceSum Relu Reshape Shape Slice Softmax Split Squeeze Sub
Transpose Unsqueeze Where Loop Scan""".split()


def change_text(text, chance):
    """The text with one change: of a number, a word or a line."""
    kind = chance.randrange(4)
    if kind == 0:
        lines = text.split("\n")
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        if chance.random() < 0.4:
            del lines[at]
        elif chance.random() < 0.6:
            lines.insert(at, lines[other])
        else:
            lines[at], lines[other] = lines[other], lines[at]
        return "\n".join(lines)
    tokens = TOKEN.findall(text)
    alike = [i for i, token in enumerate(tokens) if (token[0] == '"' if kind == 1 else token[0].isdigit()
        or token[0] == "-")]
    at = chance.choice(alike)
    if kind == 1 and chance.random() < 0.3:
        tokens[at] = '"' + chance.choice(OPERATORS) + '"'
    elif kind == 1 or chance.random() < 0.3:
        tokens[at] = tokens[chance.choice(alike)]
    else:
        tokens[at] = chance.choice(NUMBERS)
    return "".join(tokens)


def change_bytes(data, chance):
    """The bytes with one change."""
    data = bytearray(data)
    at = chance.randrange(len(data))
    kind = chance.randrange(5)
    if kind == 0:
        data[at] = chance.randrange(256)
    elif kind == 1:
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 2:
        del data[at:at + chance.randrange(1, 20)]
    elif kind == 3:
        data[at:at] = data[chance.randrange(len(data)):][:chance.randrange(1, 40)]
    else:
        del data[at:]
    return bytes(data)


def encode(text, include):
    """The file of a text, or None if it is no model's."""
    run = subprocess.run(["protoc", "--encode=onnx.ModelProto", "-I", include, "onnx.proto"], input=text.encode(),
                         capture_output=True, timeout=60)
    return run.stdout if run.returncode == 0 else None


def mutant(path, number, include):
    """The bytes of a mutation."""
    chance = random.Random(f"{os.path.basename(path)} {number}")
    with open(path) as file:
        text = file.read()
    for _ in range(50):
        changed = text
        inText = chance.random() < 0.75
        for _ in range(chance.randint(1, 3) if inText else 0):
            changed = change_text(changed, chance)
        data = encode(changed, include)
        if data is not None:
            break
    else:
        data = encode(text, include)
    for _ in range(0 if inText else chance.randint(1, 3)):
        data = change_bytes(data, chance) or data
    return data


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--include", default="/usr/include/onnx")
    arguments = parser.parse_args()
    os.makedirs(arguments.scratch, exist_ok=True)
    path, program, weights = (os.path.join(arguments.scratch, name) for name in ("m.onnx", "m.rondo", "m.safetensors"))
    with open(os.path.join(arguments.scratch, "m.data"), "wb") as file:  # of the model whose data lie beside it
        file.write(bytes(i % 61 for i in range(256)))

    def prepare(model, number):
        data = mutant(model, number, arguments.include)
        for old in (program, weights):
            if os.path.exists(old):
                os.remove(old)
        with open(path, "wb") as file:
            file.write(data)
        return [arguments.tool, path, "-o", program, "--weights", weights], path

    def is_right(status, said):
        written = [os.path.exists(program), os.path.exists(weights)]
        return all(written) if status == 0 else not any(written) and said.startswith("rondo-import: error: ")

    return run_mutants(arguments, prepare, is_right)


if __name__ == "__main__":
    sys.exit(main())
