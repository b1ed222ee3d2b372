"""What models say of a school or an authority, in a few lines below its figures."""

from __future__ import annotations

from typing import Any

import polars as pl

from headway.commands import wording
from headway.commands.naming import described_schools, school_year
from headway.commands.output import out, print_table
from headway.figures import upcoming
from headway.figures.models import similar_schools
from headway.figures.models.terms import ModelError
from headway.figures.runs import Run
from headway.figures.store import Store


def about_school(store: Store, run: Run, organisation: str) -> None:
    """What models say of one school, in a few lines: value added, what its next year group may reach, schools like it."""
    rows = run.estimates().filter(pl.col("organisation") == organisation).collect()
    single = rows.filter((pl.col("years_pooled") == 1) & (pl.col("group") == "all"))
    if single.height:
        year = int(single["year"].max())  # type: ignore[arg-type]
        by_key = {
            (row["measure"], row["model"]): row
            for row in single.filter(pl.col("year") == year).iter_rows(named=True)
        }
        subjects = sorted({measure for measure, _ in by_key})
        print_table(
            f"Value added, {school_year(year)}, in points",
            (
                "Subject",
                "By prior attainment",
                "95 % interval",
                "Allowing for characteristics too",
                "Pupils",
                "Reliability",
            ),
            (
                (
                    measure.removeprefix("ks2_").removesuffix("_value_added"),
                    _points(by_key.get((measure, "value_added")), "estimate"),
                    wording.interval_text(by_key.get((measure, "value_added"))),
                    _points(by_key.get((measure, "contextual_value_added")), "estimate"),
                    str(by_key[measure, "value_added"]["pupils"])
                    if (measure, "value_added") in by_key
                    else "",
                    _share(by_key.get((measure, "value_added"))),
                )
                for measure in subjects
            ),
            right=("By prior attainment", "Pupils"),
        )
        _say_labels(single.filter(pl.col("year") == year))
    _say_estimate(store, run, [organisation])
    _say_similar(store, run, organisation)


def about_authority(store: Store, run: Run, code: str, year: int) -> None:
    """What models say of an authority, in a few lines: how many schools stand out in value added, what is to be expected."""
    mine = (
        described_schools(store)
        .filter(pl.col("authority") == code.removeprefix("authority:"))["organisation"]
        .to_list()
    )
    rows = (
        run.estimates()
        .filter(
            pl.col("organisation").is_in(mine)
            & (pl.col("year") == year)
            & (pl.col("years_pooled") == 1)
            & (pl.col("group") == "all")
            & (pl.col("model") == "value_added")
        )
        .collect()
        .drop_nulls("estimate")
    )
    for measure in rows["measure"].unique().sort().to_list():
        one = rows.filter(pl.col("measure") == measure)
        above, below = one.filter(pl.col("lower") > 0).height, one.filter(pl.col("upper") < 0).height
        subject = measure.removeprefix("ks2_").removesuffix("_value_added")
        out.print(
            f"Value added in {subject}: of {one.height} schools {above} are above and {below} below the average, beyond "
            f"chance (95 % each). All: headway value-added --authority {code[-3:]} --subject {subject}",
            markup=False,
            soft_wrap=True,
        )
    _say_labels(rows)
    _say_estimate(store, run, mine)


def _say_labels(rows: pl.DataFrame) -> None:
    """What a reader of value added must know, where it holds for all of the rows."""
    said = [set(label.split("; ")) if label else set[str]() for label in rows["label"].to_list()]
    for label in sorted(set.intersection(*said)) if said else ():
        out.print(f"Value added: {label}.", style="dim", markup=False, soft_wrap=True)


def _say_estimate(store: Store, run: Run, schools: list[str]) -> None:
    latest = run.results().select(pl.col("year").max()).collect().item()
    year = upcoming.next_year(store, int(latest)) if latest is not None else None
    if year is None:
        return
    try:
        found = upcoming.estimates(store, year=year, outcomes=["ks2_rwm_expected"], schools=schools)
    except ModelError:
        return
    for row in found.together.iter_rows(named=True):
        out.print(
            f"Estimate for {school_year(year)}: {row['share']:.0f} % of {row['pupils']:,} pupils at the expected standard "
            f"in RWM if they do as similar pupils did ({row['lower']:.0f} to {row['upper']:.0f} pupils, 95 %). "
            "Not a target.",
            markup=False,
            soft_wrap=True,
        )


def _say_similar(store: Store, run: Run, organisation: str) -> None:
    results = run.results()
    described = described_schools(store).select("organisation", "name", "kind_of_school")
    try:
        when = int(results.select(pl.col("year").max()).collect().item())
        known = similar_schools.characteristics(results, when).join(described, on="organisation", how="inner")
        found = similar_schools.similar(known, count=3, alike=["kind_of_school"], of=[organisation])
    except (ModelError, ValueError):
        return  # too little is loaded of it to say who is like it; headway similar says what is missing
    if found.is_empty():
        return
    names = dict(described.select("organisation", "name").iter_rows())
    mine = organisation.removeprefix("school:")
    like = ", ".join(
        f"{names.get(one) or one} ({one.removeprefix('school:')})" for one in found["neighbour"].to_list()
    )
    out.print(
        f"Schools most like it: {like}. All: headway similar {mine}",
        markup=False,
        soft_wrap=True,
    )


def _points(row: dict[str, Any] | None, column: str) -> str:
    return "" if row is None or row[column] is None else f"{row[column]:+.1f}"


def _share(row: dict[str, Any] | None) -> str:
    return "" if row is None or row["reliability"] is None else f"{row['reliability']:.2f}"
