"""Runs, steps, states and parameters, over odd numbers of rows and steps, with arrays of each framework and stride."""
import contextlib
import io
import os
import tempfile
import unittest
import unittest.mock

import numpy
import rondo
from models import gated, make, random, write_safetensors

try:
    import torch
except ImportError:
    torch = None
    print("skipped: PyTorch is not there")
try:
    import jax
except ImportError:
    jax = None
    print("skipped: JAX is not there")


class Run(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = make("Cell")

    def close(self, found, wanted, tolerance=1e-5):
        self.assertEqual(found.shape, wanted.shape)
        numpy.testing.assert_allclose(numpy.asarray(found), wanted, rtol=0, atol=tolerance)

    def expected(self, x):
        return gated(x, self.model.parameters, "y", numpy.zeros((x.shape[0], 7)))

    def test_sizes(self):
        for rows, steps in [(1, 1), (3, 5), (2, 67), (17, 3), (0, 4), (4, 0)]:
            x = random(rows, steps, 5)
            self.close(self.model.run(x=x), self.expected(x))

    def test_arrays_that_lie_otherwise(self):
        x = random(6, 9, 10)
        for view in [x[::2, 1:, 2:7], x[:, ::2, :5], x[..., ::2], x.transpose(1, 0, 2)[:, :, :5], x[::-1, ::-1, 5:],
                     numpy.broadcast_to(x[:1, :, :5], (3, 9, 5)), numpy.asfortranarray(x[..., :5])]:
            self.close(self.model.run(x=view), self.expected(view))
        fixed = x[..., :5].copy()
        fixed.flags.writeable = False
        self.close(self.model.run(x=fixed), self.expected(fixed))

    def test_out(self):
        x, room = random(3, 4, 5), numpy.full((3, 8, 14), 9, numpy.float32)
        out = room[:, ::2, 3:10]
        self.assertIs(self.model.run(x=x, out=out), out)
        self.close(out, self.expected(x))
        self.assertTrue((room[:, 1::2] == 9).all() and (room[..., :3] == 9).all())
        named = {"y": numpy.empty((3, 4, 7), numpy.float32)}
        self.assertIs(self.model.run({"x": x}, out=named), named)
        self.close(named["y"], out)

    def test_a_model_without_parameters_has_all_values(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "twice.rondo")
            with open(program, "w") as file:
                file.write("model Twice { axis T input x: [3] over T output y: [3] = x * 2 }")
            x = random(2, 4, 3)
            self.assertTrue((rondo.compile(program).run(x=x) == 2 * x).all())

    def test_lengths_by_the_name_of_files(self):
        x, lengths = random(3, 4, 5), numpy.array([4, 0, 2], numpy.int32)
        y = self.model.run(x=x, lengths=lengths)
        self.assertTrue((self.model.run(x=x, **{"length.T": lengths}) == y).all())
        self.assertTrue((self.model.run({"x": x, "length.T": lengths}) == y).all())

    def test_lengths(self):
        x = random(3, 4, 5)
        y = self.model.run(x=x, lengths=numpy.array([4, 0, 2], numpy.int32))
        wanted = self.expected(x)
        wanted[1], wanted[2, 2:] = 0, 0
        self.close(y, wanted)

    def test_integers_of_other_types(self):
        model, bias = make("Two"), random(3, 6)
        text = numpy.random.default_rng(0).integers(0, 11, (3, 10))
        wanted = model.run(text=text[:, ::2].astype(numpy.int32), bias=bias)
        for kind in (numpy.int8, numpy.uint8, numpy.int16, numpy.uint16, numpy.uint32, numpy.int64, numpy.uint64):
            found = model.run(text=text.astype(kind)[:, ::2], bias=bias)
            self.assertTrue((found["logits"] == wanted["logits"]).all())
        x = random(3, 4, 5)
        lengths = [self.model.run(x=x, lengths=numpy.array([4, 0, 2], kind)) for kind in (numpy.int32, numpy.int64)]
        self.assertTrue((lengths[0] == lengths[1]).all())
        if torch:
            found = model.run(text=torch.from_numpy(text)[:, ::2], bias=torch.from_numpy(bias))
            self.assertIsInstance(found["logits"], torch.Tensor)
            self.assertTrue((found["logits"].numpy() == wanted["logits"]).all())

    def test_steps_and_states(self):
        x, model = random(3, 6, 5), self.model
        whole = model.run(x=x)
        last = model.states["y.h"]
        model.reset()
        steps = [model.step(x=x[:, t]) for t in range(3)]
        kept = model.states
        steps.append(model.run(x=x[:, 3:], carry=True))
        self.assertTrue((numpy.concatenate([numpy.stack(steps[:3], 1), steps[3]], 1) == whole).all())
        self.assertTrue((model.states["y.h"] == last).all() and (last == whole[:, -1]).all())
        self.assertEqual((list(kept), "z" in kept), (["y.h"], False))
        model.states = kept
        self.assertTrue((model.step(x=x[:, 3]) == whole[:, 3]).all())
        model.reset(1)
        self.close(model.step(x=x[:, 4])[1:2], self.expected(x[1:2, 4:5])[:, 0])
        # A wrong call leaves them; more rows begin with their states.
        kept = model.states["y.h"]
        with self.assertRaises(TypeError):
            model.run(x=x.astype(numpy.float64))
        self.assertTrue((model.states["y.h"] == kept).all())
        model.states = {"y.h": random(40, 7)}
        self.assertEqual(model.step(x=random(40, 5)).shape, (40, 7))
        out = numpy.empty((40, 7), numpy.float32)
        self.assertIs(model.step(x=random(40, 5), out=out), out)

    def test_what_has_no_steps_is_that_of_the_inputs_and_weights_given(self):
        model, fresh = make("Memory"), make("Memory")
        x, source = random(3, 8, 2), numpy.arange(15, dtype=numpy.int32).reshape(3, 5) % 9
        other, tone = source[:, ::-1], random(3, 5, 3)
        whole = model.run(x=x, source=source, tone=tone)
        model.reset()
        for rows in 3, 1:
            model.reset()
            for t in range(4):
                y = model.step(x=x[:rows, t], source=source[:rows], tone=tone[:rows])
                self.assertTrue((y == whole[:rows, t]).all())
            # From here on another memory is asked by the same states; then by some rows alone, and other weights.
            for given, seed, sound in (other, 1, tone), (source, 1, tone), (other, 2, tone), (other, 2, 2 * tone):
                if seed == 2:
                    model.init(2)
                    fresh.init(2)
                for t in 4, 5:
                    kept = {name: values.copy() for name, values in model.states.items()}
                    asked = given[:rows].copy()
                    asked[1:2] = source[1:2]
                    y = model.step(x=x[:rows, t], source=asked, tone=sound[:rows])
                    fresh.reset()
                    fresh.states = kept
                    wanted = fresh.run(x=x[:rows, t : t + 1], source=asked, tone=sound[:rows], carry=True)
                    self.assertTrue((y == wanted[:, 0]).all())
            model.init(1)
            fresh.init(1)
        parts = [model.run(x=x[:, :3], source=source, tone=tone)]
        parts.append(model.run(x=x[:, 3:], source=source, tone=tone, carry=True))
        self.assertTrue((numpy.concatenate(parts, 1) == whole).all())

    def test_what_has_no_steps_is_that_of_the_lengths_given(self):
        model, fresh = make("Recall"), make("Recall")
        rows = 3
        x, source = random(rows, 6, 2), numpy.arange(15, dtype=numpy.int32).reshape(rows, 5) % 9
        given = {"source": source, "length.S": numpy.full(rows, 2, numpy.int32)}
        whole = model.run(x=x, **given)
        model.reset()
        for t in range(6):
            if t == 4:  # what was behind the lengths is read from here on
                given["length.S"] = numpy.array([5, 2, 0], numpy.int32)
            kept = {name: values.copy() for name, values in model.states.items()}
            y = model.step(x=x[:, t], **given)
            fresh.reset()
            if t > 0:
                fresh.states = kept
            self.assertTrue((y == fresh.run(x=x[:, t : t + 1], carry=t > 0, **given)[:, 0]).all())
            self.assertEqual([bool((row == all).all()) for row, all in zip(y, whole[:, t])], [t < 4, True, t < 4])

    def test_several_outputs(self):
        model = make("Two")
        text = numpy.random.default_rng(0).integers(0, 11, (3, 5)).astype(numpy.int32)
        bias = random(3, 6)
        found = model.run(text=text, bias=bias)
        shapes = {name: array.shape for name, array in found.items()}
        self.assertEqual(shapes, {"logits": (3, 5, 11), "half": (3, 5, 6)})
        p = model.parameters
        states = gated(p["e"][text] + bias[:, None], p, "a", numpy.zeros((3, 6)))
        self.close(found["half"], 0.5 * states)
        self.close(found["logits"], states @ p["logits.a"].T + p["logits.bias"])
        half = numpy.empty((3, 5, 6), numpy.float32)
        model.run(text=text, bias=bias, out={"half": half})
        self.assertTrue((half == found["half"]).all())
        self.assertEqual(model.step(text=text[:, 0], bias=bias)["logits"].shape, (3, 11))

    def test_others(self):
        x = random(2, 6, 5)
        model = make("Ahead")
        self.close(model.run(x=x), gated(x[:, ::-1], model.parameters, "y", numpy.zeros((2, 3)))[:, ::-1])
        model = make("Upto")
        for steps in 1, 2, 7, 15, 16:
            x = random(3, steps, 5)
            y = model.run(x=x)
            self.close(y, gated(x[:, ::-1], model.parameters, "y", numpy.zeros((3, 3)))[:, ::-1])
            x[1, 1:] = numpy.nan
            short = model.run(x=x, lengths=numpy.array([steps, 1, steps], numpy.int32))
            self.assertTrue((short[::2] == y[::2]).all() and (short[1, 1:] == 0).all())
            self.assertTrue((short[1, 0] == model.run(x=x[1:2, :1])[0, 0]).all())
        with contextlib.redirect_stdout(io.StringIO()) as text:
            help(model)
        self.assertIn("[rows, T <= 16, 5]", text.getvalue())
        x = random(2, 6, 5)
        model = make("Plain")
        plain = model.run(x=x[:, 0, :3])
        self.close(plain, numpy.tanh(x[:, 0, :3] @ model.parameters["y.x" if "y.x" in model.parameters else "y"].T
                                     + model.parameters["y.bias"]))
        model = make("Begins", threads=2)
        start = numpy.broadcast_to(model.parameters["start"], (2, 7))
        self.close(model.run(x=x), gated(x, model.parameters, "y", start))

    def test_double_precision(self):
        model = make("Cell", options=["--element=f64"])
        x = random(2, 3, 5).astype(numpy.float64)
        y = model.run(x=x)
        self.assertEqual(y.dtype, numpy.float64)
        self.close(y, gated(x, model.parameters, "y", numpy.zeros((2, 7))), 1e-13)

    def test_parameters(self):
        model = make("Cell", seed=5)
        view = model.parameters["y.z.x"]
        self.assertFalse(view.flags.writeable)
        first = model.state_dict()
        self.assertEqual(list(first), list(model.parameters))
        model.parameters["y.z.x"] = 2 * view
        self.assertTrue((view == 2 * first["y.z.x"]).all())
        x = random(2, 3, 5)
        self.close(model.run(x=x), gated(x, model.parameters, "y", numpy.zeros((2, 7))))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "w.safetensors")
            model.save_weights(path)
            self.assertEqual(os.listdir(folder), ["w.safetensors"])
            model.load_state_dict(first)
            self.assertTrue((view == first["y.z.x"]).all())
            other = rondo.load(model.path)
            other.load_weights(path)
        self.assertTrue((other.parameters["y.z.x"] == 2 * first["y.z.x"]).all())
        del model
        self.assertTrue((view == first["y.z.x"]).all())

    def test_layout(self):
        model = make("Plain", seed=5)
        weight, bias = random(4, 3), random(4, seed=1)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "w.safetensors")
            write_safetensors(path, {"fc.weight": weight, "fc.bias": bias})
            for layout in ("torch", "auto"):
                model.init(seed=6)
                model.load_weights(path, layout=layout)
                x = random(2, 3)
                self.close(model.run(x=x), numpy.tanh(x @ weight.T + bias))
            model.save_weights(path)
            model.init(seed=6)
            model.load_weights(path)
        self.close(model.run(x=x), numpy.tanh(x @ weight.T + bias))
        model.init(seed=6)
        model.load_state_dict({"fc.weight": weight.T.copy().T, "fc.bias": bias.astype(numpy.float64)}, layout="torch")
        self.close(model.run(x=x), numpy.tanh(x @ weight.T + bias))

    def test_constants(self):
        """What a file gave is compiled anew where the file is another."""
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "p.rondo")
            with open(program, "w", encoding="utf-8") as file:
                file.write('model M {\n  input x: [3]\n  const w: [2, 3] from "w.npy"\n  output y: [2] = w @ x\n}\n')
            for seed in (1, 2):
                w, x = random(2, 3, seed=seed), random(4, 3)
                numpy.save(os.path.join(folder, "w.npy"), w)
                self.close(rondo.compile(program, inference=True).run(x=x), x @ w.T)

    def test_derivatives_of_windows(self):
        """A layer without states has those of several windows; where positions have an index they are refused."""
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "p.rondo")
            for factor in ("1", "index(T)"):
                with open(program, "w", encoding="utf-8") as file:
                    file.write("model M {\n  axis T\n  input x: [3] over T\n  param w: [2, 3]\n"
                               f"  output y: [2] = (w @ x) * {factor}\n}}\n")
                model = rondo.compile(program, layer=True, batch=2, bptt=3)
                model.init(1)
                x, y = random(3, 7, 3), random(3, 7, 2, seed=1)
                if factor == "1":
                    self.close(model.vjp({"x": x}, {"y": y})[2]["w"], numpy.einsum("bto,bti->oi", y, x))
                else:
                    self.assertRaisesRegex(ValueError, "expected no states, as positions have an index", model.vjp,
                                           {"x": x}, {"y": y})

    def test_archives(self):
        """Of NumPy, whose arrays are unpacked: for that the library asks for more memory than it has."""
        model = make("Cell", H=600, inference=True)
        wanted = model.state_dict()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "w.npz")
            columns = {name: numpy.asfortranarray(values) for name, values in wanted.items()}
            for save, arrays in ((numpy.savez_compressed, wanted), (numpy.savez, columns), (numpy.savez, wanted)):
                save(path, **arrays)
                model.init(seed=2)
                model.load_weights(path)
                for name, values in wanted.items():
                    self.assertTrue((model.parameters[name] == values).all())
            with open(path, "r+b") as file:
                file.truncate(5000)
            with self.assertRaisesRegex(ValueError, "w.npz: the archive's directory is missing"):
                model.load_weights(path)

    def test_products(self):
        model = make("Two", layer=True)
        text = numpy.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 0, 1]], numpy.int32)
        bias, cotangent = random(3, 6), random(3, 4, 6, seed=1)
        by_inputs, by_states, by_parameters = model.vjp({"text": text, "bias": bias}, {"half": cotangent})
        self.assertEqual((list(by_inputs), by_states), (["bias"], {}))
        self.assertTrue((by_parameters["logits.a"] == 0).all())
        for array, gradient in [(bias, by_inputs["bias"]), (model.state_dict()["e"], by_parameters["e"])]:
            direction, step = random(*array.shape, seed=2), numpy.float32(1e-2)
            sides = []
            for sign in (1, -1):
                moved = array + sign * step * direction
                if array is not bias:
                    model.parameters["e"] = moved
                half = model.run(text=text, bias=moved if array is bias else bias)["half"]
                sides.append((half.astype(numpy.float64) * cotangent).sum())
            wanted = (sides[0] - sides[1]) / (2 * step)
            self.assertAlmostEqual((gradient.astype(numpy.float64) * direction).sum(), wanted, delta=2e-3)

    def test_divided_outputs(self):
        model = make("Divided", options=["--element=f64"])
        for rows, steps in [(3, 7), (1, 1), (5, 66), (0, 3)]:
            x = random(rows, steps, 5).astype(numpy.float64)
            found = model.run(x=x)
            y = gated(x, model.parameters, "a", numpy.zeros((rows, 6)))
            self.close(found["same"], y, 1e-13)
            self.assertTrue((found["pairs"] == found["same"].reshape(rows, steps, 2, 3)).all())
            self.assertTrue((found["cube"] == -2 * found["same"].reshape(rows, steps, 1, 2, 3)).all())
            self.assertTrue((found["end"] == found["same"][:, -1].reshape(rows, 3, 2)).all())
        x = random(2, 6, 5).astype(numpy.float64)
        model.reset()
        steps = [model.step(x=x[:, t])["pairs"] for t in range(6)]
        self.assertTrue((numpy.stack(steps, 1) == model.run(x=x)["pairs"]).all())
        loss = model.grad(x=x[:, :3], y=model.run(x=x[:, :3])["same"] + 1)[0]
        self.assertAlmostEqual(loss, 1, delta=1e-12)

    def test_help(self):
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            help(make("Two"))
        for line in ["text              int32  [rows, T]", "next              int32  [rows, T]",
                     "logits            float32  [rows, T, 11]", "a.h               float32  [rows, 6]"]:
            self.assertIn(line, text.getvalue())
        lengths = "lengths           int32  [rows], each row's number of steps, which the model looks at"
        self.assertNotIn(lengths, text.getvalue())
        self.assertIn(lengths, make("Mean").__doc__)

    @unittest.skipUnless(torch, "PyTorch is not there")
    def test_torch(self):
        x = torch.from_numpy(random(3, 4, 5))
        y = self.model.run(x=x)
        self.assertIsInstance(y, torch.Tensor)
        self.close(y, self.expected(x.numpy()))
        out = torch.empty(3, 4, 7)
        self.assertIs(self.model.run(x=x.transpose(0, 1).contiguous().transpose(0, 1), out=out), out)
        self.assertTrue(torch.equal(out, y))
        self.assertTrue(torch.equal(self.model.run(x=torch._neg_view(-x)), y))
        self.assertEqual(self.model.run(x=torch.empty(0, 4, 5)).shape, (0, 4, 7))
        with torch.no_grad():
            self.assertTrue(torch.equal(self.model.run(x=torch.nn.Parameter(x)), y))
        self.model.parameters["y.z.x"] = torch.from_numpy(self.model.state_dict()["y.z.x"])

    @unittest.skipUnless(torch, "PyTorch is not there")
    def test_plain_tensors(self):
        """They are asked in C where PyTorch offers that; others, such as of a derived class, by DLPack's method."""
        calls, method = [], torch.Tensor.__dlpack__

        def counted(tensor, *args, **kwargs):
            calls.append(tensor)
            return method(tensor, *args, **kwargs)

        class Derived(torch.Tensor):
            pass

        model, in_c = make("Two"), hasattr(torch.Tensor, "__dlpack_c_exchange_api__")
        text, bias = torch.arange(30).reshape(5, 6)[1:4, ::2] % 11, torch.from_numpy(random(4, 6))[1:]
        wanted = model.run(text=text.numpy(), bias=bias.numpy(), lengths=numpy.array([3, 0, 2]))
        derived = bias.as_subclass(Derived)
        with unittest.mock.patch.object(torch.Tensor, "__dlpack__", counted):
            found = model.run(text=text, bias=bias, lengths=torch.tensor([3, 0, 2]))
            out = {"half": torch.full((3, 3, 6), 9.0), "logits": torch.zeros(3, 3, 11)}
            self.assertIs(model.run(text=text, bias=bias, out=out), out)
            model.reset()
            steps = [model.step(text=text[:, t], bias=bias) for t in range(3)]
            self.assertEqual(not calls, in_c)
            of_derived = model.run(text=text, bias=derived)
            self.assertTrue(calls[-1] is derived or not in_c)
            self.assertIsInstance(make("Plain").run(x=derived[:, :3]), torch.Tensor)
        for name, values in wanted.items():
            self.assertTrue((found[name].numpy() == values).all())
            self.assertEqual((found[name].dtype, found[name].device.type), (torch.float32, "cpu"))
            self.assertTrue(torch.equal(out[name], torch.stack([step[name] for step in steps], 1)))
            self.assertTrue(torch.equal(out[name], of_derived[name]))
            self.assertTrue((out[name][0].numpy() == values[0]).all())
            found[name].resize_(40)  # the caller's own, as torch.empty makes them

    @unittest.skipUnless(jax, "JAX is not there")
    def test_jax(self):
        x = random(3, 4, 5)
        y = self.model.run(x=jax.numpy.asarray(x))
        self.assertIsInstance(y, jax.Array)
        self.close(y, self.expected(x))


unittest.main()
