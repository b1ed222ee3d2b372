"""Figures in words: how a value, its pupils, its interval and a comparison are printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headway.figures.measures import Measure

SYMBOL = {
    "suppressed": "suppressed",
    "not available": "n/a",
    "not applicable": "–",
    "low coverage": "low coverage",
    "too few": "too few",
}


_SHORT = (
    ("reading, writing and mathematics", "RWM"),
    ("grammar, punctuation and spelling", "GPS"),
    ("Key stage 1", "KS1"),
    ("Key stage 2", "KS2"),
    ("Foundation Stage Profile", "FSP"),
    ("or above", "+"),
)


def short_title(measure: Measure | None, key: str) -> str:
    """A measure's title as it fits a column."""
    title = measure.title if measure else key
    for long, short in _SHORT:
        title = title.replace(long, short)
    return title.replace(" +", "+")


def value_text(row: Mapping[str, Any] | None, measure: Measure | None) -> str:
    """A figure as a cell: `64.2 %`, `104.1`, `+1.2`, `suppressed`; a hyphen where there is no row."""
    if row is None:
        return "-"
    if row["status"] != "reported" or row["value"] is None:
        return SYMBOL.get(row["status"], str(row["status"]))
    value = row["value"]
    unit = measure.unit if measure else "percent"
    if unit == "percent":
        whole = row["basis"] == "published" and float(value).is_integer()
        return f"{value:.0f} %" if whole else f"{value:.1f} %"
    if unit == "pupils":
        return f"{value:,.0f}"
    return f"{value:+.1f}" if unit == "progress points" else f"{value:.1f}"


def pupils_text(row: Mapping[str, Any] | None, measure: Measure | None = None) -> str:
    """The number of pupils behind a figure, or the word that it is unpublished; nothing where it is the figure itself."""
    if row is None or row["status"] != "reported" or (measure is not None and measure.unit == "pupils"):
        return ""
    return f"{row['denominator']:,}" if row["denominator"] is not None else "unpublished"


def interval_text(row: Mapping[str, Any] | None) -> str:
    """The 95 % interval, such as `36.1 to 69.8`."""
    if row is None or row["lower"] is None or row["upper"] is None:
        return ""
    return f"{row['lower']:.1f} to {row['upper']:.1f}"


def difference_text(row: Mapping[str, Any] | None, measure: Measure | None) -> str:
    """A comparison, such as `-6.0 points, below`; what cannot be said is said to be so."""
    if row is None:
        return ""
    if row["significance"] == "cannot say" or row["difference"] is None:
        return "cannot say"
    word = {"above": ", above", "below": ", below"}.get(row["significance"], "")
    return f"{row['difference']:+.1f}{word}"
