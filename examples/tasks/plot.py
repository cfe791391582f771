"""Curves as SVG: `write(path, title, x, y, curves)`, where `curves` has by names lists of points, and `x` and `y` are
what the axes say. `logarithmic` is for values above zero that differ by orders of magnitude."""

import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 150, 32, 44
COLOURS = "#1f77b4 #d62728 #2ca02c #9467bd #ff7f0e #7f7f7f".split()


def marks(low, high, logarithmic):
    """Round numbers within bounds, by which an axis is read."""
    if logarithmic:
        first, last = math.floor(low), math.ceil(high)
        return list(range(first, last + 1, max(1, round((last - first) / 6))))
    step = 10 ** math.floor(math.log10(high - low))
    step *= next(part for part in (0.1, 0.2, 0.5, 1, 2) if (high - low) / (step * part) <= 7)
    return [n * step for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def write(path, title, x, y, curves, logarithmic=False):
    curves = {name: [(a, math.log10(b) if logarithmic else b) for a, b in points if not logarithmic or b > 0]
              for name, points in curves.items()}
    xs = [a for points in curves.values() for a, _ in points]
    ys = [b for points in curves.values() for _, b in points]
    low, high = min(ys), max(ys) if max(ys) > min(ys) else min(ys) + 1

    def across(a):
        return LEFT + (a - min(xs)) / ((max(xs) - min(xs)) or 1) * (WIDTH - LEFT - RIGHT)

    def up(b):
        return HEIGHT - BOTTOM - (b - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def text(a, b, words, anchor="middle", more=""):
        return f'<text x="{a:.1f}" y="{b:.1f}" text-anchor="{anchor}"{more}>{html.escape(words)}</text>'

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
             f'font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', text(WIDTH / 2, 18, title)]
    for mark in marks(low, high, logarithmic):
        if low - 1e-9 <= mark <= high + 1e-9:
            lines.append(f'<path d="M{LEFT} {up(mark):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            lines.append(text(LEFT - 6, up(mark) + 4, f"1e{mark}" if logarithmic else f"{mark:g}", "end"))
    for mark in marks(min(xs), max(xs), False):
        lines.append(text(across(mark), HEIGHT - BOTTOM + 16, f"{mark:g}"))
    lines.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    lines.append(text(14, middle, y, more=f' transform="rotate(-90 14 {middle})"'))
    for number, (name, points) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        path_of = "L".join(f"{across(a):.1f} {up(b):.1f}" for a, b in points)
        lines.append(f'<path d="M{path_of}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        lines.append(text(WIDTH - RIGHT + 8, TOP + 14 + 18 * number, name, "start", f' fill="{colour}"'))
    path.write_text("\n".join(lines) + "\n</svg>\n")
