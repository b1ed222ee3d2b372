"""Which encoding a text file is in, found before anything is read from it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from headway.figures.sources import Unreadable

UTF8_BOM = codecs.BOM_UTF8
LOST = "�"
"""What stands where a byte could not be decoded. Rows that have it are set aside."""
NUL_SHOWN = "␀"
"""What stands where a NUL byte was, which no text file has."""

_WINDOW = 1 << 19
_BINARY_SHARE = 0.02
_CONTROLS = [bytes([code]) for code in range(32) if chr(code) not in "\t\n\r\f\x1a"]


@dataclass(frozen=True)
class Text:
    """A file's text as UTF-8 without a byte order mark.

    `damaged` is true where bytes could not be decoded (they stand as `LOST`) or were NUL (`NUL_SHOWN`).
    `start` is where the text begins in `content`, so that a large file need not be copied to lose its mark.
    """

    content: bytes | memoryview
    encoding: str
    start: int = 0
    damaged: bool = False


def is_utf8(content: bytes | memoryview) -> bool:
    """Whether every byte decodes, checked in windows so that the text is never held twice."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    view = memoryview(content)
    try:
        for begin in range(0, len(view), _WINDOW):
            window = bytes(view[begin : begin + _WINDOW])
            if not (window.isascii() and decoder.getstate()[0] == b""):
                decoder.decode(window)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def text_of(content: bytes | memoryview, name: str) -> Text:
    """The text of a file, whatever its encoding: UTF-8, UTF-16 or Windows-1252.

    Raises `Unreadable` where the bytes are no text at all.
    """
    head = bytes(content[:65536])
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _from_utf16(bytes(content), "utf-16")
    guess = _utf16_without_mark(head)
    if guess:
        return _from_utf16(bytes(content), guess)
    if sum(map(head.count, _CONTROLS)) > len(head) * _BINARY_SHARE:
        raise Unreadable(
            f"{name} is not text: it has control characters throughout. A CSV, spreadsheet, JSON or Parquet file is "
            "expected. Open it in the program that made it and save it as CSV UTF-8."
        )
    start = len(UTF8_BOM) if head.startswith(UTF8_BOM) else 0
    if is_utf8(content):
        encoding = "utf-8-sig" if start else "utf-8"
        if b"\0" in head or _holds_nul(content):
            return _without_nul(bytes(content[start:]).decode("utf-8"), encoding, damaged=True)
        return Text(content, encoding, start)
    return _not_utf8(bytes(content[start:]))


def _holds_nul(content: bytes | memoryview) -> bool:
    view = memoryview(content)
    return any(0 in view[begin : begin + _WINDOW].tobytes() for begin in range(0, len(view), _WINDOW))


def _not_utf8(content: bytes) -> Text:
    """Damaged UTF-8 if most of what is beyond ASCII is well-formed UTF-8; otherwise Windows-1252."""
    lenient = content.decode("utf-8", errors="replace")
    lost = lenient.count(LOST)
    beyond_ascii = (
        sum(map(lenient.count, _COMMON_BEYOND_ASCII))
        if len(lenient) > 1 << 24
        else sum(character > "\x7f" for character in lenient)
    )
    if beyond_ascii - lost > lost:
        return _without_nul(lenient, "utf-8", damaged=True)
    text = content.decode("cp1252", errors="replace")
    return _without_nul(text, "cp1252", damaged=LOST in text)


_COMMON_BEYOND_ASCII = "£’‘“”–—éèêëàâäöôüûçñíïáó…\u00a0�"


def _from_utf16(content: bytes, encoding: str) -> Text:
    text = content.decode(encoding, errors="replace")
    return _without_nul(text.removeprefix("\ufeff"), "utf-16", damaged=LOST in text)


def _without_nul(text: str, encoding: str, *, damaged: bool) -> Text:
    holds_nul = "\0" in text
    if holds_nul:
        text = text.replace("\0", NUL_SHOWN)
    return Text(text.encode("utf-8", errors="replace"), encoding, damaged=damaged or holds_nul)


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 of mostly ASCII text has a NUL in every other byte."""
    pairs = len(head) // 2
    if pairs < 2:
        return None
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > 0.7 * pairs and even < 0.1 * pairs:
        return "utf-16-le"
    if even > 0.7 * pairs and odd < 0.1 * pairs:
        return "utf-16-be"
    return None
