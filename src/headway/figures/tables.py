"""The contract of every table: what a row is, its columns, key, units, allowed values and sensitivity.

From this module come the checks on loaded rows, the empty tables, the Parquet schemas and the
reference page. Nothing else in `figures` may invent a column.

Conventions that hold in every table:

* `organisation` is `kind:code`: `school:125025` (URN), `authority:936` (three-digit code),
  `trust:2044` (group UID), `federation:80637`, `cluster:…`, `nation:england` (all schools),
  `nation:england-state-funded`.
* `year` is the calendar year in which the academic year ends: 2018/19 is 2019.
* A missing value is null, and where it matters a `status` says why. Missing is never zero.
* Percentages run from 0 to 100.
* `pupil` is the store's pseudonymous key, never a UPN or a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import polars as pl
import pyarrow as pa


class Status(StrEnum):
    """Why a figure is, or is not, there. Only `REPORTED` carries a value."""

    REPORTED = "reported"
    SUPPRESSED = "suppressed"  # small numbers (SUPP, c): there is a value, and it is withheld
    NOT_APPLICABLE = "not applicable"  # NA, z: the figure has no meaning here
    NOT_AVAILABLE = "not available"  # NP, NE, x, blank, no tests that year
    LOW_COVERAGE = "low coverage"  # LOWCOV: fewer than half the pupils could be counted
    TOO_FEW = "too few"  # Headway's own rule: too few pupils to say


class Sensitivity(StrEnum):
    """How carefully a column is handled."""

    PUBLIC = "public"
    RESTRICTED = "restricted"  # about a school, before publication
    PERSONAL = "personal"  # about a pupil, under a pseudonym
    IDENTIFYING = "identifying"  # names a person: UPN, name, date of birth


Type = Literal["string", "integer", "number", "boolean", "date"]

_POLARS: dict[str, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
}
_ARROW: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `allowed` lists the only values that may stand in it; `minimum` and `maximum` are inclusive;
    a `required` column is never null in an accepted row.
    """

    name: str
    type: Type
    description: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    sensitivity: Sensitivity = Sensitivity.PUBLIC

    @property
    def polars(self) -> pl.DataType:
        """The Polars type."""
        return _POLARS[self.type]


