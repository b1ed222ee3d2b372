"""How a chart becomes SVG: declared in Altair, rendered once, kept by the hash of what it shows.

A drawing needs no font, script or style from anywhere, so that the Content Security Policy holds. Each is drawn twice, wide
and narrow; style sheets choose, so that it can be read at 320 pixels without scrolling.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings

WIDE, NARROW = 760, 300
"""Widths in pixels, axes included."""

INK, GREY, BLUE, PURPLE, GRID, PAPER = "#0b0c0c", "#505a5f", "#1d70b8", "#54319f", "#d8dadb", "#ffffff"
"""GOV.UK's colours; all but the grid's have a contrast of at least 4.5 to white."""

FONT = "Helvetica Neue, Helvetica, Arial, sans-serif"
Specification = dict[str, Any]
Drawing = Callable[[int], Specification]
"""A Vega-Lite specification for a width."""

_IDENTIFIERS = re.compile(r'(id="|url\(#|href="#)([A-Za-z_][\w-]*)')
_OPENING = re.compile(r"<svg[^>]*>")


def drawn(kind: str, shown: object, drawing: Drawing, *, title: str, description: str) -> tuple[str, str]:
    """The SVG of a chart, wide and narrow: read from where it is kept, else drawn and kept.

    `kind` and `shown` (anything whose `repr` says all that it holds) decide which chart it is, `title` and `description`
    are what a screen reader says of it. Several processes may draw the same at once: the last one's file stays, whole.
    """
    key = hashlib.sha256(repr((_tools(), kind, shown, title, description)).encode()).hexdigest()
    path = folder() / key[:2] / f"{key}.json"
    kept = _kept(path)
    if kept is None:
        kept = (
            _svg(drawing(WIDE), f"chart-{key[:12]}-w", title, description),
            _svg(drawing(NARROW), f"chart-{key[:12]}-n", title, description),
        )
        _keep(path, kept)
    return kept


def warm_up() -> None:
    """Draw the least there is to draw, and forget it: the first drawing of a process takes half a second more."""
    import altair

    _rendered(altair.Chart(altair.NamedData("none")).mark_point().to_dict(validate=False))


def folder() -> Path:
    """Where drawings are kept. It may be emptied at any time."""
    return Path(settings.SERVICE) / "charts"


@cache
def _tools() -> tuple[str, ...]:
    """What draws: a chart drawn by another version is another chart."""
    own = hashlib.sha256(b"".join(path.read_bytes() for path in _sources())).hexdigest()
    return (version("altair"), version("vl-convert-python"), own)


def _sources() -> list[Path]:
    here = Path(__file__)
    return [here, *sorted(here.parent.glob("charts*.py")), here.parent / "numbers.py"]


def _kept(path: Path) -> tuple[str, str] | None:
    try:
        wide, narrow = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return wide, narrow


def _keep(path: Path, drawings: tuple[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".making")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(drawings, file)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _svg(specification: Specification, name: str, title: str, description: str) -> str:
    """SVG to stand in a page: one image to a screen reader, its identifiers its own, no size that a page cannot change."""
    made = _rendered(specification)
    opening = _OPENING.match(made)
    if opening is None:
        raise RuntimeError("the renderer gave no SVG")
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', opening.group())
    if size is None:
        raise RuntimeError("the renderer gave SVG without a size")
    inner = _IDENTIFIERS.sub(rf"\1{name}-\2", made[opening.end() :])
    inner = re.sub(r' (?:aria-[a-z]+|role|class|pointer-events)="[^"]*"', "", inner)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[1]}" height="{size[2]}" viewBox="0 0 {size[1]} {size[2]}" '
        f'role="img" aria-labelledby="{name}-title {name}-desc" focusable="false">'
        f'<title id="{name}-title">{html.escape(title)}</title>'
        f'<desc id="{name}-desc">{html.escape(description)}</desc>{inner}'
    )


def _rendered(specification: Specification) -> str:
    import vl_convert  # costs a tenth of a second, and a kept chart needs it not

    made: str = vl_convert.vegalite_to_svg(specification)
    return made
