"""What commands on schemes share: the day, the schools and what is known of them, people's judgements."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl

from headway.commands.naming import authority_of
from headway.commands.output import UserError
from headway.figures.runs import Run
from headway.figures.store import Store
from headway.policy import evidence
from headway.policy.days import written
from headway.policy.profiles import Entered, Profile
from headway.policy.schemes import Scheme


def usual_day(scheme: Scheme, year: int) -> date:
    """The end of the school year in which the results are used, or today or the scheme's last day if that is earlier."""
    usual = min(date(year + 1, 8, 31), datetime.now().astimezone().date(), scheme.last_day or date.max)
    return max(usual, min(scheme.first_day, datetime.now().astimezone().date()))


def profiles_of(
    store: Store,
    run: Run,
    scheme: Scheme,
    year: int,
    day: date,
    authority: str | None,
    people: Sequence[tuple[str, Entered]],
) -> list[Profile]:
    """What is known on the day of the schools of an authority (of every authority without one), for the scheme."""
    schools = evidence.open_schools(store, day)
    if authority:
        schools = schools.filter(pl.col("authority") == authority_of(authority).removeprefix("authority:"))
    whose = f"authority {authority}" if authority else "any authority"
    if schools.is_empty():
        raise UserError(
            f"No school of {whose} open on {written(day)} is known. Load its results or the register first."
        )
    unknown = sorted({school for school, _ in people} - set(schools["organisation"]))
    if unknown:
        raise UserError(f"The judgements name {unknown[0]}, which is no school of {whose}. Mend that row.")
    return evidence.profiles_of(
        store, run, scheme, schools, year=year, as_at=day, entered=people, everywhere=authority is None
    )


_COLUMNS = ("organisation", "criterion", "level", "by", "date", "note")


def read_judgements(path: Path, scheme: Scheme) -> list[tuple[str, Entered]]:
    """People's judgements from a CSV file, each with its school. A `UserError` says which row and column is wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            missing = [name for name in _COLUMNS[:3] if name not in header]
            if missing:
                raise UserError(
                    f"{path}, row 1: found the columns {', '.join(header) or 'none'}, expected {', '.join(_COLUMNS)} "
                    f"(the last three may be left out). Add {', '.join(missing)}."
                )
            return [_judgement(row, at + 2, path, scheme) for at, row in enumerate(reader)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as CSV in UTF-8: {error}.") from error


def _judgement(row: Mapping[str, str | None], at: int, path: Path, scheme: Scheme) -> tuple[str, Entered]:
    values = {name: (row.get(name) or "").strip() for name in _COLUMNS}

    def wrong(column: str, expected: str) -> UserError:
        return UserError(
            f"{path}, row {at}, column {column}: found {values[column]!r}, expected {expected}. Mend that row."
        )

    bare = values["organisation"].removeprefix("school:")
    if not (bare.isdecimal() and len(bare) in (5, 6)):
        raise wrong("organisation", "a URN of six digits")
    known = {one.key: one for one in scheme.criteria}
    if values["criterion"] not in known:
        raise wrong("criterion", f"one of {', '.join(known)}")
    criterion = known[values["criterion"]]
    if not any(rule.kind.key == "entered" for rule in criterion.rules):
        raise wrong("criterion", "a criterion that people judge; this one is judged from figures")
    if criterion.level(values["level"]) is None:
        raise wrong("level", f"one of {', '.join(level.name for level in criterion.levels)}")
    try:
        on = date.fromisoformat(values["date"]) if values["date"] else None
    except ValueError as error:
        raise wrong("date", "a date such as 2024-09-30") from error
    return f"school:{int(bare)}", Entered(
        values["criterion"], values["level"], values["by"], on, values["note"]
    )