@dataclass(frozen=True)
class Table:
    """One table of the store. A row is what `description` says; `key` columns identify it.

    `by_year` tables are kept one partition a `year`; the others in a single partition.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    by_year: bool = True
    _by_name: dict[str, Column] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.columns})
        missing = [name for name in self.key if name not in self._by_name]
        if missing or len(self._by_name) != len(self.columns):
            raise ValueError(f"table {self.name}: key {missing} not a column, or a column stands twice")

    def __getitem__(self, column: str) -> Column:
        return self._by_name[column]

    def __contains__(self, column: str) -> bool:
        return column in self._by_name

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column names and Polars types, in the table's order, provenance last."""
        return {column.name: column.polars for column in (*self.columns, *PROVENANCE)}

    @property
    def arrow_schema(self) -> pa.Schema:
        """The Parquet schema, provenance last."""
        return pa.schema([(column.name, _ARROW[column.type]) for column in (*self.columns, *PROVENANCE)])

    @property
    def sensitivity(self) -> Sensitivity:
        """The most sensitive of the columns."""
        order = list(Sensitivity)
        return max((column.sensitivity for column in self.columns), key=order.index)

    def empty(self) -> pl.DataFrame:
        """A frame with the table's columns and no rows."""
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` in the table's column order and types; columns that it lacks are null.

        Raises ValueError if it has a column that the table does not know.
        """
        unknown = [name for name in frame.columns if name not in self.schema]
        if unknown:
            raise ValueError(f"table {self.name} has no column {', '.join(unknown)}")
        return frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in self.schema.items()
        )


PROVENANCE: tuple[Column, ...] = (
    Column("receipt", "string", "The receipt under which the row was accepted"),
    Column(
        "row", "integer", "The row of the file it came from; the line after the header is row 2", minimum=1
    ),
    Column("scope", "string", "The part of the world for which the file speaks, such as dfe_ks2:2019:936"),
)
"""Columns that the store adds to every accepted row, so that a figure can be walked back to its file."""

_PERSONAL = Sensitivity.PERSONAL
_IDENTIFYING = Sensitivity.IDENTIFYING

YEAR = Column(
    "year",
    "integer",
    "Calendar year in which the academic year ends",
    required=True,
    minimum=1990,
    maximum=2100,
)
ORGANISATION = Column(
    "organisation", "string", "School, authority, trust or nation as kind:code", required=True
)
PUPIL = Column("pupil", "integer", "The store's pseudonymous pupil key", required=True, sensitivity=_PERSONAL)


def _text(name: str, description: str, **more: object) -> Column:
    return Column(name, "string", description, **more)  # type: ignore[arg-type]


def _personal(columns: Iterable[Column]) -> tuple[Column, ...]:
    from dataclasses import replace

    return tuple(replace(column, sensitivity=_PERSONAL) for column in columns)


STATUSES = tuple(status.value for status in Status)

ORGANISATIONS = Table(
    "organisations",
    "A school, authority, trust, federation, cluster or nation as one register described it on a day.",
    (
        ORGANISATION,
        _text(
            "register",
            "Which register says so: gias, performance_tables, ofsted, census, coordinates, user",
            required=True,
        ),
        Column("as_at", "date", "The day for which the register speaks", required=True),
        _text(
            "kind",
            "What it is",
            required=True,
            allowed=(
                "school",
                "authority",
                "trust",
                "federation",
                "cluster",
                "sponsor",
                "group",
                "region",
                "nation",
            ),
        ),
        _text("name", "Its name"),
        _text("authority", "Three-digit code of its local authority"),
        _text("establishment_number", "Four-digit establishment number"),
        _text("laestab", "Seven-digit DfE number; dated, not guaranteed unique"),
        _text("ukprn", "UK provider reference number"),
        _text("type", "Type of establishment, such as Community school"),
        _text("type_group", "Local authority maintained schools, Academies, Free Schools, Special schools …"),
        _text("phase", "Phase of education: Primary, Nursery, Middle deemed primary …"),
        _text("status", "Open, Closed, Open, but proposed to close, Proposed to open"),
        Column("open_date", "date", "Opened on"),
        _text("reason_opened", "Why it opened"),
        Column("close_date", "date", "Closed on"),
        _text("reason_closed", "Why it closed"),
        Column("low_age", "integer", "Statutory lowest age", minimum=0, maximum=25),
        Column("high_age", "integer", "Statutory highest age", minimum=0, maximum=99),
        _text("sex_of_pupils", "Mixed, Girls, Boys"),
        _text("religious_character", "Religious character"),
        _text("diocese", "Diocese"),
        _text("nursery", "Whether it has nursery classes"),
        Column("capacity", "integer", "Places", minimum=0, unit="pupils"),
        Column("pupils", "integer", "Pupils on roll", minimum=0, unit="pupils"),
        Column(
            "percentage_fsm",
            "number",
            "Pupils eligible for free school meals",
            minimum=0,
            maximum=100,
            unit="%",
        ),
        _text("trust", "Its trust, as trust:UID"),
        _text("federation", "Its federation, as federation:UID"),
        _text("sponsor", "Its sponsor"),
        _text("head", "Headteacher, as the register prints it"),
        _text("street", "Street"),
        _text("town", "Town"),
        _text("postcode", "Postcode"),
        _text("district", "District"),
        _text("region", "Region"),
        _text("urban_rural", "Urban or rural"),
        _text("website", "Web address"),
        _text("telephone", "Telephone"),
        Column("easting", "number", "Ordnance Survey easting", unit="m"),
        Column("northing", "number", "Ordnance Survey northing", unit="m"),
        Column("latitude", "number", "Latitude", minimum=-90, maximum=90, unit="degrees"),
        Column("longitude", "number", "Longitude", minimum=-180, maximum=180, unit="degrees"),
    ),
    key=("organisation", "register", "as_at"),
    by_year=False,
)

LINKS = Table(
    "links",
    "A school and the school that came before or after it.",
    (
        ORGANISATION,
        _text("linked_organisation", "The other school or authority", required=True),
        _text(
            "link",
            "What the other one is to this one",
            required=True,
            allowed=(
                "predecessor",
                "successor",
                "merged",
                "split",
                "closure",
                "expansion",
                "sixth form",
                "other",
            ),
        ),
        _text("link_type", "The register's own words, such as Successor - amalgamated", required=True),
        Column(
            "date", "date", "The day on which the one followed the other; null where the register has none"
        ),
        _text("linked_name", "Name of the other school"),
    ),
    key=("organisation", "linked_organisation", "link_type"),
    by_year=False,
)

MEMBERSHIPS = Table(
    "memberships",
    "An organisation's belonging to a group, dated: a school in a trust, an authority in a region.",
    (
        ORGANISATION,
        _text("group", "The group, as kind:code", required=True),
        _text("kind", "trust, federation, cluster, authority, neighbour …", required=True),
        Column("joined", "date", "First day; null where unknown"),
        Column("left", "date", "Last day; null while it lasts"),
        Column("rank", "integer", "Order within the group where it has one (statistical neighbours 1 to 10)"),
        _text("note", "In the register's words, such as Very Close"),
        _text("source", "The list it comes from, such as gias or dfe_neighbours_2025", required=True),
        Column("as_at", "date", "The day for which that list speaks, where it says"),
    ),
    key=("organisation", "group", "kind", "joined", "source"),
    by_year=False,
)

IDENTITIES = Table(
    "identities",
    "Who a pseudonymous pupil is. Read only to match, to mend and to show a person entitled to it.",
    (
        YEAR,
        PUPIL,
        Column("upn", "string", "Unique pupil number as received", sensitivity=_IDENTIFYING),
        Column("former_upn", "string", "Former unique pupil number", sensitivity=_IDENTIFYING),
        Column("surname", "string", "Surname", sensitivity=_IDENTIFYING),
        Column("forename", "string", "Forename", sensitivity=_IDENTIFYING),
        Column("date_of_birth", "date", "Date of birth", sensitivity=_IDENTIFYING),
    ),
    key=("year", "pupil"),
)

COLLECTIONS = ("foundation", "phonics", "ks1", "mtc", "ks2", "roll")

PUPILS = Table(
    "pupils",
    "A pupil's year on roll: where, and with which characteristics at the time of that collection.",
    (
        YEAR,
        PUPIL,
        *_personal(
            (
                _text("collection", "Which collection says so", required=True, allowed=COLLECTIONS),
                ORGANISATION,
                Column(
                    "year_group",
                    "integer",
                    "National curriculum year, 0 for reception",
                    minimum=-2,
                    maximum=14,
                ),
                _text(
                    "inclusion",
                    "P_INCL: 201 included, 202 not at the end of the key stage, 203 removed at the school's request",
                    allowed=("201", "202", "203"),
                ),
                _text("sex", "F or M", allowed=("F", "M")),
                Column("birth_month", "integer", "Month of birth", minimum=1, maximum=12),
                _text("ethnicity", "Census ethnicity code, such as WBRI"),
                _text("first_language", "First language code"),
                Column("eal", "boolean", "English as an additional language; null where unclassified"),
                Column("fsm", "boolean", "Eligible for free school meals"),
                Column("fsm6", "boolean", "Eligible for free school meals at any time in the last six years"),
                Column("looked_after", "boolean", "Looked after, or adopted from care"),
                Column("disadvantaged", "boolean", "FSM6, looked after or adopted from care"),
                _text(
                    "sen",
                    "N none, K SEN support, E education, health and care plan; before 2015 A action, P action plus, "
                    "S statement",
                    allowed=("N", "K", "E", "A", "P", "S"),
                ),
                Column("mobile", "boolean", "Joined the school in the last two years of the key stage"),
                Column(
                    "idaci",
                    "number",
                    "Income deprivation affecting children, as a share",
                    minimum=0,
                    maximum=1,
                ),
                Column("entry_date", "date", "Joined the school on"),
            )
        ),
    ),
    key=("year", "pupil", "collection"),
)

KS2_SUBJECTS = ("reading", "writing", "mathematics", "gps", "science", "english")


def _ks2_columns() -> tuple[Column, ...]:
    columns: list[Column] = []
    for subject, marks in (("reading", 50), ("mathematics", 110), ("gps", 70)):
        columns += [
            _text(f"{subject}_outcome", f"Test outcome code in {subject} since 2016: AS, NS, A, B, …"),
            Column(
                f"{subject}_score",
                "number",
                f"Scaled score in {subject}",
                minimum=80,
                maximum=120,
                unit="scaled score",
            ),
            Column(
                f"{subject}_mark", "integer", f"Marks in {subject}", minimum=0, maximum=marks, unit="marks"
            ),
        ]
    columns += [
        _text(f"{subject}_assessment", f"Teacher assessment code in {subject} since 2016: WTS, EXS, GDS, …")
        for subject in ("reading", "writing", "mathematics", "science")
    ]
    columns += [
        _text(
            f"{subject}_level",
            f"National curriculum level or outcome code in {subject} to 2015, such as 4, 4B, 5, B, N, A",
        )
        for subject in ("english", "reading", "writing", "mathematics", "science")
    ]
    columns += [
        _text(f"ks1_{subject}", f"KS1 {subject} outcome as supplied with the KS2 record")
        for subject in ("reading", "writing", "mathematics")
    ]
    columns += [
        Column(
            "ks1_average_points",
            "number",
            "KS1 average point score as supplied",
            minimum=0,
            maximum=30,
            unit="points",
        ),
        _text("ks1_band", "Prior attainment band as supplied", allowed=("low", "middle", "high")),
        Column(
            "prior_attainment_group", "integer", "Prior attainment group as supplied", minimum=1, maximum=30
        ),
        Column("rwm_eligible", "boolean", "Eligible in reading, writing and mathematics, as supplied"),
        Column("rwm_expected", "boolean", "Expected standard in all three, as supplied"),
    ]
    for subject in ("reading", "writing", "mathematics"):
        columns += [
            Column(f"in_{subject}_progress", "boolean", f"Counted in {subject} progress, as supplied"),
            Column(
                f"{subject}_progress_attainment",
                "number",
                f"KS2 {subject} score used for progress, as supplied",
            ),
            Column(
                f"{subject}_progress_predicted",
                "number",
                f"Mean {subject} score of the prior attainment group, as supplied",
            ),
            Column(f"{subject}_progress", "number", f"Adjusted {subject} progress score, as supplied"),
        ]
    return tuple(columns)


ASSESSMENTS_KS2 = Table(
    "assessments_ks2",
    "A pupil's results at the end of key stage 2.",
    (YEAR, PUPIL, *_personal(_ks2_columns())),
    key=("year", "pupil"),
)

ASSESSMENTS_KS1 = Table(
    "assessments_ks1",
    "A pupil's results at the end of key stage 1 (to 2023).",
    (
        YEAR,
        PUPIL,
        *_personal(
            (
                *(
                    _text(
                        f"{subject}_level", f"Level in {subject} to 2015: W, 1, 2C, 2B, 2A, 2, 3, 4, A, D, M"
                    )
                    for subject in ("reading", "writing", "mathematics", "science")
                ),
                *(
                    _text(
                        f"{subject}_assessment",
                        f"Teacher assessment in {subject} since 2016: PKF, WTS, EXS, GDS, …",
                    )
                    for subject in ("reading", "writing", "mathematics", "science")
                ),
                *(
                    Column(
                        f"{subject}_score",
                        "number",
                        f"Scaled score in {subject}",
                        minimum=85,
                        maximum=115,
                        unit="scaled score",
                    )
                    for subject in ("reading", "mathematics")
                ),
            )
        ),
    ),
    key=("year", "pupil"),
)

ASSESSMENTS_PHONICS = Table(
    "assessments_phonics",
    "A pupil's phonics screening check.",
    (
        YEAR,
        PUPIL,
        *_personal(
            (
                Column("mark", "integer", "Words read, of 40", minimum=0, maximum=40, unit="marks"),
                _text(
                    "outcome",
                    "Wa met the standard, Wt did not, A absent, D disapplied, L left, Q maladministration",
                    allowed=("WA", "WT", "A", "D", "L", "Q", "U"),
                ),
            )
        ),
    ),
    key=("year", "pupil"),
)

FSP_SCALES: dict[str, str] = {
    "dispositions_and_attitudes": "PSED: dispositions and attitudes",
    "social_development": "PSED: social development",
    "emotional_development": "PSED: emotional development",
    "language_for_communication": "CLL: language for communication and thinking",
    "linking_sounds_and_letters": "CLL: linking sounds and letters",
    "fsp_reading": "CLL: reading",
    "fsp_writing": "CLL: writing",
    "numbers_as_labels": "PSRN: numbers as labels and for counting",
    "calculating": "PSRN: calculating",
    "shape_space_and_measures": "PSRN: shape, space and measures",
    "knowledge_and_understanding": "Knowledge and understanding of the world",
    "fsp_physical_development": "Physical development",
    "creative_development": "Creative development",
}
"""The 13 scales of the Foundation Stage Profile, 2003 to 2012, each 0 to 9 points (NI 72, NI 92)."""

EARLY_LEARNING_GOALS: dict[str, str] = {
    f"elg{number:02d}": f"Early learning goal {number:02d}" for number in range(1, 18)
}
"""The 17 early learning goals; their names differ before and after 2021, see `measures`."""

ASSESSMENTS_FOUNDATION = Table(
    "assessments_foundation",
    "A child's Foundation Stage Profile (to 2012) or early years foundation stage profile (since 2013).",
    (
        YEAR,
        PUPIL,
        *_personal(
            (
                *(
                    Column(name, "integer", title, minimum=0, maximum=9, unit="points")
                    for name, title in FSP_SCALES.items()
                ),
                *(
                    _text(
                        name,
                        f"{title}: 1 emerging, 2 expected, 3 exceeding (2013 to 2021), A not assessed",
                        allowed=("1", "2", "3", "A"),
                    )
                    for name, title in EARLY_LEARNING_GOALS.items()
                ),
            )
        ),
    ),
    key=("year", "pupil"),
)

ASSESSMENTS_MTC = Table(
    "assessments_mtc",
    "A pupil's multiplication tables check in Year 4 (since 2022).",
    (
        YEAR,
        PUPIL,
        *_personal(
            (
                Column("score", "integer", "Questions right, of 25", minimum=0, maximum=25, unit="marks"),
                _text("outcome", "T took it, or the reason code"),
            )
        ),
    ),
    key=("year", "pupil"),
)

TEACHER_ASSESSMENTS = Table(
    "teacher_assessments",
    "A teacher's assessment of a pupil in a subject in a term.",
    (
        YEAR,
        PUPIL,
        *_personal(
            (
                _text(
                    "term", "autumn, spring or summer", required=True, allowed=("autumn", "spring", "summer")
                ),
                _text("subject", "reading, writing, mathematics …", required=True),
                ORGANISATION,
                Column("year_group", "integer", "National curriculum year", minimum=-2, maximum=14),
                _text("judgement", "In the school's scale, such as EXS or 4b"),
                Column("score", "number", "As a number, where the scale has one"),
                _text("scale", "Which scale", required=True),
            )
        ),
    ),
    key=("year", "pupil", "term", "subject"),
)

ABSENCE = Table(
    "absence",
    "A pupil's sessions possible and missed in a school year.",
    (
        YEAR,
        PUPIL,
        *_personal(
            (
                ORGANISATION,
                _text("terms", "Which terms are counted", required=True, allowed=("1", "2", "3", "6")),
                Column(
                    "possible",
                    "integer",
                    "Sessions possible",
                    required=True,
                    minimum=0,
                    maximum=500,
                    unit="sessions",
                ),
                Column(
                    "authorised",
                    "integer",
                    "Sessions missed, authorised",
                    minimum=0,
                    maximum=500,
                    unit="sessions",
                ),
                Column(
                    "unauthorised",
                    "integer",
                    "Sessions missed, unauthorised",
                    minimum=0,
                    maximum=500,
                    unit="sessions",
                ),
            )
        ),
    ),
    key=("year", "pupil", "organisation", "terms"),
)

INSPECTIONS = Table(
    "inspections",
    "An inspection event, under its own framework.",
    (
        ORGANISATION,
        Column("date", "date", "First day of the inspection", required=True),
        _text(
            "date_is",
            "Whether `date` is the first day, or the last because the file gives no other",
            allowed=("first day", "last day"),
        ),
        _text(
            "framework",
            "Key of the framework: ofsted_2005, ofsted_2009, ofsted_2012, ofsted_2015, ofsted_2019, ofsted_2024, "
            "ofsted_2025",
            required=True,
        ),
        _text("type", "Graded, ungraded, monitoring, short, full …"),
        Column("publication_date", "date", "Report published on"),
        _text(
            "category",
            "Category of concern: none, SM special measures, SWK serious weaknesses, NTI notice to improve, "
            "RSI requires significant improvement",
            allowed=("none", "SM", "SWK", "NTI", "RSI"),
        ),
        _text("safeguarding", "Met or not met, where the framework says", allowed=("met", "not met")),
        _text("outcome", "Outcome of an ungraded inspection, in Ofsted's words"),
        _text("organisation_at_the_time", "The school (predecessor) that was inspected"),
        Column("incomplete", "boolean", "Left incomplete"),
    ),
    key=("organisation", "date"),
    by_year=False,
)

JUDGEMENTS = Table(
    "judgements",
    "One judgement of an inspection: an area, a scale and a value. Scales are never mixed.",
    (
        ORGANISATION,
        Column("date", "date", "First day of the inspection", required=True),
        _text("framework", "Key of the framework", required=True),
        _text("area", "overall effectiveness, quality of education, inclusion, …", required=True),
        _text(
            "scale",
            "four_grade_satisfactory (to August 2012), four_grade (from September 2012), report_card, met_not_met",
            required=True,
            allowed=("four_grade_satisfactory", "four_grade", "report_card", "met_not_met"),
        ),
        _text(
            "value",
            "In the scale's words, lower case: outstanding, good, requires improvement, strong standard …",
            required=True,
        ),
        _text("organisation_at_the_time", "The school (predecessor) that was inspected"),
    ),
    key=("organisation", "date", "area"),
    by_year=False,
)

PUBLISHED_RESULTS = Table(
    "published_results",
    "A figure as somebody published it, with the symbol turned into a status and nothing recomputed.",
    (
        ORGANISATION,
        YEAR,
        Column(
            "years_pooled", "integer", "1, or 3 for a three-year figure", required=True, minimum=1, maximum=5
        ),
        _text("measure", "Key of the measure", required=True),
        _text("group", "Key of the group", required=True),
        _text(
            "dataset", "Who published it: dfe_performance_tables, ees, lait, census, user:NAME", required=True
        ),
        _text(
            "release",
            "How final it is",
            required=True,
            allowed=("provisional", "revised", "final", "unknown"),
        ),
        _text("status", "Whether there is a value, and if not why", required=True, allowed=STATUSES),
        Column("value", "number", "As published, in the measure's unit"),
        Column(
            "rounded_to",
            "number",
            "The step to which it was rounded, 1 for a whole-number percentage; null if unrounded",
        ),
        Column(
            "numerator",
            "integer",
            "Pupils counted in it, where published as a number",
            minimum=0,
            unit="pupils",
        ),
        Column("denominator", "integer", "Pupils in the cohort, where published", minimum=0, unit="pupils"),
        Column("lower", "number", "Lower confidence limit, as published"),
        Column("upper", "number", "Upper confidence limit, as published"),
        _text("description", "A band or word published beside it, such as well above average"),
        _text("symbol", "The symbol that stood in the cell, where it was no number"),
        _text("column", "The file's own column, or row label, that it came from"),
    ),
    key=("organisation", "year", "years_pooled", "measure", "group", "dataset", "release"),
)

_FIGURE_KEY = (
    ORGANISATION,
    YEAR,
    Column(
        "years_pooled",
        "integer",
        "1, or 3 for three years pooled by pupils",
        required=True,
        minimum=1,
        maximum=5,
    ),
    _text("measure", "Key of the measure", required=True),
    _text("group", "Key of the group", required=True),
    _text(
        "basis",
        "pupils: counted from pupil rows; published: as somebody published it; schools: pooled from the schools' figures",
        required=True,
        allowed=("pupils", "published", "schools"),
    ),
)
FIGURE_KEY = tuple(column.name for column in _FIGURE_KEY)

RESULTS = Table(
    "results",
    "A figure: an organisation, a year, a measure and a group, with its pupils, interval and origin.",
    (
        *_FIGURE_KEY,
        _text("status", "Whether there is a value, and if not why", required=True, allowed=STATUSES),
        Column(
            "numerator",
            "integer",
            "Pupils counted; null for means and where a rounded percentage does not fix it",
            unit="pupils",
        ),
        Column("denominator", "integer", "Pupils in the cohort; null where unpublished", unit="pupils"),
        Column("value", "number", "In the measure's unit"),
        Column(
            "lower",
            "number",
            "Lower end of the 95 % interval: Wilson for percentages, t for means, as published for progress",
        ),
        Column("upper", "number", "Upper end of it"),
        Column("numerator_low", "integer", "Least numerator that the rounded percentage allows"),
        Column("numerator_high", "integer", "Greatest numerator that the rounded percentage allows"),
        Column("total", "number", "Means: sum of the values"),
        Column("total_squares", "number", "Means: sum of the squares"),
        Column(
            "total_base", "number", "Ratios: sum of what the total is a share of, such as sessions possible"
        ),
        _text("description", "A band published beside it"),
        _text("source", "Dataset, file and row, or the number of pupil rows and their files"),
        _text("label", "What a reader must know: predecessor 100001, back-cast, amalgamated …"),
        _text("run", "The run that made it"),
    ),
    key=FIGURE_KEY,
)

COMPARISONS = Table(
    "comparisons",
    "A figure beside a comparator, on the unrounded values.",
    (
        *_FIGURE_KEY,
        _text(
            "comparator",
            "nation, nation_state_funded, nation_other (others nationally), authority, previous_year, "
            "other (the group's complement in the school)",
            required=True,
        ),
        Column("comparator_value", "number", "In the measure's unit"),
        _text("comparator_source", "Dataset, release, coverage, national figure or median of schools"),
        Column("difference", "number", "Figure minus comparator; percentage points for percentages"),
        Column("lower", "number", "Lower end of the 95 % interval of the difference"),
        Column("upper", "number", "Upper end of it"),
        _text(
            "significance",
            "above, below, not significant, cannot say",
            required=True,
            allowed=("above", "below", "not significant", "cannot say"),
        ),
        _text("because", "Why it cannot say, or what the comparison leaves out"),
        _text("run", "The run that made it"),
    ),
    key=(*FIGURE_KEY, "comparator"),
)

ESTIMATES = Table(
    "estimates",
    "What a model says of a school: raw, shrunken, and how sure it is.",
    (
        ORGANISATION,
        YEAR,
        Column("years_pooled", "integer", "1, or 3", required=True, minimum=1, maximum=5),
        _text("measure", "Key of the measure", required=True),
        _text("group", "Key of the group", required=True),
        _text("model", "Key of the model, such as value_added", required=True),
        Column("pupils", "integer", "Pupils counted", unit="pupils"),
        Column("raw", "number", "Mean residual"),
        Column("estimate", "number", "Shrunken (empirical Bayes) estimate"),
        Column("comparative_se", "number", "Standard error for comparing schools"),
        Column("diagnostic_se", "number", "Standard error of the estimate itself"),
        Column("reliability", "number", "Share of the variance that is the school's", minimum=0, maximum=1),
        Column("lower", "number", "Lower end of the 95 % interval"),
        Column("upper", "number", "Upper end of it"),
        Column("coverage", "number", "Pupils who could be counted", minimum=0, maximum=100, unit="%"),
        _text("label", "What a reader must know"),
        _text("run", "The run that made it"),
    ),
    key=("organisation", "year", "years_pooled", "measure", "group", "model"),
)

FINDINGS = Table(
    "findings",
    "Something that a reader of a file noticed: which row and column, what was found, what was expected, what to do.",
    (
        _text(
            "severity",
            "error: the row was set aside; warning: accepted, look at it; note",
            required=True,
            allowed=("error", "warning", "note"),
        ),
        _text("rule", "Key of the check", required=True),
        _text("file", "File name", required=True),
        Column("file_row", "integer", "Row of the file; null for the whole file", minimum=1),
        _text("file_column", "Column of the file"),
        _text("found", "What was found (never a pupil's name or UPN)"),
        _text("expected", "What was expected"),
        _text("advice", "What to do"),
        Column("count", "integer", "How many rows it concerns", minimum=1),
    ),
    key=("rule", "file", "file_row", "file_column", "found"),
    by_year=False,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ORGANISATIONS,
        LINKS,
        MEMBERSHIPS,
        IDENTITIES,
        PUPILS,
        ASSESSMENTS_FOUNDATION,
        ASSESSMENTS_PHONICS,
        ASSESSMENTS_KS1,
        ASSESSMENTS_MTC,
        ASSESSMENTS_KS2,
        TEACHER_ASSESSMENTS,
        ABSENCE,
        INSPECTIONS,
        JUDGEMENTS,
        PUBLISHED_RESULTS,
        RESULTS,
        COMPARISONS,
        ESTIMATES,
        FINDINGS,
    )
}
"""Every table by name. Loaded tables come from sources; results, comparisons and estimates from a run."""

LOADED = tuple(name for name in TABLES if name not in {"results", "comparisons", "estimates", "findings"})
"""Tables that receipts fill."""


def school(urn: int | str) -> str:
    """The organisation key of the school with this URN."""
    return f"school:{int(urn)}"


def authority(code: int | str) -> str:
    """The organisation key of the local authority with this three-digit code."""
    return f"authority:{int(code):03d}"
