"""What the sources of pupils share: cells as values, identities, duplicates, codes that nobody knows.

Not a source. A pupil file is read in one pass: every cell becomes the value of its column, a cell that cannot is
noticed with its row, and the frames that come out carry `identity` in place of the pupil key (see `upn.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from headway.figures.outcome_codes import known_codes
from headway.figures.sources import Finding, Severity
from headway.figures.tables import Column, Sensitivity
from headway.figures.upn import is_valid, tidied

BLANKS = ("NULL", "N/A", "-")
"""Texts that say that a cell of a pupil file is empty."""

TRUE = ("1", "Y", "YES", "TRUE", "T")
FALSE = ("0", "N", "NO", "FALSE", "F")

_SHOWN = 8

CODES: dict[str, dict[str, str]] = {
    "assessments_ks2": {
        **{f"{subject}_outcome": "ks2_test_expected" for subject in ("reading", "mathematics", "gps")},
        **{
            f"{subject}_assessment": "ks2_assessment_expected"
            for subject in ("reading", "writing", "mathematics", "science")
        },
        **{
            f"{subject}_level": "ks2_level4"
            for subject in ("english", "reading", "writing", "mathematics", "science")
        },
    },
    "assessments_ks1": {
        **{
            f"{subject}_assessment": "ks1_assessment_expected"
            for subject in ("reading", "writing", "mathematics", "science")
        },
        **{f"{subject}_level": "ks1_level2" for subject in ("reading", "writing", "mathematics", "science")},
    },
    "assessments_phonics": {"outcome": "phonics_expected"},
    "assessments_mtc": {"outcome": "mtc_average"},
}
"""The family of outcome codes (see `outcome_codes`) to which a column's codes belong."""


@dataclass(frozen=True)
class Cell:
    """A column of a file (`header`), the column that it fills, and texts that mean no value there."""

    header: str
    column: Column
    name: str
    no_value: tuple[str, ...] = ()
    values: Mapping[str, str] | None = None
    """Codes of the file and what they are called here; a code that is not listed cannot be read."""


def text(header: str) -> pl.Expr:
    """The cell without surrounding blanks; null where nothing is left."""
    stripped = pl.col(header).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def capitals(header: str) -> pl.Expr:
    """The cell in capitals, null where it is empty or says that it is."""
    upper = pl.col(header).str.strip_chars().str.to_uppercase()
    return pl.when(~upper.is_in(["", *BLANKS])).then(upper)


def date(cell: pl.Expr) -> pl.Expr:
    """DD/MM/YYYY, DD/MM/YY or YYYY-MM-DD, with or without a time, as a date; null for anything else."""
    day_first = cell.str.to_date("%d/%m/%Y", strict=False)
    return pl.coalesce(
        pl.when(day_first.dt.year() >= 1000).then(day_first),
        cell.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        cell.str.to_date("%d/%m/%y", strict=False),
    )


def number(cell: pl.Expr) -> pl.Expr:
    """A finite number; null for anything else."""
    value = cell.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def integer(cell: pl.Expr) -> pl.Expr:
    """A whole number, written with or without `.0`; null for anything else."""
    value = number(cell)
    return pl.when(value == value.floor()).then(value).cast(pl.Int64, strict=False)


def boolean(cell: pl.Expr) -> pl.Expr:
    """1, Y, YES, TRUE or T; 0, N, NO, FALSE or F; null for anything else. `cell` is in capitals."""
    return pl.when(cell.is_in(TRUE)).then(True).when(cell.is_in(FALSE)).then(False)


def value(cell: Cell) -> pl.Expr:
    """The value of a cell in its column's type, null where it is empty or cannot be read."""
    column = cell.column
    if cell.values is not None:
        codes = list(cell.values)
        return capitals(cell.header).replace_strict(codes, list(cell.values.values()), default=None)
    if column.type == "string":
        return _string(cell)
    if column.type == "date":
        return date(text(cell.header))
    if column.type == "boolean":
        return boolean(capitals(cell.header))
    raw = pl.col(cell.header).str.strip_chars()
    return integer(raw) if column.type == "integer" else number(raw)


