"""Pupil lists as their pages and files show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from headway.figures.pseudonyms import shown_key
from headway.figures.pupil_lists import IN_RANGE, PupilList
from headway.web.design.numbers import school_year
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission

CSV = (
    "pupil", "counts", "sex", "birth_month", "disadvantaged", "eal", "sen", "mobile", "ks1_reading", "ks1_writing",
    "ks1_mathematics", "ks1_band", "prior_points", "reading_outcome", "reading_score", "writing_assessment",
    "mathematics_outcome", "mathematics_score", "reached", "chance", "reading_expected", "reading_lower", "reading_upper",
    "mathematics_expected", "mathematics_lower", "mathematics_upper",
)  # fmt: skip
SORTS = ("pupil", "prior", "reading", "mathematics", "chance")
_GROUPS = {
    "girls": pl.col("sex") == "F",
    "boys": pl.col("sex") == "M",
    "disadvantaged": pl.col("disadvantaged"),
    "others": ~pl.col("disadvantaged"),
    "eal": pl.col("eal"),
    "sen": pl.col("sen").is_in(["K", "E", "A", "P", "S"]),
    "mobile": pl.col("mobile"),
}
_SEN = {
    "K": "SEN support",
    "E": "EHC plan",
    "A": "School Action",
    "P": "School Action Plus",
    "S": "Statement",
}
_SORTED_BY = {
    "pupil": "pupil",
    "prior": "prior_points",
    "reading": "reading_score",
    "mathematics": "mathematics_score",
    "chance": "chance",
}


@dataclass(frozen=True)
class PupilRow:
    """One pupil as a page shows them. What is not known is an empty text, never a zero."""

    key: str
    name: str
    groups: str
    prior: str
    reading: str
    writing: str
    mathematics: str
    reached: str
    chance: str
    reading_range: str
    mathematics_range: str
    is_sought: bool


def filtered(rows: pl.DataFrame, *, group: str = "", band: str = "", outcome: str = "") -> pl.DataFrame:
    """The rows of a list that fit what a reader looks for."""
    found = rows
    if group in _GROUPS:
        found = found.filter(_GROUPS[group])
    if band:
        found = found.filter(pl.col("ks1_band").is_null() if band == "none" else pl.col("ks1_band") == band)
    if outcome:
        known = {"yes": pl.col("reached"), "no": ~pl.col("reached"), "none": pl.col("reached").is_null()}
        found = found.filter(known[outcome])
    return found


def in_order(rows: pl.DataFrame, key: str, *, descending: bool, sought: Sequence[str] = ()) -> pl.DataFrame:
    """The rows by one of `SORTS`; those without a value come last, and pupils who are `sought` (keys as shown) first."""
    found = rows.sort(_SORTED_BY[key], "pupil", descending=[descending, False], nulls_last=True)
    if not sought:
        return found
    wanted = [shown_key(pupil) in sought for pupil in found["pupil"]]
    return found.with_columns(pl.Series("sought", wanted)).sort(
        "sought", descending=True, maintain_order=True
    )


def pupil_rows(
    rows: Iterable[dict[str, object]], names: dict[int, str], sought: Sequence[str] = ()
) -> list[PupilRow]:
    """Rows of a list as a page shows them."""
    return [_row(one, names, sought) for one in rows]


def _row(row: dict[str, object], names: dict[int, str], sought: Sequence[str]) -> PupilRow:
    pupil = int(str(row["pupil"]))
    reached = {True: "Yes", False: "No", None: ""}[row["reached"]]  # type: ignore[index]
    return PupilRow(
        key=shown_key(pupil),
        name=names.get(pupil, ""),
        groups=", ".join(_groups(row)),
        prior=_prior(row),
        reading=_result(row, "reading"),
        writing=str(row["writing_assessment"] or ""),
        mathematics=_result(row, "mathematics"),
        reached=reached if row["counts"] else "Does not count",
        chance="" if row["chance"] is None else _chance(float(str(row["chance"]))),
        reading_range=_range(row, "reading"),
        mathematics_range=_range(row, "mathematics"),
        is_sought=shown_key(pupil) in sought,
    )


def _groups(row: dict[str, object]) -> list[str]:
    found = [{"F": "girl", "M": "boy"}.get(str(row["sex"]), "")]
    found += [
        word
        for name, word in (("disadvantaged", "disadvantaged"), ("eal", "EAL"), ("mobile", "mobile"))
        if row[name]
    ]
    found.append(_SEN.get(str(row["sen"]), ""))
    return [word for word in found if word]


def _prior(row: dict[str, object]) -> str:
    codes = [str(row[f"ks1_{subject}"] or "-") for subject in ("reading", "writing", "mathematics")]
    if codes == ["-"] * 3 and row["prior_points"] is None:
        return ""
    points = "" if row["prior_points"] is None else f", {row['prior_points']:g} points"
    band = f" ({row['ks1_band']})" if row["ks1_band"] else ""
    return f"{' '.join(codes)}{points}{band}"


def _result(row: dict[str, object], subject: str) -> str:
    score, code = row[f"{subject}_score"], row[f"{subject}_outcome"]
    return f"{score:.0f}" if isinstance(score, float) else str(code or "")


def _chance(percent: float) -> str:
    return "under 1 %" if percent < 1 else "over 99 %" if percent > 99 else f"{percent:.0f} %"


def _range(row: dict[str, object], subject: str) -> str:
    parts = [row[f"{subject}_{part}"] for part in ("expected", "lower", "upper")]
    if not all(isinstance(part, float) for part in parts):
        return ""
    expected, lower, upper = (float(str(part)) for part in parts)
    return f"{expected:.0f} ({lower:.0f} to {upper:.0f})"


def csv_rows(found: PupilList, rows: pl.DataFrame) -> Iterable[list[object]]:
    """The rows of a CSV file, under `CSV`, each pupil by the pseudonymous key."""
    for row in rows.select(*CSV).iter_rows(named=True):
        yield [shown_key(row["pupil"]), *(_plain(row[name]) for name in CSV[1:])]


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return round(value, 2) if isinstance(value, float) else value


def about_estimates(found: PupilList) -> str:
    """In one sentence what the estimates of a list rest on, or why there are none."""
    if found.learnt_from is None:
        return found.because
    return (
        f"Estimates are what {found.basis} with the same start went on to reach in {school_year(found.learnt_from)}; of ten "
        f"such pupils {IN_RANGE} got a score within the range."
    )


def schools_to_see(user: User) -> list[tuple[str, str]]:
    """Key and name of the schools whose pupils a person may see."""
    return places.choices("school", access.reach(user, Permission.SEE_PUPILS))


def year_choices(chosen: Iterable[int]) -> list[tuple[int, str]]:
    """Years to choose from, in words."""
    return [(year, school_year(year)) for year in chosen]


def exporting_places(user: User) -> list[tuple[str, str]]:
    """Key and name of the authorities (or trusts) of which a person may ask for an export."""
    scopes = sorted(access.scopes(user, Permission.BULK_EXPORT))
    known = places.names(frozenset(scopes))
    return [(key, known[key]) for key in scopes]


def schools_of(organisation: str) -> list[str]:
    """The keys of the schools inside an organisation."""
    return sorted(key for key in places.inside(frozenset({organisation})) if key.startswith("school:"))
