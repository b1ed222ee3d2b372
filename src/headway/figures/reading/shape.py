"""The shape of delimited text: where its rows end, how many cells each has, which of them are not sound.

One pass over the bytes with numpy finds whether every row has as many cells as the header; only where one
has not, or where a quotation mark stands in the wrong place, are the rows looked at singly.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

NEWLINE, RETURN, QUOTE = 10, 13, 34
DELIMITERS = (",", "\t", ";", "|")
_WINDOW = 1 << 22
_SMALL_WINDOW = 1 << 19  # fits the cache of a processor
_LONGEST_QUOTED_CELL = 200  # lines over which a quoted cell may run where other quotation marks are astray


@dataclass(frozen=True)
class OddRow:
    """A row that is not sound. `index` counts rows after the header from 0.

    `problem` says why it is set aside; where it is None the row is accepted as `replacement` and `remark`
    says what was noticed.
    """

    index: int
    raw: str
    rule: str
    problem: str | None = None
    replacement: bytes | None = None
    remark: str = ""


@dataclass(frozen=True)
class Shape:
    """Rows of the text after its header: how many, which are blank, which are odd, and the mended text.

    `content` is None where the text can be read as it stands.
    """

    rows: int
    blank: tuple[int, ...] = ()
    odd: tuple[OddRow, ...] = ()
    content: bytes | None = None
    ends: Positions = field(default_factory=lambda: np.empty(0, dtype=np.int64))


def delimiter_of(sample: str) -> str:
    """The delimiter that cuts most lines of the sample into the same number of cells; a comma if none does."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = [len(cells) for cells in split(sample, delimiter) if any(cells)]
        several = [width for width in widths if width > 1]
        if not several:
            continue
        commonest = max(set(several), key=lambda width: (several.count(width), width))
        score = several.count(commonest) / len(widths) + min(commonest, 1000) / 1_000_000
        if score > best_score:
            best, best_score = delimiter, score
    return best


def split(text: str, delimiter: str, most: int | None = None) -> list[list[str]]:
    """The cells of each row (of the first `most`), however long, quotation marks astray taken as they come."""
    csv.field_size_limit(1 << 30)
    try:
        return list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), most))
    except csv.Error:
        return [line.split(delimiter) for line in text.splitlines()[:most]]


def sound_rows(content: Bytes, delimiter: str, cells: int) -> int | None:
    """The number of rows where each has exactly `cells` cells and every quotation mark is in its place.

    None where some row is not sound or is blank. What matters of a window without quotation marks is its delimiters
    and line feeds alone, which `bytes.translate` picks out three times as fast as numpy does.
    """
    row = delimiter.encode() * (cells - 1) + b"\n"
    others = bytes(code for code in range(256) if code not in (ord(delimiter), NEWLINE))
    rows, inside, waiting = 0, False, b""
    for begin in range(0, len(content), _SMALL_WINDOW):
        window = content[begin : begin + _SMALL_WINDOW]
        plain = window.tobytes()
        if inside or b'"' in plain:
            within = _within_quotes(content, begin, window, inside, ord(delimiter))
            if within is None:
                return None
            inside = bool(within[-1])
            plain = window[within == 0].tobytes()
        elif b"\r" in plain and _lone_return(window, None, content, begin):
            return None
        found = waiting + plain.translate(None, others)
        whole = len(found) // cells
        if found[: whole * cells] != row * whole:
            return None
        rows += whole
        waiting = found[whole * cells :]
    if inside:
        return None
    if waiting or (len(content) and content[-1] != NEWLINE):
        return rows + 1 if waiting + b"\n" == row else None
    return rows


def _within_quotes(content: Bytes, begin: int, window: Bytes, inside: bool, separator: int) -> Bytes | None:
    """Which bytes of a window are within quotation marks (1) or not (0); None where it is not sound."""
    quotes = window == QUOTE
    before = int(content[begin - 1]) if begin else NEWLINE
    after = int(content[begin + len(window)]) if begin + len(window) < len(content) else NEWLINE
    if not _quotes_in_place(window, quotes, inside, before, after, separator):
        return None
    within: Bytes = np.bitwise_xor.accumulate(quotes.view(np.uint8)) ^ np.uint8(inside)
    return None if RETURN in window and _lone_return(window, within, content, begin) else within


