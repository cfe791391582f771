"""Parts of ONNX models as protobuf's text, so that a model is made without the package onnx."""

REAL, INT, BOOL, TEXT = 1, 7, 9, 8


def attribute(name, value):
    kind, field = {int: ("INT", "i"), float: ("FLOAT", "f"), str: ("STRING", "s")}.get(type(value), (None, None))
    if kind:
        return f'attribute {{ name: "{name}" type: {kind} {field}: {spell(value)} }}'
    if isinstance(value, dict):
        return f'attribute {{ name: "{name}" type: GRAPH g {{ {graph(**value)} }} }}'
    if isinstance(value, tuple):
        return f'attribute {{ name: "{name}" type: TENSOR t {{ {array(*value)} }} }}'
    kind, field = {int: ("INTS", "ints"), float: ("FLOATS", "floats"), str: ("STRINGS", "strings")}[type(value[0])]
    return f'attribute {{ name: "{name}" type: {kind} {field}: [{", ".join(spell(one) for one in value)}] }}'


def spell(value):
    return f'"{value}"' if isinstance(value, str) else str(value)


def array(shape, values, kind=REAL):
    field = {REAL: "float_data", INT: "int64_data", BOOL: "int32_data", TEXT: "string_data"}[kind]
    return f'dims: {list(shape)} data_type: {kind} {field}: [{", ".join(spell(one) for one in values)}]'


def ones(*shape):
    count = 1
    for size in shape:
        count *= size
    return shape, [0.5 + i % 3 for i in range(count)]


def integers(*values):
    return (len(values),), values, INT


def node(op, inputs, outputs="y", **attributes):
    names = " ".join(f'input: "{name}"' for name in inputs.split(",")) if inputs else ""
    names += " " + " ".join(f'output: "{name}"' for name in outputs.split(",")) if outputs else ""
    return (f'node {{ name: "n" op_type: "{op}" {names} ' +
            " ".join(attribute(name, value) for name, value in attributes.items()) + " }")


def port(field, name, shape, kind=REAL):
    dims = " ".join(f'dim {{ dim_param: "{size}" }}' if isinstance(size, str) else f"dim {{ dim_value: {size} }}"
                    for size in shape)
    return f'{field} {{ name: "{name}" type {{ tensor_type {{ elem_type: {kind} shape {{ {dims} }} }} }} }}'


def graph(nodes, inputs=None, known=None, outputs=("y",)):
    parts = list(nodes)
    for name, shape in (inputs or {}).items():
        parts.append(port("input", name, *shape) if isinstance(shape, tuple) else port("input", name, shape))
    for name, value in (known or {}).items():
        parts.append(f'initializer {{ name: "{name}" {array(*value)} }}')
    return " ".join(parts + [port("output", name, []) for name in outputs])
