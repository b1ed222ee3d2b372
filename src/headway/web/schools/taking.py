"""Taking the register from the store into the database: only what differs is written, and what differs is kept.

Closed schools come too, and nothing that is here is deleted. Taking it again changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from headway.figures.register import Tables
from headway.figures.register_changes import changes_between
from headway.figures.register_search import plain
from headway.web.audit.actions import record
from headway.web.people.models import User
from headway.web.schools.models import (
    FACTS,
    Belonging,
    Change,
    FactChange,
    Organisation,
    Succession,
    Taking,
)
from headway.web.schools.register import COLUMNS, GROUPS, Register, State, read

OF_ROW = "register"
"""Source of a belonging that only the school's own row in the register tells."""
_NAMES = dict(zip(COLUMNS, FACTS, strict=True))
_SEARCHED = ("plain_name", "searched", "plain_postcode", "is_closed", "in_register", "as_at", "kind")
_A_TIME = 5_000


@dataclass(frozen=True)
class Taken:
    """What a taking did: organisations that were new, differed, are no longer in the register; changes for the feed."""

    as_at: date | None
    added: int
    changed: int
    gone: int
    changes: int


def take(store: Tables, *, by: User | None) -> Taken:
    """Take the register from the store, in one transaction."""
    last = Taking.objects.first()
    return take_read(read(store, last.as_at if last else None), by=by)


@transaction.atomic
def take_read(register: Register, *, by: User | None, at: datetime | None = None) -> Taken:
    """Take a register that has been read; `at` is when (now)."""
    last = Taking.objects.first()
    final = register.states[-1]
    here = Organisation.objects.filter(kept_here=False)
    kept = set(Organisation.objects.filter(kept_here=True).values_list("key", flat=True))
    known = _recorded(here.filter(in_register=True))
    had = set(here.values_list("key", flat=True)) if last else set()
    facts, feed = _history(State(last.as_at, known) if last else None, register)
    wanted = final.organisations.filter(~pl.col("organisation").is_in(list(kept)))
    new, different = _differing(known, wanted)
    gone = set(known["organisation"]) - set(wanted["organisation"])
    now = at or timezone.now()
    _write(pl.concat([new, different]), final.as_at, now)
    Organisation.objects.filter(key__in=gone).update(in_register=False)
    keys = set(wanted["organisation"]) | had | kept
    FactChange.objects.bulk_create(
        (FactChange(recorded_at=now, **row) for row in _rows(facts, keys)), batch_size=_A_TIME
    )
    made = [Change(noticed_at=now, **row) for row in _rows(feed, keys)]
    Change.objects.bulk_create(made, batch_size=_A_TIME)
    moved = _write_belongings(register, wanted, keys) + _write_successions(register.successions)
    taken = Taken(final.as_at, new.height, different.height, len(gone), len(made))
    if taken.added or taken.changed or taken.gone or moved or last is None or last.as_at != taken.as_at:
        counts = {"added": taken.added, "changed": taken.changed, "gone": taken.gone}
        Taking.objects.create(
            at=now, by=by.email if by else "headway", as_at=taken.as_at, token=secrets.token_hex(16), **counts
        )
        record(
            "took the register", by=by, detail={**counts, "as at": str(taken.as_at), "changes": taken.changes}
        )
    return taken


def _recorded(organisations: object) -> pl.DataFrame:
    """The organisations as they stand in the database, in the register's columns."""
    rows = organisations.order_by().values_list("key", "kind", *FACTS)  # type: ignore[attr-defined]
    schema: dict[str, pl.DataType] = {name: _type(name) for name in ("organisation", "kind", *COLUMNS)}
    frame = pl.DataFrame(list(rows.iterator(chunk_size=_A_TIME)), schema=schema, orient="row")
    words = [name for name, kind in schema.items() if kind == pl.String()]
    return frame.with_columns(pl.when(pl.col(name) != "").then(name).alias(name) for name in words)


def _type(column: str) -> pl.DataType:
    if column in ("open_date", "close_date"):
        return pl.Date()
    if column in ("low_age", "high_age", "capacity", "pupils"):
        return pl.Int64()
    return pl.Float64() if column in ("easting", "northing") else pl.String()