def _lone_return(window: Bytes, within: Bytes | None, content: Bytes, begin: int) -> bool:
    """Whether a carriage return outside quotes is not followed by a line feed, as in old files."""
    returns = window == RETURN
    if within is not None:
        returns &= within == 0
    positions = np.flatnonzero(returns) + begin + 1
    return bool((content[np.minimum(positions, len(content) - 1)] != NEWLINE).any())


def _quotes_in_place(
    window: Bytes, quotes: npt.NDArray[np.bool_], inside: bool, before: int, after: int, separator: int
) -> bool:
    """An opening mark follows a delimiter or line start; a closing one precedes a delimiter or line end."""
    where = np.flatnonzero(quotes)
    if where.size == 0:
        return True
    opening = (np.arange(where.size) + int(inside)) % 2 == 0
    padded = np.concatenate(([np.uint8(before)], window, [np.uint8(after)]))
    previous, following = padded[where], padded[where + 2]
    good_open = (previous == separator) | (previous == NEWLINE) | (previous == QUOTE)
    good_close = (
        (following == separator) | (following == NEWLINE) | (following == RETURN) | (following == QUOTE)
    )
    # A mark between two others in one cell is an escaped one: "" closes and opens again.
    return bool(np.where(opening, good_open, good_close).all())


def _ends_and_cells(content: Bytes, separator: int) -> tuple[Positions, Positions, bool]:
    """End position (exclusive of the line feed) and number of cells of each row; whether a quote stays open."""
    ends: list[Positions] = []
    widths: list[Positions] = []
    inside, carried = False, 0
    for begin in range(0, len(content), _WINDOW):
        window = content[begin : begin + _WINDOW]
        ends_a_cell = (window == NEWLINE) | (window == separator)
        quotes = window == QUOTE
        if inside or quotes.any():
            within = np.bitwise_xor.accumulate(quotes.view(np.uint8)) ^ np.uint8(inside)
            ends_a_cell &= within == 0
            inside = bool(within[-1])
        positions = np.flatnonzero(ends_a_cell)
        newline = np.flatnonzero(window[positions] == NEWLINE)
        if newline.size:
            ends.append(positions[newline] + begin)
            widths.append(np.diff(newline, prepend=-1 - carried))
            carried = positions.size - 1 - int(newline[-1])
        else:
            carried += positions.size
    if len(content) and not (len(content) and ends and ends[-1].size and ends[-1][-1] == len(content) - 1):
        ends.append(np.array([len(content)]))
        widths.append(np.array([carried + 1]))
    if not ends:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), inside
    return np.concatenate(ends).astype(np.int64), np.concatenate(widths).astype(np.int64), inside


def shape_of(content: Bytes, delimiter: str, cells: int, damage: tuple[bytes, ...] = ()) -> Shape:
    """The rows of `content` (which begins after the header). `damage` are marks of bytes that were lost."""
    separator = ord(delimiter)
    rows = None if damage else sound_rows(content, delimiter, cells)
    if rows is not None and not _has_rows_of_delimiters(content, separator, cells):
        return Shape(rows=rows)
    content = _with_line_feeds(content)
    astray = _lines_with_quotes_astray(content, separator)
    if astray.size:
        ends, widths, overrides = _rows_where_quotes_are_astray(content, delimiter, cells, astray)
    else:
        ends, widths, _ = _ends_and_cells(content, separator)
        overrides = {}
    return _mended(content, delimiter, cells, ends, widths, overrides, damage)


def _with_line_feeds(content: Bytes) -> Bytes:
    """Old files end their lines with a carriage return alone: those become line feeds. Within quotes they stay."""
    where = np.flatnonzero(content == RETURN)
    if not where.size:
        return content
    quotes = np.flatnonzero(content == QUOTE)
    outside = where[np.searchsorted(quotes, where) % 2 == 0]
    following = np.append(content, np.uint8(NEWLINE))[outside + 1]
    lone = outside[following != NEWLINE]
    if lone.size and lone.size >= np.count_nonzero(content == NEWLINE):
        content = content.copy()
        content[lone] = NEWLINE
    return content


def _has_rows_of_delimiters(content: Bytes, separator: int, cells: int) -> bool:
    """Whether some row has delimiters only, as spreadsheets write below their last row."""
    nothing = bytes([separator]) * (cells - 1)
    blank = b"\n" + nothing
    first, last = content[: cells + 1].tobytes(), content[-len(blank) :].tobytes()
    if first.startswith((nothing + b"\n", nothing + b"\r\n")) or last == blank:
        return True
    for begin in range(0, len(content), _SMALL_WINDOW):
        window = content[begin : begin + _SMALL_WINDOW + cells + 2].tobytes()
        if blank in window and (blank + b"\n" in window or blank + b"\r\n" in window):
            return True
    return False


