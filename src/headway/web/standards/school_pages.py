"""A school's standards, page by page: which figures each page shows, in blocks of lines with their charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import polars as pl
from django.urls import reverse

from headway.figures.headlines import HEADLINES, place
from headway.figures.measures import registry
from headway.figures.measures.groups import GROUPS
from headway.figures.releases import NATIONS
from headway.web.design import charts
from headway.web.design.numbers import school_year
from headway.web.people.models import User
from headway.web.schools.models import Organisation
from headway.web.standards import reading
from headway.web.standards.lines import (
    Line,
    breaks_of,
    estimate_lines,
    group_title,
    line,
    lines,
    title_of,
    years_text,
)
from headway.web.standards.models import Release
from headway.web.standards.reading import Figures

ALL = pl.col("group") == "all"


@dataclass(frozen=True)
class Block:
    """Some lines under a heading. `first` names what tells them apart (`Measure`, `Group`, `Year`, `School`), and `label`
    says it of a line; `beside` are the comparators that have a column; `empty` is said where there are none."""

    title: str
    lines: tuple[Line, ...]
    first: str
    label: Callable[[Line], str]
    beside: tuple[str, ...] = ("nation", "authority")
    chart: charts.Chart | None = None
    intro: str = ""
    empty: str = "There are no such figures in this release."

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of its figures, each said once."""
        return tuple(sorted({part for one in self.lines for part in one.note.split("; ") if part}))


@dataclass(frozen=True)
class Asked:
    """What the reader asked for: a year, group, measure, and single years or three put together."""

    year: int
    group: str = "all"
    measure: str = ""
    years_pooled: int = 1


@dataclass(frozen=True)
class Seen:
    """What a page is made from: the school's figures as this person sees them, and who asks."""

    user: User
    school: Organisation
    figures: Figures
    asked: Asked

    def rows(self, *chosen: pl.Expr) -> list[Line]:
        """The lines of the school's figures that fit."""
        return lines(self.figures, pl.all_horizontal(*chosen) if chosen else None)

    @property
    def of_year(self) -> pl.Expr:
        """Figures of the year asked for, single or put together."""
        return (pl.col("year") == self.asked.year) & (pl.col("years_pooled") == self.asked.years_pooled)

    @property
    def of_group(self) -> pl.Expr:
        """Figures of the group asked for."""
        return pl.col("group") == self.asked.group


@dataclass(frozen=True)
class PageKind:
    """A page: its words, which filters it has, the blocks that it shows, of which measures, and whether what models say
    (`modelled`) stands on it too."""

    key: str
    title: str
    filters: tuple[str, ...]
    blocks: Callable[[Seen], list[Block]]
    measures: Callable[[str], bool] = field(default=lambda measure: True)
    modelled: bool = False

    @property
    def address(self) -> str:
        """The name of its address."""
        return "school_standards" if not self.key else "school_standards_page"


def _stage(*stages: str) -> Callable[[str], bool]:
    return lambda measure: measure in registry() and registry()[measure].stage in stages


def _is_progress(measure: str) -> bool:
    return "progress" in measure or "value_added" in measure


def _in(keep: Callable[[str], bool], figures: Figures) -> pl.Expr:
    return pl.col("measure").is_in(
        [one for one in figures.results["measure"].unique().to_list() if keep(one)]
    )


def _title(one: Line) -> str:
    return one.title


def _summary(seen: Seen) -> list[Block]:
    shown = seen.rows(seen.of_year, pl.col("measure").is_in(HEADLINES), seen.of_group)
    heading = f"{group_title(seen.asked.group)}, {years_text(seen.asked.year, seen.asked.years_pooled)}"
    return [Block(heading, tuple(shown), "Measure", _title)]


