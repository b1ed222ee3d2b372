"""Writes the example authority as the files that a real one receives, with the mistakes that real files have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from headway.example import outcomes
from headway.example.attainment import (
    Attainment,
    Floats,
    Intake,
    Pupils,
    school_effects,
    simulate_attainment,
    simulate_intake,
    simulate_pupils,
)
from headway.example.authority import (
    AUTHORITY,
    FIRST_YEAR,
    KS2_YEARS,
    LAST_YEAR,
    Authority,
    simulate_authority,
)
from headway.example.pupil_files import (
    with_attainment_scores,
    write_ks2_pupils,
    write_national,
    write_template,
)
from headway.example.register_files import write_inspections, write_register

_CANCELLED = (2020, 2021)
_NATIONAL_SAMPLE = 60_000
_FORENAMES = ("Ada", "Bilal", "Chloë", "Dylan", "Esme", "Farah", "George", "Hana", "Isaac", "Jaya", "Kai",
    "Lily", "Mohammed",
              "Niamh", "Oscar", "Priya", "Quinn", "Rosa", "Samuel", "Tia", "Umar", "Violet", "William",
              "Xanthe", "Yusuf", "Zoë")  # fmt: skip
_SURNAMES = ("Adeyemi", "Barker", "Chen", "Dawson", "Ellis", "Fraser", "Gupta", "Holt", "Iqbal", "Jones",
    "Khan", "Lowe", "Mistry",
             "Nowak", "Okafor", "Patel", "Quigley", "Rahman", "Shaw", "Taylor", "Usman", "Varga", "Walker",
             "Yates", "Zając")  # fmt: skip
_PRIOR_BANDS = {"2015": (12.0, 18.0), "2016": (6.5, 8.75)}
"""Where low ends and high begins: of levels, DfE's 2011 definition; of assessments, this example's own."""


@dataclass(frozen=True)
class Example:
    """Where the example's files lie, and what is true of its schools.

    `truth` has a row a site, year and subject: organisation, year, subject, effect in scaled-score points.
    """

    folder: Path
    files: tuple[Path, ...]
    truth: pl.DataFrame


def write_example_authority(folder: Path, seed: int = 2026) -> Example:
    """Write the files of the example authority into `folder`. The same seed writes the same files."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    authority = simulate_authority(rng)
    files = [*write_register(folder, authority), *write_inspections(folder, authority)]
    sites = len(authority.site_sizes)
    deprivation = np.clip(rng.beta(1.6, 3.2, sites), 0, 1)
    for infant, junior in authority.junior_of.items():
        deprivation[junior] = deprivation[infant]
    intake = simulate_intake(rng, sites, deprivation)
    effects = school_effects(rng, sites, len(KS2_YEARS))
    by_year: dict[tuple[str, int], list[pl.DataFrame]] = {}
    national = {}
    for cohort in range(KS2_YEARS[0], LAST_YEAR + 7):
        year = min(cohort, KS2_YEARS[-1])
        effect = effects[KS2_YEARS.index(year)] if year in KS2_YEARS else effects[KS2_YEARS.index(2022)]
        for kind, when, frame in _cohort(rng, authority, intake, effect, cohort):
            by_year.setdefault((kind, when), []).append(frame)
        if cohort in KS2_YEARS:
            national[cohort] = _national_sample(rng, cohort)
    for (kind, year), frames in sorted(by_year.items()):
        frame = pl.concat(frames, how="diagonal")
        if kind == "ks2" and year >= 2016:
            files.append(write_ks2_pupils(folder, frame, year, national[year]))
        else:
            files.append(write_template(folder, frame, kind, year))
    files.append(write_national(folder, national))
    for path in files:
        _add_mistakes(path)
    truth = _truth(authority, effects)
    return Example(folder, tuple(files), truth)


def _truth(authority: Authority, effects: Floats) -> pl.DataFrame:
    rows = []
    for index, year in enumerate(KS2_YEARS):
        for site in range(len(authority.site_sizes)):
            school = authority.at(site, year)
            if school is not None and school.high_age >= 11:
                for column, subject in enumerate(("reading", "writing", "mathematics")):
                    rows.append((f"school:{school.urn}", year, subject, float(effects[index, site, column])))
    return pl.DataFrame(rows, schema=["organisation", "year", "subject", "effect"], orient="row")


