"""How fast the 50 nearest of 16,000 schools on nine characteristics are found: `python benchmarks/bench_similar.py`.

Beside it, in the same run: SciPy's k-d tree on complete data, and every distance computed and sorted (on a tenth of the
schools). All must name the same schools. Wanted: under 2 s and 500 MiB.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from headway.figures.models.similar_schools import COUNT, pack, similar, space

SECONDS, MEBIBYTES = 2.0, 500.0


def schools(count: int, missing: float, seed: int = 2026) -> pl.DataFrame:
    """Invented schools: skewed shares, sizes, deprivation, correlated as intakes are."""
    random = np.random.default_rng(seed)
    poverty = random.normal(size=count)
    city = 0.5 * poverty + random.normal(size=count)

    def share(middle: float, spread: float, by: np.ndarray) -> np.ndarray:
        return 100 / (1 + np.exp(-(middle + spread * (0.7 * by + 0.7 * random.normal(size=count)))))

    columns = {
        "disadvantage": share(-1.2, 0.8, poverty),
        "polar4": np.clip(3 - 0.7 * poverty + random.normal(0, 0.6, count), 1, 5),
        "stability": share(1.7, 0.5, -city),
        "sen_support": share(-1.8, 0.4, poverty),
        "eal": share(-2.2, 1.4, city),
        "idaci": np.clip(0.18 + 0.08 * poverty, 0.01, 0.7),
        "ehcp": share(-3.5, 0.5, poverty),
        "pupils_on_roll": np.round(np.exp(random.normal(5.5, 0.5, count))),
        "ks1_rwm": 2.75 - 0.12 * poverty + random.normal(0, 0.12, count),
    }
    frame = pl.DataFrame({"organisation": [f"school:{100000 + n}" for n in range(count)], **columns})
    gone = random.random((count, len(columns))) < missing
    return frame.with_columns(
        pl.when(~pl.Series(gone[:, k])).then(pl.col(name)).alias(name) for k, name in enumerate(columns)
    )


def timed(work: Callable[[], object], times: int) -> float:
    """Median seconds."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def main() -> int:
    """Runs the benchmark; 1 if it is too slow, too large or wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--schools", type=int, default=16_000)
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    figures: dict[str, float] = {"schools": asked.schools}
    complete, gaps = schools(asked.schools, 0), schools(asked.schools, 0.02)
    figures["headway seconds"] = timed(lambda: similar(complete), asked.times)
    figures["headway, 2 % missing, seconds"] = timed(lambda: similar(gaps), asked.times)
    one = complete["organisation"][0]
    figures["headway, one school, seconds"] = timed(lambda: similar(complete, of=[one]), asked.times)
    figures["headway peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = similar(complete)
    points = space(complete.sort("organisation"), pack())
    scaled = points.values / points.scales
    tree = cKDTree(scaled)
    figures["k-d tree seconds"] = timed(lambda: tree.query(scaled, COUNT + 1), 1)
    distances, _ = tree.query(scaled, COUNT + 1)
    own = found["distance"].to_numpy().reshape(-1, COUNT)
    figures["greatest difference from the k-d tree"] = float(np.abs(own - distances[:, 1:]).max())
    some = asked.schools // 10
    start = time.perf_counter()
    for row in range(some):
        np.argsort(((scaled - scaled[row]) ** 2).sum(axis=1))[: COUNT + 1]
    figures["every distance sorted, all schools, seconds"] = (time.perf_counter() - start) * 10
    for name, value in figures.items():
        print(f"{name:48} {value:,.6g}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1))
    slow = figures["headway seconds"] > SECONDS or figures["headway peak MiB"] > MEBIBYTES
    wrong = figures["greatest difference from the k-d tree"] > 1e-12
    print("as wanted" if not (slow or wrong) else f"wanted: {SECONDS} s, {MEBIBYTES} MiB, the same schools")
    return int(slow or wrong)


if __name__ == "__main__":
    raise SystemExit(main())
