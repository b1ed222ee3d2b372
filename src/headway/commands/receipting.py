"""Loads and runs in words and as rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from headway.commands.output import count_of
from headway.figures.loading import Rejection, explain
from headway.figures.receipts import ChangedValue, Receipt
from headway.figures.runs import RunComparison
from headway.figures.store import Store

_FINDINGS_SHOWN = 12
_CHANGES_SHOWN = 20


def as_row(outcome: Receipt | Rejection) -> dict[str, Any]:
    """A load as one object: what it was, what became of its rows, what it changed."""
    if isinstance(outcome, Rejection):
        return {"file": outcome.file_name, "state": "refused", "message": outcome.message}
    return {
        "receipt": outcome.id,
        "file": outcome.file_name,
        "sha256": outcome.file_hash,
        "kind": outcome.kind,
        "scope": outcome.scope,
        "complete": outcome.complete,
        "state": "already loaded" if outcome.already_loaded else outcome.state,
        "loaded_at": outcome.loaded_at,
        "rows_read": outcome.rows_read,
        "rows_accepted": outcome.rows_accepted,
        "rows_set_aside": outcome.rows_set_aside,
        "set_aside": outcome.set_aside,
        "findings": dict(outcome.findings),
        "tables": {table: sum(years.values()) for table, years in outcome.tables.items()},
        "added": outcome.change.added,
        "replaced": outcome.change.replaced,
        "unchanged": outcome.change.unchanged,
        "removed": outcome.change.removed,
    }


def in_words(store: Store, outcome: Receipt | Rejection, *, whole: bool = False) -> Iterator[str]:
    """A load in sentences: what it was taken for, what went in, what was set aside and why."""
    if isinstance(outcome, Rejection):
        yield f"{outcome.file_name}: not loaded. {outcome.message}"
        return
    if outcome.already_loaded:
        yield f"{outcome.file_name}: loaded before, as {outcome.id}. Nothing has changed."
        return
    tables = ", ".join(
        f"{sum(years.values()):,} in {table}" for table, years in sorted(outcome.tables.items()) if years
    )
    state = ", taken back" if outcome.state == "undone" else ""
    yield f"{outcome.file_name}: {outcome.kind} ({outcome.id}{state}). {_rows(outcome)} Rows: {tables or 'none'}."
    if _says_something(outcome) or whole:
        yield f"  {_change(outcome)}"
    found = explain(store, outcome)
    for sentence in found if whole else found[:_FINDINGS_SHOWN]:
        yield f"  {sentence}"
    if not whole and len(found) > _FINDINGS_SHOWN:
        yield f"  … and {len(found) - _FINDINGS_SHOWN} more. All of them: headway receipt {outcome.id}"
    if outcome.set_aside:
        yield f"  To mend: open {outcome.set_aside}, correct the rows, and load that file."
    for change in outcome.change.examples if whole else outcome.change.examples[:0]:
        yield f"  {changed(change)}"


def _rows(receipt: Receipt) -> str:
    aside = f", {receipt.rows_set_aside:,} set aside" if receipt.rows_set_aside else ""
    return f"{count_of(receipt.rows_read, 'row')} read, {receipt.rows_accepted:,} accepted{aside}."


def _says_something(receipt: Receipt) -> bool:
    return bool(receipt.change.replaced or receipt.change.removed)


def _change(receipt: Receipt) -> str:
    change = receipt.change
    return (
        f"{change.added:,} added, {change.replaced:,} changed, {change.unchanged:,} as they were, "
        f"{change.removed:,} no longer there."
    )


def changed(change: ChangedValue) -> str:
    """One concrete change: which figure, what it was, what it is."""
    what = f"{change.table} {change.year or ''} {change.key}".strip()
    if change.what != "replaced":
        return f"{what}: {change.what}"
    return f"{what}: {change.column} was {change.before or 'empty'}, is {change.after or 'empty'}"


_FIGURE = ("organisation", "year", "years_pooled", "measure", "group", "basis")


def comparison_rows(comparison: RunComparison) -> list[dict[str, Any]]:
    """Every figure that differs between two runs, with what it was, what it is, and the files behind it."""
    rows = []
    for what, frame in (
        ("changed", comparison.changed),
        ("added", comparison.added),
        ("gone", comparison.gone),
    ):
        rows += [{"what": what, **row} for row in frame.iter_rows(named=True)]
    return rows


def comparison_in_words(comparison: RunComparison) -> Iterator[str]:
    """What changed between two runs, and which file changed it."""
    before, after = comparison.before.id, comparison.after.id
    if comparison.same:
        yield f"{before} and {after} say the same of every figure."
    else:
        yield (
            f"From {before} to {after}: {count_of(comparison.changed.height, 'figure')} changed, "
            f"{comparison.added.height:,} added, {comparison.gone.height:,} gone."
        )
    for one in comparison.inputs_added:
        yield f"  only in {after}: {one.file_name} ({one.receipt}, {one.kind})"
    for one in comparison.inputs_gone:
        yield f"  only in {before}: {one.file_name} ({one.receipt}, {one.kind})"
    for setting in comparison.settings:
        yield f"  {setting}"
    for row in comparison.changed.head(_CHANGES_SHOWN).iter_rows(named=True):
        yield f"  {_figure(row)}: was {_state(row, 'before')}, is {_state(row, 'after')}. {_because(row)}"
    if comparison.changed.height > _CHANGES_SHOWN:
        yield f"  … and {comparison.changed.height - _CHANGES_SHOWN:,} more (all of them with --json)"


def _figure(row: dict[str, Any]) -> str:
    return " ".join(str(row[name]) for name in ("organisation", "year", "measure", "group"))


def _state(row: dict[str, Any], side: str) -> str:
    if row[f"status_{side}"] != "reported":
        return str(row[f"status_{side}"])
    counted, of = row[f"numerator_{side}"], row[f"denominator_{side}"]
    pupils = f" ({counted} of {of})" if counted is not None else f" (of {of})" if of is not None else ""
    return f"{row[f'value_{side}']:.1f}{pupils}"


def _because(row: dict[str, Any]) -> str:
    because = row.get("because")
    if isinstance(because, list | pl.Series):
        because = ", ".join(str(one) for one in because)
    return f"Because of {because}." if because else ""