# Pupils ----------------------------------------------------------------------------------------------------


def _check_letters(numbers: Sequence[str]) -> list[str]:
    """The first letter of UPNs whose twelve other characters are digits."""
    digits = np.array([[int(character) for character in number] for number in numbers])
    return list(np.array(list("ABCDEFGHJKLMNPQRTUVWXYZ"))[digits @ np.arange(2, 14) % 23])


def _cohort(
    rng: np.random.Generator, authority: Authority, intake: Intake, effects: Floats, cohort: int
) -> Iterable[tuple[str, int, pl.DataFrame]]:
    """One year's intake followed from the foundation stage to the end of key stage 2: (collection, year, rows)."""
    entry = cohort - 6
    starts = [site for site, kind in enumerate(authority.site_kinds) if kind not in ("junior", "nursery")]
    sizes = rng.poisson(authority.site_sizes[starts] * 0.94)
    pupils = simulate_pupils(rng, np.repeat(starts, sizes), intake)
    ends = np.array([authority.junior_of.get(site, site) for site in range(len(authority.site_sizes))])
    at_the_end = Pupils(**{**pupils.__dict__, "school": ends[pupils.school]})
    attainment = simulate_attainment(rng, at_the_end, min(cohort, LAST_YEAR), effects)
    identity = _identities(rng, authority, pupils, entry)
    ks1 = outcomes.key_stage_1(cohort - 4, attainment)
    for kind, year, place, columns in (
        ("foundation", entry, pupils, outcomes.foundation(rng, entry, attainment)),
        ("phonics", entry + 1, pupils, outcomes.phonics(rng, attainment)),
        ("ks1", cohort - 4, pupils, ks1),
        ("mtc", cohort - 2, at_the_end, outcomes.multiplication_check(rng, attainment)),
        ("ks2", cohort, at_the_end, _key_stage_2(rng, cohort, at_the_end, attainment, ks1)),
        ("roll", cohort, at_the_end, _absence(rng, pupils)),
    ):
        first = {"phonics": 2012, "mtc": 2022, "ks2": KS2_YEARS[0], "roll": KS2_YEARS[0]}.get(
            kind, FIRST_YEAR
        )
        last = 2023 if kind == "ks1" else LAST_YEAR
        if first <= year <= last and year not in _CANCELLED:
            yield kind, year, _rows(authority, identity, place, kind, year, columns)


def _identities(
    rng: np.random.Generator, authority: Authority, pupils: Pupils, entry: int
) -> dict[str, list[object]]:
    count = len(pupils.school)
    serial = np.zeros(count, dtype=int)
    for site in np.unique(pupils.school):
        here = pupils.school == site
        serial[here] = np.arange(1, here.sum() + 1)
    establishment = {school.site: school.establishment for school in authority.schools}
    numbers = [
        f"{AUTHORITY}{establishment[site]:04d}{(entry - 1) % 100:02d}{one:03d}"
        for site, one in zip(pupils.school, serial, strict=True)
    ]
    born = [
        date(entry - 6 + (1 if month <= 8 else 0), int(month), int(day))
        for month, day in zip(pupils.birth_month, rng.integers(1, 29, count), strict=True)
    ]
    return {
        "upn": [letter + number for letter, number in zip(_check_letters(numbers), numbers, strict=True)],
        "surname": list(rng.choice(_SURNAMES, count)),
        "forename": list(rng.choice(_FORENAMES, count)),
        "date_of_birth": list(born),
    }