def _attainment(seen: Seen) -> list[Block]:
    blocks = []
    for title, stages in (
        ("Key stage 2", ("ks2",)),
        ("Multiplication tables check", ("mtc",)),
        ("Key stage 1", ("ks1",)),
        ("Phonics", ("phonics",)),
    ):
        of_stage = _in(_stage(*stages), seen.figures) & ~_in(_is_progress, seen.figures)
        shown = seen.rows(seen.of_year, seen.of_group, of_stage)
        if shown:
            blocks.append(Block(title, tuple(shown), "Measure", _title, ("nation", "authority", "before")))
    return blocks or [Block("Attainment", (), "Measure", _title)]


def _progress(seen: Seen) -> list[Block]:
    published = seen.rows(seen.of_year, seen.of_group, _in(_is_progress, seen.figures))
    rows = estimate_lines(seen.figures, seen.of_year & seen.of_group)
    plain = tuple(one for one in rows if "characteristics" not in one.title)
    characteristics = tuple(one for one in rows if "characteristics" in one.title)
    withheld = (
        "It is shown to the school itself and to those who look after it; it was not decided for other readers."
        if any(not one.is_reported for one in rows)
        else ""
    )
    intro = (
        "How far pupils are ahead of, or behind, pupils with the same results at key stage 1, in points. Zero is the "
        "average of all the schools that were counted together. Small schools' figures are drawn towards it, since "
        "chance moves them most. "
    )
    found = [
        Block("Progress as published", tuple(published), "Measure", _title, ("nation",)),
        Block(
            "Value added by prior attainment", plain, "Subject", _title, ("average",), intro=intro + withheld
        ),
    ]
    if characteristics:
        found.append(
            Block(
                "Value added, allowing for pupils’ characteristics too",
                characteristics,
                "Subject",
                _title,
                ("average",),
            )
        )
    return [one for one in found if one.lines] or [Block("Progress and value added", (), "Measure", _title)]


def _groups(seen: Seen) -> list[Block]:
    shown = seen.rows(seen.of_year, pl.col("measure") == seen.asked.measure)
    unit = shown[0].unit if shown else "percent"
    whole = next((one for one in shown if one.group == "all"), None)
    points = [one.as_point(one.group_title, marked=one.group == "all") for one in shown if one.group != "all"]
    at = charts.Line("All pupils", whole.raw) if whole is not None and whole.raw is not None else None
    title = f"{title_of(seen.asked.measure)}, {years_text(seen.asked.year, seen.asked.years_pooled)}"
    drawn = (
        charts.groups(title, points, unit=unit, line=at) if any(p.value is not None for p in points) else None
    )
    return [
        Block(
            title,
            tuple(shown),
            "Group",
            lambda one: one.group_title,
            ("others", "others_nationally", "authority"),
            chart=drawn,
            intro="Each group beside the school’s other pupils of the same kind, and beside others nationally.",
        )
    ]


def _trend(seen: Seen) -> list[Block]:
    single = pl.col("years_pooled") == seen.asked.years_pooled
    shown = seen.rows(single, seen.of_group, pl.col("measure") == seen.asked.measure)
    if not shown:
        return [Block(title_of(seen.asked.measure), (), "Year", lambda one: one.year_text)]
    years = [one.year for one in shown]
    points = {one.year: one.as_point(one.year_text) for one in shown}
    beside = {
        name: found
        for name, keys in (("Authority", [seen.figures.release.scope]), ("England", list(NATIONS)))
        if (found := _series(seen, keys))
    }
    title = f"{title_of(seen.asked.measure)}, {group_title(seen.asked.group).lower()}"
    chart = charts.trend(
        title,
        points,
        unit=shown[0].unit,
        of=str(seen.school),
        breaks=breaks_of(seen.asked.measure, years),
        comparators=beside,
    )
    return [
        Block(
            "Year by year",
            tuple(reversed(shown)),
            "Year",
            lambda one: one.year_text,
            ("nation", "authority", "before"),
            chart=chart,
        )
    ]


