"""Which schools and other organisations a person may see. Every query on schools starts here."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from headway.web.people import access
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.models import Belonging, Note, Organisation

CONTACTS = (Permission.KEEP_SCHOOLS, Permission.WRITE_NOTES, Permission.ASK_SCHOOLS, Permission.ANSWER_ASKS)
"""Permissions of which one lets a person see a school's contacts and key dates: those who work with it, and its leaders."""
NOTES = (Permission.WRITE_NOTES, Permission.SEE_RESTRICTED_NOTES, Permission.ANSWER_ASKS)
"""Permissions of which one lets a person open a school's notes; which of them they may read is `readable_notes`."""
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


def any_or_404(user: User, urn: int, *permissions: Permission) -> Organisation:
    """The school of that URN, for whoever holds one of the permissions there. PermissionDenied for whoever holds none of
    them anywhere, Http404 for whoever does not hold one there."""
    if not any(access.holds(user, one) for one in permissions):
        raise PermissionDenied
    held = frozenset[str]().union(*(access.scopes(user, one) for one in permissions))
    seen = visible_to(user)
    return get_object_or_404(seen.filter(lying_in(held)), key=f"school:{urn}")


def containing(organisation: Organisation) -> frozenset[str]:
    """The keys of everything of which a role reaches the organisation today: itself, its authority and its groups."""
    groups = Belonging.objects.filter(on_day(), organisation=organisation).values_list("group", flat=True)
    return frozenset({organisation.key, organisation.authority, EVERYWHERE, *groups}) - {""}


def reaches(user: User, organisation: Organisation, *permissions: Permission) -> bool:
    """Whether the person holds one of the permissions for the organisation. One query."""
    within = containing(organisation)
    return any(not within.isdisjoint(access.scopes(user, one)) for one in permissions)


def circles(user: User, organisation: Organisation) -> tuple[str, ...]:
    """In whose name the person may write notes on a school: the authority (an adviser writes for it), a trust, a cluster."""
    within = containing(organisation)
    found = set()
    for grant in access.grants(user):
        if Permission.WRITE_NOTES in grant.permissions:
            held = grant.organisations & within
            if grant.role.scope == "caseload":
                found |= {organisation.authority} if held else set()
            else:
                found |= held
    return tuple(sorted(found - {""}))


def readable_notes(user: User, organisation: Organisation) -> QuerySet[Note]:
    """The notes on a school that the person may read.

    Those of colleagues, in whose name the person may write too; those that are for the school's leaders, if they are one;
    restricted ones, if they may see such notes there or wrote them themselves (and still may write).
    """
    mine = circles(user, organisation)
    allowed = Q(circle__in=mine, seen_by__in=(Note.COLLEAGUES, Note.SCHOOL)) | Q(
        circle__in=mine, written_by=user
    )
    within = containing(organisation)
    restricted = access.scopes(user, Permission.SEE_RESTRICTED_NOTES) & within
    if restricted:
        allowed |= Q(circle__in=restricted)
    if not within.isdisjoint(access.scopes(user, Permission.ANSWER_ASKS)):
        allowed |= Q(seen_by=Note.SCHOOL)
    return Note.objects.filter(allowed, organisation=organisation)
