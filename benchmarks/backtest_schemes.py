"""Were the schemes right? Schools inspected below good from September 2021 to August 2024, by what was known in 2019.

Run `python benchmarks/backtest_schemes.py`. Reads the real files in ../shared/data beside the checkout. Every shipped
scheme whose criteria these files can feed is applied as a method (its dates are set aside, and it is said so), beside
the previous grade alone, the results alone and the early warning.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "figures" / "models"))
import polars as pl
from england_inspections import AS_AT, inspected, judgements, results, schools

from headway.figures.kinds import kind_of_school
from headway.figures.models.early_warning import cross_validated
from headway.figures.sources.ofsted_frameworks import framework_key
from headway.policy import gathering, was_it_right
from headway.policy.categorise import Proposal, Reckoning, by_category, categorise_resolved, resolved
from headway.policy.scheme_packs import scheme
from headway.policy.schemes import Scheme

TRIED = (("rise-2025", 2019), ("floor-and-coasting", 2018), ("eight-metrics", 2018))
"""Schemes and the year of the results that they look at. The files of 2019 have progress and no attainment by school,
so what rests on attainment looks at 2018. The others rest on people's judgements, or on measures that had ended."""


def proposals(data: Path, key: str, year: int) -> tuple[Scheme, tuple[Proposal, ...]]:
    """The scheme as a method, and its proposals on what was known on 31 December 2019."""
    found = scheme(key).as_method()
    register = schools(data).with_columns(
        kind_of_school=pl.struct("lowest_age", "highest_age").map_elements(_kind, return_dtype=pl.String)
    )
    needs = gathering.needed(found, [year])
    grades = judgements(data).with_columns(
        framework=framework_key(pl.col("date")).fill_null("before 2005"),
        organisation_at_the_time=pl.lit(None, pl.String),
    )
    events = gathering.events(_NO_EVENTS, grades, AS_AT) if needs.inspections else {}
    figures = gathering.figure_rows(
        results(data).unique(_KEY, keep="first", maintain_order=True).lazy(), needs, None
    )
    profiles = gathering.profiles_for(register, year, figures=figures, inspections=events, as_at=AS_AT)
    settled = resolved(found, profiles)
    return settled, categorise_resolved(profiles, Reckoning(settled))


_KEY = ["organisation", "year", "measure"]
_NO_EVENTS = pl.DataFrame(schema={"organisation": pl.String, "date": pl.Date})


def _kind(ages: dict[str, float | None]) -> str:
    low, high = ages["lowest_age"], ages["highest_age"]
    return kind_of_school(None if low is None else int(low), None if high is None else int(high))


def outcomes(data: Path) -> tuple[pl.DataFrame, dict[str, bool], object]:
    """What was known of the schools inspected later, whether each came out below good, and the same as an array."""
    known, below_good, _ = inspected(data)
    happened = dict(zip(known["organisation"].to_list(), below_good.tolist(), strict=True))
    return known, happened, below_good


def main() -> None:
    """Print the rankings, the categories and the rebound tests."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    data = asked.parse_args().data
    if not data.is_dir():
        raise SystemExit(f"the real data files are not here: {data} does not exist")
    known, happened, below_good = outcomes(data)
    print("Of the schools later inspected below good, the share in the first tenth of each order:")
    for rival in cross_validated(known, below_good).rankings:
        print(
            f"  {rival.method:34} {rival.schools:6,} schools  AUC {rival.area:.3f}  {rival.top_tenth:5.1f} %"
        )
    values = rwm(data)
    for key, year in TRIED:
        found, made = proposals(data, key, year)
        one = was_it_right.ranking(key, was_it_right.concern(made, found), happened)
        print(f"  {one.method:34} {one.schools:6,} schools  AUC {one.area:.3f}  {one.top_tenth:5.1f} %")
        print(f"    all schools: {dict(by_category(made, found))}")
        for outcome in was_it_right.by_category(made, found, happened):
            print(
                f"    {outcome.category:24} {outcome.happened:5} of {outcome.schools:5} inspected were below good: "
                f"{outcome.share:.1f} % ({outcome.lower:.1f} to {outcome.upper:.1f})"
            )
        for category, test in was_it_right.rebounds(made, found, values).items():
            print(f"    rebound, {category}: {test if isinstance(test, str) else test.sentence()}")


def rwm(data: Path) -> pl.DataFrame:
    """The expected standard in 2018 and in 2023, the next with results by school."""
    rows = results(data).filter(pl.col("measure") == "ks2_rwm_expected").unique(_KEY, keep="first")
    return (
        rows.filter(pl.col("year") == 2018)
        .select("organisation", earlier="value")
        .join(rows.filter(pl.col("year") == 2023).select("organisation", later="value"), on="organisation")
    )


if __name__ == "__main__":
    main()
