"""Where an inspection stands in a row of Ofsted's management information.

One row of a file is one school, and may tell of several inspections: the report card, the latest graded
inspection before report cards, the previous one, an ungraded one. A `Layout` says in which columns one of
these stands. Column names are canonical (`register_cells.canonical`); the first that the file has is used.

Sources: the headers of the files of 2018, 2019-24, 2024-25 and since
November 2025 as Ofsted publishes them on gov.uk (management information, state-funded schools).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Columns = tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """The columns of one inspection in a row.

    `needs`: the layout applies only if the file has one of these. `last_day` is used where the file has no
    first day. `areas` maps an area's name to its columns. The category column speaks of this
    inspection only in rows where the columns of `category_unless` hold no day: a "most recent" category
    belongs to whatever came last. `grades_dated` are columns with the day of a single grade.
    """

    name: str
    first_day: Columns
    areas: Mapping[str, Columns]
    needs: Columns
    lacks: Columns = ()
    last_day: Columns = ()
    published: Columns = ()
    type: Columns = ()
    type_is: str | None = None
    category: Columns = ()
    category_unless: Columns = ()
    safeguarding: Columns = ()
    outcome: Columns = ()
    urn_then: Columns = ()
    grades_dated: Columns = ()


def _both(*names: str) -> Columns:
    """Each name as printed and with Ofsted's "(where applicable)" after it."""
    return tuple(form for name in names for form in (f"{name}whereapplicable", name))


_CARD_AREAS: dict[str, Columns] = {
    "safeguarding": ("safeguardingstandards",),
    "inclusion": ("inclusion",),
    "curriculum and teaching": ("curriculumandteaching",),
    "achievement": ("achievement",),
    "attendance and behaviour": ("attendanceandbehaviour",),
    "personal development and wellbeing": ("personaldevelopmentandwellbeing",),
    "leadership and governance": ("leadershipandgovernance",),
    "early years": _both("earlyyears"),
    "post-16 provision": _both("post16provision"),
}

_FULL_AREAS: dict[str, Columns] = {
    "overall effectiveness": ("overalleffectiveness",),
    "quality of education": ("qualityofeducation",),
    "behaviour and attitudes": ("behaviourandattitudes",),
    "personal development": ("personaldevelopment",),
    "leadership and management": ("effectivenessofleadershipandmanagement", "leadershipandmanagement"),
    "early years provision": _both("earlyyearsprovision"),
    "sixth form provision": (*_both("sixthformprovision"), *_both("16to19studyprogrammes")),
    "quality of teaching, learning and assessment": ("qualityofteachinglearningandassessment",),
    "personal development, behaviour and welfare": ("personaldevelopmentbehaviourandwelfare",),
    "outcomes for pupils": ("outcomesforpupils", "outcomesforchildrenandlearners"),
}

_REPORT_CARD = Layout(
    name="report card",
    first_day=("inspectionstartdate",),
    areas=_CARD_AREAS,
    needs=("safeguardingstandards", "curriculumandteaching"),
    published=("publicationdate",),
    type=("inspectiontype",),
    category=("categoryofconcern",),
    safeguarding=("safeguardingstandards",),
    urn_then=("urnattimeoflatestfullinspection",),
    grades_dated=tuple(
        f"{name}dateofgrade"
        for name in (
            "safeguardingstandards",
            "inclusion",
            "curriculumandteaching",
            "achievement",
            "attendanceandbehaviour",
            "personaldevelopmentandwellbeing",
            "earlyyears",
            "post16provision",
            "leadershipandgovernance",
        )
    ),
)

_LATEST_GRADED = Layout(
    name="latest graded inspection before report cards",
    first_day=("inspectionstartdateoflatestoeifgradedinspection",),
    areas={area: tuple(f"latestoeif{column}" for column in columns) for area, columns in _FULL_AREAS.items()},
    needs=("inspectionstartdateoflatestoeifgradedinspection",),
    published=("publicationdateoflatestoeifgradedinspection",),
    type=("inspectiontypeoflatestoeifgradedinspection",),
    category=("latestoeifcategoryofconcern", "mostrecentcategoryofconcern"),
    category_unless=("inspectionstartdate",),
    safeguarding=("latestoeifsafeguardingiseffective",),
    urn_then=("urnattimeoflatestoeifgradedinspection",),
)

