"""A believable authority that does not exist: its schools, trusts, conversions and inspections. All synthetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

AUTHORITY = "999"
AUTHORITY_NAME = "Northmoor (example)"
FIRST_YEAR, LAST_YEAR = 2009, 2024
KS2_YEARS = (2015, 2016, 2017, 2018, 2019, 2022, 2023, 2024)
"""Eight summers of key stage 2 results, across the change of 2016 and the gap of 2020 and 2021."""

_PLACES = (
    "Ashcombe", "Birchover", "Calderfold", "Dunmere", "Eastholme", "Fernley", "Greystoke Road", "Hallbeck",
    "Ingleby Lane",
    "Kingsmoor", "Larkrise", "Marlpit", "Netherby", "Oakenshaw", "Priestley", "Quarry Hill", "Ravensworth",
    "Saltersgate",
    "Thornfield", "Upperby", "Valley Road", "Westcliffe", "Yewdale", "Abbey Street", "Brookfield",
    "Canal Side", "Dale End",
    "Elm Grove", "Foxhill", "Grange Park", "Hawthorn", "Ivy Bank", "Jubilee", "Kirkgate", "Linden", "Manor Green",
    "Nightingale", "Orchard Way", "Park Lane", "Queensway", "Riverside", "Station Road", "Tower Hill", "Union Street",
    "Victoria Park", "Windmill", "Bramley", "Cedar Close", "Deepdale", "Edgemoor", "Fairfield", "Glebe", "Highfields",
    "Ironbridge Road", "Kestrel Rise", "Lakeside", "Meadowbank", "North Common", "Old Hall", "Poplar",
    "Redhill", "Southlands",
    "Teal Beck", "Underwood", "Whinfell", "Willow Bank", "Coppice", "Moorside", "Castle View", "Harbour",
    "Beacon", "Chapel Lane",
    "Millstone", "Rowan", "Summerfield", "Trinity", "St Aidan's", "St Bede's", "St Cuthbert's", "St Hilda's",
    "St Oswald's",
)  # fmt: skip
_TOWNS = ("Northmoor", "Calder Bridge", "Saltby", "Eastholme", "Marlford", "Kingsport")
_HEADS = ("Mrs A Archer", "Mr B Baines", "Ms C Coyle", "Mr D Dhillon", "Mrs E Egan", "Miss F Faulkner",
    "Mr G Grant", "Mrs H Hussain",
          "Dr I Irving", "Ms J Jarvis", "Mr K Kowalski", "Mrs L Lamb", "Ms M Musa", "Mr N Norton",
          "Mrs O O'Hara")  # fmt: skip
TRUSTS = {
    "99001": "Northmoor Learning Trust",
    "99002": "Three Rivers Academies",
    "99003": "Beacon Schools Partnership",
}


@dataclass(frozen=True)
class School:
    """One establishment, for as long as its URN lasted."""

    urn: int
    establishment: int
    site: int
    name: str
    kind: str
    type: str
    low_age: int
    high_age: int
    opened: date | None
    closed: date | None
    reason_opened: str
    reason_closed: str
    trust: str | None
    religious_character: str
    town: str
    postcode: str
    easting: int
    northing: int
    head: str

    def open_in(self, year: int) -> bool:
        """Whether it was open for the tests of that year's summer term."""
        tests = date(year, 5, 15)
        return (self.opened is None or self.opened <= tests) and (self.closed is None or self.closed > tests)


@dataclass(frozen=True)
class Link:
    """A predecessor or successor, as the register prints it."""

    urn: int
    linked: int
    name: str
    type: str
    established: date | None


@dataclass(frozen=True)
class Inspection:
    """One inspection: the framework is told by its date; grades by area, in Ofsted's numbers or words."""

    urn: int
    started: date
    overall: int | None
    areas: dict[str, str]
    category: str | None


