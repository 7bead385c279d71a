"""Curves as a picture: SVG by hand, with a background of its own, so that it reads
the same on a light and on a dark page."""

import math
import textwrap
from html import escape

COLOURS = ("#0b5fae", "#b3490b")
INK, FAINT = "#24292f", "#8c959f"
PANEL_WIDTH, PANEL_HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 48, 34, 46
HEADER, LINE = 52, 17


def svg(title, panels, caption):
    """A picture of `panels` side by side; `caption` is a list of sentences.

    A panel has a `title`, the name `x` of what grows, and by the name of a curve
    its points, each (x, value) or (x, value, lower, upper); `unit` is "time" (in
    seconds) or what is counted.
    """
    width = PANEL_WIDTH * max(len(panels), 2)
    lines = textwrap.wrap(" ".join(caption), width // 7)
    height = HEADER + PANEL_HEIGHT + LINE * (len(lines) + 1)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6" '
        f'fill="#ffffff" stroke="#d0d7de"/>',
        _text(LEFT, 30, title, size=17, weight="bold"),
    ]
    each = width // len(panels)
    for number, panel in enumerate(panels):
        drawn += _Panel(panel, each * number, HEADER, each).drawn()
    for number, line in enumerate(lines):
        drawn.append(_text(LEFT, HEADER + PANEL_HEIGHT + LINE * (number + 1), line, colour="#57606a"))
    return "\n".join([*drawn, "</svg>"]) + "\n"


def show(value, unit):
    if unit == "time":
        for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "us")):
            if value * factor >= 1 or name == "us":
                return f"{_short(value * factor)} {name}"
    return f"{value:,.0f}".replace(",", " ")


def count(number):
    for least, unit, name in ((1_000_000, 1_000_000, "million"), (10_000, 1000, "thousand")):
        if number >= least:
            return f"{number / unit:g} {name}"
    return f"{number:g}"


def growth(points):
    """The last value of a curve as a multiple of its first."""
    return points[-1][1] / points[0][1]


class _Panel:
    def __init__(self, panel, left, top, width):
        self._panel = panel
        self._left, self._right = left + LEFT, left + width - RIGHT
        self._top, self._bottom = top + TOP + LINE * len(panel["curves"]), top + PANEL_HEIGHT - BOTTOM
        self._heading = top + 14
        points = [point for curve in panel["curves"].values() for point in curve]
        self._xs = sorted({point[0] for point in points})
        # Room for the figure above the highest point.
        most = max(max(point[1:]) for point in points) * 1.15
        self._step = _step(most)
        self._most = self._step * math.ceil(most / self._step)
        # Equal steps of a decade each where it goes over more than one.
        self._scale = math.log10 if self._xs[-1] / self._xs[0] > 10 else float

    def drawn(self):
        unit = self._panel["unit"]
        drawn = [_text(self._left, self._heading, self._panel["title"], size=13, weight="bold")]
        for number in range(round(self._most / self._step) + 1):
            y = self._y(number * self._step)
            drawn.append(_line(self._left, y, self._right, y, INK if number == 0 else "#eaeef2"))
            shown = show(number * self._step, unit) if number else "0"
            drawn.append(_text(self._left - 6, y + 4, shown, "end", FAINT))
        for x in self._xs:
            drawn.append(_line(self._x(x), self._bottom, self._x(x), self._bottom + 4, INK))
            drawn.append(_text(self._x(x), self._bottom + 18, count(x), "middle"))
        middle = (self._left + self._right) / 2
        x = self._panel["x"] + (", logarithmic" if self._scale is math.log10 else "")
        drawn.append(_text(middle, self._bottom + 36, x, "middle", "#57606a"))
        for number, (name, points) in enumerate(self._panel["curves"].items()):
            drawn += self._curve(number, name, points)
        return drawn

    def _curve(self, number, name, points):
        colour, unit = COLOURS[number], self._panel["unit"]
        said = self._heading + LINE * (number + 1)
        first, last = count(points[0][0]), count(points[-1][0])
        legend = f"{name}: {growth(points):.2f} times from {first} to {last}"
        places = " ".join(f"{self._x(x):.1f},{self._y(value):.1f}" for x, value, *_ in points)
        start, end, flat = self._x(points[0][0]), self._x(points[-1][0]), self._y(points[0][1])
        drawn = [
            f'<circle cx="{self._left + 4}" cy="{said - 4}" r="4" fill="{colour}"/>',
            _text(self._left + 14, said, legend),
            # What it would be if it were flat.
            _line(start, flat, end, flat, colour, 'stroke-dasharray="2 4"'),
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>',
        ]
        for x, value, *spread in points:
            across, down = self._x(x), self._y(value)
            if spread:
                low, high = (self._y(bound) for bound in spread)
                drawn.append(_line(across, low, across, high, colour, 'stroke-opacity="0.45"'))
            drawn.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4" fill="{colour}"/>')
            below = self._is_below(number, x, value)
            beside = down + (18 if below else -10)
            drawn.append(_text(across, beside, show(value, unit), "middle", colour))
        return drawn

    def _is_below(self, number, x, value):
        """Whether another curve has a higher point at the same place."""
        curves = enumerate(self._panel["curves"].values())
        others = [points for index, points in curves if index != number]
        return any(other[0] == x and other[1] > value for points in others for other in points)

    def _x(self, x):
        first, last = self._scale(self._xs[0]), self._scale(self._xs[-1])
        # Room for the figures beside the first and the last point.
        left, right = self._left + 34, self._right - 20
        return left + (right - left) * (self._scale(x) - first) / ((last - first) or 1)

    def _y(self, value):
        return self._bottom - (self._bottom - self._top) * value / self._most


def _step(most):
    """A round number that goes three to six times into `most`."""
    rough = most / 4
    power = 10 ** math.floor(math.log10(rough))
    return power * min((1, 2, 2.5, 5, 10), key=lambda factor: abs(factor - rough / power))


def _short(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _line(x1, y1, x2, y2, colour, more=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'


def _text(x, y, text, anchor="start", colour=INK, size=12, weight="normal"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" '
        f'font-size="{size}" font-weight="{weight}">{escape(text)}</text>'
    )
