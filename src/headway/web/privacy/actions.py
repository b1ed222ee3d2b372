"""Everything that changes how long records are kept, and erases them on somebody's word."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
from django.apps import apps
from django.db import transaction
from django.db.models import QuerySet

from headway.figures import purge as purging
from headway.figures.store import Store
from headway.web.audit import versions
from headway.web.audit.actions import record
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User
from headway.web.privacy import erasing, schedule
from headway.web.privacy.models import Period

_UPN = re.compile(r"[A-Z]\d{11}[0-9A-Z]")


@transaction.atomic
def set_period(
    kind: schedule.Kind, *, number: int, reason: str, store: Store, by: User, expected: int
) -> Period:
    """Set how long a kind of record is kept, from today. Nothing is erased by it. Raises NotPermitted without a reason or
    for less than one, and versions.Conflict if somebody else changed it after version `expected`."""
    if number < 1:
        raise NotPermitted(f"Keep it for at least one of its {kind.unit}.")
    if not reason.strip():
        raise NotPermitted("Say why: whoever asks how long you keep this will want to know.")
    period = Period.objects.create(
        kind=kind.key, number=number, unit=kind.unit, reason=reason.strip(), chosen_by=by
    )
    snapshot = {"kept_for": f"{number} {kind.unit}", "reason": period.reason}
    versions.save_version(f"retention:{kind.key}", snapshot, by=by, expected=expected)
    record(
        "set retention",
        by=by,
        subject=f"retention:{kind.key}",
        detail={
            "of": kind.title,
            "from": kind.length,
            "to": f"{number} {kind.unit}",
            "reason": period.reason,
        },
    )
    if kind.place == "store":
        purging.keep_for(store, schedule.table_of(kind), number)
    return period


def erase_pupil(store: Store, *, upn: str, reason: str, by: User) -> purging.Erased:
    """Erase one pupil everywhere: from the store's tables, set-aside files and runs, and from the casework of the service.
    Figures of finished runs stand. Raises NotPermitted for what is no UPN, a pupil who is not there, or without a reason.

    Neither the UPN nor the pupil's key goes into the audit trail; the store's own record has the key.
    """
    if not reason.strip():
        raise NotPermitted("Say why, without naming the pupil: it is kept on record.")
    plain = upn.strip().upper()
    if not _UPN.fullmatch(plain):
        raise NotPermitted("Enter a UPN of 13 characters, such as H801200001001.")
    key = int(store.pupil_keys(pl.Series([plain]))[0])
    ours = [(rows, _of_pupil(rows, key)) for rows in schedule.pupil_rows()]
    if not _is_known(store, key) and not any(found.exists() for _, found in ours):
        raise NotPermitted("There is no pupil with that UPN. Nothing was erased.")
    erased = purging.forget(store, key, because=reason.strip())
    with transaction.atomic():
        gone = sum(erasing.erase_rows(rows, found, by=by, reason=reason) for rows, found in ours)
        record(
            "erased a pupil",
            by=by,
            detail={
                "reason": reason.strip(),
                "rows": sum(sum(years.values()) for years in erased.rows.values()),
                "casework": gone,
            },
        )
    return erased


def _of_pupil(rows: schedule.Rows, key: int) -> QuerySet[Any]:
    return apps.get_model(rows.model)._default_manager.filter(**{rows.pupil: key})


def _is_known(store: Store, key: int) -> bool:
    tables = [
        name for name in schedule.personal_tables() if "pupil" in store.frame(name).collect_schema().names()
    ]
    found = pl.concat([store.frame(name).filter(pl.col("pupil") == key).select("pupil") for name in tables])
    return not found.head(1).collect().is_empty()
