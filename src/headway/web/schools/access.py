"""Which schools and other organisations a person may see. Every query on schools starts here."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from headway.web.people import access
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.models import Belonging, Organisation

EVERYWHERE = "nation:england"
"""Whoever holds a role of it holds it of every organisation."""


def on_day(day: date | None = None) -> Q:
    """What had begun by a day (today) and was not over: of belongings, caseloads, contacts."""
    day = day or timezone.localdate()
    return (Q(starts__isnull=True) | Q(starts__lte=day)) & (Q(ends__isnull=True) | Q(ends__gte=day))


def lying_in(keys: frozenset[str]) -> Q:
    """Organisations that are one of `keys`, or lie inside one today: in an authority by the register (closed schools too),
    in a trust, cluster or federation while they belong to it."""
    if EVERYWHERE in keys:
        return Q()
    groups = Belonging.objects.filter(on_day(), group__in=keys).values("organisation")
    return Q(key__in=keys) | Q(authority__in=keys) | Q(key__in=groups)


def visible_to(user: User, permission: Permission = Permission.SEE_SCHOOLS) -> QuerySet[Organisation]:
    """The organisations for which the person holds the permission: schools, and the groups that are theirs."""
    held = access.scopes(user, permission)
    return Organisation.objects.filter(lying_in(held)) if held else Organisation.objects.none()


def find_or_404(user: User, key: str, permission: Permission = Permission.SEE_SCHOOLS) -> Organisation:
    """The organisation of that key. What is not the person's and what does not exist both raise Http404."""
    return get_object_or_404(visible_to(user, permission), key=key)


def school_or_404(user: User, urn: int, permission: Permission = Permission.SEE_SCHOOLS) -> Organisation:
    """The school of that URN, as `find_or_404`."""
    return find_or_404(user, f"school:{urn}", permission)


def containing(organisation: Organisation) -> frozenset[str]:
    """The keys of everything of which a role reaches the organisation today: itself, its authority and its groups."""
    groups = Belonging.objects.filter(on_day(), organisation=organisation).values_list("group", flat=True)
    return frozenset({organisation.key, organisation.authority, EVERYWHERE, *groups}) - {""}
