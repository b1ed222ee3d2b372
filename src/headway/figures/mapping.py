"""Drafting a mapping file from the header of somebody's spreadsheet: guesses to look over, not decisions."""

from __future__ import annotations

import difflib
import json
import re

from headway.figures.mapping_files import Mapping, parse_mapping, read_mapping
from headway.figures.reading import ReceivedFile
from headway.figures.recognition import plain
from headway.figures.sources import Unreadable, registry
from headway.figures.symbols import NUMBER, SYMBOLS

__all__ = ["Mapping", "draft_mapping", "parse_mapping", "read_mapping"]

_ORGANISATION = {
    "urn": ("urn", "schoolurn", "schoolid"),
    "laestab": ("laestab", "dfenumber", "dfeno", "dfesnumber", "dcsf"),
    "authority": ("lacode", "lea", "la", "oldlacode", "lanumber"),
    "key": ("key",),
    "name": ("schoolname", "schname", "school", "name", "establishmentname"),
}
_YEARS = ("year", "academicyear", "timeperiod", "ayear", "cohortyear")
_COHORTS = ("telig", "cohort", "eligiblepupils", "ks2pupils", "pupils", "numberofpupils", "noofpupils")

_SUBJECTS = (
    (r"rwm|overall|combined|readingwritingand?maths?", "rwm"),
    (r"read", "reading"),
    (r"writ", "writing"),
    (r"math|^mat", "mathematics"),
    (r"gps|spag|grammar", "gps"),
    (r"scien|^sci", "science"),
)
_KINDS = (
    (r"prog", "progress", "number"),
    (r"high|exceed|greater|gds|depth", "higher", "percent"),
    (r"aver|score|avg|scaled|mean", "average", "number"),
    (r"exp|meet|met|std|standard", "expected", "percent"),
)
_GROUPS = (
    (r"notfsm6|nondisadv|notdisadv", "other"),
    (r"fsm6|disadv|pupilpremium|(?:^|_)pp(?:$|_)", "disadvantaged"),
    (r"girl", "girls"),
    (r"boy", "boys"),
    (r"noteal", "not_eal"),
    (r"eal", "eal"),
)


def draft_mapping(file: ReceivedFile) -> str:
    """A mapping in TOML for this file, with comments and best guesses. Raises `Unreadable` where it has no columns."""
    if not file.header:
        raise Unreadable(
            f"{file.name} has no columns: it holds no table of rows and columns that a mapping could name."
        )
    lines = [
        f"# A mapping for {file.name}, drafted by Headway from its header (row {file.header_row}).",
        "# Look over every guess, delete what is wrong, then: headway load --map THIS-FILE " + file.path.name,
        "",
        f"name = {_quoted(re.sub(r'[^a-z0-9]+', '_', file.path.name.split('.')[0].lower()).strip('_') or 'mine')}",
        f"title = {_quoted(file.path.name)}",
        "# complete = true   # if the file speaks for all of its schools, so that one that is gone is removed",
        "",
        *_organisation_lines(file),
        *_year_lines(file),
        "[published_results]",
        '# dataset = "user:…"      # who published it',
        'release = "unknown"       # provisional, revised, final or unknown',
        "",
        *_symbol_lines(file),
    ]
    cohort = _match(file.header, _COHORTS)
    used = {_match(file.header, names) for names in _ORGANISATION.values()} | {
        _match(file.header, _YEARS),
        cohort,
    }
    unsure: list[str] = []
    for column in file.header:
        if column in used:
            continue
        guess = guess_figure(column)
        if guess is None or not _is_numeric(file, column):
            unsure.append(column)
            continue
        measure, group, unit = guess
        sampled = [cell for cell in file.sampled(column) if re.match(NUMBER, cell.strip())]
        if (
            unit == "percent"
            and sampled
            and all(float(cell.strip("% ").replace(",", "")) <= 1 for cell in sampled)
        ):
            unit = "fraction"
        lines += [
            "[[figure]]",
            f"column = {_quoted(column)}   # such as {_quoted(', '.join(sampled[:3]))}",
            f"measure = {_quoted(measure)}",
            f"group = {_quoted(group)}",
            f"unit = {_quoted(unit)}",
            *([f"denominator = {_quoted(cohort)}"] if cohort and unit != "number" else []),
            "",
        ]
    if unsure:
        lines.append(
            "# Columns of which Headway is not sure. Name those that matter as a [[figure]], or as a [[field]]"
        )
        lines.append('# of another table (table = "organisations", field = "name"); the others are not read.')
        lines += [f"#   {column}{_known_as(column)}" for column in unsure]
    return "\n".join(lines).rstrip() + "\n"


