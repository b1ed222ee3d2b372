"""The checking desk as its pages and files show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.utils import timezone

from headway.figures.correction_rules import Rule, deadlines, rules
from headway.figures.corrections import HEADLINES, Candidate
from headway.figures.measures import registry
from headway.figures.pseudonyms import shown_key
from headway.figures.reproduction import Reproduced
from headway.web.audit import versions
from headway.web.design.numbers import school_year
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.pupils import reading
from headway.web.pupils.models import Correction, Deadline

_UNITS = {
    "percent": "percentage points",
    "scaled score": "scaled score points",
    "progress points": "progress points",
}
CSV = (
    "school", "year", "pupil", "what_may_be_wrong", "evidence", "measure", "of", "before", "after", "difference", "decision",
    "because",
)  # fmt: skip


@dataclass(frozen=True)
class Until:
    """Until when corrections may be asked for; `day` None: not known, and somebody must enter it."""

    day: date | None
    time: str
    source: str

    @property
    def is_past(self) -> bool:
        """Whether it is over."""
        return self.day is not None and self.day < timezone.localdate()


@dataclass(frozen=True)
class EffectRow:
    """The effect of a correction on one figure of one organisation. `before` and `after` are empty where the reader may
    not see the figure itself, only what would change."""

    organisation: str
    measure: str
    before: str
    after: str
    difference: str


@dataclass(frozen=True)
class CandidateRow:
    """One candidate for correction in a list: what may be wrong, and in short what it would do to school and authority."""

    key: str
    pupil: str
    rule: Rule
    verified: bool
    evidence: str
    school: str
    authority: str
    decision: str


@dataclass(frozen=True)
class FigureRow:
    """One figure of a school counted again beside DfE's."""

    title: str
    pupils: str
    ours: str
    dfe: str
    published: str
    difference: str
    agrees: bool | None
    because: str


@dataclass(frozen=True)
class DeskPage:
    """The checking desk of one school and year."""

    key: str
    urn: int
    name: str
    year: int
    years: list[tuple[int, str]]
    until: Until
    authority: str
    may_set_deadline: bool
    figures: list[FigureRow]
    candidates: list[CandidateRow]
    differing: list[dict[str, Any]]
    asked_together: list[tuple[str, str, str]]


def until(organisation: str, year: int) -> Until:
    """The deadline of a year: what an authority has entered, else what a source gives, else not known."""
    entered = Deadline.objects.filter(organisation=organisation, year=year).first()
    if entered:
        return Until(entered.day, "", entered.source)
    known = deadlines().get(year)
    return Until(known.day, known.time, known.source) if known else Until(None, "", "")


def decisions_of(organisation: str, year: int) -> dict[str, Correction]:
    """What was decided about the candidates of a school, by their keys."""
    return {one.key: one for one in Correction.objects.filter(organisation=organisation, year=year)}


def desk_page(user: User, found: reading.Desk, *, rule: str = "", state: str = "") -> DeskPage:
    """The desk of a school, with the candidates that a reader looks for."""
    decided = decisions_of(found.organisation, found.year)
    wanted = [
        one
        for one in sorted(found.found, key=lambda one: list(rules()).index(one.rule))
        if (not rule or one.rule == rule)
        and (
            not state
            or (
                one.key not in decided
                if state == "open"
                else one.key in decided and decided[one.key].state == state
            )
        )
    ]
    by_candidate = found.effects.partition_by("candidate", as_dict=True)
    none = found.effects.clear()
    rows = [
        _candidate_row(user, found, one, by_candidate.get((one.key,), none), decided.get(one.key))
        for one in wanted
    ]
    return DeskPage(
        key=found.organisation,
        urn=int(found.organisation.partition(":")[2]),
        name=places.name(found.organisation),
        year=found.year,
        years=[(year, school_year(year)) for year in reading.checked_years()],
        until=until(found.authority, found.year),
        authority=found.authority,
        may_set_deadline=bool(found.authority)
        and access.permits(user, Permission.CHECK_RESULTS, found.authority),
        figures=[_figure_row(one) for one in sorted(found.figures, key=_headlines_first)],
        candidates=rows,
        differing=_differing(found.pupils),
        asked_together=_together(user, found, decided),
    )


