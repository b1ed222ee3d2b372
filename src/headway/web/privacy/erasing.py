"""What is past its date, and erasing it.

Personal rows and fields go; figures that were counted from them stand, and so does the record of the erasure itself. Each
kind is erased in one transaction with its audit event, so that an interruption leaves whole kinds done or not begun.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from headway.figures import purge as purging
from headway.figures.store import Store
from headway.web.audit import actions as audit
from headway.web.audit.models import AuditEvent, Version
from headway.web.jobs.actions import erase as erase_job
from headway.web.jobs.models import RUNNING, Job
from headway.web.people.models import User
from headway.web.privacy import accounts, schedule
from headway.web.privacy.schedule import Kind, Rows

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Due:
    """So many records of a kind are past their date: their time began before `before`. `more` says which, in words."""

    kind: Kind
    count: int
    before: datetime
    more: str = ""


def due(store: Store | None, now: datetime | None = None) -> list[Due]:
    """Everything that is past its date, kind by kind. Nothing is erased."""
    moment = now or timezone.now()
    found = [_due_of(kind, moment) for kind in schedule.kinds() if kind.place != "store"]
    if store is not None:
        found += _due_in_store(store, moment)
    return [one for one in found if one.count]


def erase_due(
    store: Store | None,
    *,
    by: User,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> list[Due]:
    """Erase everything that is past its date; returns what went. Raises figures' StoreBusy while a run is being made."""
    moment = now or timezone.now()
    waiting = due(store, moment)
    tell = progress or (lambda share, words: None)
    for number, one in enumerate(waiting):
        tell(number / len(waiting), one.kind.title)
        if one.kind.place != "store":
            _erase(one, by)
    inside = [one for one in waiting if one.kind.place == "store"]
    if store is not None and inside:
        purging.purge(store, today=timezone.localdate(moment))
        with transaction.atomic():
            audit.record(
                "erased what was past its date", by=by, detail={one.kind.title: one.count for one in inside}
            )
    tell(1.0, "Done")
    return waiting


def _due_of(kind: Kind, now: datetime) -> Due:
    before = kind.ends_before(now)
    return Due(kind, _COUNTS[kind.erased_by](kind, before), before)


def _due_in_store(store: Store, now: datetime) -> list[Due]:
    erased = purging.purge(store, today=timezone.localdate(now), dry_run=True)
    found = []
    for kind in schedule.kinds(store):
        if kind.place != "store":
            continue
        years = erased.rows.get(schedule.table_of(kind), {})
        count = len(erased.set_aside) if schedule.is_set_aside(kind) else sum(years.values())
        found.append(Due(kind, count, kind.ends_before(now), ", ".join(map(str, sorted(years)))))
    in_runs = sum(erased.run_rows.values())
    if in_runs:
        found.append(Due(_OF_RUNS, in_runs, now))
    return found


_OF_RUNS = Kind(
    "store.runs",
    "Pupils’ rows in runs",
    "Rows a pupil that an earlier run left",
    0,
    "days",
    "a later run took its place, or the rows’ own time was over",
    "The rows are erased; the figures of the run stand",
    place="store",
    erased_by="store",
)


def _erase(one: Due, by: User) -> None:
    with transaction.atomic():
        gone = _ERASING[one.kind.erased_by](one.kind, one.before, by)
        audit.record(
            "erased what was past its date",
            by=by,
            detail={"what": one.kind.title, "records": gone, "kept for": one.kind.length},
        )


def clock_of(rows: Rows) -> Any:
    """The field from which the rows' time runs; it may be one of what they belong to (`round__opened_at`)."""
    model = apps.get_model(rows.model)
    *through, name = rows.clock.split("__")
    for step in through:
        model = model._meta.get_field(step).related_model
    return model._meta.get_field(name)


def rows_before(rows: Rows, before: datetime) -> QuerySet[Any]:
    """The rows whose time began before a moment."""
    model = apps.get_model(rows.model)
    moment = before if clock_of(rows).get_internal_type() == "DateTimeField" else timezone.localdate(before)
    return model._default_manager.filter(**{f"{rows.clock}__lt": moment}, **rows.where)


def erase_rows(rows: Rows, found: QuerySet[Any], *, by: User, reason: str) -> int:
    """Erase rows, the versions kept of them and their files; returns how many rows went."""
    keys = list(found.values_list("pk", flat=True))
    if rows.subject:
        subjects = [getattr(one, "subject", f"{rows.subject}:{one.pk}") for one in found]
        for subject in (
            Version.objects.filter(subject__in=subjects).values_list("subject", flat=True).distinct()
        ):
            audit.erase_versions(subject, by=by, reason=reason)
    if rows.file:
        for record in found:
            stored = getattr(record, rows.file)
            if stored:
                transaction.on_commit(lambda each=stored: each.storage.delete(each.name))
    found.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


def _count_rows(kind: Kind, before: datetime) -> int:
    return sum(rows_before(rows, before).count() for rows in kind.rows if rows.clock)


def _erase_rows(kind: Kind, before: datetime, by: User) -> int:
    reason = f"kept for {kind.length} after {kind.starts}"
    return sum(
        erase_rows(rows, rows_before(rows, before), by=by, reason=reason) for rows in kind.rows if rows.clock
    )


def _count_accounts(kind: Kind, before: datetime) -> int:
    return len(accounts.left_before(before))


def _erase_accounts(kind: Kind, before: datetime, by: User) -> int:
    found = [user for user in accounts.left_before(before) if user.pk != by.pk]
    for user in found:
        accounts.erase(user, by=by, reason=f"left; kept for {kind.length}")
    return len(found)


def _old_jobs(before: datetime) -> QuerySet[Any]:
    return Job.objects.filter(asked_at__lt=before).exclude(state=RUNNING)


def _count_jobs(kind: Kind, before: datetime) -> int:
    return _old_jobs(before).count()


def _erase_jobs(kind: Kind, before: datetime, by: User) -> int:
    found = list(_old_jobs(before))
    for job in found:
        erase_job(job)
    return len(found)


def _count_events(kind: Kind, before: datetime) -> int:
    return AuditEvent.objects.filter(at__lt=before).count()


def _erase_events(kind: Kind, before: datetime, by: User) -> int:
    return audit.purge_before(before, by=by, reason=f"kept for {kind.length}")


def _letters(before: datetime) -> list[Path]:
    folder = Path(settings.EMAIL_FILE_PATH)
    return [path for path in folder.glob("*") if path.is_file() and path.stat().st_mtime < before.timestamp()]


def _count_letters(kind: Kind, before: datetime) -> int:
    return len(_letters(before))


def _erase_letters(kind: Kind, before: datetime, by: User) -> int:
    found = _letters(before)
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


_COUNTS: dict[str, Callable[[Kind, datetime], int]] = {
    "rows": _count_rows,
    "accounts": _count_accounts,
    "jobs": _count_jobs,
    "audit_trail": _count_events,
    "letters": _count_letters,
}
_ERASING: dict[str, Callable[[Kind, datetime, User], int]] = {
    "rows": _erase_rows,
    "accounts": _erase_accounts,
    "jobs": _erase_jobs,
    "audit_trail": _erase_events,
    "letters": _erase_letters,
}
