"""What is refused of arrays, names and calls, with NumPy, and with PyTorch and JAX where they are there."""
import os
import tempfile
import threading

import numpy
import rondo
from models import PROGRAM, make, random, write_safetensors
from wrong import check

model, ahead, upto, plain, two, begins = (
    make(name) for name in ("Cell", "Ahead", "Upto", "Plain", "Two", "Begins"))
fresh = rondo.load(model.path)
inference = make("Two", inference=True)
layered = make("Two", layer=True)
x, y = random(3, 4, 5), numpy.empty((3, 4, 7), numpy.float32)
text, bias = numpy.zeros((2, 3), numpy.int32), random(2, 6)
fixed = y.copy()
fixed.flags.writeable = False
odd = numpy.frombuffer(bytearray(4 * 60 + 1), numpy.uint8)[1:].view(numpy.float32).reshape(3, 4, 5)
folder = tempfile.mkdtemp()
weights = os.path.join(folder, "w")
with open(weights, "wb") as file:
    file.write(b"no weights")


named = os.path.join(folder, "named.safetensors")
write_safetensors(named, {"fc.weight": random(4, 3), "fc.bias": random(4)})


def set_states(values):
    begins.states = values


def set_one_state():
    model.states["y.h"] = random(3, 7)


def truncated(size):
    """The path of a library's first bytes."""
    path = os.path.join(folder, f"truncated-{size}.so")
    with open(model.path, "rb") as library, open(path, "wb") as file:
        file.write(library.read()[:size])
    return path


def many_rows():
    model.run(x=x)
    model.step(x=random(4, 5))


def busy():
    """Calls from several threads at once: all end, or say that another one is at work."""
    x, errors = random(64, 400, 5), []

    def work():
        for _ in range(20):
            try:
                model.run(x=x)
            except rondo.Error as error:
                errors.append(str(error))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    raise rondo.Error(errors[0] if errors else "the model is in use by another thread")


def no_steps():
    try:
        ahead.run(x=x[:, :0])
    except ValueError as error:
        raise ValueError(f"{error}, and no more") from None


