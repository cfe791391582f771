# generate.py PROGRAM: what a model generates from Python is what its executable does.
import pathlib
import subprocess
import sys
import tempfile

import numpy
import rondo
from tensors import load, save

program = sys.argv[1]
draw = numpy.random.default_rng(5)


def fails(kind, words, function, *args, **named):
    try:
        function(*args, **named)
    except kind as error:
        assert str(error) == words, error
    else:
        raise AssertionError(f"expected {kind.__name__}: {words}")


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    model = rondo.compile(program, model="Answer", inference=True, options=["-O1"])
    model.init(seed=3)
    model.save_weights(folder / "w.safetensors")
    subprocess.run(["rondoc", program, "--model=Answer", "--inference", "-O1", "-o", folder / "answer"], check=True)
    inputs = {"source": draw.integers(0, 9, (5, 6), numpy.int32), "style": draw.normal(size=(5, 2)).astype("f4")}
    save(folder / "in.safetensors", inputs)
    prompts = [[3], [], [4, 5, 0], [2, 2], []]
    padded = numpy.zeros((5, 3), numpy.int32)
    for row, prompt in zip(padded, prompts):
        row[: len(prompt)] = prompt
    save(folder / "p.safetensors", {"answer": padded, "length.T": numpy.array([1, 0, 3, 2, 0], numpy.int32)})
    for options in {}, {"beam": 3}, {"beam": 4, "length_penalty": 0}, {"temperature": 2.0, "seed": 9}, \
            {"top_k": 3}, {"top_p": 0.7, "max": 11}, {"max": 1}:
        for given in None, prompts:
            words = [f"--{option.replace('_', '-')}={value}" for option, value in options.items()]
            words += ["--prompts", folder / "p.safetensors"] * (given is not None)
            subprocess.run([folder / "answer", "generate", "--weights", folder / "w.safetensors", "--in",
                            folder / "in.safetensors", "--out", folder / "out.safetensors", *words], check=True,
                           capture_output=True)
            expected = load(folder / "out.safetensors")
            found = model.generate(inputs, prompts=given, **options)
            assert len(found.sequences) == 5
            for sequence, row, length in zip(found.sequences, expected["answer"], expected["length.T"]):
                assert sequence.dtype == numpy.int32 and (sequence == row[:length]).all(), (options, found, expected)
            assert (found.log_probabilities == expected["log_probability"]).all(), (options, found, expected)
    # Other numbers of rows, in between; an array of prompts.
    one = {name: array[2:3] for name, array in inputs.items()}
    assert (model.generate(one, beam=3).sequences[0] == model.generate(inputs, beam=3).sequences[2]).all()
    assert (model.generate(**one).sequences[0] == model.generate(**inputs).sequences[2]).all()
    assert model.generate({name: array[:0] for name, array in inputs.items()}).sequences == []
    assert (model.generate(one, prompts=padded[2:3]).sequences[0]
            == model.generate(inputs, prompts=prompts).sequences[2]).all()

    fails(TypeError, "generate(): expected the input 'style', float32 [rows, 2], found none", model.generate,
          source=inputs["source"])
    fails(TypeError, "generate(): expected no 'answer', which nothing that is computed depends on", model.generate,
          {**inputs, "answer": padded})
    fails(ValueError, "generate(): expected no temperature, top_k or top_p beside a beam, which searches",
          model.generate, inputs, beam=2, temperature=1.0)
    fails(ValueError, "generate(): expected top_p above 0, at most 1, found 0", model.generate, inputs, top_p=0)
    fails(ValueError, "expected a temperature beside top_k or top_p, found that symbols are to be drawn",
          model.generate, inputs, top_k=2, temperature=0.0)
    fails(ValueError, "the prompt of row 1 has the symbol 7, expected 0 to 6", model.generate, inputs,
          prompts=[[], [7], [], [], []])
    fails(ValueError, "generate(): expected prompts for 5 rows, found 2", model.generate, inputs, prompts=[[], [1]])
    fails(ValueError, "'source': row 4 has the token 9, expected 0 to 8", model.generate,
          {**inputs, "source": numpy.vstack([inputs["source"][:4], [[9] * 6]]).astype(numpy.int32)})

    # Beyond the positions that have an index.
    says = rondo.compile(program, model="Says", inference=True, options=["-O1"])
    says.init(seed=3)
    says.save_weights(folder / "w.safetensors")
    subprocess.run(["rondoc", program, "--model=Says", "--inference", "-O1", "-o", folder / "says"], check=True)
    fails(ValueError, "row 0 goes on to 13 positions, of which 12 have an index", says.generate, max=40, beam=2,
          source=inputs["source"], prompts=[[3] * 12] * 5)
    save(folder / "source.safetensors", {"source": inputs["source"]})
    for beam in 1, 3:
        subprocess.run([folder / "says", "generate", "--weights", folder / "w.safetensors", "--in",
                        folder / "source.safetensors", "--out", folder / "out.safetensors", "--max=40",
                        f"--beam={beam}", "--slide"], check=True, capture_output=True)
        expected = load(folder / "out.safetensors")
        found = says.generate(source=inputs["source"], max=40, beam=beam, slide=True)
        for sequence, row, length in zip(found.sequences, expected["answer"], expected["length.T"]):
            assert (sequence == row[:length]).all(), (beam, found, expected)

    bare = rondo.compile(program, model="Bare", inference=True, options=["-O1"])
    bare.init()
    fails(ValueError, "generate(): expected max=, how many symbols there are at most, as the program says no 'max'",
          bare.generate, prompts=[[1]])
    fails(ValueError, "row 1: expected a prompt, since the program says no symbol before the first one, found none",
          bare.generate, prompts=[[1], []], max=3)
    assert [len(s) for s in bare.generate(prompts=[[1], [2, 3]], max=3).sequences] == [3, 3]
    none = rondo.compile(program, model="Silent", inference=True, options=["-O1"])
    none.init()
    fails(rondo.Error, "the program has no 'generate' line", none.generate)
print("what Python generates is what the executable does")