def _series(seen: Seen, organisations: Sequence[str]) -> dict[int, charts.Figure]:
    """The years of the authority or the nation; of two nations the first that has a year."""
    found: dict[int, charts.Figure] = {}
    for key in organisations:
        rows = reading.rows_of(seen.user, key, release=seen.figures.release)
        chosen = rows.filter(
            seen.of_group
            & (pl.col("years_pooled") == seen.asked.years_pooled)
            & (pl.col("measure") == seen.asked.measure)
        )
        for row in chosen.iter_rows(named=True):
            one = line(row, seen.figures.release)
            found.setdefault(one.year, one.as_point(one.year_text))
    return found


def _absence(seen: Seen) -> list[Block]:
    shown = seen.rows(seen.of_year, seen.of_group, _in(_stage("absence"), seen.figures))
    years = seen.rows(pl.col("years_pooled") == 1, seen.of_group, pl.col("measure") == "absence_overall")
    found = [
        Block(
            f"Absence, {years_text(seen.asked.year, seen.asked.years_pooled)}",
            tuple(shown),
            "Measure",
            _title,
        )
    ]
    if len(years) > 1:
        chart = charts.trend(
            "Absence",
            {one.year: one.as_point(one.year_text) for one in years},
            unit="percent",
            of=str(seen.school),
            breaks=breaks_of("absence_overall", [one.year for one in years]),
        )
        found.append(
            Block(
                "Absence, year by year",
                tuple(reversed(years)),
                "Year",
                lambda one: one.year_text,
                chart=chart,
            )
        )
    return found


COHORT = (
    ("At the end of reception", -6, ("eyfsp_good_level_of_development", "fsp_78_points")),
    ("Phonics in year 1", -5, ("phonics_expected",)),
    ("Key stage 1, in year 2", -4, ("ks1_reading_expected", "ks1_writing_expected", "ks1_mathematics_expected",
                                    "ks1_reading_level2", "ks1_writing_level2", "ks1_mathematics_level2")),
    ("Multiplication tables, in year 4", -2, ("mtc_average", "mtc_full_marks")),
    ("Key stage 2, in year 6", 0, ("ks2_rwm_expected", "ks2_reading_expected", "ks2_writing_expected",
                                   "ks2_mathematics_expected", "ks2_rwm_level4")),
)  # fmt: skip
"""Where a year group that ends key stage 2 in a summer stood in the summers before, and how it was measured."""


def _foundation(seen: Seen) -> list[Block]:
    this_year = seen.rows(seen.of_year, seen.of_group, _in(_stage("foundation"), seen.figures))
    path: list[Line] = []
    for _, step, measures in COHORT:
        path += seen.rows(
            pl.col("year") == seen.asked.year + step,
            pl.col("years_pooled") == 1,
            seen.of_group,
            pl.col("measure").is_in(measures),
        )
    when = school_year(seen.asked.year)
    stages = {measure: title for title, _, measures in COHORT for measure in measures}
    return [
        Block(f"Early years, {when}", tuple(this_year), "Measure", _title),
        Block(
            f"The year group that was in year 6 in {when}",
            tuple(path),
            "Stage",
            lambda one: f"{stages[one.measure]}, {one.year_text}: {one.title}",
            intro="The same year group at each stage. Pupils have come and gone in between, and each stage is measured in "
            "its own way: compare each with England, not one with another.",
        ),
    ]


