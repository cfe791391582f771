"""The loss, gradients and updates of a program's own training, whose example is named."""
import sys
import unittest

import numpy
import rondo
from models import make

program = sys.argv.pop()


class Train(unittest.TestCase):
    def test_gradients(self):
        model = make("Two", options=["--element=f64"])
        text = numpy.array([[1, 2, 3], [4, 5, 6]], numpy.int32)
        inputs = {"text": text, "next": text[::-1], "bias": numpy.ones((2, 6))}
        loss, gradients = model.grad(inputs)
        self.assertEqual(list(gradients), list(model.parameters))
        for path, gradient in gradients.items():
            values = model.state_dict()[path]
            direction = numpy.random.default_rng(0).standard_normal(values.shape)
            sides = []
            for sign in (1, -1):
                model.parameters[path] = values + sign * 1e-5 * direction
                sides.append(model.grad(inputs)[0])
            model.parameters[path] = values
            self.assertAlmostEqual((gradient * direction).sum(), (sides[0] - sides[1]) / 2e-5, delta=1e-8)
        self.assertEqual(model.grad(**inputs)[0], loss)

    def test_frozen(self):
        """What is frozen has no gradient and stays as it is."""
        model = make("Still")
        before, x = model.state_dict(), numpy.ones((2, 3, 5), numpy.float32)
        gradients = model.grad(x=x[..., :3], y=x)[1]
        self.assertEqual(list(gradients), ["y.a", "y.bias"])
        self.assertRegex(model.__doc__, r"w +float32 +\[5, 3\], frozen")
        model.update(1)
        changed = [path for path, values in model.parameters.items() if not numpy.array_equal(values, before[path])]
        self.assertEqual(changed, ["y.a", "y.bias"])

    def test_updates(self):
        model = rondo.compile(program, H=20, vocab=19, bptt=6, batch=4)
        model.init(1)
        text = numpy.random.default_rng(0).integers(0, 19, (4, 7)).astype(numpy.int32)
        losses = []
        for step in range(1, 41):
            losses.append(model.grad(text=text[:, :-1], next=text[:, 1:], seed=step)[0])
            norm = model.update(step, rate=1e-2 if step > 20 else None)
            self.assertGreater(norm, 0)
        self.assertLess(losses[-1], 0.9 * losses[0])


unittest.main()