def _differing(known: pl.DataFrame, wanted: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that are new, and those that say something else than before."""
    new = wanted.join(known, on="organisation", how="anti")
    both = wanted.join(known, on="organisation", how="inner", suffix="_was")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_was")) for name in ("kind", *COLUMNS))
    return new, both.filter(differs).select(wanted.columns)


def _history(before: State | None, register: Register) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What changed from each state of the register to the next: facts, and what a link adviser should hear of."""
    facts, feed = [], []
    for later in register.states:
        if before is not None and later.as_at is not None:
            facts.append(_facts_changed(before.organisations, later.organisations, later.as_at))
            schools = [one.organisations.filter(pl.col("kind") == "school") for one in (before, later)]
            found = changes_between(
                schools[0], schools[1], before.as_at or later.as_at, later.as_at, register.successions
            )
            feed.append(found.rename({"date": "on"}).with_columns(as_at=pl.lit(later.as_at)))
        before = later
    nothing = pl.DataFrame({"organisation": []}, schema={"organisation": pl.String})
    columns = ("organisation", "change", "was", "now", "on", "as_at")
    return (
        pl.concat(facts) if facts else nothing,
        pl.concat(feed).select(columns) if feed else nothing,
    )


def _facts_changed(earlier: pl.DataFrame, later: pl.DataFrame, day: date) -> pl.DataFrame:
    """Every fact that differs; a column that the earlier state lacks altogether says nothing."""
    both = later.join(earlier, on="organisation", how="inner", suffix="_was")
    parts = [
        both.filter(pl.col(name).ne_missing(pl.col(f"{name}_was"))).select(
            "organisation",
            field=pl.lit(_NAMES[name]),
            was=pl.col(f"{name}_was").cast(pl.String).fill_null(""),
            now=pl.col(name).cast(pl.String).fill_null(""),
            as_at=pl.lit(day),
        )
        for name in COLUMNS
        if earlier[name].null_count() < earlier.height
    ]
    schema = dict.fromkeys(("organisation", "field", "was", "now"), pl.String) | {"as_at": pl.Date}
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _rows(frame: pl.DataFrame, keys: set[str]) -> Iterator[dict[str, object]]:
    """The rows of changes whose organisation is here, as the models take them."""
    for row in frame.iter_rows(named=True):
        key = row.pop("organisation")
        if key in keys:
            yield {
                "organisation_id": key,
                **{
                    name: "" if value is None and name in ("was", "now") else value
                    for name, value in row.items()
                },
            }


def _write(rows: pl.DataFrame, as_at: date | None, at: datetime) -> None:
    """Make or overwrite the organisations of these rows: in plain SQL, since Django's own insert takes four times as long
    for the fifty thousand of a nation."""
    adapt = connection.ops
    fixed = (adapt.adapt_datefield_value(as_at), True, adapt.adapt_datetimefield_value(at), False)
    statement = _statement()
    with connection.cursor() as cursor:
        for part in rows.select("organisation", "kind", *COLUMNS).iter_slices(_A_TIME):
            cursor.executemany(statement, [(*_values(row), *fixed) for row in part.iter_rows()])


def _statement() -> str:
    columns = ("key", "kind", "urn", *FACTS, "plain_name", "searched", "plain_postcode", "is_closed", "as_at",
               "in_register", "recorded_at", "kept_here")  # fmt: skip
    quoted = [connection.ops.quote_name(name) for name in columns]
    changed = [connection.ops.quote_name(name) for name in (*FACTS, *_SEARCHED)]
    table = connection.ops.quote_name(Organisation._meta.db_table)
    return (
        f"INSERT INTO {table} ({', '.join(quoted)}) VALUES ({', '.join(['%s'] * len(columns))}) "  # noqa: S608 - our own names
        f"ON CONFLICT ({quoted[0]}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in changed)}"
    )


_AT = {name: at for at, name in enumerate(COLUMNS)}
_TEXTS = frozenset(at for name, at in _AT.items() if _type(name) == pl.String)
_DAYS = frozenset(at for name, at in _AT.items() if _type(name) == pl.Date)


def _values(row: Sequence[Any]) -> list[Any]:
    """A row of the register as the columns of the table take it, up to whether it is closed."""
    key, kind, *facts = row
    for at in _TEXTS:
        facts[at] = facts[at] or ""
    for at in _DAYS:
        facts[at] = connection.ops.adapt_datefield_value(facts[at])
    code = key.partition(":")[2]
    words = searchable(
        facts[_AT["name"]], facts[_AT["town"]], facts[_AT["district"]], postcode=facts[_AT["postcode"]]
    )
    urn = int(code) if kind == "school" and code.isdigit() else None
    return [key, kind, urn, *facts, *words.values(), facts[_AT["status"]].startswith("Closed")]


def searchable(name: str, *places: str, postcode: str = "") -> dict[str, str]:
    """The columns by which an organisation is found."""
    own = plain(name)
    words = dict.fromkeys([*own.split(), *(word for place in places for word in _plain_place(place).split())])
    return {
        "plain_name": own,
        "searched": f" {' '.join(words)}",
        "plain_postcode": "".join(postcode.upper().split())[:10],
    }


_plain_place = lru_cache(maxsize=10_000)(plain)


def _write_belongings(register: Register, wanted: pl.DataFrame, keys: set[str]) -> int:
    """Make the register's belongings here the same as there; returns how many rows that took."""
    there = {
        (one, group, kind, starts, ends, source)
        for one, group, kind, starts, ends, source in register.belongings.iter_rows()
        if one in keys and group in keys
    }
    of_lists = Belonging.objects.exclude(source__in=("here", OF_ROW))
    columns = ("organisation_id", "group_id", "kind", "starts", "ends", "source")
    here = {row[1:]: row[0] for row in of_lists.order_by().values_list("pk", *columns)}
    surplus = [pk for row, pk in here.items() if row not in there]
    for start in range(0, len(surplus), _A_TIME):
        Belonging.objects.filter(pk__in=surplus[start : start + _A_TIME]).delete()
    missing = [row for row in there if row not in here]
    _make_belongings(missing)
    return len(surplus) + len(missing) + _write_own(register, wanted, {(row[0], row[2]) for row in there})


def _write_own(register: Register, wanted: pl.DataFrame, listed: set[tuple[str, str]]) -> int:
    """Belongings that only a school's own row tells: begun and ended by the day of the extract that first differs."""
    day = register.states[-1].as_at
    own = {
        (key, kind): group
        for kind in ("trust", "federation")
        for key, group in wanted.select("organisation", kind).drop_nulls().iter_rows()
        if (key, kind) not in listed
    }
    rows = Belonging.objects.filter(source=OF_ROW, ends__isnull=True)
    here = {(one.organisation_id, one.kind): one for one in rows}
    over = [one for what, one in here.items() if own.get(what) != one.group_id]
    Belonging.objects.filter(pk__in=[one.pk for one in over]).update(ends=day and day - timedelta(days=1))
    had = set(Belonging.objects.filter(source=OF_ROW).order_by().values_list("organisation", "kind"))
    begun = [
        (key, group, kind, day if (key, kind) in had else None, None, OF_ROW)
        for (key, kind), group in own.items()
        if (key, kind) not in here or here[(key, kind)].group_id != group
    ]
    _make_belongings(begun)
    return len(over) + len(begun)


def _make_belongings(rows: Sequence[tuple[str, str, str, date | None, date | None, str]]) -> None:
    Belonging.objects.bulk_create(
        (
            Belonging(organisation_id=one, group_id=group, kind=kind, starts=starts, ends=ends, source=source)
            for one, group, kind, starts, ends, source in rows
            if kind in GROUPS
        ),
        batch_size=_A_TIME,
    )


def _write_successions(found: pl.DataFrame) -> int:
    """Keep which school followed which, if it differs; returns how many rows that took."""
    columns = ("organisation", "predecessor", "date", "how", "because")
    there = set(found.select(columns).with_columns(pl.col("because").fill_null("")).iter_rows())
    here = set(Succession.objects.values_list("organisation", "predecessor", "on", "how", "because"))
    if there == here:
        return 0
    Succession.objects.all().delete()
    Succession.objects.bulk_create(
        (
            Succession(organisation=one, predecessor=before, on=on, how=how, because=because)
            for one, before, on, how, because in sorted(there, key=lambda row: (row[0], row[1]))
        ),
        batch_size=_A_TIME,
    )
    return len(there)
