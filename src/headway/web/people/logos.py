"""The authority's logo: a PNG or JPEG picture of a modest size, kept with the documents by its hash."""

from __future__ import annotations

import hashlib
import struct
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

LARGEST_BYTES, LONGEST_SIDE = 200_000, 2_000
KINDS = {"png": "image/png", "jpg": "image/jpeg"}
"""What a logo may be, by the ending of its name. Not SVG, which can hold scripts."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a JPEG file after which its height and width stand."""


def checked(content: bytes) -> str:
    """The name under which a picture is kept. Raises ValidationError, saying what to do, for what cannot be a logo.

    What it is, is read from its first bytes and not from what its name claims.
    """
    if len(content) > LARGEST_BYTES:
        raise ValidationError(f"The picture is larger than {LARGEST_BYTES // 1000} kB. Save a smaller one.")
    kind, size = ("png", _png_size(content)) if content.startswith(_PNG) else ("jpg", _jpeg_size(content))
    if size is None:
        raise ValidationError("That is not a PNG or JPEG picture. Save the logo as PNG and choose that file.")
    if not 0 < max(size) <= LONGEST_SIDE or min(size) < 1:
        raise ValidationError(f"The picture is more than {LONGEST_SIDE} pixels long. Save a smaller one.")
    return f"{hashlib.sha256(content).hexdigest()[:32]}.{kind}"


def keep(content: bytes) -> str:
    """Keep a picture that was checked; returns its name."""
    name = checked(content)
    if not default_storage.exists(f"logos/{name}"):
        default_storage.save(f"logos/{name}", ContentFile(content))
    return name


def opened(name: str) -> IO[bytes]:
    """The picture kept under a name. Raises FileNotFoundError."""
    file: IO[bytes] = default_storage.open(f"logos/{name}")
    return file


def _png_size(content: bytes) -> tuple[int, int] | None:
    if content[12:16] != b"IHDR" or len(content) < 24:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(_JPEG):
        return None
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        if marker in _SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        if marker == 0xFF:
            place += 1
        else:
            place += 2 + length
    return None
