"""What the schools of an area share: how far their area as a whole stands from its schools' own forecasts.

A school is drawn towards the nation's mean, and rightly so; an authority's hundred schools drawn together are
drawn too far, since an area's standing lasts better than a school's. How much of that gap comes back is
learnt at an earlier origin, like all else.
"""

from __future__ import annotations

import numpy as np

from headway.figures.models.panel import Names, Numbers

FEWEST_SCHOOLS = 10
"""Schools with a latest result from which an area's gap is taken; in smaller areas it is 0."""


def area_gap(latest: Numbers, deviation: Numbers, size: Numbers, area: Names) -> Numbers:
    """For each school, its area's latest standing less its schools' forecast, weighted by their size.

    Both as deviations from the national mean, over the area's schools that have a latest result.
    """
    seen = np.isfinite(latest) & (area != "")
    names, place = np.unique(area, return_inverse=True)
    weight = np.where(seen, size, 0.0)
    standing = np.where(seen, latest - np.nanmean(latest) - deviation, 0.0)
    total = np.bincount(place, weight, len(names))
    gap = np.bincount(place, weight * standing, len(names)) / np.where(total > 0, total, 1.0)
    enough = np.bincount(place, seen.astype(float), len(names)) >= FEWEST_SCHOOLS
    found: Numbers = np.where(enough & (names != ""), gap, 0.0)[place]
    return found


def pull(errors: Numbers, gap: Numbers, size: Numbers) -> float:
    """The share of the gap that came back at an earlier origin, 0 to 1 (least squares, weighted by size)."""
    total = float((size * gap**2).sum())
    return float(np.clip((size * gap * errors).sum() / total, 0.0, 1.0)) if total > 0 else 0.0


def shared_variance(errors: Numbers, area: Names) -> float:
    """The variance between areas of what their schools' errors share (one-way analysis of variance)."""
    named = area != ""
    if len(set(area[named])) < 10:
        return 0.0
    _, place = np.unique(area[named], return_inverse=True)
    count = np.bincount(place).astype(float)
    mean = np.bincount(place, errors[named]) / count
    within = float(((errors[named] - mean[place]) ** 2).sum() / max(count.sum() - len(count), 1.0))
    overall = errors[named].mean()
    between = float((count * (mean - overall) ** 2).sum() / (len(count) - 1))
    effective = (count.sum() - (count**2).sum() / count.sum()) / (len(count) - 1)
    return float(max((between - within) / effective, 0.0))
