"""Lists of arrays, one for each row, in place of an array of all rows."""
import unittest

import numpy
from models import make, random
from wrong import check

try:
    import torch
except ImportError:
    torch = None
    print("skipped: PyTorch is not there")


class Lists(unittest.TestCase):
    def same(self, found, wanted):
        self.assertEqual(len(found), len(wanted))
        for a, b in zip(found, wanted):
            self.assertTrue((numpy.asarray(a) == numpy.asarray(b)).all() and a.shape == b.shape)

    def test_rows_of_different_lengths(self):
        model = make("Cell")
        parts = [random(n, 5, seed=n) for n in (4, 0, 67, 1)]
        found = model.run(x=parts)
        self.assertIsInstance(found, list)
        self.same(found, [model.run(x=part[None])[0] for part in parts])
        self.same(model.run(x=tuple(part[::-1] for part in parts)), [model.run(x=p[None, ::-1])[0] for p in parts])

    def test_states_go_on(self):
        model = make("Cell")
        parts = [random(n, 5, seed=n) for n in (4, 2, 7)]
        model.run(x=[part[:2] for part in parts])
        found = model.run(x=[part[2:] for part in parts], carry=True)
        self.same(found, [model.run(x=part[None])[0, 2:] for part in parts])

    @unittest.skipIf(torch is None, "needs PyTorch")
    def test_tensors(self):
        model = make("Cell")
        parts = [random(n, 5, seed=n) for n in (4, 2)]
        found = model.run(x=[torch.from_numpy(part) for part in parts])
        self.assertTrue(all(isinstance(part, torch.Tensor) for part in found))
        self.same(found, model.run(x=parts))

    def test_outputs_with_steps_and_without(self):
        model = make("Ends")
        parts, w = [random(n, 5, seed=n) for n in (16, 1, 5)], random(3, 5, 3)
        ends = numpy.array([5, 0, 2], numpy.int32)
        found = model.run({"x": parts, "w": w, "length.S": ends})
        for row, part in enumerate(parts):
            own = model.run({"x": part[None], "w": w[row : row + 1], "length.S": ends[row : row + 1]})
            self.same([found["logits"][row], found["whole"][row]], [own["logits"][0], own["whole"][0]])

    def test_gradients(self):
        """Those of a batch are the mean over all steps of those of its rows alone, whatever stands behind these."""
        model = make("Ends")
        lengths = [6, 3, 0, 1]
        parts, w = [random(n, 5, seed=n) for n in lengths], random(4, 5, 3)
        labels = [numpy.arange(n, dtype=numpy.int32) % 3 for n in lengths]
        w[1, 2:] = numpy.nan
        rest = {"w": w, "length.S": numpy.array([5, 2, 0, 4], numpy.int32)}
        loss, gradients = model.grad({"x": parts, "label": labels, **rest})
        x, label = numpy.full((4, 6, 5), numpy.nan, numpy.float32), numpy.full((4, 6), 99, numpy.int32)
        for row, part in enumerate(parts):
            x[row, : len(part)], label[row, : len(part)] = part, labels[row]
        again, same = model.grad({"x": x, "label": label, **rest}, lengths=numpy.array(lengths, numpy.int32))
        self.assertEqual(loss, again)
        total, mean = 0, {path: 0 for path in gradients}
        for row, n in enumerate(lengths):
            only = [part if i == row else part[:0] for i, part in enumerate(parts)]
            own, others = model.grad({"x": only, "label": [p[: len(o)] for p, o in zip(labels, only)], **rest})
            total += own * n / sum(lengths)
            for path in mean:
                mean[path] = mean[path] + others[path] * n / sum(lengths)
        self.assertAlmostEqual(loss, total, 5)
        for path, gradient in gradients.items():
            self.assertTrue((gradient == same[path]).all())
            numpy.testing.assert_allclose(gradient, mean[path], rtol=0, atol=1e-5)

    def test_refused(self):
        model, ends = make("Cell"), make("Ends")
        parts, labels = [random(2, 5)] * 4, [numpy.zeros(2, numpy.int32)] * 4
        w = {"w": random(4, 5, 3), "length.S": numpy.full(4, 5, numpy.int32)}
        check([
            (lambda: model.run(x=[]), ValueError, "'x': expected a list of one array at least, found an empty one"),
            (lambda: model.run(x=[1.0]), TypeError,
             "'x': row 0: expected an array of its steps in a list of them, found float"),
            (lambda: model.run(x=[parts[0].astype("f8")]), TypeError,
             "'x': expected float32, found float64: convert it by astype('float32'), or compile the model with "
             "options=[\"--element=f64\"]"),
            (lambda: model.run(x=parts, lengths=numpy.full(4, 2, numpy.int32)), TypeError,
             "run(): expected no lengths with lists of arrays, which have their own, found one"),
            (lambda: model.run(x=parts, out=random(4, 2, 7)), TypeError,
             "run(): expected no out with lists of arrays, of which lists are made, found one"),
            (lambda: ends.run({"x": parts, **w, "w": [random(5, 3)] * 4}), TypeError,
             "'w': expected an array [rows, S = 5, 3], as lists have arrays of steps, which do not come first, found a "
             "list"),
            (lambda: ends.grad({"x": parts, "label": labels[:3], **w}), ValueError,
             "'label': expected 4 arrays, as 'x' has, found 3"),
            (lambda: ends.grad({"x": parts, "label": labels[:3] + [numpy.zeros(1, numpy.int32)], **w}), ValueError,
             "'label': row 3: expected 2 steps, as 'x' has, found 1"),
            (lambda: ends.grad({"x": [random(7, 5)] * 4, "label": labels, **w}), ValueError,
             "'x': row 0: expected at most 6 steps, found 7"),
        ], ends=False)

unittest.main()