def _string(cell: Cell) -> pl.Expr:
    allowed = cell.column.allowed
    if allowed and all(word == word.lower() and not word.isdigit() for word in allowed):
        return text(cell.header).str.to_lowercase()
    if cell.column.sensitivity is Sensitivity.PERSONAL:
        return capitals(cell.header)
    return text(cell.header)


def unread(cell: Cell) -> pl.Expr:
    """Whether the cell holds something that is no value of its column."""
    empty = pl.col(cell.header).str.strip_chars().str.to_uppercase().is_in(["", *BLANKS, *cell.no_value])
    return (pl.col(cell.header).is_not_null() & value(cell).is_null() & ~empty).fill_null(False)


def can_fail(cell: Cell) -> bool:
    """Whether a cell of this column may hold something unreadable; any text is a text."""
    return cell.values is not None or cell.column.type != "string"


UPN_VALID = "headway upn valid"
"""Beside `upn`: whether its check letter is right."""


def typed(raw: pl.DataFrame, cells: Sequence[Cell]) -> tuple[pl.DataFrame, list[Finding]]:
    """The cells as values, one column each by its `name`, with `row`; and findings on what could not be read.

    Where there is a column `upn`, `UPN_VALID` comes with it. A column of plain cells, as almost all are, is
    converted at once; only one that holds something else is looked at cell by cell.
    """
    named = next((cell for cell in cells if cell.name == "upn"), None)
    with ThreadPoolExecutor() as pool:
        converted = pool.map(lambda cell: _column(raw, cell), cells)
        upns = _upns(raw[named.header].alias("upn")) if named is not None else ()  # while the pool is at work
        columns = list(converted)
    values = [series.alias(cell.name) for cell, (series, _) in zip(cells, columns, strict=True)]
    frame = pl.DataFrame(
        [raw["row"], *(series for series in values if series.name != "upn" or not upns), *upns]
    )
    return frame, [finding for _, findings in columns for finding in findings]


def _column(raw: pl.DataFrame, cell: Cell) -> tuple[pl.Series, list[Finding]]:
    if cell.name in ("upn", "former_upn"):
        return raw[cell.header], []  # tidied with their check letters, or with the rest of the row
    plain = _plain(raw[cell.header], cell)
    if plain is not None:
        return plain, []
    converted = raw.select(value(cell)).to_series()
    if not can_fail(cell):
        return converted, []
    return converted, _unreadable(cell, raw.select("row", cell.header).filter(unread(cell)))


def _plain(cells: pl.Series, cell: Cell) -> pl.Series | None:
    """The values of a column of which every cell is written in the plainest way, else None."""
    column = cell.column
    if cell.values is not None:
        return None
    if column.type == "boolean":
        yes = cells == "1"
        return yes if (yes | (cells == "0")).all() else None
    if column.type == "string":
        return _plain_text(cells, column)
    if column.type == "date":
        converted = cells.str.to_date("%Y-%m-%d", strict=False)
    else:
        converted = cells.cast(column.polars, strict=False)
        if column.type == "number" and not converted.is_finite().all():
            return None
    return converted if converted.null_count() == cells.null_count() else None


def _plain_text(cells: pl.Series, column: Column) -> pl.Series | None:
    if column.allowed:
        one_of = reduce(or_, (cells == word for word in column.allowed))
        return cells if one_of.all() else None
    if column.sensitivity is not Sensitivity.PERSONAL:
        return None
    different = cells.unique().drop_nulls().to_frame("cell")
    if different.height > _FEW:
        return None
    return (
        cells
        if different.select((capitals("cell") == pl.col("cell")).fill_null(False).all()).item()
        else None
    )


_FEW = 1_000
"""Different codes in a column, up to which they are looked at rather than every cell."""


