"""How fast and how good the forecasts and the early warning are: `python benchmarks/bench_forecasts.py`.

Reads the real files in ../shared/data beside the checkout; the numbers of docs/explanation/forecasts.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "figures" / "models"))
import polars as pl
from england_inspections import inspected
from england_panel import TARGET, england_panel

from headway.figures.models.backtest import backtest
from headway.figures.models.early_warning import cross_validated, fit, report
from headway.figures.models.forecast_series import forecast_panel

BREAK = 2018
"""From 2018 writing, and so reading, writing and mathematics together, is assessed under another framework."""


def main() -> None:
    """Time the national forecast, then print both reports."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    data = asked.parse_args().data
    if not data.is_dir():
        raise SystemExit(f"the real data files are not here: {data} does not exist")
    panel = england_panel(data)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        forecast_panel(panel, TARGET, 2025, since=BREAK)
        times.append(time.perf_counter() - started)
    print(f"forecast of {len(panel):,} schools, relations and intervals learnt: {min(times):.2f} s\n")
    print(backtest(panel, TARGET, since=BREAK).to_text())
    known, below_good, first = inspected(data)
    for seed in range(3):
        print(f"\nearly warning, folds shuffled with {seed}")
        print(cross_validated(known, below_good, seed=seed).to_text())
    print("\nearly warning learnt from inspections to August 2022, ranking those after")
    learnt = fit(known.filter(pl.Series(first)), below_good[first])
    later = known.filter(pl.Series(~first))
    print(report(later, below_good[~first], learnt.chance(later), "early warning").to_text())
    for row in fit(known, below_good).drivers().head(15).iter_rows(named=True):
        print(f"{row['factor']:28} {'missing' if row['missing'] else '':8} {row['log_odds']:6.2f}")


if __name__ == "__main__":
    main()
