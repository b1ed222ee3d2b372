"""Commands that show what models say: forecast, early-warning, similar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import polars as pl
import typer
from scipy.special import ndtr

from headway.commands import wording
from headway.commands.evidence import Json
from headway.commands.naming import authority_of, described_schools, name_of, school_of, school_year
from headway.commands.output import UserError, open_store, out, print_json, print_table, told
from headway.commands.selection import best, checked_measures, figures_for, latest_run
from headway.figures import upcoming
from headway.figures.measures import registry
from headway.figures.models import early_warning as warnings
from headway.figures.models import forecasts, similar_schools
from headway.figures.models.comparing import caterpillar
from headway.figures.models.terms import ModelError
from headway.figures.models.warning_evidence import evidence
from headway.figures.store import Store

PANEL = "Models"

Authority = Annotated[str, typer.Option(help="The three-digit code of the authority.")]


def forecast(
    authority: Authority,
    year: Annotated[int, typer.Option(help="The summer to forecast.")],
    measure: Annotated[str, typer.Option(help="The measure.")] = "ks2_rwm_expected",
    threshold: Annotated[float | None, typer.Option(help="Show the chance of a result below this.")] = None,
    national_change: Annotated[
        float | None, typer.Option(help="The nation's change since the latest results, where it is known.")
    ] = None,
    json: Json = False,
) -> None:
    """Next summer's results of an authority and its schools, as ranges, before the tests.

    Example: headway forecast --authority 936 --year 2020 --threshold 55
    """
    store = open_store()
    run = latest_run(store)
    (key,) = checked_measures([measure]) or [measure]
    code = authority_of(authority)
    described = described_schools(store)
    areas = {
        school: f"authority:{area}"
        for school, area in described.filter(pl.col("kind") == "school")
        .select("organisation", "authority")
        .iter_rows()
        if area
    }
    stage = registry()[key].stage
    wanted = [one.key for one in registry().values() if one.stage in (stage, "context")]
    results = (
        run.results()
        .filter(pl.col("measure").is_in(wanted) & (pl.col("group") == "all") & (pl.col("years_pooled") == 1))
        .collect()
    )
    there = set(results["organisation"].unique())
    with told(ValueError):
        found = forecasts.forecast(
            _best_basis(results),
            measure=key,
            year=year,
            national_change=national_change,
            threshold=threshold,
            areas={school: area for school, area in areas.items() if school in there},
        )
    mine = {school for school, area in areas.items() if area == code} | {code}
    shown = found.filter(pl.col("organisation").is_in(list(mine))).sort("mean", nulls_last=True)
    if shown.is_empty():
        raise UserError(f"There is nothing from which to forecast {key} for {code} in {year}.")
    if json:
        print_json(shown)
        return
    names = dict(described.select("organisation", "name").iter_rows())
    print_table(
        f"{registry()[key].title}: forecast for {school_year(year)}",
        (
            "School",
            "Likely",
            "90 % range",
            "Pupils",
            *((f"Chance below {threshold:g}",) if threshold is not None else ()),
            "From",
        ),
        (
            (
                names.get(row["organisation"]) or row["organisation"],
                "-" if row["mean"] is None else f"{row['mean']:.0f}",
                "" if row["lower"] is None else f"{row['lower']:.0f} to {row['upper']:.0f}",
                "" if row["pupils"] is None else f"{row['pupils']:.0f}",
                *((_chance(row["probability_below"]),) if threshold is not None else ()),
                row["based_on"] or row["label"] or "",
            )
            for row in shown.iter_rows(named=True)
        ),
        right=("Likely", "Pupils"),
    )
    out.print(
        "A range, not a target: nine in ten results fall within it. How good it was: docs/explanation/forecasts.md",
        style="dim",
    )


def _chance(share: float | None) -> str:
    return (
        ""
        if share is None
        else "under 1 %"
        if share < 0.01
        else "over 99 %"
        if share > 0.99
        else f"{100 * share:.0f} %"
    )


def _best_basis(results: pl.DataFrame) -> pl.DataFrame:
    """One row a figure: the best basis of each."""
    rank = pl.col("basis").replace_strict({"pupils": 0, "published": 1, "schools": 2}, return_dtype=pl.Int64)
    figure = ["organisation", "year", "years_pooled", "measure", "group"]
    return results.sort(rank).unique(figure, keep="first", maintain_order=True)


def early_warning(
    authority: Authority,
    as_at: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="As known on this day; today where not given."),
    ] = None,
    learn_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Learn from what inspections found since this day."),
    ] = None,
    json: Json = False,
) -> None:
    """Which schools are due a closer look, and why. Never a predicted grade.

    Example: headway early-warning --authority 936 --as-at 2019-12-31 --learn-from 2018-09-01
    """
    store = open_store()
    code = authority_of(authority)
    day = as_at.date() if as_at else date.today()
    since = learn_from.date() if learn_from else date(day.year - 2, 9, 1)
    with told(ValueError):
        found = _due(store, day, since)
    described = described_schools(store)
    mine = described.filter(pl.col("authority") == code.removeprefix("authority:"))["organisation"].to_list()
    shown = found.filter(pl.col("organisation").is_in(mine))
    if shown.is_empty():
        raise UserError(
            f"Of no school of {code} is there enough to say. Load the register, results and inspections."
        )
    if json:
        print_json(shown)
        return
    names = dict(described.select("organisation", "name").iter_rows())
    print_table(
        f"{name_of(store, code)}: due a closer look, as known on {day:%d %B %Y}",
        ("School", "Of a hundred like it", "Because"),
        (
            (
                names.get(row["organisation"]) or row["organisation"],
                f"{row['chance']:.0f}",
                "; ".join(row["because"]),
            )
            for row in shown.head(25).iter_rows(named=True)
        ),
        right=("Of a hundred like it",),
    )
    usual = shown["usual"][0]
    out.print(
        f"Of a hundred schools like it, so many came out below good; of all, {usual:.0f}. It is a reason to look, "
        "never a predicted grade. How often it was right: docs/explanation/forecasts.md",
        style="dim",
        soft_wrap=True,
    )


def _due(store: Store, day: date, since: date) -> pl.DataFrame:
    run = latest_run(store)
    wanted = [one.key for one in registry().values() if one.stage in ("ks2", "context")]
    results = _best_basis(
        run.results()
        .filter(pl.col("measure").is_in(wanted) & (pl.col("group") == "all") & (pl.col("years_pooled") == 1))
        .collect()
    )
    judgements = store.frame("judgements").collect()
    schools = _schools(store)
    past = judgements.filter(
        (pl.col("area") == "overall effectiveness") & pl.col("date").is_between(since, day, closed="left")
    )
    first = past.sort("date").unique("organisation", keep="first")
    before = evidence(results, judgements, as_at=since, schools=schools)
    learnt = before.join(first.select("organisation", "value"), on="organisation")
    below_good = ~learnt["value"].is_in(["outstanding", "good"]).to_numpy()
    model = warnings.fit(learnt.drop("value"), below_good)
    return model.due(evidence(results, judgements, as_at=day, schools=schools))


def _schools(store: Store) -> pl.DataFrame:
    described = described_schools(store)
    return described.filter((pl.col("kind") == "school") & pl.col("authority").is_not_null()).select(
        "organisation",
        "authority",
        "trust",
        academy=(pl.col("responsible") == "academy").cast(pl.Float64),
        lowest_age=pl.col("low_age"),
        highest_age=pl.col("high_age"),
    )


def similar(
    school: Annotated[str, typer.Argument(help="Its URN (125025), DfE number (936/2008) or name.")],
    year: Annotated[
        int | None, typer.Option(help="As described in this year; the latest where not given.")
    ] = None,
    measure: Annotated[str, typer.Option(help="Show this measure of each.")] = "ks2_rwm_expected",
    count: Annotated[int, typer.Option(help="How many.")] = 50,
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="Only schools of other authorities.")
    ] = False,
    json: Json = False,
) -> None:
    """The schools most like this one, by DfE's nine characteristics and never by results, with how they do.

    Example: headway similar 125025 --measure ks2_rwm_expected
    """
    store = open_store()
    run = latest_run(store)
    organisation = school_of(store, school)
    (key,) = checked_measures([measure]) or [measure]
    results = run.results()
    when = year or int(results.select(pl.col("year").max()).collect().item())
    described = described_schools(store).select("organisation", "name", "authority", "kind_of_school")
    with told(ModelError, ValueError):
        known = similar_schools.characteristics(results, when).join(described, on="organisation", how="inner")
        found = similar_schools.similar(
            known,
            count=count,
            alike=["kind_of_school"],
            apart="authority" if elsewhere else None,
            of=[organisation],
        )
    figures = best(
        figures_for(
            results,
            organisations=[organisation, *found["neighbour"].to_list()],
            measures=[key],
            groups=["all"],
        ).filter(pl.col("years_pooled") == 1)
    )
    latest = figures.sort("year").unique("organisation", keep="last")
    rows = (
        found.join(described.rename({"organisation": "neighbour"}), on="neighbour", how="left")
        .join(
            latest.select(
                pl.col("organisation").alias("neighbour"),
                pl.col("year").alias("figure_year"),
                "status",
                "value",
                "denominator",
                "lower",
                "upper",
                "basis",
                "numerator",
            ),
            on="neighbour",
            how="left",
        )
        .with_columns(measure=pl.lit(key))
        .sort("rank")
    )
    if json:
        print_json(rows)
        return
    where_from = similar_schools.coverage(results, when)
    lacking = where_from.filter(pl.col("measure").is_null())["title"].to_list()
    found_measure = registry()[key]
    print_table(
        f"Schools like {name_of(store, organisation)}",
        (
            "",
            "School",
            "Authority",
            "Distance",
            "Known",
            wording.short_title(found_measure, key),
            "Pupils",
            "95 % interval",
        ),
        (
            (
                str(row["rank"]),
                row["name"] or row["neighbour"],
                row["authority"] or "",
                f"{row['distance']:.3f}",
                f"{row['characteristics_used']} of {where_from.height}",
                wording.value_text(row if row["status"] else None, found_measure),
                wording.pupils_text(row if row["status"] else None),
                wording.interval_text(row),
            )
            for row in rows.iter_rows(named=True)
        ),
        right=("Distance", "Pupils", wording.short_title(found_measure, key)),
    )
    if lacking:
        out.print(
            f"Not loaded, and so left out of the likeness: {', '.join(lacking)}.", style="dim", markup=False
        )


def estimates(
    authority: Authority,
    year: Annotated[int, typer.Option(help="The summer in which the pupils reach the end of key stage 2.")],
    measure: Annotated[str, typer.Option(help="The outcome.")] = "ks2_rwm_expected",
    target: Annotated[
        float | None, typer.Option(help="The authority's target in percent, to be shared out.")
    ] = None,
    percentile: Annotated[
        float, typer.Option(help="Which school to do as well as: 20 is the best fifth.")
    ] = 20,
    json: Json = False,
) -> None:
    """What the pupils to come may reach, at four levels: as similar pupils, in similar schools, for the target, as the best.

    Example: headway estimates --authority 999 --year 2026 --target 70
    """
    store = open_store()
    code = authority_of(authority)
    (key,) = checked_measures([measure]) or [measure]
    described = described_schools(store)
    mine = described.filter(
        (pl.col("kind") == "school") & (pl.col("authority") == code.removeprefix("authority:"))
    )
    with told(ModelError, ValueError):
        found = upcoming.estimates(
            store,
            year=year,
            outcomes=[key],
            schools=mine["organisation"].to_list(),
            target=None if target is None else {key: target},
            percentiles=[percentile],
        )
    if json:
        print_json(found.table)
        return
    names = dict(described.select("organisation", "name").iter_rows())
    by_school: dict[str, dict[tuple[int, str], dict[str, Any]]] = {}
    for row in found.table.iter_rows(named=True):
        by_school.setdefault(row["organisation"], {})[row["level"], row["basis"]] = row
    ways = sorted({way for rows in by_school.values() for way in rows})
    titles = {way: _way(way, percentile) for way in ways}
    print_table(
        f"{registry()[key].title}: {found.pupils:,} pupils whose key stage 2 is in {school_year(year)}",
        ("School", "Pupils", *titles.values()),
        (
            (
                names.get(school) or school,
                str(next(iter(rows.values()))["pupils"]),
                *(_expected(rows.get(way), ranged=number == 0) for number, way in enumerate(ways)),
            )
            for school, rows in sorted(by_school.items(), key=lambda item: names.get(item[0]) or item[0])
        ),
        right=("Pupils",),
    )
    for line in found.pupils_alike.describe().split("\n"):
        out.print(line, style="dim", markup=False, soft_wrap=True)


def _way(way: tuple[int, str], percentile: float) -> str:
    level, basis = way
    best_of = "schools" if "similar" not in basis else "similar schools"
    return {
        1: "As similar pupils (95 % range)",
        2: "In similar schools",
        3: "For the target",
        4: f"As the {percentile:g}th percentile of {best_of}",
    }[level]


def _expected(row: dict[str, Any] | None, *, ranged: bool) -> str:
    if row is None or row["expected"] is None:
        return ""
    numbers = f" ({row['lower']:.0f} to {row['upper']:.0f})" if ranged else ""
    return f"{row['expected']:.1f} = {row['share']:.0f} %{numbers}"


def value_added(
    authority: Authority,
    year: Annotated[
        int | None, typer.Option(help="The year; the latest one with value added where not given.")
    ] = None,
    subject: Annotated[str, typer.Option(help="reading, writing, mathematics or english.")] = "reading",
    contextual: Annotated[
        bool, typer.Option("--contextual", help="Allow for the pupils' characteristics too.")
    ] = False,
    below: Annotated[
        float | None, typer.Option(help="Show the chance that the true value is below this.")
    ] = None,
    json: Json = False,
) -> None:
    """Value added of an authority's schools, shrunken, with intervals made for comparing schools with one another.

    Example: headway value-added --authority 999 --year 2023 --subject mathematics --below -1
    """
    store = open_store()
    run = latest_run(store)
    code = authority_of(authority)
    described = described_schools(store)
    mine = described.filter(pl.col("authority") == code.removeprefix("authority:"))["organisation"].to_list()
    wanted = run.estimates().filter(
        pl.col("organisation").is_in(mine)
        & (pl.col("measure") == f"ks2_{subject}_value_added")
        & (pl.col("model") == ("contextual_value_added" if contextual else "value_added"))
    )
    rows = wanted.collect()
    if rows.is_empty():
        raise UserError(
            f"There is no value added of {code} in {subject}: it needs key stage 2 pupil files with key stage 1 outcomes. "
            "Load them, then: headway run"
        )
    when = year or int(rows["year"].max())  # type: ignore[arg-type]
    shown = rows.filter(
        (pl.col("year") == when) & (pl.col("years_pooled") == 1) & (pl.col("group") == "all")
    ).with_columns(
        probability_below=None
        if below is None
        else pl.struct("estimate", "comparative_se").map_batches(
            lambda parts: pl.Series(
                ndtr(
                    (below - parts.struct.field("estimate").to_numpy())
                    / parts.struct.field("comparative_se").to_numpy()
                )
            ),
            return_dtype=pl.Float64,
        )
    )
    if json:
        print_json(rows.filter(pl.col("year") == when))
        return
    compared = caterpillar(shown.drop_nulls("estimate"))
    names = dict(described.select("organisation", "name").iter_rows())
    chance = () if below is None else (f"Chance below {below:g}",)
    print_table(
        f"Value added in {subject}, {school_year(when)}, in points",
        ("School", "Estimate", "To compare schools", "Raw", "Pupils", "Reliability", *chance),
        (
            (
                names.get(row["organisation"]) or row["organisation"],
                f"{row['estimate']:+.1f}",
                f"{row['lower']:+.1f} to {row['upper']:+.1f}",
                "" if row["raw"] is None else f"{row['raw']:+.1f}",
                str(row["pupils"]),
                f"{row['reliability']:.2f}",
                *(() if below is None else (_chance(row["probability_below"]),)),
            )
            for row in compared.iter_rows(named=True)
        ),
        right=("Estimate", "Raw", "Pupils", "Reliability"),
    )
    for label in sorted({label for label in shown["label"].drop_nulls() if label})[:3]:
        out.print(label[0].upper() + label[1:] + ".", style="dim", markup=False, soft_wrap=True)
    out.print(
        "Two schools whose intervals do not overlap differ by more than chance would explain. What value added is, and what "
        "it cannot say: docs/explanation/value-added.md",
        style="dim",
        soft_wrap=True,
    )


COMMANDS = (forecast, early_warning, similar, estimates, value_added)
