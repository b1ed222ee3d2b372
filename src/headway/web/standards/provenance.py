"""Where a figure comes from: definition, pupils, status, method, file, row, run and release; and what disclosure did.

Nothing here tells a reader of a figure that is withheld from them: what is said of it comes from their own file of the
release. What lies behind it in the store is said only to those who publish, and who see the figure whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.conf import settings
from django.http import Http404
from django.urls import reverse

from headway.figures import disclosure
from headway.figures.measures import Measure, registry
from headway.figures.receipts import Receipt, StoreError
from headway.figures.store import Store, StoreBusy
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.standards import reading, sight
from headway.web.standards.lines import (
    STATUS_MEANINGS,
    VALUE_ADDED,
    Line,
    best,
    compared,
    estimate_line,
    group_title,
    line,
    title_of,
    years_text,
)
from headway.web.standards.models import Release

_METHODS = {
    "proportion": "Wilson’s 95% interval of a percentage (E. B. Wilson, 1927; method 3 of R. G. Newcombe, 1998).",
    "mean": "The 95% interval of a mean by Student’s t, from the pupils’ values.",
    "ratio": "The 95% interval of a ratio, linearised (W. G. Cochran, 1977, chapter 6), since pupils differ in how many "
    "sessions were possible.",
    "count": "A number of pupils has no interval.",
    "spread": "There is no interval of a statistic of the whole distribution.",
    "published": "As published; where a whole-number percentage was published, from the least to the greatest number of "
    "pupils that it allows.",
}
_BASES = {
    "pupils": "Counted from pupil rows.",
    "published": "As others published it; nothing was computed again.",
    "schools": "Put together from the schools’ figures.",
}
_COMPARATORS = {
    "nation": "England",
    "nation_state_funded": "England, state-funded schools",
    "nation_other": "Others nationally",
    "authority": "The authority",
    "previous_year": "The year before",
    "other": "The other pupils of the organisation",
}
_MODEL = (
    "A multilevel model of pupils’ results on their results at key stage 1, pupils in schools. The school’s figure is its "
    "pupils’ average distance from what the model expects, drawn towards zero the more, the fewer they are "
    "(methods: H. Goldstein, Multilevel Statistical Models)."
)


@dataclass(frozen=True)
class Asked:
    """Which figure is meant. `model` is empty for a measure."""

    organisation: str
    year: int
    years_pooled: int
    measure: str
    group: str
    release: str = ""
    model: str = ""


@dataclass(frozen=True)
class Comparison:
    """What a figure was compared with, from where, and what came of it."""

    with_what: str
    value: str
    source: str
    said: str
    because: str


@dataclass(frozen=True)
class FileRow:
    """A row of a file that says the figure, with the address of its receipt."""

    dataset: str
    file: str
    row: int | None
    column: str
    cell: str
    href: str


@dataclass(frozen=True)
class Provenance:
    """Everything that is known of one figure. `facts` are pairs of words in the order in which they are read."""

    title: str
    organisation: str
    year: str
    group: str
    line: Line
    facts: list[tuple[str, str]]
    definition: list[tuple[str, str]]
    comparisons: list[Comparison]
    disclosure: list[str]
    hidden_from: list[str]
    rows: list[FileRow]
    receipts: list[tuple[str, str, str]]
    run: list[tuple[str, str]]
    release: Release
    releases: list[tuple[Release, str]]
    school_urn: int | None


def provenance(user: User, asked: Asked) -> Provenance:
    """The figure as this person sees it. Raises Http404 where they may not see it, or there is none."""
    release = reading.release_for(user, asked.organisation, asked.release)
    if release is None:
        raise Http404
    seen = sight.sight(user, release)
    view = seen.of(asked.organisation)
    figures = reading.school_figures(user, asked.organisation, release=release)
    rows = (figures.estimates if asked.model else figures.results).filter(_is_it(asked))
    if rows.is_empty() or view is None:
        raise Http404
    row = (rows if asked.model else best(rows)).row(0, named=True)
    said = estimate_line(row, release) if asked.model else line(row, release)
    measure = registry().get(asked.measure)
    inside = view.rank == 0 and access.permits(user, Permission.PUBLISH, asked.organisation)
    beside = figures.comparisons.filter(_is_it(asked)) if not asked.model else figures.comparisons.clear()
    store = _store() if inside else None
    return Provenance(
        title=said.title,
        organisation=places.name(asked.organisation),
        year=years_text(asked.year, asked.years_pooled),
        group=group_title(asked.group),
        line=said,
        facts=_facts(row, said, measure, asked),
        definition=_definition(measure, asked),
        comparisons=[
            _comparison(one, said) for one in beside.iter_rows(named=True) if one["basis"] == row.get("basis")
        ],
        disclosure=_disclosure(view, said),
        hidden_from=_hidden_from(release, asked) if inside else [],
        rows=_file_rows(store, asked) if store and not asked.model else [],
        receipts=_receipts(store, release, asked, said.basis) if store else [],
        run=_run(release),
        release=release,
        releases=_said_before(user, asked),
        school_urn=_urn(asked.organisation),
    )


def _is_it(asked: Asked) -> pl.Expr:
    found = (
        (pl.col("year") == asked.year)
        & (pl.col("years_pooled") == asked.years_pooled)
        & (pl.col("measure") == asked.measure)
        & (pl.col("group") == asked.group)
    )
    return found & (pl.col("model") == asked.model) if asked.model else found


def _facts(
    row: Mapping[str, Any], said: Line, measure: Measure | None, asked: Asked
) -> list[tuple[str, str]]:
    found = [("Status", f"{said.status.capitalize()}. {STATUS_MEANINGS.get(said.text, '')}".strip())]
    if not said.is_reported:
        return found
    if asked.model:
        found += [
            ("Model", VALUE_ADDED.get(asked.model, asked.model)),
            ("Pupils counted", said.pupils_text),
            ("Before it was drawn towards zero", _or_unknown(row["raw"], "{:+.2f}")),
            ("Reliability", _or_unknown(row["reliability"], "{:.2f} (1: all of it is the school’s)")),
            ("95% interval", said.interval or "none"),
        ]  # fmt: skip
        return [*found, ("What a reader must know", said.note)] if said.note else found
    found.append(("Value, unrounded", f"{row['value']:.6g}"))
    kind = measure.kind if measure else "published"
    pupils = f"{row['denominator']:,}" if row["denominator"] is not None else "not published"
    if row["numerator"] is not None:
        found += [("Numerator: pupils who met it", f"{row['numerator']:,}"), ("Denominator: pupils", pupils)]
    elif row["numerator_low"] is not None:
        found += [
            (
                "Numerator: pupils who met it",
                f"{row['numerator_low']:,} to {row['numerator_high']:,}, by the rounded percentage",
            ),
            ("Denominator: pupils", pupils),
        ]  # fmt: skip
    else:
        found.append(("Pupils", pupils))
    basis = row["basis"]
    found += [
        ("Basis", _BASES.get(basis, basis)),
        ("95% interval", said.interval or "none"),
        ("How the interval is made", _METHODS["published" if basis == "published" else kind]),
        ("Source", row["source"] or "not known"),
    ]
    if row["description"]:
        found.append(("Published beside it", row["description"]))
    if said.note:
        found.append(("What a reader must know", said.note))
    return found


def _or_unknown(value: float | None, form: str) -> str:
    return "not known" if value is None else form.format(value)


def _state(receipt: Receipt) -> str:
    if receipt.state == "undone":
        return "taken back"
    return f"replaced by {receipt.superseded_by}" if receipt.superseded_by else "live"


def _definition(measure: Measure | None, asked: Asked) -> list[tuple[str, str]]:
    if measure is None:
        return [
            ("Definition", _MODEL),
            ("Unit", "points; zero is the average of the schools counted together"),
        ]
    found = [
        ("Definition", measure.definition),
        ("Unit", measure.unit),
        ("Better when", {"higher": "higher", "lower": "lower"}.get(measure.direction, "neither")),
        ("Source of the definition", measure.source),
        ("Key", measure.key),
    ]
    found += [(f"Break in {one.year}", f"{one.reason} ({one.source})") for one in measure.breaks]
    return [*found, ("Notes", measure.notes)] if measure.notes else found


def _comparison(row: Mapping[str, Any], said: Line) -> Comparison:
    words = compared(row, said.unit)
    limits = ""
    if row["lower"] is not None and row["upper"] is not None:
        limits = f" (95% interval of the difference {row['lower']:+.1f} to {row['upper']:+.1f})".replace(
            "-", "−"
        )
    return Comparison(
        _COMPARATORS.get(row["comparator"], row["comparator"]),
        words.value or words.said,
        row["comparator_source"] or "",
        f"{words.text}{limits}",
        words.because,
    )


def _disclosure(view: sight.View, said: Line) -> list[str]:
    audience = disclosure.settings().audience(view.audience)
    if view.rank == 0:
        return [f"You see it as one of: {audience.title}. They are entitled to every figure whole."]
    if view.rank == 1:
        return ["You see your own figures whole; comparisons with the authority as all schools see them."]
    rule = audience.rule
    found = [f"You see it as one of: {audience.title}."]
    if rule is not None:
        found.append(f"Their rule: {rule.title} ({rule.source}).")
    if said.status == "suppressed":
        found.append(
            "It is withheld: it is of few pupils, or it would give away another that is. Both carry the same word, so that "
            "nobody can tell which."
        )
    return found


def _hidden_from(release: Release, asked: Asked) -> list[str]:
    """The audiences from whom the figure is withheld, or to whom it was not opened."""
    found = []
    for one in release.files.all():
        table = "estimates" if asked.model else "results"
        if one.table != table or one.view != "shown" or one.order != "organisation":
            continue
        rows = reading.rows_of_file(one, asked.organisation).filter(_is_it(asked))
        blank = rows.is_empty() or (
            rows["estimate"].null_count() if asked.model else (rows["status"] == "suppressed").any()
        )
        if blank:
            found.append(disclosure.settings().audience(one.audience).title)
    return sorted(found)


def _store() -> Store | None:
    try:
        return Store.open(settings.HOME)
    except (StoreError, StoreBusy, OSError):
        return None


def _file_rows(store: Store, asked: Asked) -> list[FileRow]:
    """What the loaded files say of the figure, each with its file and row."""
    names = {one.id: one.file_name for one in store.receipts()}
    published = (
        store.frame("published_results", asked.year)
        .filter((pl.col("organisation") == asked.organisation) & _is_it(asked))
        .collect()
    )
    return [
        FileRow(
            f"{row['dataset']} ({row['release']})",
            names.get(row["receipt"], row["receipt"]),
            row["row"],
            row["column"] or "",
            row["symbol"] or f"{row['value']:g}" if row["symbol"] or row["value"] is not None else "nothing",
            reverse("figure_receipt", args=[row["receipt"]]) + f"?row={row['row']}",
        )
        for row in published.iter_rows(named=True)
    ]


def _receipts(store: Store, release: Release, asked: Asked, basis: str) -> list[tuple[str, str, str]]:
    """The files of the figure's years on which the run rested: receipt, file and address."""
    try:
        run = store.run(release.run)
    except StoreError:
        return []
    years = set(range(asked.year - asked.years_pooled + 1, asked.year + 1))
    tables = _tables(asked, basis)
    return [
        (one.receipt, one.file_name, reverse("figure_receipt", args=[one.receipt]))
        for one in run.inputs
        if any(table in one.tables and years & set(one.tables[table]) for table in tables)
    ]


