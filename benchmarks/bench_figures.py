"""How fast figures are counted, against pandas; how much memory a national run needs; how cost grows.

    python benchmarks/bench_figures.py [ratio] [run] [growth]

* ratio: 16,000 schools x 11 groups x 7 measures from Parquet, through one Narwhals plan on Polars and on DuckDB, against
  the same sums in pandas, in turns. Targets: 2 times as fast through the plan, 3 times on Polars.
* run: the whole `headway run` of one national year, in a process of its own. Target: under 1.5 GiB at its peak.
* growth: 60,000, 600,000 and 6,000,000 pupils. Target: cost grows no faster than the rows.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from headway.figures.cohorts import CHARACTERISTICS, cohort
from headway.figures.counts import school_sums
from headway.figures.engines import engine
from headway.figures.measures import registry
from headway.figures.measures.groups import BY_KEY
from headway.figures.tables import TABLES

YEAR = 2019
MEASURES = (
    "ks2_rwm_expected",
    "ks2_rwm_higher",
    "ks2_reading_expected",
    "ks2_writing_expected",
    "ks2_mathematics_expected",
    "ks2_gps_expected",
    "ks2_reading_average",
)
GROUPS = {
    "sex": {"F": "girls", "M": "boys"},
    "disadvantaged": {True: "disadvantaged", False: "other"},
    "sen": {"K": "sen_support", "E": "sen_ehcp", "N": "no_sen"},
    "eal": {True: "eal", False: "not_eal"},
    "mobile": {True: "mobile"},
}
"""With all pupils, 11 groups."""

NOT_COUNTED = ["L", "M", "F", "P", "S", "X", "Z"]


class Folder:
    """A folder with one Parquet file a table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def paths(self, table: str, year: int | None = None) -> Sequence[Path]:
        path = self.folder / f"{table}.parquet"
        return [path] if path.exists() else []

    def years(self, table: str) -> Sequence[int]:
        return [YEAR]


def write_nation(folder: Path, pupils: int, schools: int = 16_000) -> None:
    """Synthetic pupils of a nation: tables `pupils` and `assessments_ks2`, shuffled."""
    random = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    school = random.integers(100_000, 100_000 + schools, pupils)
    identity = {
        "year": np.full(pupils, YEAR),
        "pupil": np.arange(pupils),
        "receipt": np.full(pupils, "R00001"),
    }
    people = pl.DataFrame(
        {
            **identity,
            "collection": np.full(pupils, "ks2"),
            "organisation": np.char.add("school:", school.astype(str)),
            "inclusion": np.full(pupils, "201"),
            "sex": random.choice(["F", "M"], pupils),
            "birth_month": random.integers(1, 13, pupils),
            "eal": random.random(pupils) < 0.2,
            "fsm": random.random(pupils) < 0.2,
            "disadvantaged": random.random(pupils) < 0.3,
            "sen": random.choice(["N", "K", "E"], pupils, p=[0.84, 0.12, 0.04]),
            "mobile": random.random(pupils) < 0.1,
            "row": np.arange(2, pupils + 2),
        }
    )
    scores = {name: random.integers(85, 121, pupils) for name in ("reading", "mathematics", "gps")}
    results = pl.DataFrame(
        {
            **identity,
            **{f"{name}_score": score.astype(float) for name, score in scores.items()},
            **{f"{name}_outcome": np.where(score >= 100, "AS", "NS") for name, score in scores.items()},
            "writing_assessment": random.choice(["WTS", "EXS", "GDS"], pupils),
            "row": np.arange(2, pupils + 2),
        }
    )
    TABLES["pupils"].conform(people).write_parquet(folder / "pupils.parquet")
    TABLES["assessments_ks2"].conform(results).write_parquet(folder / "assessments_ks2.parquet")


