"""The retention schedule: each kind of record, how long it is kept, from when, and what happens then.

What the service keeps in its database is declared in `schedule.toml`; rows of pupils in the store come from the store's own
tables. A period is Headway's default until the authority chooses its own (`Period`), for the store also written to its
`retention.toml`, so that `headway purge` keeps to the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils import timezone

from headway.figures.purge import retention_of
from headway.figures.store import Store, StoreError
from headway.figures.tables import LOADED, TABLES, Sensitivity
from headway.web.privacy.models import Period

DEFAULT = "Headway’s default; set by your authority. No statute or guidance that was read gives a figure."
UNITS = ("days", "months", "years")
_IN_STORE, _SET_ASIDE = "store.", "store.set_aside"


@dataclass(frozen=True)
class Rows:
    """Rows of one model: `clock` is the date from which their time runs, `where` narrows them, `subject` is their kind in
    the versions kept of them, `pupil` the field that holds a pupil's key, `file` one whose file on the disk goes too."""

    model: str
    clock: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    pupil: str = ""
    file: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of record. `place` is `database`, `store` or `disk`; `erased_by` names the way of erasing where removing rows
    is not all."""

    key: str
    title: str
    holds: str
    number: int
    unit: str
    starts: str
    ending: str
    source: str = DEFAULT
    rows: tuple[Rows, ...] = ()
    models: tuple[str, ...] = ()
    place: str = "database"
    erased_by: str = "rows"
    own: bool = False
    """Whether the authority has set the period itself."""

    @property
    def length(self) -> str:
        """The period in words: 12 months."""
        return f"{self.number} {self.unit if self.number != 1 else self.unit[:-1]}"

    def ends_before(self, now: datetime) -> datetime:
        """Records whose time began before this moment are past it."""
        return months_before(now, {"days": 0, "months": 1, "years": 12}[self.unit] * self.number) - timedelta(
            days=self.number if self.unit == "days" else 0
        )


@dataclass(frozen=True)
class Kept:
    """Records without a period, and why they need none."""

    key: str
    title: str
    why: str
    models: tuple[str, ...]


def kinds(store: Store | None = None) -> list[Kind]:
    """Every kind of record with the period that holds today: the database's, then those of the store, if one is given."""
    chosen = {one.kind: one.number for one in Period.objects.order_by("pk")}
    ours = [
        replace(kind, number=chosen[kind.key], own=True) if kind.key in chosen else kind
        for kind in declared()
    ]
    return ours + (_of_store(store, set(chosen)) if store else [])


def problem_of(store: Store) -> str:
    """Why nothing is said of the store's kinds, in words; empty where all is well."""
    try:
        retention_of(store)
    except StoreError:
        return (
            "The store’s own periods (retention.toml in its folder) cannot be understood. So nothing is said here of "
            "pupils’ rows, and nothing is erased, until whoever looks after the service has mended that file: headway purge "
            "--dry-run says what is wrong in it."
        )
    return ""


def kind_of(key: str, store: Store | None) -> Kind | None:
    """The kind of that key, if there is one."""
    return next((kind for kind in kinds(store) if kind.key == key), None)


@cache
def declared() -> tuple[Kind, ...]:
    """The kinds of `schedule.toml`, with Headway's own periods."""
    return tuple(_kind(one) for one in _document()["kind"])


@cache
def kept() -> tuple[Kept, ...]:
    """What is kept for good, and why."""
    return tuple(
        Kept(one["key"], one["title"], one["why"], tuple(one["models"])) for one in _document()["kept"]
    )


def pupil_rows() -> list[Rows]:
    """Rows of the database that are about one pupil, by the pupil's key."""
    return [rows for kind in declared() for rows in kind.rows if rows.pupil]


def table_of(kind: Kind) -> str:
    """The table of a kind of the store."""
    return kind.key.removeprefix(_IN_STORE)


def is_set_aside(kind: Kind) -> bool:
    """Whether the kind is the files of rows set aside."""
    return kind.key == _SET_ASIDE


def _document() -> dict[str, Any]:
    return tomllib.loads((files("headway.web.privacy") / "schedule.toml").read_text(encoding="utf-8"))


def _kind(one: dict[str, Any]) -> Kind:
    rows = tuple(Rows(**line) for line in one.get("rows", ()))
    return Kind(
        one["key"],
        one["title"],
        one["holds"],
        one["number"],
        one["unit"],
        one["starts"],
        one["ending"],
        source=one.get("source", DEFAULT),
        rows=rows,
        models=tuple(
            dict.fromkeys([*(line.model for line in rows), *one.get("models", ()), *one.get("with", ())])
        ),
        place="disk" if one.get("erased_by") == "letters" else "database",
        erased_by=one.get("erased_by", "rows"),
    )


def _of_store(store: Store, chosen: set[str]) -> list[Kind]:
    try:
        periods = retention_of(store)
    except StoreError:
        return []
    found = [
        Kind(
            f"{_IN_STORE}{name}",
            TITLES.get(name, name.replace("_", " ").capitalize()),
            TABLES[name].description,
            periods.years[name],
            "years",
            "31 August of the school year",
            "The rows are erased from tables, runs and files; figures counted from them stand",
            place="store",
            erased_by="store",
            own=f"{_IN_STORE}{name}" in chosen,
        )
        for name in LOADED
        if name in periods.years
    ]
    aside = Kind(
        _SET_ASIDE,
        "Rows of files that were set aside",
        "Rows that could not be taken, as they stood in the file, to be mended",
        periods.set_aside_days,
        "days",
        "the file was loaded",
        "The file of rows set aside is erased",
        place="store",
        erased_by="store",
        own=_SET_ASIDE in chosen,
    )
    return [*found, aside]


TITLES = {
    "identities": "Pupils’ names and numbers",
    "pupils": "Pupils’ characteristics",
    "assessments_foundation": "Pupils’ foundation stage profiles",
    "assessments_phonics": "Pupils’ phonics checks",
    "assessments_ks1": "Pupils’ key stage 1 results",
    "assessments_mtc": "Pupils’ multiplication tables checks",
    "assessments_ks2": "Pupils’ key stage 2 results",
    "teacher_assessments": "Teachers’ assessments of pupils",
    "absence": "Pupils’ absence",
}
"""Tables with rows of pupils, as a reader knows them."""


def personal_tables() -> list[str]:
    """Tables of the store that hold rows about one pupil."""
    return [
        name for name in LOADED if TABLES[name].sensitivity in (Sensitivity.PERSONAL, Sensitivity.IDENTIFYING)
    ]


def months_before(moment: datetime, months: int) -> datetime:
    """The same day so many months earlier; the last day of the month where it has no such day."""
    local = timezone.localtime(moment)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    day = local.day
    while True:
        try:
            return timezone.make_aware(datetime.combine(local.date().replace(year, month + 1, day), time.min))
        except ValueError:
            day -= 1
