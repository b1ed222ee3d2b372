"""What the register said of an organisation on an earlier day: today's facts with later changes undone.

Two days are meant and kept apart. `stood_on` undoes what the register says changed after the day; `known_on` undoes what
was recorded here after it, corrections of the past included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time

from django.db.models import Q
from django.utils import timezone

from headway.web.schools.models import FACTS, FactChange, Organisation

Facts = dict[str, object]


def of(organisation: Organisation) -> Facts:
    """The facts of the register as they stand."""
    return {name: getattr(organisation, name) for name in FACTS}


def stood_on(organisations: Iterable[Organisation], day: date) -> dict[str, Facts]:
    """By key, the facts as they stood on a day, as far as is known now. One query."""
    return _undone(list(organisations), Q(as_at__gt=day))


def known_on(organisations: Iterable[Organisation], day: date) -> dict[str, Facts]:
    """By key, the facts as they were recorded here at the end of a day. One query. Nothing was known of an organisation
    that came in later (`recorded_at`); the caller says so."""
    return _undone(list(organisations), Q(recorded_at__gt=end_of(day)))


def end_of(day: date) -> datetime:
    """The last moment of a day, in local time."""
    return timezone.make_aware(datetime.combine(day, time.max))


def _undone(organisations: list[Organisation], later: Q) -> dict[str, Facts]:
    changes = FactChange.objects.filter(later, organisation__in=[one.key for one in organisations])
    undo: dict[str, Facts] = defaultdict(dict)
    for change in changes.order_by("-as_at", "-recorded_at", "-id"):
        undo[change.organisation_id][change.field] = change.was
    return {
        one.key: of(one) | {name: _typed(name, was) for name, was in undo[one.key].items()}
        for one in organisations
    }


def _typed(name: str, text: object) -> object:
    field = Organisation._meta.get_field(name)
    if text == "":
        return None if field.null else ""
    return field.to_python(
        int(float(str(text))) if field.get_internal_type().startswith("Positive") else text
    )