def _rows(
    authority: Authority,
    identity: dict[str, list[object]],
    pupils: Pupils,
    kind: str,
    year: int,
    columns: outcomes.Columns,
) -> pl.DataFrame:
    """The rows of one collection in one year, by the names of the store's tables; pupils of closed sites are away."""
    urns = {
        site: school.urn for site in np.unique(pupils.school) if (school := authority.at(int(site), year))
    }
    frame = pl.DataFrame(
        {
            **identity,
            "urn": [urns.get(site) for site in pupils.school],
            "year": [year] * len(pupils.school),
            "collection": [kind] * len(pupils.school),
            "sex": np.where(pupils.girl, "F", "M"),
            "ethnicity": pupils.ethnicity,
            "first_language": np.where(pupils.eal, "OTH", "ENG"),
            "eal": pupils.eal,
            "fsm": pupils.fsm,
            "fsm6": pupils.fsm6,
            "looked_after": pupils.looked_after,
            "disadvantaged": pupils.disadvantaged,
            "sen": pupils.sen
            if year >= 2015
            else np.select([pupils.sen == "E", pupils.sen == "K"], ["S", "A"], "N"),
            "mobile": pupils.mobile,
            "idaci": np.round(pupils.idaci, 4),
            **columns,
        },
        strict=False,
    )
    return frame.filter(pl.col("urn").is_not_null())


def _key_stage_2(
    rng: np.random.Generator, year: int, pupils: Pupils, attainment: Attainment, ks1: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    if year <= 2015:
        columns = outcomes.key_stage_2_levels(attainment)
    else:
        columns = outcomes.key_stage_2_scores(rng, year, pupils, attainment)
    prior_year = year - 4
    if prior_year in _CANCELLED:
        return columns
    suffix = "level" if prior_year <= 2015 else "assessment"
    average = outcomes.key_stage_1_average(prior_year, ks1)
    low, high = _PRIOR_BANDS["2015" if prior_year <= 2015 else "2016"]
    return {
        **columns,
        **{f"ks1_{subject}": ks1[f"{subject}_{suffix}"] for subject in ("reading", "writing", "mathematics")},
        "ks1_average_points": average,
        "ks1_band": np.select([average < low, average < high], ["low", "middle"], "high"),
    }


def _absence(rng: np.random.Generator, pupils: Pupils) -> dict[str, np.ndarray]:
    count = len(pupils.school)
    share = np.clip(rng.gamma(1.7, 0.027, count) * (1 + 0.6 * pupils.fsm6), 0, 0.9)
    missed = np.rint(380 * share).astype(int)
    unauthorised = rng.binomial(missed, 0.25 + 0.15 * pupils.fsm6)
    return {
        "terms": np.full(count, "6"),
        "possible": np.full(count, 380),
        "authorised": missed - unauthorised,
        "unauthorised": unauthorised,
    }


def _national_sample(rng: np.random.Generator, year: int) -> pl.DataFrame:
    """Key stage 2 pupils of the simulated nation, for national figures and prior attainment groups."""
    schools = _NATIONAL_SAMPLE // 40
    intake = simulate_intake(rng, schools)
    effects = school_effects(rng, schools, 1)[0]
    pupils = simulate_pupils(rng, np.repeat(np.arange(schools), 40), intake)
    attainment = simulate_attainment(rng, pupils, year, effects)
    ks1 = outcomes.key_stage_1(year - 4, attainment)
    columns = _key_stage_2(rng, year, pupils, attainment, ks1)
    frame = pl.DataFrame({"girl": pupils.girl, "disadvantaged": pupils.disadvantaged, **columns})
    return frame if year <= 2015 else with_attainment_scores(frame)


# Mistakes ---------------------------------------------------------------------------------------------------


def _add_mistakes(path: Path) -> None:
    """The mistakes that real files have, a few in each of two files, at fixed places."""
    if path.name == "2019_ks2_pupils_dfe.csv":
        lines = path.read_text(encoding="utf-8").splitlines()
        header = lines[0].split(",")
        cells = [line.split(",") for line in lines]

        def put(row: int, column: str, value: str) -> None:
            cells[row][header.index(column)] = value

        upn = cells[12][header.index("UPN")]
        put(12, "UPN", ("A" if upn[0] != "A" else "B") + upn[1:])
        put(40, "READSCORE", "130")
        put(77, "Sex", "X")
        put(120, "MATOUTCOME", "PASS")
        put(200, "UPN", "")
        cells.append(list(cells[300]))
        cells.append(["", *cells[301]])
        path.write_text("\n".join(",".join(row) for row in cells) + "\n", encoding="utf-8")
    elif path.name == "2018_foundation_pupils.csv":
        text = path.read_text(encoding="utf-8").replace("Zając", "Zajac")
        lines = text.splitlines()
        lines[25] = lines[25].rsplit(",", 2)[0]
        path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))
