"""What rondo.torch.Layer refuses."""
import rondo
import rondo.torch
import torch
from models import PROGRAM
from wrong import check

Layer = rondo.torch.Layer
model = rondo.compile(PROGRAM, model="Cell", layer=True, batch=2, bptt=3)
model.init()
layer, ahead = Layer(model), Layer(rondo.compile(PROGRAM, model="Ahead", layer=True))
two = Layer(rondo.compile(PROGRAM, model="Two", layer=True))
x, h = torch.randn(2, 3, 5), torch.randn(2, 7)
text, bias = torch.zeros(2, 3, dtype=torch.int32), torch.randn(2, 6)


def diverged():
    other = Layer(model)
    with torch.no_grad():
        other.cell.y.z.x[0, 0] = float("nan")
    other(x)


def twice():
    y = layer(x.clone().requires_grad_())
    (gradient,) = torch.autograd.grad(y.square().sum(), layer.cell.y.z.x, create_graph=True)
    gradient.sum().backward()


check([
    (lambda: Layer("models.rondo"), TypeError, "Layer(): expected a model of rondo.compile or rondo.load, found str"),
    (lambda: Layer(rondo.compile(PROGRAM, model="Cell")), rondo.Error,
     "compiled without what a layer needs: expected "),
    (lambda: layer(), TypeError, "expected the input 'x', found none"),
    (lambda: layer(x, x), TypeError, "expected at most 1 inputs, found 2"),
    (lambda: layer(x, x=x), TypeError, "'x': expected it once, found two"),
    (lambda: layer(z=x), TypeError, "'z': expected the inputs 'x', found it"),
    (lambda: layer(x.numpy()), TypeError, "'x': expected a tensor, found ndarray"),
    (lambda: layer(x.double()), TypeError, "'x': expected float32, found float64"),
    (lambda: layer(x.to("meta")), ValueError, "'x': expected a tensor on the CPU, found one on meta"),
    (lambda: layer(x[0]), ValueError, "'x': expected the shape [rows, T, 5], found [3, 5]"),
    (lambda: layer(x[..., :4]), ValueError, "'x': expected the shape [rows, T, 5], found [2, 3, 4]"),
    (lambda: layer(x, states={}), TypeError, "expected the states 'y.h', found none"),
    (lambda: layer(x, states={"h": h}), TypeError, "expected the states 'y.h', found 'h'"),
    (lambda: layer(x, states={"y.h": h[:, :6]}), ValueError, "'y.h': expected the shape [2, 7], found [2, 6]"),
    (lambda: layer(x, states={"y.h": h[:1]}), ValueError, "'y.h': expected the shape [2, 7], found [1, 7]"),
    (lambda: layer(x, states={"y.h": h.double()}), TypeError, "'y.h': expected float32, found float64"),
    (lambda: ahead(torch.randn(2, 5, 5)), ValueError, "expected 6 steps, for which the layer was compiled, found 5"),
    (lambda: two(text.long() + 2**31, bias), ValueError,
     "'text': expected numbers that fit in int32, found 2147483648"),
    (lambda: two(text + 11, bias), ValueError, "token 11"),
    (lambda: two(text, bias[:1]), ValueError, "'bias': expected 2 rows, which 'text' has, found 1"),
    (lambda: two(text, next=text, bias=bias), TypeError, "'next': expected the inputs 'text', 'bias', found it"),
    (lambda: model.vjp({"z": x.numpy()}, {}), TypeError, "vjp(): expected the inputs 'x', found 'z'"),
    (lambda: model.vjp({"x": x.numpy()}, {"z": h}), TypeError, "vjp(): expected the outputs 'y', found 'z'"),
    (lambda: model.vjp({"x": [1]}, {}), TypeError, "'x': expected an array of NumPy, PyTorch or JAX, found list"),
    (lambda: model.vjp({"x": x.numpy()}, {"y": h.numpy()}), ValueError,
     "'y': expected the shape [2, 3, 7], found [2, 7]"),
    (lambda: model.vjp({"x": x.numpy()}, {}, {"h": h}), TypeError, "vjp(): expected the states 'y.h', found 'h'"),
    (lambda: model.vjp({"x": x.numpy()}, {}, {"y.h": h[:1]}), ValueError,
     "'y.h': expected the shape [2, 7], found [1, 7]"),
    (lambda: model.vjp({"x": x.numpy()}, {}, None, {"y.h": h[:1]}), ValueError,
     "'y.h': expected the shape [2, 7], found"),
    (lambda: Layer(model).to("meta")(x), ValueError, "'y.z.x': expected a tensor on the CPU, found one on meta"),
    (diverged, ValueError, "the value 0 of the parameter 'y.z.x' is not finite"),
    (lambda: Layer(model).double()(x), TypeError, "'y.z.x': expected float32, found float64"),
    (twice, RuntimeError, "once_differentiable"),
    (lambda: rondo.compile(PROGRAM, model="Cell", layer=True, options=["--weights=w", "--inference"]),
     rondo.CompileError,
     "--layer cannot be combined with --weights"),
])
