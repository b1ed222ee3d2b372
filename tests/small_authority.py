"""A small authority as files: a register, links and pupils, for tests through the command line."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from unittest.mock import patch

from cli import headway

_REGISTER = {
    "LA (code)": 936, "LA (name)": "Surrey", "PhaseOfEducation (name)": "Primary", "StatutoryLowAge": 4,
    "StatutoryHighAge": 11, "Town": "Guildford", "LastChangedDate": "05-10-2026",
}  # fmt: skip


def write(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """The rows as a CSV file; its columns are those of the first row."""
    found = list(rows)
    lines = [",".join(found[0]), *(",".join(str(value) for value in row.values()) for row in found)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def register(*urns: int, became: Mapping[int, int] | None = None) -> list[dict[str, object]]:
    """A row a school; `became` says which closed on 31 August 2026 and opened the day after as which academy."""
    became = became or {}
    rows = []
    for urn in urns:
        academy = urn in became.values()
        old = {new: urn for urn, new in became.items()}.get(urn, urn)
        rows.append(
            {"URN": urn, **_REGISTER, "EstablishmentNumber": 2000 + urns.index(old), "EstablishmentName": f"School {old}",
             "TypeOfEstablishment (name)": "Academy converter" if academy else "Community school",
             "EstablishmentTypeGroup (name)": "Academies" if academy else "Local authority maintained schools",
             "EstablishmentStatus (name)": "Closed" if urn in became else "Open",
             "OpenDate": "01-09-2026" if academy else "", "CloseDate": "31-08-2026" if urn in became else ""}
        )  # fmt: skip
    return rows


def links(became: Mapping[int, int]) -> list[dict[str, object]]:
    """The links of the schools that became academies, from both sides."""
    return [
        {"URN": one, "LinkURN": other, "LinkName": "School", "LinkType": kind, "LinkEstablishedDate": "01-09-2026"}
        for old, new in became.items()
        for one, other, kind in ((new, old, "Predecessor"), (old, new, "Successor"))
    ]  # fmt: skip


def pupils(
    urn: int, number: int, *, disadvantaged: int, passing: int, year: int = 2026
) -> list[dict[str, object]]:
    """A year group at the end of key stage 2: so many pupils, the first of them disadvantaged, the last passing."""
    return [
        {"upn": f"A{urn}{year % 100:02d}{at:04d}", "urn": urn, "year": year, "collection": "ks2",
         "sex": "FM"[at % 2], "disadvantaged": int(at < disadvantaged),
         "reading_outcome": "AS" if at >= number - passing else "NS",
         "reading_score": 105 if at >= number - passing else 95,
         "mathematics_outcome": "AS", "mathematics_score": 104, "writing_assessment": "EXS"}
        for at in range(number)
    ]  # fmt: skip


def two_schools() -> None:
    """Put into the test's own store: a school of 24 pupils, four of them disadvantaged, and one of thirty; and a run."""
    shutil.copytree(_two_schools(), os.environ["HEADWAY_HOME"])


@cache
def _two_schools() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    rows = [
        *pupils(100001, 24, disadvantaged=4, passing=13),
        *pupils(100002, 30, disadvantaged=10, passing=15),
    ]
    files = [write(folder / "register.csv", register(100001, 100002)), write(folder / "pupils.csv", rows)]
    with patch.dict(os.environ, {"HEADWAY_HOME": str(folder / "home")}):
        for answer in (headway("load", *files), headway("run")):
            assert answer.code == 0, answer.out + answer.err
    return folder / "home"