@dataclass(frozen=True)
class Authority:
    """The example authority. `sites` are places with pupils; a site may have had more than one URN."""

    schools: tuple[School, ...]
    links: tuple[Link, ...]
    inspections: tuple[Inspection, ...]
    site_sizes: np.ndarray
    site_kinds: tuple[str, ...]
    junior_of: dict[int, int]

    def at(self, site: int, year: int) -> School | None:
        """The establishment that taught at the site in that year's summer term."""
        return next((school for school in self.schools if school.site == site and school.open_in(year)), None)


def _kinds() -> list[str]:
    return ["infant"] * 12 + ["junior"] * 12 + ["village"] * 10 + ["nursery"] * 2 + ["primary"] * 54


_SUFFIX = {"infant": "Infant School", "junior": "Junior School", "nursery": "Nursery School"}
_AGES = {"infant": (4, 7), "junior": (7, 11), "nursery": (2, 4)}


def simulate_authority(rng: np.random.Generator) -> Authority:
    """90 sites: 12 infant and 12 junior pairs, 10 villages, 2 nurseries, 54 primaries; 22 became academies."""
    kinds = _kinds()
    schools: list[School] = []
    sizes: list[int] = []
    for site, kind in enumerate(kinds):
        pair = site - 12 if kind == "junior" else site
        place = _PLACES[pair if kind in ("infant", "junior") else site - 12]
        church = kind in ("village", "primary") and rng.random() < 0.3
        suffix = _SUFFIX.get(kind, "CofE Primary School" if church else "Primary School")
        low, high = _AGES.get(kind, (3 if rng.random() < 0.5 else 4, 11))
        town = _TOWNS[pair % len(_TOWNS)]
        sizes.append(
            {"village": int(rng.integers(5, 12)), "nursery": 26}.get(kind)
            or int(
                sizes[pair] if kind == "junior" else rng.choice([22, 30, 45, 60], p=[0.15, 0.4, 0.2, 0.25])
            )
        )
        schools.append(
            School(
                urn=900100 + site,
                establishment=2001 + site if kind != "nursery" else 1001 + site,
                site=site,
                name=f"{place} {suffix}",
                kind=kind,
                type="Local authority nursery school"
                if kind == "nursery"
                else "Voluntary controlled school"
                if church
                else "Community school",
                low_age=low,
                high_age=high,
                opened=None,
                closed=None,
                reason_opened="Not applicable",
                reason_closed="Not applicable",
                trust=None,
                religious_character="Church of England" if church else "Does not apply",
                town=town,
                postcode=f"NM{1 + pair % 19} {1 + site % 9}{'ABDEFGHJLN'[site % 10]}{'PQRSTUWXYZ'[site // 9]}",
                easting=int(430000 + rng.normal(0, 9000)),
                northing=int(510000 + rng.normal(0, 7000)),
                head=_HEADS[site % len(_HEADS)],
            )
        )
    links: list[Link] = []
    _convert(rng, schools, links)
    _close_and_reopen(schools, links, site=40)
    return Authority(
        schools=tuple(sorted(schools, key=lambda school: school.urn)),
        links=tuple(links),
        inspections=tuple(_inspect(rng, schools)),
        site_sizes=np.array(sizes),
        site_kinds=tuple(kinds),
        junior_of={site: site + 12 for site in range(12)},
    )


def _replace_by(
    schools: list[School], links: list[Link], old: School, new: School, linked_on: date | None
) -> None:
    schools[schools.index(next(school for school in schools if school.urn == old.urn))] = old
    schools.append(new)
    links.append(Link(new.urn, old.urn, old.name, "Predecessor", linked_on))
    links.append(Link(old.urn, new.urn, new.name, "Successor", linked_on))