def with_narwhals(folder: Path, name: str) -> dict[tuple[str, str], tuple[int, int]]:
    """The sums through the plan; answers RWM by school and group, to compare."""
    chosen = engine(name)
    measures = [registry()[key] for key in MEASURES]
    keys = ["all", *(key for members in GROUPS.values() for key in members.values())]
    pupils = cohort(chosen, Folder(folder), table="assessments_ks2", collection="ks2", year=YEAR)
    assert pupils is not None
    sums = chosen.collect(
        school_sums(pupils, measures, YEAR, [BY_KEY[key] for key in keys], keep=chosen.keep)
    )
    chosen.close()
    return sums


def with_pandas(folder: Path) -> list[pd.DataFrame]:
    """The same: cohort, characteristics filled from the roll, measures as dated, sums by school and group."""
    people = pd.read_parquet(
        folder / "pupils.parquet",
        columns=["year", "pupil", "collection", "organisation", "inclusion", *CHARACTERISTICS],
    )
    results = pd.read_parquet(
        folder / "assessments_ks2.parquet",
        columns=[
            "year",
            "pupil",
            "rwm_eligible",
            "writing_assessment",
            *(
                f"{name}_{what}"
                for name in ("reading", "mathematics", "gps")
                for what in ("outcome", "score")
            ),
        ],
    )
    roll = people[people["collection"] == "roll"]
    people = people[(people["collection"] == "ks2") & ~people["inclusion"].isin(["202", "203"])]
    pupils = people.merge(
        roll[["year", "pupil", *CHARACTERISTICS]], on=["year", "pupil"], how="left", suffixes=("", "_on_roll")
    )
    for name in CHARACTERISTICS:
        pupils[name] = pupils[name].where(pupils[name].notna(), pupils[f"{name}_on_roll"])
    pupils = pupils.merge(results, on=["year", "pupil"])
    tested = {}
    for name in ("reading", "mathematics", "gps"):
        code = pupils[f"{name}_outcome"]
        tested[name] = code.isin(["AS", "NS", "A", "B", "H", "J", "Q", "U"]) | (
            code.isna() & pupils[f"{name}_score"].notna()
        )
        pupils[f"n_{name}"] = tested[name] & (
            code.eq("AS") | (code.isna() & (pupils[f"{name}_score"] >= 100))
        )
        pupils[f"d_{name}"] = tested[name]
    writing = pupils["writing_assessment"]
    pupils["d_writing"] = writing.notna() & ~writing.isin(NOT_COUNTED)
    pupils["n_writing"] = writing.isin(["EXS", "GDS"])
    pupils["d_rwm"] = pupils["d_reading"] & pupils["d_writing"] & pupils["d_mathematics"]
    pupils["n_rwm"] = pupils["d_rwm"] & pupils["n_reading"] & pupils["n_writing"] & pupils["n_mathematics"]
    pupils["d_higher"] = pupils["d_rwm"]
    high = (pupils["reading_score"] >= 110) & (pupils["mathematics_score"] >= 110)
    pupils["n_higher"] = pupils["d_rwm"] & high & writing.eq("GDS")
    scored = pupils["reading_outcome"].isin(["AS", "NS"]) | pupils["reading_outcome"].isna()
    pupils["s_reading"] = pupils["reading_score"].where(scored)
    pupils["q_reading"] = pupils["s_reading"] ** 2
    pupils["d_average"] = pupils["s_reading"].notna()
    columns = [name for name in pupils.columns if name[:2] in {"n_", "d_", "s_", "q_"}]
    sums = [pupils.groupby("organisation")[columns].sum().reset_index().assign(group="all")]
    for name, members in GROUPS.items():
        groups = pupils[name].map(members)
        sums.append(
            pupils.assign(group=groups)
            .dropna(subset=["group"])
            .groupby(["organisation", "group"])[columns]
            .sum()
            .reset_index()
        )
    return sums


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def check_equal(folder: Path) -> None:
    """Both ways give the same numerators and denominators."""
    ours = pl.from_arrow(with_narwhals(folder, "polars"))
    theirs = pl.concat(
        [pl.from_pandas(one[["organisation", "group", "d_rwm", "n_rwm"]]) for one in with_pandas(folder)]
    )
    assert isinstance(ours, pl.DataFrame)
    both = ours.join(theirs, on=["organisation", "group"], how="full")
    assert both.height == ours.height == theirs.height
    assert both.filter(
        (pl.col("d__ks2_rwm_expected") != pl.col("d_rwm"))
        | (pl.col("n__ks2_rwm_expected") != pl.col("n_rwm"))
    ).is_empty()