def _tables(asked: Asked, basis: str) -> tuple[str, ...]:
    """The tables in which the rows behind a figure are."""
    measure = registry().get(asked.measure)
    if measure is None:
        return ("assessments_ks2",)
    return ("published_results",) if basis == "published" or measure.table is None else (measure.table,)


def _run(release: Release) -> list[tuple[str, str]]:
    found = [("Run", release.run)]
    store = _store()
    if store is not None:
        try:
            run = store.run(release.run)
        except StoreError:
            return found
        found += [
            ("Finished", f"{run.finished_at:%d %B %Y, %H:%M} UTC"),
            ("Headway", f"version {run.version}, code {run.code}, engine {run.engine}"),
        ]
    return found


def _said_before(user: User, asked: Asked) -> list[tuple[Release, str]]:
    """What each release that the person may see says of the figure, the newest first."""
    found = []
    for release in reading.releases_for(user, asked.organisation):
        if asked.model:
            continue
        rows = reading.rows_of(user, asked.organisation, release=release).filter(_is_it(asked))
        if rows.height:
            found.append((release, line(best(rows).row(0, named=True), release).text))
    return found


def _urn(organisation: str) -> int | None:
    kind, _, code = organisation.partition(":")
    return int(code) if kind == "school" and code.isdecimal() else None