def _together(user: User, found: reading.Desk, decided: dict[str, Correction]) -> list[tuple[str, str, str]]:
    """What everything that DfE was asked for, or has accepted, does to the school's figures together."""
    keys = {key for key, one in decided.items() if one.state in (Correction.ASKED, Correction.ACCEPTED)}
    if not keys:
        return []
    changed = reading.joint_effect(user, found.organisation, found.year, keys)
    return [
        (
            _title(row["measure"]),
            _number(row["before"], row["measure"]),
            _number(row["after"], row["measure"]),
        )
        for row in changed.iter_rows(named=True)
    ]


def effect_rows(user: User, found: reading.Desk, effects: pl.DataFrame) -> list[EffectRow]:
    """Every effect of one correction, of the school, its authority, and other schools that the reader checks too. Of the
    authority's figures, those who may not see what is not yet released see only what would change."""
    shown = []
    for row in effects.iter_rows(named=True):
        key = row["organisation"]
        if key not in (found.organisation, found.authority) and not access.permits(
            user, Permission.CHECK_RESULTS, key
        ):
            continue
        levels = key == found.organisation or access.permits(user, Permission.SEE_PROVISIONAL, key)
        shown.append(
            EffectRow(
                places.name(key),
                _title(row["measure"]),
                _counted(row, "before") if levels else "",
                _counted(row, "after") if levels else "",
                _difference(row),
            )
        )
    return sorted(
        shown, key=lambda one: (one.organisation != places.name(found.organisation), one.organisation)
    )


def csv_rows(user: User, found: reading.Desk) -> Iterable[list[object]]:
    """The rows of the file of a school's candidates, under `CSV`: a row a candidate and figure that changes."""
    decided = decisions_of(found.organisation, found.year)
    name = places.name(found.organisation)
    for one in found.found:
        decision = decided.get(one.key)
        said = [decision.get_state_display(), decision.reason] if decision else ["", ""]
        start = [name, school_year(found.year), shown_key(one.pupil), one.about.title, one.evidence]
        effects = effect_rows(user, found, found.effects.filter(pl.col("candidate") == one.key))
        for effect in effects:
            yield [
                *start,
                effect.measure,
                effect.organisation,
                effect.before,
                effect.after,
                effect.difference,
                *said,
            ]
        if not effects:
            yield [*start, "", "", "", "", "not known", *said]


@dataclass(frozen=True)
class CorrectionPage:
    """One candidate: what the data say, every effect, what was decided, and what was decided before."""

    candidate: Candidate
    key: str
    pupil: str
    verified: bool
    effects: list[EffectRow]
    decision: Correction | None
    version: int
    history: Sequence[tuple[object, list[versions.Difference]]]


def correction_page(user: User, found: reading.Desk, candidate: Candidate) -> CorrectionPage:
    """One candidate of a school's desk."""
    decision = decisions_of(found.organisation, found.year).get(candidate.key)
    return CorrectionPage(
        candidate,
        candidate.key,
        shown_key(candidate.pupil),
        candidate.about.verified(found.year),
        effect_rows(user, found, found.effects.filter(pl.col("candidate") == candidate.key)),
        decision,
        versions.latest(decision.versions_of) if decision else 0,
        versions.history(decision.versions_of) if decision else [],
    )


@dataclass(frozen=True)
class SchoolRow:
    """One school in the overview of a year: how many candidates by rule, and how many of them are decided."""

    urn: int
    name: str
    counts: list[int]
    total: int
    decided: int