def _similar(seen: Seen) -> list[Block]:
    release = seen.figures.release
    alike = reading.similar_schools(seen.user, seen.school.key, release=release)
    names = {
        one.key: str(one) for one in Organisation.objects.filter(key__in=alike).only("key", "name", "kind")
    }
    asked = seen.asked
    rows = reading.other_schools(
        seen.user,
        alike,
        asked.measure,
        year=asked.year,
        group=asked.group,
        years_pooled=asked.years_pooled,
        release=release,
    )
    found = {}
    for row in rows.iter_rows(named=True):
        one = line(row, release)
        found[one.organisation] = one if row["mine"] else replace(one, link="")
    own = seen.rows(seen.of_year, seen.of_group, pl.col("measure") == asked.measure)
    shown = [*own, *(found[key] for key in alike if key in found)]
    label = {seen.school.key: f"{seen.school} (this school)", **names}
    ordered = [
        one.as_point(label.get(one.organisation, one.organisation), marked=one in own) for one in shown
    ]
    title = f"{title_of(seen.asked.measure)}, {years_text(seen.asked.year, seen.asked.years_pooled)}"
    chart = charts.groups(title, ordered, unit=shown[0].unit, first="School") if len(shown) > 1 else None
    if chart is not None:
        chart = replace(chart, sentence=_among(str(seen.school), own, shown[len(own) :]))
    return [
        Block(
            title,
            tuple(shown),
            "School",
            lambda one: label.get(one.organisation, one.organisation),
            (),
            chart=chart,
            intro="The schools of this release whose pupils are most like this school’s, by DfE’s characteristics and never "
            "by results, the most alike first. Not a ranking: look at the intervals.",
            empty="It is not known which schools are like this one: too little was loaded of who their pupils are.",
        )
    ]


def _among(name: str, own: Sequence[Line], others: Sequence[Line]) -> str:
    known = sorted((one for one in others if one.raw is not None), key=lambda one: one.raw or 0.0)
    said = f"{name}: {own[0].text if own else 'no figure'}."
    if known:
        count = f"{len(known)} similar school{'' if len(known) == 1 else 's'}"
        said += f" {count} with a figure: {known[0].text} to {known[-1].text}."
    return said


PAGES: dict[str, PageKind] = {
    one.key: one
    for one in (
        PageKind("", "Summary", ("year", "group", "pooled"), _summary),
        PageKind("attainment", "Attainment", ("year", "group", "pooled"), _attainment),
        PageKind(
            "progress", "Progress and value added", ("year", "group", "pooled"), _progress, _is_progress, True
        ),
        PageKind("groups", "Groups and gaps", ("measure", "year", "pooled"), _groups),
        PageKind("trend", "Trend", ("measure", "group", "pooled"), _trend),
        PageKind("absence", "Absence", ("year", "group", "pooled"), _absence, _stage("absence")),
        PageKind("foundation", "Foundation stage to key stage 2", ("year", "group"), _foundation),
        PageKind("similar", "Similar schools", ("measure", "year", "group", "pooled"), _similar),
    )
}
"""The pages of a school's standards, by the end of their address."""


_CHOSEN_BY = ("year", "years_pooled", "measure", "group")


@dataclass(frozen=True)
class Choices:
    """What a reader may choose from: value and words."""

    releases: list[tuple[str, str]]
    years: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    measures: list[tuple[str, str]]
    pooled: list[tuple[str, str]]


def choices(figures: Figures, releases: Sequence[Release], kind: PageKind) -> Choices:
    """What there is to choose from in the school's figures, for one page."""
    rows = figures.results.filter(_in(kind.measures, figures))
    if kind.modelled:
        rows = pl.concat([frame.select(_CHOSEN_BY) for frame in (rows, figures.estimates)])
    groups = set(rows["group"].unique().to_list())
    years = sorted(rows["year"].unique().to_list(), reverse=True)
    measures = sorted(rows["measure"].unique().to_list(), key=place)
    pooled = sorted(rows["years_pooled"].unique().to_list())
    return Choices(
        [(one.name, f"{one.name} ({one.state})") for one in releases],
        [(str(year), school_year(year)) for year in years],
        [(one.key, one.title) for one in GROUPS if one.key in groups],
        [(measure, title_of(measure)) for measure in measures],
        [(str(count), "Single years" if count == 1 else f"{count} years together") for count in pooled],
    )


def page_links(urn: int, query: str) -> list[tuple[str, str, str]]:
    """Key, words and address of each page of a school, with the filters kept."""
    return [
        (one.key, one.title, reverse(one.address, args=[urn, one.key] if one.key else [urn]) + query)
        for one in PAGES.values()
    ]
