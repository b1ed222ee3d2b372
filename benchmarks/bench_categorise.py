"""How fast a round is over 24,000 schools, beside the plain query that gathers its inputs.

Run `python benchmarks/bench_categorise.py`.

A made-up nation: 24,000 schools, 40 measures, two years and two groups, comparisons and inspections, and a scheme of
12 criteria. Everything is read from Parquet, as a run keeps it. Prints the ratio (at most 100 wanted), the memory
(at most 1 GiB), and the time of a what-if for one authority.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from headway.policy import gathering, what_if
from headway.policy.categorise import Reckoning, categorise_resolved, resolved
from headway.policy.scheme_packs import read
from headway.policy.schemes import Scheme

MEASURES = (
    "ks2_rwm_expected", "ks2_reading_expected", "ks2_writing_expected", "ks2_mathematics_expected",
    "ks2_rwm_higher", "ks2_gps_expected", "absence_overall", "phonics_expected",
)  # fmt: skip
PROGRESS = ("ks2_reading_progress", "ks2_mathematics_progress")
OTHERS = tuple(f"other_{at}" for at in range(30))
YEAR, AUTHORITY = 2019, 160

_SCHOOLS = "\n".join(
    f'{kind} = "as others"' for kind in ("infant", "first", "junior", "middle", "special", "nursery")
)


def _threshold(measure: str, below: float) -> str:
    return (
        f'[[criterion]]\nkey = "low_{measure}"\ntitle = "Low: {measure}"\n'
        'level = [{ name = "not below" }, { name = "below" }]\n'
        f'[[criterion.rule]]\njudge = "figure_below"\nmeasure = "{measure}"\nbelow = {below}\n'
    )


def _beside(measure: str) -> str:
    return (
        f'[[criterion]]\nkey = "beside_{measure}"\ntitle = "Beside England: {measure}"\n'
        'level = [{ name = "better" }, { name = "no different" }, { name = "worse" }]\n'
        f'[[criterion.rule]]\njudge = "beside_comparator"\nmeasures = ["{measure}"]\n'
    )


def _progress(measure: str) -> str:
    return (
        f'[[criterion]]\nkey = "{measure}"\ntitle = "{measure}"\n'
        'level = [{ name = "significantly above" }, { name = "not different" }, { name = "significantly below" }]\n'
        f'[[criterion.rule]]\njudge = "beside_reference"\nmeasures = ["{measure}"]\nreference = 0\n'
    )


def scheme() -> Scheme:
    """Twelve criteria, weighed into points."""
    text = (
        'key = "bench"\ntitle = "Bench"\nversion = "1"\nmethod = "points"\nfirst_day = 2000-01-01\nfirst_year = 2000\n'
        'figures = "unrounded"\ncompared_with = "thresholds"\nsources = ["made up"]\nminimum_pupils = 6\n'
        'missing = "left out"\n'
        f"[schools]\n{_SCHOOLS}\n"
        + "".join(_threshold(measure, 60) for measure in MEASURES[:4])
        + "".join(_beside(measure) for measure in MEASURES[4:])
        + "".join(_progress(measure) for measure in PROGRESS)
        + '[[criterion]]\nkey = "grade"\ntitle = "Grade"\nlevel = [{ name = "outstanding" }, { name = "good" }, '
        '{ name = "satisfactory or requires improvement" }, { name = "inadequate" }]\n'
        '[[criterion.rule]]\njudge = "overall_grade"\n'
        + '[[criterion]]\nkey = "concern"\ntitle = "Concern"\nlevel = [{ name = "none" }, '
        '{ name = "significant improvement" }, { name = "special measures" }]\n'
        '[[criterion.rule]]\njudge = "category_of_concern"\n'
        + "".join(
            f'[[category]]\nkey = "{key}"\ntitle = "{key}"\nmeaning = "m"\nfrom_score = {score}\n'
            for key, score in (("red", 0.7), ("amber", 0.5), ("yellow", 0.3), ("green", 0))
        )
    )
    return read(text, "bench.toml")


def make(folder: Path, schools: int, seed: int = 1) -> None:
    """Writes results, comparisons, inspections, judgements and the register."""
    generator = np.random.default_rng(seed)
    names = [f"school:{100000 + at}" for at in range(schools)]
    quality = generator.normal(size=schools)
    frames, beside = [], []
    for year in (YEAR - 1, YEAR):
        for measure in (*MEASURES, *PROGRESS, *OTHERS):
            pupils = generator.integers(5, 90, schools)
            share = 1 / (1 + np.exp(-(0.6 + 0.5 * quality + 0.3 * generator.normal(size=schools))))
            met = generator.binomial(pupils, share)
            status = np.where(generator.random(schools) < 0.03, "suppressed", "reported")
            value = 100 * met / pupils
            if measure in PROGRESS:
                value = 2 * quality + generator.normal(size=schools)
            half = 200 / np.sqrt(pupils) if measure not in PROGRESS else 12 / np.sqrt(pupils)
            frame = pl.DataFrame(
                {
                    "organisation": names, "year": year, "years_pooled": 1, "measure": measure, "group": "all",
                    "basis": "published", "status": status, "numerator": met, "denominator": pupils,
                    "value": value, "lower": value - half, "upper": value + half, "numerator_low": met,
                    "numerator_high": met, "source": "dfe_performance_tables; made.csv; row 2",
                }
            ).with_columns(
                pl.when(pl.col("status") == "reported").then(pl.col(name)).alias(name)
                for name in ("numerator", "value", "lower", "upper", "numerator_low", "numerator_high")
            )  # fmt: skip
            frames += [frame, frame.with_columns(group=pl.lit("disadvantaged"))]
            beside.append(
                pl.DataFrame(
                    {
                        "organisation": names, "year": year, "years_pooled": 1, "measure": measure, "group": "all",
                        "basis": "published", "comparator": "nation", "comparator_value": 65.0,
                        "comparator_source": "national figure", "difference": value - 65, "lower": value - 65 - half,
                        "upper": value - 65 + half, "because": None,
                        "significance": np.where(value - 65 - half > 0, "above",
                                                 np.where(value - 65 + half < 0, "below", "not significant")),
                    },
                    schema_overrides={"because": pl.String},
                )
            )  # fmt: skip
    pl.concat(frames).sort("organisation").write_parquet(folder / "results.parquet")
    pl.concat(beside).sort("organisation").write_parquet(folder / "comparisons.parquet")
    days = [date(2010 + at % 3, 1 + at % 12, 5) for at in range(schools)]
    events = pl.DataFrame({"organisation": names * 2, "date": days + [date(2015, 6, 1)] * schools})
    inspections = events.with_columns(
        framework=pl.lit("ofsted_2012"), category=pl.lit("none"), safeguarding=pl.lit(None, pl.String),
        type=pl.lit(None, pl.String), outcome=pl.lit(None, pl.String), publication_date=pl.lit(None, pl.Date),
        organisation_at_the_time=pl.lit(None, pl.String), incomplete=pl.lit(None, pl.Boolean),
    )  # fmt: skip
    inspections.write_parquet(folder / "inspections.parquet")
    grades = np.array(["outstanding", "good", "requires improvement"])
    events.with_columns(
        framework=pl.lit("ofsted_2012"), area=pl.lit("overall effectiveness"),
        value=pl.Series(grades[generator.integers(0, 3, 2 * schools)]),
        organisation_at_the_time=pl.lit(None, pl.String),
    ).write_parquet(folder / "judgements.parquet")  # fmt: skip
    pl.DataFrame(
        {
            "organisation": names,
            "name": [f"School {at}" for at in range(schools)],
            "kind_of_school": "primary",
            "responsible": "maintained",
        }
    ).write_parquet(folder / "schools.parquet")


def query(folder: Path) -> int:
    """The plain query that gathers the same inputs."""
    results = pl.scan_parquet(folder / "results.parquet")
    rows = (
        results.filter(
            pl.col("measure").is_in([*MEASURES, *PROGRESS])
            & (pl.col("year") == YEAR)
            & (pl.col("group") == "all")
        )
        .select("organisation", "measure", "status", "numerator", "denominator", "value", "lower", "upper")
        .collect()
    )
    beside = (
        pl.scan_parquet(folder / "comparisons.parquet")
        .filter(pl.col("measure").is_in(MEASURES[4:]) & (pl.col("year") == YEAR))
        .select("organisation", "measure", "significance", "comparator_value")
        .collect()
    )
    grades = pl.scan_parquet(folder / "judgements.parquet").collect()
    return rows.height + beside.height + grades.height


def a_round(folder: Path, schools: pl.DataFrame, found: Scheme) -> tuple[int, int]:
    """A whole round, from Parquet to proposals with their reasons."""
    profiles = gathering.gathered(
        found,
        YEAR,
        schools,
        results=pl.scan_parquet(folder / "results.parquet"),
        comparisons=pl.scan_parquet(folder / "comparisons.parquet"),
        inspected=(
            pl.read_parquet(folder / "inspections.parquet"),
            pl.read_parquet(folder / "judgements.parquet"),
        ),
        as_at=date(2019, 12, 31),
        everywhere=True,
    )
    settled = resolved(found, profiles)
    proposals = categorise_resolved(profiles, Reckoning(settled))
    if len(proposals) > AUTHORITY:
        return len(proposals), sum(one.category is not None for one in proposals)
    started = time.perf_counter()
    after = what_if.with_setting(settled, "low_ks2_rwm_expected.below=70")
    what_if.moved(proposals, what_if.rejudged(profiles, proposals, settled, after))
    print(
        f"what if, {len(proposals)} schools of one authority: {1000 * (time.perf_counter() - started):.1f} ms"
    )
    return len(proposals), sum(one.category is not None for one in proposals)


def main() -> None:
    """Time both and print the ratio."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--schools", type=int, default=24_000)
    count = asked.parse_args().schools
    found = scheme()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        # In a process of its own, so that making the files does not count towards the memory of a round.
        maker = multiprocessing.get_context("spawn").Process(target=make, args=(folder, count))
        maker.start()
        maker.join()
        schools = pl.read_parquet(folder / "schools.parquet")
        plain, whole = [], []
        for _ in range(5):
            started = time.perf_counter()
            query(folder)
            plain.append(time.perf_counter() - started)
        for _ in range(3):
            started = time.perf_counter()
            judged, given = a_round(folder, schools, found)
            whole.append(time.perf_counter() - started)
        a_round(folder, schools.head(AUTHORITY), found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{judged:,} schools, {len(found.criteria)} criteria, {given:,} with a category")
    print(
        f"plain query {min(plain):.3f} s; a round {min(whole):.2f} s: {min(whole) / min(plain):.0f} times (100 wanted)"
    )
    print(f"peak memory of the whole process {peak:.0f} MiB (1,024 wanted)")


if __name__ == "__main__":
    main()
