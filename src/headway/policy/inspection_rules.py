"""What follows from inspections: category of concern and monitoring, when the next falls due, twice below good running.

Rules stand in dated packs; one asked for a day outside its dates is refused. Due windows are dates and reasons,
never a predicted grade.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from headway.policy.clocks import months_after
from headway.policy.days import written
from headway.policy.packs import shipped
from headway.policy.packs.checking import PackError, Place, read_toml, settings_of
from headway.policy.packs.dates import holds
from headway.policy.profiles import Inspection

NO_CATEGORY, SIGNIFICANT_IMPROVEMENT, SPECIAL_MEASURES = "none", "RSI", "SM"


def _data(name: str) -> dict[str, Any]:
    return read_toml(shipped.text("inspections", f"{name}.toml"), f"{name}.toml")


@dataclass(frozen=True)
class ReportCardRules:
    """Which values of a report card bring a category or monitoring, with the dates for which that holds."""

    key: str
    title: str
    framework: str
    first_day: date
    source: str
    urgent: str
    attention: str
    leadership: str
    last_day: date | None = None
    notes: tuple[str, ...] = ()
    verified: bool = True


@cache
def report_card_rules() -> ReportCardRules:
    """The shipped rules."""
    return settings_of(ReportCardRules, _data("report-cards"), Place("report-cards.toml"))


@dataclass(frozen=True)
class Conclusion:
    """What follows: the category (none, RSI, SM), whether there is a monitoring programme, and the sentence."""

    category: str
    monitoring: bool
    because: str


def concluded(inspection: Inspection, rules: ReportCardRules | None = None) -> Conclusion:
    """What a report card leads to. Raises `PackError` for an inspection under another framework or outside the dates."""
    asked = rules or report_card_rules()
    if inspection.framework != asked.framework or not holds(asked.first_day, asked.last_day, inspection.day):
        raise PackError(
            f"{asked.title}: these rules are for inspections under {asked.framework} from {written(asked.first_day)}; "
            f"this one was under {inspection.framework} on {written(inspection.day)}. Its own report says its category."
        )
    safeguarding = inspection.safeguarding or inspection.judgements.get("safeguarding")
    areas = {area: value for area, value in inspection.judgements.items() if area != "safeguarding"}
    urgent = [area for area, value in areas.items() if value == asked.urgent]
    attention = [area for area, value in areas.items() if value == asked.attention]
    reasons = [f"{asked.urgent} ({', '.join(urgent)})"] if urgent else []
    if safeguarding == "not met":
        reasons.append("safeguarding not met")
    if reasons:
        special = asked.leadership in urgent
        name = "special measures" if special else "requires significant improvement"
        return Conclusion(
            SPECIAL_MEASURES if special else SIGNIFICANT_IMPROVEMENT,
            monitoring=True,
            because=f"category of concern, {name}: {'; '.join(reasons)}",
        )
    if attention:
        return Conclusion(
            NO_CATEGORY,
            monitoring=True,
            because=f"monitoring programme: {asked.attention} ({', '.join(attention)})",
        )
    return Conclusion(NO_CATEGORY, monitoring=False, because="no category and no monitoring programme")


@dataclass(frozen=True)
class WindowRule:
    """When the next inspection falls due after one with such a grade, while the rule holds."""

    key: str
    first_day: date
    last_day: date
    grades: tuple[str, ...]
    counts_from: str
    source: str
    earliest_months: int | None = None
    latest_months: int | None = None
    latest_academic_years: int | None = None


@dataclass(frozen=True)
class Window:
    """From when and by when the next inspection falls due; None where it is not known. `overdue` as at the day asked."""

    earliest: date | None
    latest: date | None
    because: str
    overdue: bool = False


@cache
def window_rules() -> tuple[WindowRule, ...]:
    """The shipped windows."""
    place = Place("windows.toml").at("window")
    return tuple(
        settings_of(WindowRule, one, place.at(at)) for at, one in enumerate(_data("windows")["window"])
    )


def end_of_academic_year(day: date) -> date:
    """31 August on or after a day."""
    return date(day.year if day <= date(day.year, 8, 31) else day.year + 1, 8, 31)


def window(
    inspections: Sequence[Inspection], as_at: date, rules: Sequence[WindowRule] | None = None
) -> Window:
    """When a school's next inspection falls due by the rules in force on `as_at`, from its last graded inspection."""
    graded = [one for one in inspections if one.overall and one.day <= as_at]
    if not graded:
        return Window(None, None, "Not known: no graded inspection is known.")
    last = graded[-1]
    later = [one for one in inspections if last.day < one.day <= as_at and not one.incomplete]
    if later:
        return Window(
            None,
            None,
            f"Not known: inspected on {written(later[-1].day)} without an overall grade; no window for that was read.",
        )
    known = rules if rules is not None else window_rules()
    rule = next(
        (one for one in known if holds(one.first_day, one.last_day, as_at) and last.overall in one.grades),
        None,
    )
    found = f"judged {last.overall} on {written(last.day)}"
    if rule is None:
        return Window(None, None, f"Not known: {found}; no window in force on {written(as_at)} was read.")
    start = last.known_on if rule.counts_from == "publication" else last.day
    latest = None
    if rule.latest_months is not None:
        latest = months_after(start, rule.latest_months)
    elif rule.latest_academic_years is not None:
        end = end_of_academic_year(start)
        latest = date(end.year + rule.latest_academic_years, 8, 31)
    earliest = None if rule.earliest_months is None else months_after(start, rule.earliest_months)
    unpublished = rule.counts_from == "publication" and last.published is None
    counted = " (counted from the inspection, as the day of publication is not known)" if unpublished else ""
    return Window(
        earliest,
        latest,
        f"{found[0].upper()}{found[1:]}; {rule.source}{counted}.",
        overdue=latest is not None and latest < as_at,
    )


@dataclass(frozen=True)
class Commitments:
    """What a school commits to after so many such judgements running."""

    key: str
    title: str
    source: str
    grades: tuple[str, ...]
    times: int
    commitments: tuple[str, ...]
    report_card_values: tuple[str, ...] = ()
    report_card_areas: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@cache
def six_commitments() -> Commitments:
    """Medway's six, of decision 64/2012."""
    return settings_of(Commitments, _data("six-commitments"), Place("six-commitments.toml"))


@dataclass(frozen=True)
class Checklist:
    """The commitments of a school that the rule catches, with the reason; none where it does not."""

    items: tuple[str, ...]
    because: str


def checklist(inspections: Sequence[Inspection], pack: Commitments | None = None) -> Checklist:
    """The commitments that follow where the last inspections, as many as the pack says, were all at its grades."""
    asked = pack or six_commitments()
    judged = [one for one in inspections if one.overall or _card(one, asked) is not None]
    last = judged[-asked.times :]
    if len(last) < asked.times:
        return Checklist((), f"Fewer than {asked.times} judged inspections are known.")
    words = []
    for one in last:
        value = one.overall if one.overall else _card(one, asked)
        if value not in (*asked.grades, *asked.report_card_values):
            return Checklist((), f"Judged {value} on {written(one.day)}.")
        words.append(f"{value} on {written(one.day)}")
    return Checklist(asked.commitments, f"Judged {' and '.join(words)} ({asked.source}).")


def _card(inspection: Inspection, pack: Commitments) -> str | None:
    values = [inspection.judgements[area] for area in pack.report_card_areas if area in inspection.judgements]
    return next((one for one in values if one in pack.report_card_values), values[0] if values else None)
