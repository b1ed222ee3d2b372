"""A chart's SVG as a picture for Word, which shows no SVG everywhere. Kept by the hash of what it shows."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import vl_convert

from headway.web.design.drawing import folder

SCALE = 2.0
"""Pixels of the picture for each of the drawing: sharp in print, and not too large a file."""


def as_png(svg: str) -> bytes:
    """The picture. Several processes may make the same at once: the last one's file stays, whole."""
    key = hashlib.sha256(f"{SCALE}{svg}".encode()).hexdigest()
    path = folder() / key[:2] / f"{key}.png"
    try:
        return path.read_bytes()
    except OSError:
        made: bytes = vl_convert.svg_to_png(svg, scale=SCALE)
        _keep(path, made)
        return made


def _keep(path: Path, made: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".making")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(made)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