def _lines_with_quotes_astray(content: Bytes, separator: int) -> Positions:
    """Line numbers (by every line feed) in which a quotation mark is not in its place; empty where none is."""
    quotes = content == QUOTE
    where = np.flatnonzero(quotes)
    none = np.empty(0, dtype=np.int64)
    if not where.size:
        return none
    if where.size % 2 == 0 and _quotes_in_place(content, quotes, False, NEWLINE, NEWLINE, separator):
        return none
    breaks = np.flatnonzero(content == NEWLINE)
    line = np.searchsorted(breaks, where)
    first = np.searchsorted(line, line)  # ordinal of the first mark of the same line
    opening = (np.arange(where.size) - first) % 2 == 0
    padded = np.concatenate(([np.uint8(NEWLINE)], content, [np.uint8(NEWLINE)]))
    previous, following = padded[where], padded[where + 2]
    good = np.where(
        opening,
        (previous == separator) | (previous == NEWLINE) | (previous == QUOTE),
        (following == separator) | (following == NEWLINE) | (following == RETURN) | (following == QUOTE),
    )
    lines, counts = np.unique(line, return_counts=True)
    return np.unique(np.concatenate((line[~good], lines[counts % 2 == 1]))).astype(np.int64)


def _rows_where_quotes_are_astray(
    content: Bytes, delimiter: str, cells: int, astray: Positions
) -> tuple[Positions, Positions, dict[int, OddRow]]:
    """Rows, cells and what to make of each line in `astray`: the start of a cell of several lines, or odd."""
    breaks = np.flatnonzero(content == NEWLINE)
    neutral = content.copy()
    where = np.flatnonzero(content == QUOTE)
    neutral[where[np.isin(np.searchsorted(breaks, where), astray)]] = 1
    ends, widths, _ = _ends_and_cells(neutral, ord(delimiter))
    keep = np.ones(ends.size, dtype=bool)
    decided: dict[int, OddRow | None] = {}
    consumed = -1
    for line in astray.tolist():
        if line <= consumed or line >= ends.size:
            continue
        start = 0 if line == 0 else int(ends[line - 1]) + 1
        last = _last_line_of_quoted_cell(content, ends, line, start, delimiter, cells)
        if last is not None:
            keep[line:last] = False
            widths[last] = cells
            consumed = last
            decided[last] = None
            continue
        decided[line] = _odd_quotes(_text(content[start : ends[line]]), delimiter, cells)
    index_of = np.cumsum(keep) - 1
    overrides = {
        int(index_of[line]): OddRow(
            int(index_of[line]), odd.raw, odd.rule, odd.problem, odd.replacement, odd.remark
        )
        for line, odd in decided.items()
        if odd is not None
    }
    return ends[keep], widths[keep], overrides


def _last_line_of_quoted_cell(
    content: Bytes, ends: Positions, line: int, start: int, delimiter: str, cells: int
) -> int | None:
    """The last line of a row of several lines that begins here and is sound; None where there is none."""
    if np.count_nonzero(content[start : ends[line]] == QUOTE) % 2 == 0:
        return None
    for last in range(line + 1, min(line + _LONGEST_QUOTED_CELL, ends.size)):
        segment = content[start : ends[last]]
        quotes = segment == QUOTE
        if np.count_nonzero(quotes) % 2:
            continue
        if not _quotes_in_place(segment, quotes, False, NEWLINE, NEWLINE, ord(delimiter)):
            return None
        rows = _strict_rows(_text(segment), delimiter)
        return last if rows is not None and len(rows) == 1 and len(rows[0]) == cells else None
    return None


def _strict_rows(text: str, delimiter: str) -> list[list[str]] | None:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _odd_quotes(raw: str, delimiter: str, cells: int) -> OddRow:
    lenient = split(raw, delimiter)
    if raw.count('"') % 2 == 0 and len(lenient) == 1 and len(lenient[0]) == cells:
        found = lenient[0]
    else:
        found = raw.split(delimiter)
    if len(found) == cells:
        return OddRow(
            0,
            raw,
            "quotation mark inside a cell",
            replacement=joined(found, delimiter),
            remark="a quotation mark stands inside a cell; it was kept as it is",
        )
    return OddRow(
        0,
        raw,
        "quotation mark astray",
        problem=f"a quotation mark is not closed, and the row falls into {len(found)} cells "
        f"instead of {cells}",
    )


