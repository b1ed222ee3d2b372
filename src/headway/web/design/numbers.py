"""Figures as they are printed on every page, in every chart and in every document: `64.2%`, `104.1`, `+1.2`."""

from __future__ import annotations

UNITS = {
    "percent": "per cent",
    "scaled score": "scaled score points",
    "points": "points",
    "progress points": "points of progress",
    "pupils": "pupils",
    "percentage points": "percentage points",
    "index": "index points",
}
"""The words for each unit of a measure."""

_DIGITS = 19
"""A whole number of 64 bits has up to 19 digits; every one of fewer fits."""
_SIGNED = ("progress points", "percentage points")


def value_text(value: float | None, unit: str, *, whole: bool = False) -> str:
    """A value in its unit, or nothing where there is none. `whole`: it was published as
    a whole number and is no more exact."""
    if value is None:
        return ""
    if unit == "pupils":
        return f"{value:,.0f}"
    digits = 0 if whole and float(value).is_integer() else 1
    text = f"{_no_minus_zero(value, digits):{'+' if unit in _SIGNED else ''}.{digits}f}".replace("-", "−")
    return f"{text}%" if unit == "percent" else text


def school_year(year: int) -> str:
    """2024 as 2023/24."""
    return f"{year - 1}/{year % 100:02d}"


def interval_text(lower: float | None, upper: float | None, unit: str) -> str:
    """An interval, such as `36.1% to 69.8%`, or nothing where there is none."""
    if lower is None or upper is None:
        return ""
    return f"{value_text(lower, unit)} to {value_text(upper, unit)}"


def difference_text(difference: float | None, unit: str) -> str:
    """A difference with its sign: `+3.1 percentage points`, of a percentage; `−0.4` of anything else."""
    if difference is None:
        return ""
    text = f"{_no_minus_zero(difference, 1):+.1f}".replace("-", "−")
    return f"{text} percentage points" if unit == "percent" else text


def pupils_text(pupils: int | None) -> str:
    """How many pupils, or that it is unpublished."""
    if pupils is None:
        return "number of pupils unpublished"
    return f"{pupils:,} pupil{'' if pupils == 1 else 's'}"


def _no_minus_zero(value: float, digits: int) -> float:
    return round(value, digits) + 0.0


def is_number(text: str) -> bool:
    """Whether a text from an address or a form is a whole number that a database can look for."""
    return text.isascii() and text.isdecimal() and len(text) < _DIGITS
