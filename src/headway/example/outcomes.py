"""From latent attainment to what a test or a teacher records, era by era. Everything here is synthetic.

Each function gives columns by the names of the store's assessment tables, as arrays of text, empty where absent.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from headway.example.attainment import Attainment, Floats, Pupils
from headway.figures.tables import EARLY_LEARNING_GOALS, FSP_SCALES

Columns = dict[str, npt.NDArray[np.str_]]
_SUBJECTS = ("reading", "writing", "mathematics")


def _banded(values: Floats, edges: tuple[float, ...], labels: tuple[str, ...]) -> npt.NDArray[np.str_]:
    """The label of the band in which each value falls; a value on an edge is in the upper band."""
    return np.array(labels)[np.searchsorted(np.array(edges), values, side="right")]


def foundation(rng: np.random.Generator, year: int, attainment: Attainment) -> Columns:
    """Foundation Stage Profile points to 2012 (13 scales, 0 to 9), early learning goals since 2013."""
    level = attainment.foundation
    count = len(level)
    if year <= 2012:
        return {
            name: np.clip(
                np.rint(6.55 + 1.05 * level + 0.08 * (year - 2009) + rng.normal(0, 0.9, count)), 0, 9
            )
            .astype(int)
            .astype(str)
            for name in FSP_SCALES
        }
    exceeding = "3" if year <= 2021 else "2"
    return {
        name: _banded(level + rng.normal(0, 0.42, count), (-1.05, 1.25), ("1", "2", exceeding))
        for name in EARLY_LEARNING_GOALS
    }


def phonics(rng: np.random.Generator, attainment: Attainment) -> Columns:
    """Marks of 40 in the screening check and whether the threshold of 32 was met."""
    level = 0.5 * attainment.foundation + 0.5 * attainment.prior_by_subject["reading"]
    mark = np.clip(np.rint(36.5 + 6.0 * level + rng.normal(0, 3.0, len(level))), 0, 40).astype(int)
    absent = rng.random(len(mark)) < 0.006
    return {
        "mark": np.where(absent, "", mark.astype(str)),
        "outcome": np.where(absent, "A", np.where(mark >= 32, "WA", "WT")),
    }


def key_stage_1(year: int, attainment: Attainment) -> Columns:
    """Levels to 2015, teacher assessments since 2016."""
    columns: Columns = {}
    for subject in (*_SUBJECTS, "science"):
        level = (
            (attainment.prior_by_subject["reading"] + attainment.prior_by_subject["mathematics"]) / 2
            if subject == "science"
            else attainment.prior_by_subject[subject]
        )
        if year <= 2015:
            columns[f"{subject}_level"] = _banded(
                level, (-2.1, -1.25, -0.75, -0.1, 0.65), ("W", "1", "2C", "2B", "2A", "3")
            )
        elif subject == "science":
            columns["science_assessment"] = _banded(level, (-0.95,), ("HNM", "EXS"))
        else:
            columns[f"{subject}_assessment"] = _banded(
                level, (-2.0, -0.75, 0.8), ("PK3", "WTS", "EXS", "GDS")
            )
    return columns


KS1_POINTS_LEVELS = {"W": 3.0, "1": 9.0, "2C": 13.0, "2B": 15.0, "2A": 17.0, "3": 21.0}
KS1_POINTS_ASSESSMENTS = {"PKF": 3.0, "PK3": 3.0, "WTS": 6.0, "EXS": 8.0, "GDS": 10.0}
"""Key stage 1 points: levels for KS2 2016 to 2019, teacher assessments since."""


def key_stage_1_average(year: int, ks1: Columns) -> Floats:
    """Average key stage 1 points with English and mathematics weighted alike."""
    suffix, points = ("level", KS1_POINTS_LEVELS) if year <= 2015 else ("assessment", KS1_POINTS_ASSESSMENTS)

    def of(subject: str) -> Floats:
        return np.array([points[code] for code in ks1[f"{subject}_{suffix}"]])

    return ((of("reading") + of("writing")) / 2 + of("mathematics")) / 2


def multiplication_check(rng: np.random.Generator, attainment: Attainment) -> Columns:
    """Questions right, of 25."""
    score = (
        20.5 + 3.6 * attainment.prior_by_subject["mathematics"] + rng.normal(0, 3.0, len(attainment.prior))
    )
    return {
        "score": np.clip(np.rint(score), 0, 25).astype(int).astype(str),
        "outcome": np.full(len(score), "T"),
    }


def key_stage_2_levels(attainment: Attainment) -> Columns:
    """Levels of 2013 to 2015: tests with sub-levels in reading and mathematics, teacher assessment in writing."""
    edges, labels = (86.0, 93.0, 97.5, 102.0, 106.0, 117.5), ("B", "3", "4C", "4B", "4A", "5", "6")
    return {
        "reading_level": _banded(attainment.ks2["reading"], edges, labels),
        "mathematics_level": _banded(attainment.ks2["mathematics"], edges, labels),
        "writing_level": _banded(
            attainment.ks2["writing"], (86.0, 93.0, 106.5, 119.0), ("2", "3", "4", "5", "6")
        ),
        "science_level": _banded(
            (attainment.ks2["reading"] + attainment.ks2["mathematics"]) / 2, (93.0, 106.0), ("3", "4", "5")
        ),
    }


def key_stage_2_scores(
    rng: np.random.Generator, year: int, pupils: Pupils, attainment: Attainment
) -> Columns:
    """Scaled scores and teacher assessments since 2016; the weakest work below the tests and sit none."""
    columns: Columns = {}
    count = len(pupils.school)
    below = (attainment.prior < -2.1) & (pupils.sen != "N")
    absent = rng.random(count) < 0.006
    latent = {
        **attainment.ks2,
        "gps": (attainment.ks2["reading"] + attainment.ks2["writing"]) / 2 + 1.3 + rng.normal(0, 2.4, count),
    }
    for subject, most in (("reading", 50), ("mathematics", 110), ("gps", 70)):
        score = np.clip(np.rint(latent[subject]), 80, 120).astype(int)
        share = np.clip((score - 72) / 48, 0.03, 1.0)
        sat = ~below & ~absent
        columns[f"{subject}_outcome"] = np.where(
            below, "B", np.where(absent, "A", np.where(score >= 100, "AS", "NS"))
        )
        columns[f"{subject}_score"] = np.where(sat, score.astype(str), "")
        columns[f"{subject}_mark"] = np.where(sat, np.rint(most * share).astype(int).astype(str), "")
    weak, weakest = ("PKG", "PKF") if year <= 2018 else ("PK6", "PK3")
    writing = _banded(latent["writing"], (91.0, 98.6, 109.6), (weak, "WTS", "EXS", "GDS"))
    columns["writing_assessment"] = np.where(below, weakest, writing)
    columns["science_assessment"] = _banded(
        (latent["reading"] + latent["mathematics"]) / 2, (97.5,), ("HNM", "EXS")
    )
    for subject in ("reading", "mathematics"):
        columns[f"{subject}_assessment"] = np.where(below, weakest, "")
    return columns
