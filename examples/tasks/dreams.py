#!/usr/bin/env python3
"""dreams.py MODEL TEST WEIGHTS RONDOC PICTURE: of draw.rondo, compiled as MODEL, draws into PICTURE, an SVG, images of
TEST, below each what it draws of it, and two rows of what it draws without having seen one."""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent)]

import arrays

COLUMNS, SIDE, PIXEL, GAP = 12, 8, 4, 4


def drawn(model, weights, folder, pixels, dream):
    """The pictures that the model makes, one after the other."""
    asked, told = folder / "asked.safetensors", folder / "told.safetensors"
    count = len(pixels) // SIDE**2
    arrays.write(asked, {"pixels": arrays.reals(count, SIDE, SIDE, values=pixels),
                         "dream": arrays.reals(count, values=[dream] * count)})
    subprocess.run([model, "run", "--in", asked, "--weights", weights, "--out", told], check=True,
                   stdout=subprocess.DEVNULL)
    return arrays.numbers(arrays.read(told)["picture"])


def squares(rows):
    """The pixels of rows of images as SVG, in sixteen shades, darker where there is more."""
    width, height = (GAP + count * (SIDE * PIXEL + GAP) for count in (COLUMNS, len(rows)))
    side = SIDE * PIXEL
    shades = {"f": [f"M{GAP + column * (side + GAP)} {GAP + row * (side + GAP)}h{side}v{side}h-{side}z"
                    for row in range(len(rows)) for column in range(COLUMNS)]}
    for row, images in enumerate(rows):
        for place, value in enumerate(images):
            image, pixel = divmod(place, SIDE**2)
            x = GAP + image * (SIDE * PIXEL + GAP) + pixel % SIDE * PIXEL
            y = GAP + row * (SIDE * PIXEL + GAP) + pixel // SIDE * PIXEL
            shade = f"{round(15 * (1 - value)):x}"
            if shade != "f":
                shades.setdefault(shade, []).append(f"M{x} {y}h{PIXEL}v{PIXEL}h-{PIXEL}z")
    paths = (f'<path d="{"".join(shades[shade])}" fill="#{3 * shade}"/>' for shade in sorted(shades, reverse=True))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" shape-rendering="crispEdges">'
            '<rect width="100%" height="100%" fill="#ccd"/>\n' + "\n".join(paths) + "\n</svg>\n")


def main(model, test, weights, _, picture):
    size = COLUMNS * SIDE**2
    seen = arrays.numbers(arrays.read(pathlib.Path(test))["pixels"])[:size]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        again = drawn(model, weights, folder, seen, 0)
        dreams = drawn(model, weights, folder, [0] * (2 * size), 1)
    pathlib.Path(picture).write_text(squares([seen, again, dreams[:size], dreams[size:]]))


if __name__ == "__main__":
    main(*sys.argv[1:])