def _upns(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The UPNs tidied, and whether each is valid; null for a missing one."""
    valid = is_valid(cells)
    if not valid.all():
        cells = cells.to_frame().select(tidied(cells.name)).to_series()
        valid = is_valid(cells)
    return cells, valid.alias(UPN_VALID)


def _unreadable(cell: Cell, seen: pl.DataFrame) -> list[Finding]:
    if seen.is_empty():
        return []
    column = cell.column
    names_pupil = column.sensitivity is Sensitivity.IDENTIFYING
    lasting: Severity = "warning" if names_pupil or column.type == "date" else "error"
    wanted = _wanted(cell)
    advice = (
        "mend it if the date matters; the row is kept without it"
        if lasting == "warning"
        else "mend the cell in the file of rows set aside, and load that"
    )
    if names_pupil:
        return [
            Finding(
                lasting,
                "unreadable value",
                f"{counted(seen.height, 'cell')} without a {column.type}",
                wanted,
                advice,
                cell.header,
                tuple(seen["row"]),
            )
        ]
    grouped = seen.group_by(cell.header, maintain_order=True).agg("row")
    return [
        Finding(lasting, "unreadable value", str(found), wanted, advice, cell.header, tuple(rows))
        for found, rows in grouped.iter_rows()
    ]


def _wanted(cell: Cell) -> str:
    if cell.values is not None:
        return "one of " + ", ".join(cell.values)
    if cell.column.type == "date":
        return "a date such as 31/12/2014 or 2014-12-31"
    if cell.column.type == "boolean":
        return "1 or 0, or yes or no"
    return "a whole number" if cell.column.type == "integer" else "a number"


def upn_findings(frame: pl.DataFrame, header: str = "UPN") -> list[Finding]:
    """Warnings on UPNs that are missing or whose check letter is wrong. Such rows are kept.

    `frame` is one of `typed`.
    """
    found: list[Finding] = []
    missing = frame["row"].filter(frame["upn"].is_null())
    if len(missing):
        found.append(
            Finding(
                "warning",
                "no UPN",
                f"{counted(len(missing), 'pupil')} without a UPN",
                "a UPN for every pupil",
                "they are counted in this year and joined to no other; add the UPN to join them",
                header,
                tuple(missing),
            )
        )
    wrong = frame["row"].filter((~frame[UPN_VALID]).fill_null(False))
    if len(wrong):
        found.append(
            Finding(
                "warning",
                "UPN check letter",
                f"{counted(len(wrong), 'UPN')} with a wrong check letter or form",
                "13 characters, the first of which follows from the others",
                "ask the school; the rows are kept, and may not join with the same pupils of other years",
                header,
                tuple(wrong),
            )
        )
    return found


def identity(school: str = "organisation") -> pl.Expr:
    """Who the row is about: the UPN, or without one the school, year, names, date of birth and count of such rows.

    Such an identity is the same when the file is loaded again, and joins the pupil to no other year or school.
    """
    naming = [pl.col(name).cast(pl.String).fill_null("") for name in ("surname", "forename", "date_of_birth")]
    parts = [
        pl.col("year").cast(pl.String),
        pl.col(school).fill_null(""),
        *(part.str.to_uppercase() for part in naming),
    ]
    described = pl.concat_str(pl.lit("NO UPN"), *parts, separator="|")
    counted = pl.concat_str(described, described.cum_count().over(described).cast(pl.String), separator="|")
    return pl.when(pl.col("upn").is_not_null()).then(pl.col("upn")).otherwise(counted).alias("identity")


def with_identity(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `identity`: see there. Costs nothing where every pupil has a UPN."""
    if frame["upn"].null_count() == 0:
        return frame.with_columns(pl.col("upn").alias("identity"))
    named = frame.filter(pl.col("upn").is_null()).with_columns(identity()).select("row", "identity")
    return frame.join(named, on="row", how="left", maintain_order="left").with_columns(
        pl.coalesce("upn", "identity").alias("identity")
    )


def once(
    frame: pl.DataFrame, key: Sequence[str], latest: str | None, *, distinct: bool | None = None
) -> tuple[pl.DataFrame, list[Finding]]:
    """One row for each key: of several the one whose `latest` date is last, else the one furthest down.

    Rows that say the same as the one taken are left out; those that differ are set aside with an error that names
    them, so that a pupil counts once. `distinct` says whether every identity stands once, where that is known.
    """
    if distinct is None:
        distinct = are_distinct(frame["identity"])
    if distinct or frame.select(pl.struct(key).n_unique()).item() == frame.height:
        return frame, []
    twice = frame.filter(pl.struct(key).is_duplicated())
    order = [latest] if latest and latest in frame.columns else []
    taken = twice.sort(*order, "row", nulls_last=False).unique(
        subset=list(key), keep="last", maintain_order=True
    )
    left = twice.join(taken.select("row"), on="row", how="anti")
    rest = [name for name in frame.columns if name != "row"]
    same = left.join(taken.select(rest), on=rest, how="semi", nulls_equal=True)["row"].sort()
    other = left.filter(~pl.col("row").is_in(same.implode()))["row"].sort()
    findings: list[Finding] = []
    if len(same):
        findings.append(
            Finding(
                "note",
                "repeated row",
                f"{counted(len(same), 'row')} that another row repeats",
                "each row once",
                "nothing; the last of them was taken",
                rows=tuple(same),
            )
        )
    if len(other):
        findings.append(
            Finding(
                "error",
                "pupil twice",
                f"{counted(len(other), 'row')} of pupils who have another row here",
                "one row a pupil and year",
                "the row with the latest entry date, or else the last one, was taken. If they are two pupils, "
                "correct the UPN of the row set aside and load it",
                "UPN",
                tuple(other),
            )
        )
    return frame.filter(~pl.col("row").is_in(left["row"].implode())), findings


def are_distinct(texts: pl.Series) -> bool:
    """Whether no text stands twice. Decided by hashes: a false no is possible, a false yes is not."""
    return texts.hash().n_unique() == len(texts)


def filled(frame: pl.DataFrame) -> pl.DataFrame:
    """Without the rows of which every cell is empty, as spreadsheets have them below the last pupil."""
    if frame["urn"].null_count() == 0:
        return frame
    return frame.filter(pl.any_horizontal(pl.exclude("row").is_not_null()))


def unknown_codes(frame: pl.DataFrame, table: str, header_of: Callable[[str], str]) -> list[Finding]:
    """Warnings on outcome codes that no measure of their year knows, so that they would count nowhere.

    `frame` has `row`, `year` and the columns of `table`.
    """
    found: list[Finding] = []
    years = frame["year"].unique().drop_nulls().to_list()
    families = {name: family for name, family in CODES.get(table, {}).items() if name in frame.columns}
    different = frame.select(pl.col(name).drop_nulls().unique().implode() for name in families)
    codes = {name: different[name][0] for name in families}
    for name, family in families.items():
        if all(code in known_codes(family, year) for year in years for code in codes[name]):
            continue
        seen = frame.select("year", name).drop_nulls().unique()
        for year, code in sorted(seen.iter_rows()):
            if code in known_codes(family, year):
                continue
            rows = frame.filter((pl.col("year") == year) & (pl.col(name) == code))["row"]
            known = ", ".join(known_codes(family, year)) or f"nothing: there was no such assessment in {year}"
            found.append(
                Finding(
                    "warning",
                    "unknown code",
                    f"{code} in {year}",
                    f"one of {known}",
                    "correct it; as it stands these pupils count neither in the denominator nor in the numerator",
                    header_of(name),
                    tuple(rows),
                )
            )
    return found


def year_of_eleven(birth: pl.Expr) -> pl.Expr:
    """The year on whose 31 August a child born then is eleven: that in which it ends Year 6."""
    return birth.dt.year() + 11 + (birth.dt.month() >= 9).cast(pl.Int32)


def disadvantage(frame: pl.DataFrame) -> pl.Expr:
    """Disadvantaged: free school meals in the last six years, looked after, or adopted from care.

    Who has no free school meals is known not to be disadvantaged only where it is known who is looked after.
    """
    cared = pl.col("looked_after") if "looked_after" in frame.columns else pl.lit(None, dtype=pl.Boolean)
    return (pl.col("fsm6") | cared).alias("disadvantaged")


def disadvantage_finding(header: str) -> Finding:
    """The warning that the file does not tell who is not disadvantaged."""
    return Finding(
        "warning",
        "disadvantage partly known",
        "the file does not say who is looked after or adopted from care",
        "free school meals in the last six years, looked after, or adopted from care",
        "pupils with free school meals count as disadvantaged; the others count in neither group until a file of "
        "the roll says so (headway template roll, column disadvantaged)",
        header,
    )


def counted(number: int, one: str, more: str | None = None) -> str:
    """`1 row`, `2 rows`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def listed(names: Iterable[str]) -> str:
    """Names for a message, the rest counted."""
    every = list(names)
    shown = ", ".join(every[:_SHOWN])
    return f"{shown} and {len(every) - _SHOWN} more" if len(every) > _SHOWN else shown
