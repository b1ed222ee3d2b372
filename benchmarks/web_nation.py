"""A made-up nation for the service: a register of 24,000 schools, and a run with ten years of results."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from headway.figures.store import Store
from headway.figures.tables import TABLES

MEASURES = (
    "ks2_rwm_expected", "ks2_rwm_higher", "ks2_reading_expected", "ks2_writing_expected", "ks2_mathematics_expected",
    "ks2_gps_expected", "ks2_reading_average", "ks2_mathematics_average", "ks2_gps_average", "ks2_science_expected",
    "eyfsp_good_level_of_development", "phonics_expected", "ks1_reading_expected", "ks1_writing_expected",
    "ks1_mathematics_expected",
    "absence_overall", "absence_persistent", "absence_authorised", "absence_unauthorised", "mtc_average",
)  # fmt: skip
GROUPS = ("all", "disadvantaged", "other")
YEARS = (2010, 2011, 2012, 2013, 2014, 2015, 2016, 2017, 2018, 2019)
AUTHORITIES = 152
FIRST_URN = 100_000
_WORDS = (
    "Ash", "Birch", "Cedar", "Dale", "Elm", "Fern", "Grange", "Hill", "Ivy", "Kirk", "Lark", "Mill", "North", "Oak",
    "Park", "Quarry", "River", "Stone", "Thorn", "Upper", "Vale", "West", "Yew",
)  # fmt: skip


def make(folder: Path, schools: int, seed: int = 1) -> Store:
    """The store in a folder."""
    store = Store.open(folder)
    random = np.random.default_rng(seed)
    store.add(
        file_name="register.csv", file_hash="made", kind="gias_establishments", scope="gias:2019-09-01",
        complete=True, rows_read=schools + AUTHORITIES, tables={"organisations": _register(schools, random)},
    )  # fmt: skip
    organisations = [f"school:{FIRST_URN + number}" for number in range(schools)]
    organisations += [f"authority:{200 + number}" for number in range(AUTHORITIES)]
    organisations += ["nation:england"]
    with store.new_run(engine="polars") as new:
        _results(organisations, random, new.id).write_parquet(
            new.folder / "results.parquet", row_group_size=100_000
        )
        results = pl.scan_parquet(new.folder / "results.parquet")
        _comparisons(results).sink_parquet(new.folder / "comparisons.parquet")
        TABLES["estimates"].conform(pl.DataFrame({}, schema={})).write_parquet(
            new.folder / "estimates.parquet"
        )
    return store


def _register(schools: int, random: np.random.Generator) -> pl.DataFrame:
    number = np.arange(schools)
    authority = number % AUTHORITIES + 200
    words = np.array(_WORDS)
    names = [
        f"{words[first]} {words[second]} Primary School"
        for first, second in random.integers(0, len(words), (schools, 2))
    ]
    of_schools = pl.DataFrame(
        {
            "organisation": np.char.add("school:", (number + FIRST_URN).astype(str)),
            "kind": "school",
            "name": names,
            "authority": authority.astype(str),
            "establishment_number": (2000 + number // AUTHORITIES).astype(str),
            "laestab": np.char.add(authority.astype(str), (2000 + number // AUTHORITIES).astype(str)),
            "type": "Community school",
            "type_group": "Local authority maintained schools",
            "phase": "Primary",
            "status": "Open",
            "low_age": np.full(schools, 4),
            "high_age": np.full(schools, 11),
            "pupils": random.integers(60, 620, schools),
            "head": "Mrs A Archer",
            "town": words[random.integers(0, len(words), schools)],
            "postcode": [
                f"{words[one][:2].upper()}{one % 9 + 1} {one % 8 + 1}AB" for one in number % len(words)
            ],
            "easting": random.uniform(200_000, 600_000, schools),
            "northing": random.uniform(100_000, 600_000, schools),
            "row": number + 2,
        }
    )
    codes = np.arange(AUTHORITIES) + 200
    of_authorities = pl.DataFrame(
        {
            "organisation": np.char.add("authority:", codes.astype(str)),
            "kind": "authority",
            "name": np.char.add("Authority ", codes.astype(str)),
            "authority": codes.astype(str),
            "row": codes,
        }
    )
    return pl.concat([of_schools, of_authorities], how="diagonal").with_columns(
        register=pl.lit("gias"), as_at=pl.lit(date(2019, 9, 1))
    )


def _results(organisations: list[str], random: np.random.Generator, run: str) -> pl.DataFrame:
    """Every organisation, measure, year and group: sorted by organisation, as a run keeps it."""
    keys = pl.DataFrame({"measure": sorted(MEASURES)}).join(pl.DataFrame({"year": YEARS}), how="cross")
    keys = keys.join(pl.DataFrame({"group": GROUPS}), how="cross")
    frame = pl.DataFrame({"organisation": sorted(organisations)}).join(keys, how="cross")
    rows = frame.height
    pupils = np.where(
        frame["organisation"].str.starts_with("school").to_numpy(), random.integers(6, 90, rows), 5000
    )
    met = random.binomial(pupils, random.beta(6, 3, rows))
    half = 100 / np.sqrt(pupils)
    reported = random.random(rows) > 0.03
    value = 100 * met / pupils
    given = {"numerator": met, "denominator": pupils, "value": value, "lower": np.maximum(value - half, 0),
             "upper": np.minimum(value + half, 100), "numerator_low": met, "numerator_high": met}  # fmt: skip
    made = frame.with_columns(
        years_pooled=pl.lit(1), basis=pl.lit("published"), run=pl.lit(run),
        status=pl.when(pl.Series(reported)).then(pl.lit("reported")).otherwise(pl.lit("suppressed")),
        source=pl.lit("dfe_performance_tables; final; england_ks2final.csv; row 2"),
        **{name: pl.when(pl.Series(reported)).then(pl.Series(values)) for name, values in given.items()},
    )  # fmt: skip
    return TABLES["results"].conform(made)


def _comparisons(results: pl.LazyFrame) -> pl.LazyFrame:
    every = results.filter((pl.col("group") == "all") & (pl.col("status") == "reported"))
    difference = pl.col("value") - 65.0
    return every.select(
        "organisation", "year", "years_pooled", "measure", "group", "basis",
        comparator=pl.lit("nation"), comparator_value=pl.lit(65.0), comparator_source=pl.lit("national figure"),
        difference=difference, lower=pl.col("lower") - 65.0, upper=pl.col("upper") - 65.0,
        significance=pl.when(pl.col("lower") > 65).then(pl.lit("above"))
        .when(pl.col("upper") < 65).then(pl.lit("below")).otherwise(pl.lit("not significant")),
        because=pl.lit(None, pl.String), run="run",
    )  # fmt: skip
