# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes the golden files of keras.test with Keras 3 and random weights of a fixed seed.

usage: KERAS_BACKEND=torch make_keras.py FOLDER

For each case keras-NAME.npz, what numpy.savez makes of the model's get_weights(); keras-NAME.safetensors, an input by
its name in
the program and `y`, what Keras computes; keras-Parts-named.npz, the weights of Parts by the paths of its variables.
"""

import os
import sys

# Before a package of the same name.
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import keras
import numpy
import safetensors
from keras import layers


def make(name):
    """The layers of a case and its input."""
    if name == "Parts":
        inner = [
            layers.Embedding(5, 3, name="words"),
            layers.GRU(4, return_sequences=True, name="rnn"),
            layers.LayerNormalization(epsilon=1e-5, name="norm"),
            layers.Dense(2, name="fc"),
        ]
        return inner, keras.Input((6,), dtype="int32"), numpy.random.randint(0, 5, (2, 6)).astype("int32")
    kinds = {
        "OneLSTM": lambda: [layers.LSTM(4, return_sequences=True)],
        "AfterGRU": lambda: [layers.GRU(4, return_sequences=True)],
        "BeforeGRU": lambda: [layers.GRU(4, return_sequences=True, reset_after=False)],
        "Simple": lambda: [layers.SimpleRNN(4, return_sequences=True)],
        "Both": lambda: [layers.Bidirectional(layers.LSTM(3, return_sequences=True)) for _ in range(2)],
    }
    return kinds[name](), keras.Input((6, 3)), numpy.random.uniform(-2, 2, (2, 6, 3)).astype("float32")


def main(folder):
    numpy.random.seed(3)
    for name in ("OneLSTM", "AfterGRU", "BeforeGRU", "Simple", "Both", "Parts"):
        inner, start, data = make(name)
        model = keras.Sequential([start, *inner])
        model.set_weights([numpy.random.uniform(-1, 1, w.shape).astype("float32") for w in model.get_weights()])
        result = numpy.array(model.predict(data, verbose=0))
        path = os.path.join(folder, "keras-" + name)
        numpy.savez(path + ".npz", *model.get_weights())
        if name == "Parts":
            named = {w.path: w.numpy() for w in model.weights}
            numpy.savez(path + "-named.npz", **named)
        key, dtype = ("words", "I32") if name == "Parts" else ("x", "F32")
        tensors = {
            key: safetensors.tensor(dtype, list(data.shape), data.flatten().tolist()),
            "y": safetensors.tensor("F32", list(result.shape), result.flatten().tolist()),
        }
        safetensors.write(path + ".safetensors", tensors)


if __name__ == "__main__":
    main(sys.argv[1])
