"""Models as layers of PyTorch models: values and gradients are those of the same cell in PyTorch, for any rows and
steps; training goes the same way, and is faster."""
import copy
import pickle
import tempfile
import time
import unittest

import rondo
import rondo.torch
import torch
from models import PROGRAM, write_safetensors


def make(name, **options):
    return rondo.torch.Layer(rondo.compile(PROGRAM, model=name, layer=True, **options))


def gated(x, layer, prefix, h=None):
    """The outputs and the last state of the cell Gated in PyTorch, with the layer's parameters."""
    p = {path.removeprefix(f"cell.{prefix}."): values for path, values in layer.named_parameters()}
    h = x.new_zeros(x.shape[0], p["z.bias"].shape[0]) if h is None else h
    outputs = []
    for t in range(x.shape[1]):
        z = torch.sigmoid(x[:, t] @ p["z.x"].T + h @ p["z.h"].T + p["z.bias"])
        h = z * h + (1 - z) * torch.tanh(x[:, t] @ p["n.x"].T + h @ p["n.h"].T + p["n.bias"])
        outputs.append(h)
    return torch.stack(outputs, 1), h


class Cell(torch.nn.Module):
    """The cell Gated as one writes it in PyTorch."""

    def __init__(self, inputs, size):
        super().__init__()
        self.size = size
        self.z, self.n = torch.nn.Linear(inputs + size, size), torch.nn.Linear(inputs + size, size)

    def forward(self, x):
        h, outputs = x.new_zeros(x.shape[0], self.size), []
        for t in range(x.shape[1]):
            both = torch.cat([x[:, t], h], 1)
            z = torch.sigmoid(self.z(both))
            h = z * h + (1 - z) * torch.tanh(self.n(both))
            outputs.append(h)
        return torch.stack(outputs, 1)


class LayerTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)

    def compare(self, layer, leaves, found, wanted):
        """The values, and the gradients of random sums of them, relative to their largest."""
        leaves = [*leaves, *layer.parameters()]
        cotangents = [torch.randn_like(value) for value in found]
        gradients = [
            torch.autograd.grad([(v * c).sum() for v, c in zip(values, cotangents)], leaves, allow_unused=True)
            for values in (found, wanted)
        ]
        for value, other in zip([*found, *gradients[0]], [*wanted, *gradients[1]]):
            value = torch.zeros_like(other) if value is None else value
            other = torch.zeros_like(value) if other is None else other
            torch.testing.assert_close(value, other, rtol=0, atol=1e-5 * max(1, other.abs().max().item()))

    def test_gradients(self):
        layer = make("Cell", batch=3, bptt=4)
        for rows, steps in [(3, 4), (1, 1), (2, 3), (5, 9), (7, 8)]:
            for with_states in (False, True):
                x = torch.randn(rows, steps, 5, requires_grad=True)
                h = torch.randn(rows, 7, requires_grad=True)
                y, states = layer(x, states={"y.h": h} if with_states else None, return_states=True)
                self.compare(layer, [x, h] if with_states else [x], [y, states["y.h"]],
                             gated(x, layer, "y", h if with_states else None))

    def test_empty(self):
        layer = make("Cell", batch=3, bptt=4)
        h = torch.randn(2, 7, requires_grad=True)
        y, states = layer(torch.zeros(2, 0, 5), states={"y.h": h}, return_states=True)
        self.assertEqual(y.shape, (2, 0, 7))
        self.assertTrue(torch.equal(states["y.h"], h))
        (3 * states["y.h"]).sum().backward()
        self.assertTrue((h.grad == 3).all())
        layer(torch.zeros(0, 6, 5)).sum().backward()
        self.assertTrue(all((p.grad == 0).all() for p in layer.parameters()))

    def test_inputs_that_lie_otherwise(self):
        layer = make("Cell", batch=2, bptt=4)
        x = torch.randn(6, 3, 10)
        views = x.transpose(0, 1)[..., 5:], x.transpose(0, 1)[..., ::2], x[:1, :, :5].expand(6, 3, 5)
        for x in views:
            x = x.requires_grad_()
            self.compare(layer, [x], [layer(x=x)], [gated(x, layer, "y")[0]])

    def test_tokens_and_several_outputs(self):
        layer = make("Two", inference=True, batch=2, bptt=3)
        text, bias = torch.randint(0, 11, (3, 7), dtype=torch.int32), torch.randn(3, 6, requires_grad=True)
        found = layer(text, bias)
        cell = layer.cell
        a = gated(cell.e[text.long()] + bias[:, None], layer, "a")[0]
        self.compare(layer, [bias], [found["logits"], found["half"]], [a @ cell.logits.a.T + cell.logits.bias, 0.5 * a])
        a = gated(cell.e[text.long()] + bias[:, None], layer, "a")[0]
        self.compare(layer, [bias], [layer(text.long(), bias)["half"]], [0.5 * a])

    def test_first_states_that_are_parameters(self):
        layer = make("Begins", batch=2, bptt=2)
        x = torch.randn(3, 5, 5, requires_grad=True)
        wanted = gated(x, layer, "y", layer.cell.start.expand(3, 7))
        y, states = layer(x, return_states=True)
        self.compare(layer, [x], [y, states["y.h"]], wanted)

    def test_frozen(self):
        """Only what is not frozen asks for a gradient, and there is none by the other."""
        layer = make("Still")
        self.assertEqual({name: p.requires_grad for name, p in layer.named_parameters()},
                         {"cell.w": False, "cell.y.a": True, "cell.y.bias": True})
        x = torch.randn(2, 4, 3)
        layer(x).sum().backward()
        self.assertIsNone(layer.cell.w.grad)
        p = {name: values.detach() for name, values in layer.named_parameters()}
        wanted = torch.tanh(x @ p["cell.w"].T).sum((0, 1)).expand(5, 5)
        torch.testing.assert_close(layer.cell.y.a.grad, wanted, rtol=1e-4, atol=1e-5)

    def test_others(self):
        layer = make("Ahead", batch=2)
        x = torch.randn(3, 6, 5, requires_grad=True)
        self.compare(layer, [x], [layer(x)], [gated(x.flip(1), layer, "y")[0].flip(1)])
        layer = make("Plain", batch=2, options=["--element=f64"])
        x = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
        weights, bias = layer.parameters()
        self.compare(layer, [x], [layer(x)], [torch.tanh(x @ weights.T + bias)])

    def test_modules(self):
        layer = make("Cell", batch=2, bptt=3)
        x = torch.randn(2, 3, 5)
        y = layer(x)
        for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            self.assertTrue(torch.equal(other(x), y))
            with torch.no_grad():
                other.cell.y.z.bias += 1
            self.assertFalse(torch.equal(other(x), y))
            other.load_state_dict(layer.state_dict())
            self.assertTrue(torch.equal(other(x), y))
        self.assertTrue(torch.equal(layer(x), y))
        self.assertEqual(set(layer.state_dict()), {f"cell.y.{g}.{p}" for g in "zn" for p in ("x", "h", "bias")})
        with torch.no_grad():
            self.assertFalse(layer(x).requires_grad)
        model = rondo.compile(PROGRAM, model="Cell", layer=True, batch=2, bptt=3)
        model.load_state_dict({path: values.detach() for path, values in zip(model.parameters, layer.parameters())})
        self.assertTrue(torch.equal(rondo.torch.Layer(model)(x), y))
        # Its weights as the program's, from a file of its own or of a state dict, whose names begin alike.
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/w.safetensors"
            with torch.no_grad():
                layer.cell.y.z.bias += 1
            layer.save_weights(path)
            model.load_weights(path)
            y = layer(x)
            self.assertTrue(torch.equal(rondo.torch.Layer(model)(x), y))
            write_safetensors(path, {name: values.numpy() for name, values in layer.state_dict().items()})
            for layout in ("own", "auto"):
                model.init()
                model.load_weights(path, layout)
                self.assertTrue(torch.equal(rondo.torch.Layer(model)(x), y))
            odd = {name: values.numpy() for name, values in layer.state_dict().items()}
            write_safetensors(path, {**odd, "other.y.z.bias": odd["cell.y.z.bias"]})
            with self.assertRaisesRegex(ValueError, "'other.y.z.bias' is no parameter"):
                model.load_weights(path)
        # Parameters that change between a call and its gradients are refused by PyTorch.
        y = layer(x).sum()
        with torch.no_grad():
            layer.cell.y.z.bias += 1
        with self.assertRaises(RuntimeError):
            y.backward()

    def test_training(self):
        """A sequence's running mean, learned by the cell between PyTorch's own layers."""
        def train(cell, seed):
            torch.manual_seed(seed)
            head = torch.nn.Linear(16, 1)
            optimizer = torch.optim.Adam([*cell.parameters(), *head.parameters()], 1e-2)
            losses = []
            for _ in range(60):
                x = torch.randn(8, 12, 4)
                wanted = x.mean(2).cumsum(1) / torch.arange(1, 13)
                loss = (head(cell(x)).squeeze(2) - wanted).square().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        layer, cell = make("Cell", I=4, H=16, batch=8, bptt=12), Cell(4, 16)
        with torch.no_grad():
            for gate in ("z", "n"):
                group, linear = getattr(layer.cell.y, gate), getattr(cell, gate)
                linear.weight.copy_(torch.cat([group.x, group.h], 1))
                linear.bias.copy_(group.bias)
        found, wanted = train(layer, 1), train(cell, 1)
        self.assertLess(found[-1], 0.3 * found[0])
        for loss, other in zip(found, wanted):
            self.assertAlmostEqual(loss, other, delta=1e-4)

    def test_time(self):
        layer, cell = make("Cell", I=32, H=32, inference=True, batch=16, bptt=32), Cell(32, 32)
        x = torch.randn(16, 32, 32)

        def time_of(module):
            begin = time.perf_counter()
            module(x).square().mean().backward()
            return time.perf_counter() - begin

        times = [[time_of(module) for module in (layer, cell)] for _ in range(20)]
        mine, other = (min(column) for column in zip(*times))
        self.assertLess(mine, other)


torch.set_num_threads(1)
unittest.main()
