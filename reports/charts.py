"""
Charts as SVG, drawn by pygal when the page is made: no script, nothing fetched, the same bytes each time.

pygal is plain Python, draws a chart in some ten milliseconds, and needs nothing that is compiled; Matplotlib wants
NumPy, and Vega an engine of 30 MB. What it adds beside the drawing is taken away: its script, its style, a comment
with today's date, and ids that would meet twice on a page. The colours are the page's own, so that they follow the
dark one; series differ by their dashes too, and what a chart shows is told in words beside it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pygal
from markupsafe import Markup
from pygal.etree import etree

if TYPE_CHECKING:
    from collections.abc import Sequence

    Points = Sequence[tuple[float, float]]

# pygal leaves an import hook for plugins of its own, of a kind that Python 3.12 no longer asks and 3.11 warns of.
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]

WIDTH, TALL, FLAT = 720, 200, 110
DROPPED = {"defs", "title", "desc"}
OVERLAYS = {"tooltip-overlay", "text-overlay", "titles"}


def lines(series: Sequence[Points], unit: str) -> Markup:
    """Values over time, a line for each series; zero is at the bottom, and seconds run from the first moment."""
    began = min(at for points in series for at, _ in points)
    top = max(value for points in series for _, value in points)
    drawn = chart(pygal.XY, TALL, show_dots=False)
    last = max(at for points in series for at, _ in points) - began
    scale(drawn, last, top, unit)
    for points in series:
        drawn.add(None, [(at - began, max(value, 0.0)) for at, value in points])
    return markup(drawn)


def strip(arrivals: Sequence[float]) -> Markup:
    """A stream as a strip: a dot for each event, when it arrived and how long after the one before."""
    gaps = [now - before for before, now in zip((0.0, *arrivals), arrivals, strict=False)]
    drawn = chart(pygal.XY, FLAT, stroke=False, dots_size=2)
    scale(drawn, arrivals[-1], max(gaps), " s")
    drawn.add(None, list(zip(arrivals, gaps, strict=True)))
    return markup(drawn)


def spans(lengths: Sequence[float]) -> Markup:
    """What came after what, as one bar in parts, each as long as it took in seconds."""
    drawn = chart(pygal.HorizontalStackedBar, FLAT)
    drawn.y_labels = ticks(sum(lengths) or 1.0, " s")
    for length in lengths:
        drawn.add(None, [length])
    return markup(drawn)


def chart(kind: Any, height: int, **changes: object) -> Any:  # noqa: ANN401  pygal comes without types
    """Make an empty chart without anything that moves."""
    return kind(
        width=WIDTH,
        height=height,
        margin=12,
        margin_right=32,
        margin_left=16,
        js=[],
        css=[],
        show_legend=False,
        disable_xml_declaration=True,
        **changes,
    )


def scale(drawn: Any, last: float, top: float, unit: str) -> None:  # noqa: ANN401  pygal comes without types
    """Label three places on each axis, and begin both at zero."""
    last, top = last or 1.0, top or 1.0
    drawn.xrange, drawn.range = (0, last), (0, top)
    drawn.x_labels, drawn.y_labels = ticks(last, " s"), ticks(top, unit)


def ticks(top: float, unit: str) -> list[dict[str, Any]]:
    """Three labels: at zero, in the middle and at the top."""
    return [{"value": at, "label": f"{at:.3g}{unit}"} for at in (0, top / 2, top)]


def markup(drawn: Any) -> Markup:  # noqa: ANN401  pygal comes without types
    """Draw it, and leave only what is to be seen."""
    root = drawn.render_tree()
    strip_down(root)
    root.set("aria-hidden", "true")
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704  drawn from numbers alone


def strip_down(element: Any) -> None:  # noqa: ANN401  an element of whichever parser pygal has
    """Take away, all the way down, what is no part of the drawing."""
    element.attrib.pop("id", None)
    element.attrib.pop("style", None)
    for child in list(element):
        drawn = isinstance(child.tag, str) and child.tag not in DROPPED
        if not drawn or OVERLAYS & set(child.get("class", "").split()):
            element.remove(child)
        else:
            strip_down(child)
