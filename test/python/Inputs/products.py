"""Vector-Jacobian products of all models of some programs, which are named, that can be layers: their sum in a random
direction of all inputs and parameters is the central difference of the outputs, in double precision."""
import re
import sys

import numpy
import rondo
from rondo import layer

REFUSED = "expected the outputs of a layer", "expected an output that a layer computes"
random = numpy.random.default_rng(0)


def compiled(program, name):
    """With a small batch and window, where the program can have them; None where the model cannot be a layer."""
    for defines in {"batch": 2, "bptt": 5}, {"batch": 2}:
        try:
            return rondo.compile(
                program, model=name, layer=True, inference=True, options=["--element=f64"], **defines
            )
        except rondo.CompileError as error:
            words = str(error)
    if any(refused in words for refused in REFUSED):
        return None
    raise SystemExit(words)


def check(model):
    """The relative difference, with sequences of windows and a remainder, and a batch of another size."""
    model.init(1)
    ports = layer.Ports(model)
    rows, steps = 3, ports.layout["layer_steps"]
    if ports.layout["layer_takes_one"]:
        steps = 2 * steps + 2
    x = {}
    for name, port in ports.inputs.items():
        shape = layer.part_shape(port, rows, steps)
        is_token = port.dtype == "int32"
        x[name] = random.integers(0, 2, shape).astype(numpy.int32) if is_token else random.standard_normal(shape)
    parameters = {path: v + 0.1 * random.standard_normal(v.shape) for path, v in model.state_dict().items()}
    model.load_state_dict(parameters)
    cotangents = {n: random.standard_normal(layer.part_shape(p, rows, steps)) for n, p in ports.outputs.items()}
    by_inputs, _, by_parameters = model.vjp(x, cotangents)
    of_inputs = {name: random.standard_normal(values.shape) for name, values in by_inputs.items()}
    of_parameters = {path: random.standard_normal(values.shape) for path, values in by_parameters.items()}

    def product(step):
        moved = {path: parameters[path] + step * values for path, values in of_parameters.items()}
        model.load_state_dict({**parameters, **moved})
        y = model.run({name: v + step * of_inputs[name] if name in of_inputs else v for name, v in x.items()})
        return sum((v * y[name] if isinstance(y, dict) else v * y).sum() for name, v in cotangents.items())

    wanted = (product(1e-6) - product(-1e-6)) / 2e-6
    found = sum((by_inputs[name] * values).sum() for name, values in of_inputs.items())
    found += sum((by_parameters[path] * values).sum() for path, values in of_parameters.items())
    return abs(found - wanted) / (1e-3 + abs(wanted))


count = failed = 0
for program in sys.argv[1:]:
    with open(program) as file:
        names = re.findall(r"^model (\w+)", file.read(), re.MULTILINE)
    for name in names:
        model = compiled(program, name)
        if model is None:
            continue
        count += 1
        difference = check(model)
        if not difference < 1e-5:
            print(f"{program}, {name}: expected the derivative, found a relative difference of {difference:.2g}")
            failed = 1
print(count, "models compared")
sys.exit(failed or not count)