def overview(user: User, year: int) -> tuple[list[Rule], list[SchoolRow]]:
    """Every school whose results the person checks, the most candidates first; and the rules that are the columns."""
    schools = dict(places.choices("school", access.reach(user, Permission.CHECK_RESULTS)))
    counts = reading.counts_of_candidates(user, year, list(schools))
    decided: dict[str, int] = {}
    for key in Correction.objects.filter(organisation__in=list(schools), year=year).values_list(
        "organisation", flat=True
    ):
        decided[key] = decided.get(key, 0) + 1
    columns = [one for one in rules().values() if any(one.key in found for found in counts.values())]
    rows = [
        SchoolRow(
            int(key.partition(":")[2]),
            schools[key],
            [found.get(one.key, 0) for one in columns],
            sum(found.values()),
            decided.get(key, 0),
        )
        for key, found in counts.items()
    ]
    return columns, sorted(rows, key=lambda one: (-one.total, one.name))


def _candidate_row(
    user: User, found: reading.Desk, one: Candidate, effects: pl.DataFrame, decided: Correction | None
) -> CandidateRow:
    return CandidateRow(
        one.key,
        shown_key(one.pupil),
        one.about,
        one.about.verified(found.year),
        one.evidence,
        _headline(effects, found.organisation),
        _headline(effects, found.authority),
        decided.get_state_display() if decided else "",
    )


def _headline(effects: pl.DataFrame, organisation: str) -> str:
    """The effect on the first headline that changes: `+1.7 percentage points, reading, writing and mathematics`."""
    mine = {
        row["measure"]: row for row in effects.iter_rows(named=True) if row["organisation"] == organisation
    }
    key = next((key for key in (*HEADLINES, *mine) if key in mine), None)
    return "" if key is None else f"{_difference(mine[key])}, {_short(key)}"


def _differing(pupils: pl.DataFrame) -> list[dict[str, Any]]:
    """The pupils whom DfE's marks count otherwise, then those who do not count at all."""
    shown = pupils.filter((~pl.col("agrees").fill_null(True)) | ~pl.col("counts"))
    return [row | {"key": shown_key(row["pupil"])} for row in shown.iter_rows(named=True)]


def _headlines_first(one: Reproduced) -> int:
    return HEADLINES.index(one.measure) if one.measure in HEADLINES else len(HEADLINES)


def _figure_row(one: Reproduced) -> FigureRow:
    pupils = f"{one.numerator} of {one.denominator}" if one.numerator is not None else str(one.denominator)
    return FigureRow(
        one.title,
        pupils,
        _number(one.value, one.measure),
        _number(one.dfe, one.measure),
        f"{_number(one.published, one.measure)} {one.published_by}".strip(),
        "" if one.difference is None else f"{_zero(one.difference):+.2f}",
        one.agrees,
        one.because[:1].upper() + one.because[1:],
    )


def _unit(measure: str) -> str:
    known = registry().get(measure)
    return known.unit if known else "progress points"


def _title(measure: str) -> str:
    known = registry().get(measure)
    return known.title if known else measure


def _short(measure: str) -> str:
    words = _title(measure).removeprefix("Key stage 2 ")
    return words[:1].lower() + words[1:]


def _number(value: float | None, measure: str) -> str:
    if value is None:
        return ""
    unit = _unit(measure)
    return (
        f"{value:.1f} %"
        if unit == "percent"
        else f"{_zero(value):+.2f}"
        if unit == "progress points"
        else f"{value:.1f}"
    )


def _counted(row: dict[str, Any], when: str) -> str:
    value, numerator, denominator = (row[f"{name}_{when}"] for name in ("value", "numerator", "denominator"))
    if value is None:
        return "nobody counts"
    counted = f"{numerator} of {denominator}" if numerator is not None else f"{denominator} pupils"
    return f"{_number(value, row['measure'])} ({counted})"


def _difference(row: dict[str, Any]) -> str:
    unit = _UNITS.get(_unit(row["measure"]), "")
    if row["difference"] is None:
        return "cannot be said"
    return f"{_zero(row['difference']):+.2f} {unit}".strip()


def _zero(value: float) -> float:
    """No minus before a nought."""
    return 0.0 if abs(value) < 0.005 else value