def joined(cells: list[str], delimiter: str) -> bytes:
    """One row of delimited text, quoted where it must be, without a line end."""
    text = io.StringIO()
    # The writer quotes a line end inside a cell only if it is one of the line ends that it writes itself.
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n").encode()


def _text(content: Bytes) -> str:
    return content.tobytes().decode("utf-8", errors="replace").removesuffix("\r")


def _mended(
    content: Bytes,
    delimiter: str,
    cells: int,
    ends: Positions,
    widths: Positions,
    overrides: dict[int, OddRow],
    damage: tuple[bytes, ...],
) -> Shape:
    """Short rows made up with blanks, set-aside rows emptied (so that row numbers stay), each one reported."""
    starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
    padded = np.append(content, np.uint8(NEWLINE))
    blank = (ends == starts) | ((ends == starts + 1) & (padded[starts] == RETURN)) if ends.size else ends == 0
    odd = dict(overrides)
    for index in np.flatnonzero((widths != cells) & ~blank).tolist():
        if index not in odd:
            odd[index] = _ragged(index, _text(content[starts[index] : ends[index]]), delimiter, cells)
    held = content.tobytes()
    for mark in damage:
        for index in _rows_holding(held, mark, ends):
            raw = _text(content[starts[index] : ends[index]])
            odd[index] = OddRow(index, raw, "undecodable", problem=_damage_problem(raw, delimiter))
    narrow = (ends - starts <= cells) & (widths == cells) & ~blank & (cells > 1)
    blanks = set(np.flatnonzero(blank).tolist())
    for index in np.flatnonzero(narrow).tolist():
        if held[starts[index] : ends[index]].strip(delimiter.encode() + b"\r") == b"":
            blanks.add(index)
    rows = int(ends.size)
    # Polars counts the columns in the first line, so blank lines become rows of blanks, to be left out by number.
    nothing = delimiter.encode() * (cells - 1)
    pieces: list[bytes] = []
    position = 0
    for index in sorted({*odd, *np.flatnonzero(blank).tolist()}):
        replacement = odd[index].replacement if index in odd else None
        pieces.append(held[position : int(starts[index])])
        pieces.append(nothing if replacement is None else replacement)
        position = int(ends[index])
    pieces.append(held[position:])
    return Shape(
        rows=rows,
        blank=tuple(sorted(blanks - set(odd))),
        odd=tuple(odd[index] for index in sorted(odd)),
        content=b"".join(pieces),
        ends=ends,
    )


def _rows_holding(held: bytes, mark: bytes, ends: Positions) -> list[int]:
    found: list[int] = []
    position = held.find(mark)
    while position >= 0:
        index = int(np.searchsorted(ends, position))
        if index >= ends.size:
            break
        found.append(index)
        position = held.find(mark, int(ends[index]))
    return found


def _damage_problem(raw: str, delimiter: str) -> str:
    from headway.figures.reading.encodings import LOST, NUL_SHOWN

    places = [
        number
        for number, cell in enumerate(next(iter(split(raw, delimiter)), []), start=1)
        if LOST in cell or NUL_SHOWN in cell
    ]
    where = f"cell {', '.join(map(str, places))}" if places else "the row"
    return f"{where} holds a byte that is no letter in the file's encoding"


def _ragged(index: int, raw: str, delimiter: str, cells: int) -> OddRow:
    found = next(iter(split(raw, delimiter)), [])
    if len(found) > cells:
        if any(cell.strip() for cell in found[cells:]):
            return OddRow(
                index,
                raw,
                "too many cells",
                problem=f"it has {len(found)} cells and the header {cells}: perhaps a cell with a "
                f"{_called(delimiter)} in it is not in quotation marks",
            )
        return OddRow(
            index,
            raw,
            "blank cells beyond the header",
            replacement=joined(found[:cells], delimiter),
            remark=f"it has {len(found) - cells} blank cells more than the header",
        )
    missing = cells - len(found)
    return OddRow(
        index,
        raw,
        "short at the end",
        replacement=joined(found + [""] * missing, delimiter),
        remark=f"its last {missing} cells are missing",
    )


def _called(delimiter: str) -> str:
    return {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}[delimiter]