def _convert(rng: np.random.Generator, schools: list[School], links: list[Link]) -> None:
    """22 schools become academies, in three trusts; every sixth link has lost its date, as in the real register."""
    candidates = [
        school.site for school in schools if school.kind in ("primary", "junior") and school.site != 40
    ]
    for number, site in enumerate(sorted(rng.choice(candidates, 22, replace=False))):
        school = next(school for school in schools if school.site == site)
        year = int(rng.integers(2012, 2023))
        day = date(year, int(rng.choice([4, 9])), 1)
        old = replace(school, closed=day - timedelta(days=1), reason_closed="Academy Converter", trust=None)
        new = replace(
            school,
            urn=900500 + number,
            name=school.name.replace("Primary School", "Academy") if number % 3 == 0 else school.name,
            type="Academy converter",
            opened=day,
            reason_opened="Academy Converter",
            trust=list(TRUSTS)[number % 3],
        )
        _replace_by(schools, links, old, new, None if number % 6 == 5 else day)


def _close_and_reopen(schools: list[School], links: list[Link], site: int) -> None:
    """One school closed in the summer of 2016 and was opened again, sponsored, in September 2017."""
    school = next(school for school in schools if school.site == site)
    old = replace(school, closed=date(2016, 8, 31), reason_closed="For Academy")
    new = replace(
        school,
        urn=900590,
        type="Academy sponsor led",
        opened=date(2017, 9, 1),
        reason_opened="New Provision",
        trust="99003",
    )
    _replace_by(schools, links, old, new, date(2017, 9, 1))


_OLD_AREAS = (
    "quality of education",
    "behaviour and attitudes",
    "personal development",
    "leadership and management",
)
CARD_AREAS = (
    "Inclusion", "Curriculum and teaching", "Achievement", "Attendance and behaviour",
    "Personal development and wellbeing",
    "Leadership and governance",
)  # fmt: skip
CARD_GRADES = ("Exceptional", "Strong standard", "Expected standard", "Needs attention", "Urgent improvement")


def _inspect(rng: np.random.Generator, schools: list[School]) -> list[Inspection]:
    """Every establishment about each fourth year from 2006 to 2026, under the framework of the day."""
    found = []
    for school in schools:
        quality = rng.normal(0.0, 0.8)
        day = max(date(2006, 1, 9), school.opened or date(2006, 1, 9)) + timedelta(
            days=int(rng.integers(200, 1400))
        )
        while day < min(date(2026, 7, 1), school.closed or date(2026, 7, 1)):
            while day.weekday() > 2 or day.month == 8 or date(2020, 3, 17) <= day < date(2021, 9, 1):
                day += timedelta(days=1)
            level = quality + rng.normal(0, 0.6)
            grade = int(np.searchsorted([-1.1, 0.9, 2.0], -level)) + 1
            found.append(_inspection(rng, school.urn, day, grade))
            day += timedelta(days=int(rng.integers(500, 900) if grade >= 3 else rng.integers(1100, 1700)))
    return sorted(found, key=lambda inspection: (inspection.started, inspection.urn))


def _inspection(rng: np.random.Generator, urn: int, day: date, grade: int) -> Inspection:
    category = "SM" if grade == 4 and rng.random() < 0.5 else "SWK" if grade == 4 else None
    if day >= date(2025, 11, 10):
        grades = np.clip(grade + rng.integers(-1, 2, len(CARD_AREAS)), 0, 4)
        areas = {area: CARD_GRADES[value] for area, value in zip(CARD_AREAS, grades, strict=True)}
        urgent = "Urgent improvement" in areas.values()
        return Inspection(
            urn,
            day,
            None,
            areas,
            ("SM" if areas[CARD_AREAS[-1]] == CARD_GRADES[4] else "RSI") if urgent else None,
        )
    if day >= date(2019, 9, 1):
        values = np.clip(grade + rng.choice([-1, 0, 0, 0, 1], len(_OLD_AREAS)), 1, 4)
        values[0] = grade
        areas = {area: str(value) for area, value in zip(_OLD_AREAS, values, strict=True)}
        return Inspection(urn, day, None if day >= date(2024, 9, 1) else grade, areas, category)
    return Inspection(urn, day, grade, {}, category)