_FULL = Layout(
    name="latest full inspection",
    first_day=("inspectionstartdate",),
    last_day=("inspectionenddate", "inspectiondate"),
    areas=_FULL_AREAS,
    needs=("overalleffectiveness", "qualityofeducation"),
    lacks=("safeguardingstandards",),
    published=("publicationdate",),
    type=("inspectiontype",),
    category=("categoryofconcern",),
    safeguarding=("safeguardingiseffective",),
    urn_then=("urnattimeoflatestfullinspection", "urnattimeoflatestgradedinspection"),
)

_PREVIOUS = Layout(
    name="previous full inspection",
    first_day=("previousinspectionstartdate", "previousgradedinspectionstartdate"),
    last_day=("previousinspectionenddate", "previousinspectiondate"),
    areas={
        **{area: tuple(f"previous{column}" for column in columns) for area, columns in _FULL_AREAS.items()},
        "overall effectiveness": (
            "previousfullinspectionoveralleffectiveness",
            "previousgradedinspectionoveralleffectiveness",
            "previousoveralleffectiveness",
        ),
    },
    needs=(
        "previousfullinspectionoveralleffectiveness",
        "previousgradedinspectionoveralleffectiveness",
        "previousoveralleffectiveness",
    ),
    published=("previouspublicationdate",),
    category=("previouscategoryofconcern",),
    safeguarding=("previoussafeguardingiseffective",),
    urn_then=(
        "urnattimeofpreviousfullinspection",
        "urnattimeofpreviousgradedinspection",
        "urnattimeofpreviousinspection",
    ),
)

_UNGRADED = Layout(
    name="latest ungraded inspection",
    first_day=(
        "dateoflatestungradedinspection",
        "dateoflatestsection8inspection",
        "dateoflatestshortinspection",
    ),
    areas={},
    needs=(
        "ungradedinspectionoveralloutcome",
        "section8inspectionoveralloutcome",
        "shortinspectionoveralloutcome",
    ),
    published=("ungradedinspectionpublicationdate", "section8inspectionpublicationdate"),
    type_is="ungraded",
    outcome=(
        "ungradedinspectionoveralloutcome",
        "section8inspectionoveralloutcome",
        "shortinspectionoveralloutcome",
    ),
    urn_then=("urnattimeoftheungradedinspection", "urnattimeofthesection8inspection"),
)

_NORMALISED = Layout(
    name="latest inspection, normalised",
    first_day=("date",),
    areas={
        "overall effectiveness": ("overall",),
        "quality of education": ("oeifeducation",),
        "behaviour and attitudes": ("oeifbehaviour",),
        "personal development": ("oeifpersonal",),
        "leadership and management": ("oeifleadership",),
        "early years provision": ("oeifeyfs",),
        "sixth form provision": ("oeifsixthform",),
        "safeguarding": ("cardsafeguarding",),
        "inclusion": ("cardareainclusion",),
        "curriculum and teaching": ("cardareacurriculum",),
        "achievement": ("cardareaachievement",),
        "attendance and behaviour": ("cardareabehaviour",),
        "personal development and wellbeing": ("cardareapersonal",),
        "leadership and governance": ("cardarealeadership",),
        "early years": ("cardareaearlyyears",),
        "post-16 provision": ("cardareapostsixteen",),
    },
    needs=("oeifleadership", "cardsafeguarding"),
    category=("cardconcern",),
    safeguarding=("cardsafeguarding",),
)

_HISTORY = Layout(
    name="inspection history",
    first_day=("inspectiondate",),
    areas={"overall effectiveness": ("rating",)},
    needs=("rating",),
    lacks=("overalleffectiveness",),
)

LAYOUTS = (_REPORT_CARD, _LATEST_GRADED, _FULL, _PREVIOUS, _UNGRADED, _NORMALISED, _HISTORY)
"""In the order in which they are believed where two tell of an inspection on the same day."""


def layouts_of(names: Mapping[str, str]) -> tuple[Layout, ...]:
    """The layouts that a file with these canonical column names has."""
    return tuple(
        layout
        for layout in LAYOUTS
        if any(name in names for name in layout.needs)
        and not any(name in names for name in layout.lacks)
        and any(name in names for name in (*layout.first_day, *layout.last_day))
    )