def guess_figure(column: str) -> tuple[str, str, str] | None:
    """The measure, group and unit that a column name suggests; None where it suggests none."""
    name = column.lower()
    bare = plain(column)
    subject = next((key for pattern, key in _SUBJECTS if re.search(pattern, bare)), None)
    kind = next(((key, unit) for pattern, key, unit in _KINDS if re.search(pattern, bare)), None)
    if (subject, kind and kind[0]) == ("writing", "average"):
        return None  # writing has no test; a "writing score" is something else, often grammar
    if subject is None or kind is None or re.search(r"desc|band|cov|lower|upper|rank", bare):
        return None
    group = next(
        (
            key
            for pattern, key in _GROUPS
            if re.search(pattern, name.replace(" ", "")) or re.search(pattern, bare)
        ),
        "all",
    )
    return f"ks2_{subject}_{kind[0]}", group, kind[1]


def _organisation_lines(file: ReceivedFile) -> list[str]:
    for kind, names in _ORGANISATION.items():
        column = _match(file.header, names)
        if column is None:
            continue
        if kind == "key":
            kind = "urn" if all(re.fullmatch(r"\d{6}", cell) for cell in file.sampled(column)) else "key"
        lines = [
            "[organisation]",
            f"column = {_quoted(column)}",
            f"kind = {_quoted(kind)}          # urn, laestab, authority, trust, key (school:125025) or name",
        ]
        if kind in ("laestab", "name"):
            lines.append(
                f'lookup = {{ file = "schools.csv", urn = "URN", {kind} = "…" }}   # a list with their URNs'
            )
        return [*lines, ""]
    return [
        "[organisation]",
        'column = "…"            # no column looks like a URN, DfE number or name',
        'kind = "urn"',
        "",
    ]


def _year_lines(file: ReceivedFile) -> list[str]:
    column = _match(file.header, _YEARS)
    if column is not None:
        return ["[year]", f"column = {_quoted(column)}   # such as {', '.join(file.sampled(column)[:2])}", ""]
    found = re.search(r"(20\d\d)(?:[-_ /](20\d\d|\d\d))?", file.path.name)
    year = (int(found[1]) + (1 if found[2] else 0)) if found else None
    if year is None:
        return ["[year]", "value = 0              # the calendar year in which the academic year ends", ""]
    return ["[year]", f"value = {year}           # guessed from the file's name: check it", ""]


def _symbol_lines(file: ReceivedFile) -> list[str]:
    """Texts among numbers that no known symbol explains, to be given a meaning."""
    known = {symbol.text.upper() for symbol in SYMBOLS}
    odd: list[str] = []
    for column in file.header:
        if guess_figure(column) is None:
            continue
        odd += [
            cell.strip()
            for cell in file.sampled(column)
            if cell.strip() and not re.match(NUMBER, cell.strip()) and cell.strip().upper() not in known
        ]
    if not odd:
        return []
    return [
        "[symbols]               # suppressed, not applicable, not available, low coverage or too few",
        *(f'{_quoted(text)} = "not available"' for text in dict.fromkeys(odd)),
        "",
    ]


def _is_numeric(file: ReceivedFile, column: str) -> bool:
    cells = [cell.strip() for cell in file.sampled(column) if cell.strip()]
    known = {symbol.text.upper() for symbol in SYMBOLS}
    numbers = sum(bool(re.match(NUMBER, cell)) or cell.upper() in known for cell in cells)
    return not cells or numbers >= 0.5 * len(cells)


def _match(header: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    bare = {plain(column): column for column in reversed(header)}
    return next((bare[name] for name in names if name in bare), None)


def _known_as(column: str) -> str:
    """The nearest column that a kind of file known to Headway has, as a hint."""
    known = {plain(name): (name, source.title) for source in registry().values() for name in source.expects}
    close = difflib.get_close_matches(plain(column), list(known), n=1, cutoff=0.8)
    return f"   (like {known[close[0]][0]} of {known[close[0]][1]})" if close else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
