"""Fine grades: where in its level a mark lies, as FFT wrote it (October 2007, docsbay.net).

Level 4 from mark 45 to mark 60 is sixteen marks, both ends counted; mark 48 is the fourth of them, so 4 + 4/16 = 4.25,
and mark 60 is 5.00. Thresholds differ by year and test: they are a table that a user loads, and none are built in.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from headway.figures.models.terms import ModelError

COLUMNS = {
    "year": pl.Int64(),
    "subject": pl.String(),
    "level": pl.Int64(),
    "lowest": pl.Int64(),
    "highest": pl.Int64(),
}
"""The thresholds table: a row for each level of a year and subject, `lowest` and `highest` being the marks that earn it."""


def fine_grade(mark: int, level: int, lowest: int, highest: int) -> float:
    """The fine grade of a mark in a level that runs from `lowest` to `highest`, both counted.

    Raises `ModelError` if the mark is not in that range.
    """
    if not lowest <= mark <= highest:
        raise ModelError(f"mark {mark} is not in level {level}, which runs from {lowest} to {highest}")
    return level + (mark - lowest + 1) / (highest - lowest + 1)


def read_thresholds(path: Path) -> pl.DataFrame:
    """A thresholds table from a CSV file with the columns year, subject, level, lowest, highest, checked."""
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ModelError(f"{path.name} cannot be read as a CSV file: {error}") from error
    return checked_thresholds(table, path.name)


def checked_thresholds(table: pl.DataFrame, name: str = "the thresholds table") -> pl.DataFrame:
    """The table with its types, sorted; raises `ModelError` naming the row that is wrong.

    Levels of a year and subject must not overlap, and must rise with the marks.
    """
    lacking = [column for column in COLUMNS if column not in table.columns]
    if lacking:
        raise ModelError(
            f"{name} lacks the column {', '.join(lacking)}; it needs {', '.join(COLUMNS)}. "
            "Marks are in the test's published thresholds for the year."
        )
    typed = table.select(pl.col(column).cast(kind, strict=False) for column, kind in COLUMNS.items())
    for row, values in enumerate(typed.iter_rows(named=True), start=1):
        for column, value in values.items():
            if value is None:
                raise ModelError(
                    f"{name}, row {row}, column {column}: found {table[column][row - 1]!r}, expected a value "
                    f"({'text' if column == 'subject' else 'a whole number'})"
                )
        if values["lowest"] > values["highest"]:
            raise ModelError(
                f"{name}, row {row}: lowest mark {values['lowest']} is above highest {values['highest']}"
            )
    ordered = typed.sort("year", "subject", "lowest")
    before = ordered.shift(1)
    same = (ordered["year"] == before["year"]) & (ordered["subject"] == before["subject"])
    wrong = same & ((ordered["lowest"] <= before["highest"]) | (ordered["level"] <= before["level"]))
    if wrong.any():
        year, subject, level, *_ = ordered.filter(wrong).row(0)
        raise ModelError(
            f"{name}: level {level} in {subject} {year} overlaps the level below it, or is not above it; check the marks"
        )
    return ordered


def fine_grades(pupils: pl.DataFrame, thresholds: pl.DataFrame, *, year: int, subject: str) -> pl.Series:
    """The fine grade of each pupil's `{subject}_mark`; null without a mark, or with a mark in no level of the table.

    Raises `ModelError` if the table has no thresholds for that year and subject.
    """
    own = checked_thresholds(thresholds).filter((pl.col("year") == year) & (pl.col("subject") == subject))
    column = f"{subject}_mark"
    if own.is_empty():
        raise ModelError(
            f"no thresholds are loaded for {subject} {year}; load the table of that year's marks"
        )
    if column not in pupils.columns:
        raise ModelError(f"there is no column {column!r}, so there are no marks in {subject}")
    mark = pl.col(column)
    grade = pl.lit(None, dtype=pl.Float64)
    for level, lowest, highest in own.select("level", "lowest", "highest").iter_rows():
        inside = level + (mark - lowest + 1) / (highest - lowest + 1)
        grade = pl.when(mark.is_between(lowest, highest)).then(inside).otherwise(grade)
    return pupils.select(grade.alias(f"{subject}_fine_grade")).to_series()