cases = [
    (lambda: model.run(), TypeError, "run(): expected the input 'x', float32 [rows, T, 5], found none"),
    (lambda: plain.step(x=bias[:, :3]), rondo.Error, "no axis of time, so that it has no single steps: expected run()"),
    (lambda: model.step(), TypeError, "step(): expected the input 'x', float32 [rows, 5], found none"),
    (lambda: model.run(x), TypeError, "expected the inputs by name, or one dict of them, found positional arguments"),
    (lambda: model.run(z=x), TypeError, "run(): expected the inputs 'x', found 'z'"),
    (lambda: model.run({1: x}), TypeError, "run(): expected the inputs 'x', found '1'"),
    (lambda: model.run(x=x, lengths=text[0], **{"length.T": text[0]}), TypeError,
     "run(): expected the rows' numbers of steps once, found lengths= and 'length.T'"),
    (lambda: model.run({"x": x, "length.T": text[0]}, lengths=text[0]), TypeError,
     "run(): expected the rows' numbers of steps once, found lengths= and 'length.T'"),
    (lambda: model.states["nope"], KeyError, "expected one of the states"),
    (lambda: model.save_weights(os.path.join(folder, "w.pt")), ValueError,
     "save_weights(): expected a name that ends with .safetensors, found"),
    (lambda: model.load_weights(model.state_dict()), TypeError,
     "load_weights(): expected a file's name, found dict: load_state_dict() takes a dict"),
    (lambda: rondo.load("gated.rondo"), ValueError,
     "load(): expected the shared library of a model, found a program: rondo.compile('gated.rondo') compiles it"),
    (lambda: rondo.load("/bin/true"), rondo.Error,
     "expected the shared library of a model (rondoc --emit=shared), no executable or other file"),
    (lambda: plain.run({"x": bias[:, :3], "length.T": text[0]}), TypeError,
     "expected the inputs 'x', found 'length.T'"),
    (lambda: model.run({"x": x}, x=x), TypeError, "expected 'x' once, found it twice"),
    (lambda: model.step(x=x[:, 0], carry=True), TypeError, "step(): expected the inputs 'x', found 'carry'"),
    (lambda: two.run(text=text, bias=bias, next=text), TypeError, "expected no 'next', which nothing that is computed"),
    (lambda: model.run(x=1.0), TypeError, "'x': expected an array of NumPy, PyTorch or JAX, found float"),
    (lambda: model.run(x=None), TypeError, "'x': expected an array of NumPy, PyTorch or JAX, found NoneType"),
    (lambda: model.run(x=x.astype(numpy.float64)), TypeError,
     "'x': expected float32, found float64: convert it by astype('float32')"),
    (lambda: model.run(x=x.astype(numpy.float16)), TypeError, "'x': expected float32, found float16"),
    (lambda: model.run(x=x.astype(bool)), TypeError, "'x': expected float32, found bool"),
    (lambda: model.run(x=x.astype(numpy.complex64)), TypeError, "'x': expected float32, found complex64"),
    (lambda: model.run(x=x.astype(object)), TypeError,
     "'x': expected an array of plain numbers, found ndarray of object"),
    (lambda: two.run(text=text.astype(numpy.int64) + 2**31, bias=bias), ValueError,
     "'text': expected numbers that fit in int32, found 2147483648"),
    (lambda: two.run(text=text.astype(numpy.uint64) + numpy.uint64(2**63), bias=bias), ValueError,
     "'text': expected numbers that fit in int32, found 9223372036854775808"),
    (lambda: two.run(text=text.astype(numpy.int64) - 1, bias=bias), ValueError, "token -1"),
    (lambda: two.run(text=text.astype(numpy.float32), bias=bias), TypeError, "'text': expected int32, found float32"),
    (lambda: two.run(text=text.astype(bool), bias=bias), TypeError, "'text': expected int32, found bool"),
    (lambda: two.run(text=[[1, 2], [3]], bias=bias), TypeError,
     "'text': row 0: expected an array of its steps in a list of them, found list"),
    (lambda: model.run(x=x.astype(">f4")), TypeError, "'x': expected an array of plain numbers, found ndarray of >f4"),
    (lambda: model.run(x=numpy.float32(3)), ValueError, "'x': expected the shape [rows, T, 5], found []"),
    (lambda: model.run(x=numpy.zeros(0, numpy.float32)), ValueError,
     "'x': expected the shape [rows, T, 5], found [0]"),
    (lambda: model.run(x=x, carry=3), TypeError, "run(): carry: expected True or False, found int"),
    (lambda: model.run(x=x, carry="yes"), TypeError, "run(): carry: expected True or False, found str"),
    (lambda: two.run(text=text + 11, bias=bias), ValueError, "token 11"),
    (lambda: two.run(text=text - 1, bias=bias), ValueError, "token -1"),
    (lambda: two.run(text=text, bias=bias[:1]), ValueError, "'bias': expected 2 rows, which 'text' has, found 1"),
    (lambda: model.run(x=x[0]), ValueError, "'x': expected the shape [rows, T, 5], found [4, 5]"),
    (lambda: model.run(x=x[..., :4]), ValueError, "'x': expected the shape [rows, T, 5], found [3, 4, 4]"),
    (lambda: model.step(x=x), ValueError, "'x': expected the shape [rows, 5], found [3, 4, 5]"),
    (lambda: ahead.run(x=x), ValueError,
     "row 0 has 4 positions along 'T', the model was compiled for 6 and looks ahead, so that it cannot be run in "
     "parts: -D bptt=4 (bptt=4 in Python) compiles it for as many"),
    (no_steps, ValueError,
     "the model was compiled for 6 and looks ahead, so that it cannot be run in parts, and no more"),
    (lambda: upto.run(x=random(1, 17, 5)), ValueError,
     "row 0 has 17 positions along 'T', the model was compiled for at most 16 and looks ahead, so that it cannot be "
     "run in parts: 'axis T max 17' takes as many"),
    (lambda: ahead.step(x=x[:, 0]), rondo.Error, "the model looks ahead, so that it has no single steps"),
    (lambda: ahead.run(x=random(1, 6, 5), carry=True), ValueError, "expected carry=False"),
    (lambda: plain.run(x=random(3)), ValueError, "'x': expected the shape [rows, 3], found [3]"),
    (lambda: plain.run(x=random(2, 3), lengths=text[0]), TypeError, "expected no lengths for a model without an axis"),
    (lambda: model.run(x=x, lengths=text[0] + 5), ValueError, "expected a length from 0 to 4 of row 0, found 5"),
    (lambda: model.run(x=x, lengths=text[0, :2]), ValueError, "'lengths': expected the shape [3], found [2]"),
    (lambda: model.run(x=x, lengths=numpy.array([1, 2**40, 3])), ValueError,
     "'lengths': expected numbers that fit in int32, found 1099511627776"),
    (lambda: model.run(x=x, lengths=[1, 2, 3]), TypeError, "'lengths': expected an array"),
    (lambda: model.run(x=x, lengths=numpy.zeros(3)), TypeError, "'lengths': expected int32, found float64"),
    # Results.
    (lambda: model.run(x=x, out=y[:2]), ValueError, "'y': expected 3 rows, which 'x' has, found 2"),
    (lambda: model.run(x=x, out=y[:, :2]), ValueError, "'y': expected 4 steps, which 'x' has, found 2"),
    (lambda: model.run(x=x, out=y.astype(numpy.float64)), TypeError, "'y': expected float32, found float64"),
    (lambda: model.run(x=x, out={"z": y}), TypeError, "expected out to have arrays for 'y', found 'z'"),
    (lambda: two.run(text=text, bias=bias, out=y), TypeError,
     "expected out to be a dict with arrays for 'logits', 'half'"),
    (lambda: model.run(x=x, out=fixed), ValueError, "'y': expected an array that can be written, found ndarray"),
    (lambda: model.run(x=x, out=random(3, 4, 14)[..., ::2]), ValueError,
     "'y': expected an array whose rows and steps are dense, one behind the other, found other strides"),
    (lambda: model.run(x=x, out=numpy.broadcast_to(y[:1], (3, 4, 7))), ValueError, "'y': expected an array"),
    (lambda: model.run(x=odd, out=odd[..., :1].repeat(7, 2)[::-1]), ValueError, "'y': expected an array whose rows"),
    (lambda: model.run(x=y[..., :5], out=y), ValueError,
     "expected an array for results with memory of its own, found that of 'x'"),
    # States, weights, training.
    (many_rows, ValueError, "expected at most 3 rows, for which the sequences began, found 4: call reset()"),
    (lambda: model.reset(9), ValueError, "expected a row from 0 to"),
    (lambda: model.reset(2**70), ValueError, "reset(): row: expected -9223372036854775808 to"),
    (lambda: model.reset("a"), TypeError, "reset(): row: expected an integer, found str"),
    (lambda: model.reset(1.0), TypeError, "reset(): row: expected an integer, found float"),
    (lambda: model.reset(x), TypeError, "reset(): row: expected an integer, found ndarray"),
    (lambda: model.seed("a"), TypeError, "seed(): seed: expected an integer, found str"),
    (lambda: model.seed(True), TypeError, "seed(): seed: expected an integer, found bool"),
    (lambda: model.init(-1), ValueError, "init(): seed: expected 0 to 9223372036854775807, found -1"),
    (lambda: two.update(None), TypeError, "update(): step: expected an integer, found NoneType"),
    (lambda: two.update(1, "0.1"), TypeError, "update(): rate: expected a number, found str"),
    (lambda: model.init(None), TypeError, "init(): seed: expected an integer, found NoneType"),
    (lambda: begins.reset(0), rondo.Error, "the program computes what states begin with"),
    (set_one_state, TypeError, "expected model.states = {'y.h': values}, found one set in copies of the states"),
    (lambda: set_states(3), TypeError, "states: expected a dict of arrays by the states' names, found int"),
    (lambda: model.load_state_dict(3), TypeError,
     "load_state_dict(): expected a dict of arrays by the parameters' paths, found int"),
    (lambda: set_states({"h": random(1, 7)}), TypeError, "expected the states 'y.h', found others: ['h']"),
    (lambda: set_states({"y.h": random(2, 6)}), ValueError, "'y.h': expected the shape [2, 7], found [2, 6]"),
    (lambda: set_states({"y.h": numpy.zeros((2, 7))}), TypeError, "'y.h': expected float32, found float64"),
    (lambda: fresh.run(x=x), rondo.Error, "the weights have no values yet: init(), load_weights()"),
    (lambda: fresh.parameters["y.z.x"], rondo.Error, "the weights have no values yet: init(), load_weights()"),
    (lambda: fresh._set_parameters({}), KeyError, "expected the parameter 'y.z.x', found none"),
    (lambda: fresh.state_dict(), rondo.Error, "the weights have no values yet"),
    (lambda: model.parameters["q"], KeyError, "expected one of the parameters 'y."),
    (lambda: model.load_state_dict({"q": x}), KeyError, "expected the parameter 'y.n.bias', 'y.n.h'"),
    (lambda: plain.load_state_dict({"fc.weight": x[0, :, :3]}), KeyError,
     "found 'fc.weight': for the names of another framework, load_state_dict(values, layout=\"torch\")"),
    (lambda: plain.load_state_dict({"fc.weight": x[0, :, :3]}, layout="torch"), ValueError, "no 'fc.bias'"),
    (lambda: plain.load_state_dict({"fc.weight": text}, layout="torch"), TypeError,
     "'fc.weight': expected an array of float16, float32 or float64, found int32"),
    (lambda: plain.load_state_dict({}, layout=3), TypeError,
     "load_state_dict(): expected the name of a layout, found int"),
    (lambda: model.load_state_dict({**model.state_dict(), "q": x}), KeyError, "unknown parameter 'q'"),
    (lambda: model.load_state_dict({**model.state_dict(), "y.z.x": x}), ValueError,
     "'y.z.x': expected the shape [7, 5]"),
    (lambda: model.load_state_dict({**model.state_dict(), "y.z.h": numpy.full((7, 7), numpy.nan, numpy.float32)}),
     ValueError,
     "the value 0 of the parameter 'y.z.h' is not finite"),
    (lambda: model.load_weights(weights), ValueError, f"{weights}: "),
    (lambda: model.load_weights(weights, layout="caffe"), ValueError,
     "layout: expected torch, keras, onnx, own or auto, found 'caffe'"),
    (lambda: model.load_weights(weights, layout=None), TypeError, "expected the name of a layout, found NoneType"),
    (lambda: plain.load_weights(named), ValueError,
     "expected layout 'own', found names of layout 'torch', name it by --layout, layout= or PREFIX_load_layout"),
    (lambda: plain.load_weights(named, layout="keras"), ValueError,
     "do not fit layout 'keras', found names of layout 'torch':"),
    (lambda: model.load_weights(weights + "x"), FileNotFoundError, ""),
    (lambda: model.save_weights(os.path.join(folder, "no", "w.safetensors")), FileNotFoundError,
     os.path.join("no", "w.safetensors")),
    (lambda: model.grad(x=x), rondo.Error, "the model was compiled without training, or has no loss"),
    (lambda: inference.grad(text=text), rondo.Error, "the model was compiled without training, or has no loss"),
    (lambda: two.grad(text=text, bias=bias), TypeError,
     "grad(): expected the input 'next', int32 [rows, T], found none"),
    (lambda: two.grad(text=text[:1], next=text[:1], bias=bias[:1]), ValueError, "'text': expected 2 rows, found 1"),
    (lambda: two.grad(text=text[:, :2], next=text[:, :2], bias=bias), ValueError, "'text': expected 3 steps, found 2"),
    (lambda: two.grad(text=text, next=text, bias=bias, lengths=text[:, 0]), ValueError, "expected no lengths"),
    (lambda: two.grad(text=text, next=text, bias=bias, first=1), TypeError, "grad(): first: expected True or False"),
    (lambda: two.grad(text=text, next=text, bias=bias, seed=0.5), TypeError,
     "grad(): seed: expected an integer, found float"),
    (lambda: two.update("1"), TypeError, "update(): step: expected an integer, found str"),
    (lambda: two.update(0), ValueError, "update(): step: expected 1 to 9223372036854775807, found 0"),
    (lambda: two.update(1), rondo.Error, "expected the gradients of a batch before the update"),
    (lambda: model.vjp({"x": x}, {"y": y}), rondo.Error, "the model was compiled without what a layer needs"),
    (lambda: layered._vjp({"text": text, "bias": bias}, {}, None, None, {}, {"text": text.copy()}, {}), ValueError,
     "'text': expected no array for the gradient of tokens"),
    (lambda: layered._vjp({"text": text}, {}, None, None, {}, {}, {}), TypeError,
     "expected the input 'bias', found none"),
    (lambda: layered.vjp(3, {}), TypeError, "vjp(): expected a dict of arrays by the names of the inputs, found int"),
    (lambda: layered.vjp({}, {}, 0), TypeError, "vjp(): expected a dict of arrays by the names of the states, found"),
    (busy, rondo.Error, "the model is in use by another thread"),
    # Libraries.
    (lambda: rondo.load(os.path.join(folder, "none.so")), rondo.Error, "cannot open the library: "),
    (lambda: rondo.load(weights), rondo.Error, "cannot open the library: "),
    *((lambda size=size: rondo.load(truncated(size)), rondo.Error, "cannot open the library: ")
      for size in (0, 3, 40, 64, 100, 200, 1000, 5000, 20000)),
    (lambda: rondo.load(truncated(5000)), rondo.Error, "is truncated: it ends before what its headers say"),
    (lambda: rondo.load(rondo._rondo.__file__), rondo.Error, "expected the shared library of a model"),
    (lambda: rondo.load(model.path, threads=0), ValueError, "threads: expected 1 to 64, found 0"),
    (lambda: rondo.load(model.path, threads="2"), TypeError, "threads: expected an integer, found str"),
    (lambda: rondo.load(3), TypeError, "expected str, bytes or os.PathLike object, not int"),
]
try:
    import torch

    tensor = torch.from_numpy(x)
    cases += [
        (lambda: model.run(x=tensor.to("meta")), ValueError, "'x': expected a tensor on the CPU, found one on meta"),
        (lambda: model.run(x=tensor.double()), TypeError,
         "'x': expected float32, found float64: convert it by to(torch.float32)"),
        (lambda: two.run(text=torch.full((2, 3), -2**40), bias=bias), ValueError,
         "'text': expected numbers that fit in int32, found -1099511627776"),
        (lambda: model.run(x=tensor, out=torch._neg_view(torch.zeros(3, 4, 7))), ValueError,
         "'y': expected an array that can be written, found a tensor that is read with its signs changed"),
        (lambda: model.run(x=tensor.bfloat16()), TypeError, "'x': expected float32, found bfloat16"),
        (lambda: model.run(x=tensor.to_sparse()), TypeError, "'x': expected an array of plain numbers"),
        (lambda: model.run(x=torch.nn.Parameter(tensor)), ValueError,
         "'x': expected a tensor that needs no gradient, found one that requires it: detach() it, or use rondo.torch"),
        (lambda: model.run(x=tensor.untyped_storage()), TypeError,
         "'x': expected an array of NumPy, PyTorch or JAX, found UntypedStorage"),
        (lambda: model.run(x=tensor, out=torch.zeros(1, 4, 7).expand(3, 4, 7)), ValueError,
         "'y': expected an array whose rows"),
    ]
except ImportError:
    print("skipped: PyTorch is not there")
try:
    import jax

    cases += [
        (lambda: model.run(x=x, out=jax.numpy.zeros((3, 4, 7))), ValueError,
         "'y': expected an array that can be written, found one of JAX"),
        (lambda: model.run(x=jax.numpy.zeros((3, 4, 5), "bfloat16")), TypeError,
         "'x': expected float32, found bfloat16"),
    ]
except ImportError:
    print("skipped: JAX is not there")
check(cases)
