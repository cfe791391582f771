#!/usr/bin/env python3
"""written.py MODEL TEST WEIGHTS RONDOC PICTURE: of strokes.rondo, compiled as MODEL, draws into PICTURE, an SVG, three
lines of TEST, and below them nine that it writes itself."""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent)]

import arrays

GIVEN, OWN, WIDTH, HEIGHT, UNIT = 3, 9, 150, 60, 5


def polyline(moves, bottom):
    """Moves as SVG: a line from where the pen was lifted to where it is lifted again."""
    x, y, path, lifted = 10, bottom - 20, [], True
    for at in range(0, len(moves), 3):
        x, y = x + UNIT * moves[at], y - UNIT * moves[at + 1]
        path.append(f"{'M' if lifted else 'L'}{x:.1f} {y:.1f}")
        lifted = moves[at + 2] > 0.5
    return f'<path d="{" ".join(path)}" fill="none" stroke="black" stroke-width="1.5"/>'


def main(model, test, weights, _, picture):
    given = arrays.read(pathlib.Path(test))["next"]
    steps, moves = given[1][1], arrays.numbers(given)
    with tempfile.TemporaryDirectory() as folder:
        asked, told = (pathlib.Path(folder) / f"{name}.safetensors" for name in ("asked", "told"))
        arrays.write(asked, {"pen": arrays.reals(OWN, steps, 3, values=[0, 0, 1] * (OWN * steps)),
                             "dream": arrays.reals(OWN, values=[1] * OWN)})
        subprocess.run([model, "run", "--in", asked, "--weights", weights, "--out", told], check=True,
                       stdout=subprocess.DEVNULL)
        own = arrays.numbers(arrays.read(told)["drawn"])
    size = 3 * steps
    lines = [values[size * n : size * (n + 1)] for values, count in ((moves, GIVEN), (own, OWN)) for n in range(count)]
    paths = [polyline(line, HEIGHT * (n + 1)) for n, line in enumerate(lines)]
    pathlib.Path(picture).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT * len(lines)}">'
        '<rect width="100%" height="100%" fill="white"/>' + "\n".join(paths) + "</svg>\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
