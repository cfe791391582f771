"""Models as functions of JAX: values and gradients are those of the same cell in JAX; what is refused."""
import numpy
import rondo
from models import PROGRAM, random
from wrong import check

try:
    import jax
except ImportError:
    print("skipped: JAX is not there")
    raise SystemExit
import rondo.jax


def make(name, **options):
    model = rondo.compile(PROGRAM, model=name, layer=True, batch=2, bptt=3, **options)
    model.init(1)
    return model, rondo.jax.function(model)


def gated(p, x, prefix, h):
    """The cell Gated in JAX."""
    p = {path.removeprefix(prefix + "."): values for path, values in p.items()}

    def step(h, x):
        z = jax.nn.sigmoid(x @ p["z.x"].T + h @ p["z.h"].T + p["z.bias"])
        h = z * h + (1 - z) * jax.numpy.tanh(x @ p["n.x"].T + h @ p["n.h"].T + p["n.bias"])
        return h, h

    return jax.lax.scan(step, h, x.swapaxes(0, 1))[1].swapaxes(0, 1)


def close(found, wanted):
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        scale = max(1, numpy.abs(b).max(initial=0))
        numpy.testing.assert_allclose(a / scale, b / scale, rtol=0, atol=1e-5)


def compare(rows, steps):
    x, cotangent = random(rows, steps, 5), random(rows, steps, 7, seed=1)
    parameters = cell.state_dict()

    def ours(parameters, x):
        return (apply(parameters, {"x": x}) * cotangent).sum()

    def theirs(parameters, x):
        return (gated(parameters, x, "y", numpy.zeros((rows, 7), numpy.float32)) * cotangent).sum()

    close(apply(parameters, {"x": x}), gated(parameters, x, "y", numpy.zeros((rows, 7), numpy.float32)))
    for change in (lambda f: f, jax.jit):
        wanted = jax.value_and_grad(theirs, (0, 1))(parameters, x)
        close(change(jax.value_and_grad(ours, (0, 1)))(parameters, x), wanted)


cell, apply = make("Cell")
for sizes in ((1, 1), (3, 8), (2, 67), (300, 60)):
    compare(*sizes)
still, apply_still = make("Still")
by = jax.grad(lambda p: apply_still(p, {"x": random(3, 4, 3)}).sum())(still.state_dict())
assert set(by) == {"w", "y.a", "y.bias"} and not by["w"].any() and by["y.a"].all(), by
x = random(4, 3, 5)
many = jax.vmap(lambda x: apply(cell.state_dict(), {"x": x}))(x[:, None])
close(many[:, 0], apply(cell.state_dict(), {"x": x}))

# Tokens have no gradients, and are of any integer type; several outputs are a dict.
two, apply_two = make("Two")
text, bias = numpy.array([[1, 2, 3, 4], [5, 6, 7, 8]]), random(2, 6)
found = apply_two(two.state_dict(), {"text": text, "bias": bias})
close(found, two.run(text=text, bias=bias))
wanted = two.vjp({"text": text, "bias": bias}, {"half": numpy.ones((2, 4, 6), numpy.float32)})
gradients = jax.grad(lambda p, b: apply_two(p, {"text": text, "bias": b})["half"].sum(), (0, 1))(two.state_dict(), bias)
close(gradients, (wanted[2], wanted[0]["bias"]))

parameters = cell.state_dict()
check([
    (lambda: rondo.jax.function(3), TypeError, "expected a model of rondo.compile or rondo.load, found int"),
    (lambda: rondo.jax.function(rondo.compile(PROGRAM, model="Cell")), rondo.Error, "compiled without what a layer"),
    (lambda: apply(parameters, x), TypeError, "expected a dict of the inputs, found ndarray"),
    (lambda: apply(None, {"x": x}), TypeError, "expected a dict of the parameters, found NoneType"),
    (lambda: apply(parameters, {"z": x}), TypeError, "expected the inputs 'x', found 'z'"),
    (lambda: apply({}, {"x": x}), TypeError, "expected the parameters 'y.z.x'"),
    (lambda: apply(parameters, {"x": x[..., :4]}), ValueError, "'x': expected the shape [rows, T, 5], found [4, 3, 4]"),
])