def ratio(folder: Path, turns: int = 7) -> None:
    write_nation(folder, 600_000)
    check_equal(folder)
    ways: dict[str, Callable[[], object]] = {
        "pandas": lambda: with_pandas(folder),
        "polars": lambda: with_narwhals(folder, "polars"),
        "duckdb": lambda: with_narwhals(folder, "duckdb"),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns + 1):
        for name, work in ways.items():
            each = seconds(work)
            if turn:  # the first warms up
                taken[name].append(each)
    medians = {name: sorted(several)[len(several) // 2] for name, several in taken.items()}
    for name, median in medians.items():
        print(f"  {name:7} {median:6.3f} s   {medians['pandas'] / median:5.2f} times as fast as pandas")


def run_nation(folder: Path) -> None:
    """In this process: load the nation into a store, run it, say how much memory that took."""
    from headway.figures.run import run
    from headway.figures.store import Store

    store = Store.open(folder / "store")
    done = run(store)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    print(f"  {done.rows['results']:,} results, {done.rows['comparisons']:,} comparisons; {done.timings}")
    print(f"  peak memory {peak:.2f} GiB (target under 1.5)")


def fill_store(folder: Path, pupils: int) -> None:
    """In a process of its own: the nation, its schools' authorities and a published nation, in a store."""
    from datetime import date

    from headway.figures.store import Store

    write_nation(folder, pupils)
    places = pl.DataFrame(
        [
            {
                "organisation": f"school:{100_000 + school}",
                "register": "gias",
                "as_at": date(YEAR, 5, 1),
                "kind": "school",
                "authority": str(200 + school // 107),
                "row": school + 2,
            }
            for school in range(16_000)
        ]
    )
    tables = {
        "pupils": pl.scan_parquet(folder / "pupils.parquet").drop("receipt", "scope"),
        "assessments_ks2": pl.scan_parquet(folder / "assessments_ks2.parquet").drop("receipt", "scope"),
        "organisations": places,
    }
    Store.open(folder / "store").add(
        file_name="nation.csv",
        file_hash="nation",
        kind="benchmark",
        scope="nation",
        complete=True,
        rows_read=pupils,
        tables=tables,
    )


def growth(folder: Path) -> None:
    before = None
    for pupils in (60_000, 600_000, 6_000_000):
        write_nation(folder, pupils, schools=max(1_600, min(16_000 * pupils // 600_000, 16_000)))
        with_narwhals(folder, "polars")
        took = min(seconds(lambda: with_narwhals(folder, "polars")) for _ in range(3))
        more = "" if before is None else f"   {took / before:5.2f} times the time for 10 times the rows"
        print(f"  {pupils:9,} pupils {took:6.3f} s{more}")
        before = took


def itself(task: str, folder: Path) -> None:
    """Runs a task of this file in a process of its own, so that its memory is its own."""
    subprocess.run([sys.executable, __file__, task, str(folder)], check=True)


def main() -> None:
    wanted = sys.argv[1:] or ["ratio", "run", "growth"]
    if wanted[0] == "fill-store":
        return fill_store(Path(wanted[1]), 600_000)
    if wanted[0] == "run-nation":
        return run_nation(Path(wanted[1]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "ratio" in wanted:
            print("School figures: 16,000 schools x 11 groups x 7 measures, 600,000 pupils, from Parquet")
            ratio(folder / "ratio")
        if "run" in wanted:
            print("The whole national run of one year")
            itself("fill-store", folder / "run")
            itself("run-nation", folder / "run")
        if "growth" in wanted:
            print("Growth")
            growth(folder / "growth")
    return None


if __name__ == "__main__":
    main()