@dataclass(frozen=True)
class ReceiptPage:
    """A loaded file, and what one of its rows says of the organisations that the person may see."""

    receipt: Receipt
    facts: list[tuple[str, str]]
    row: int | None
    cells: list[tuple[str, str, str, str]]


def receipt_page(user: User, receipt: str, row: int | None) -> ReceiptPage:
    """A receipt for those who publish. Raises Http404 where there is none. Of pupil rows nothing is shown but how many."""
    store = _store()
    if store is None:
        raise Http404
    try:
        found = store.receipt(receipt)
    except StoreError as error:
        raise Http404 from error
    cells = []
    if row is not None and "published_results" in found.tables:
        said = (
            store.frame("published_results")
            .filter((pl.col("receipt") == receipt) & (pl.col("row") == row))
            .collect()
        )
        for one in said.sort("measure", "group").iter_rows(named=True):
            if access.permits(user, Permission.PUBLISH, one["organisation"]) or one[
                "organisation"
            ].startswith("nation:"):
                cell = one["symbol"] or (f"{one['value']:g}" if one["value"] is not None else "nothing")
                cells.append((one["column"] or "", title_of(one["measure"]), group_title(one["group"]), cell))
    facts = [
        ("File", found.file_name),
        ("What it is", found.kind),
        ("Loaded", f"{found.loaded_at:%d %B %Y, %H:%M} UTC"),
        ("SHA-256", found.file_hash),
        ("Rows read", f"{found.rows_read:,}"),
        ("Rows accepted", f"{found.rows_accepted:,}"),
        ("Rows set aside", f"{found.rows_set_aside:,}"),
        ("State", _state(found)),
    ]
    return ReceiptPage(found, facts, row, cells)
