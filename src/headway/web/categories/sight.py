"""Who sees which rounds and standings, and whether with the reasons."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from headway.web.categories.models import Round, Standing
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.access import lying_in
from headway.web.schools.models import Organisation

WORKING = (Permission.JUDGE_SCHOOLS, Permission.HOLD_ROUNDS)
"""Whoever holds one of these sees a round of theirs from its first day."""
_WITH_REASONS = ("data_officer", "school")


def standings(user: User) -> QuerySet[Standing]:
    """The standings that a person may see: those of their work at any time, a school's leaders their own once it is sent,
    others once it is published."""
    own = keys(user, Permission.ANSWER_CATEGORIES)
    rest = keys(user, Permission.SEE_CATEGORIES)
    sent = (Round.PROPOSED, Round.PUBLISHED, Round.CLOSED)
    allowed = (
        Q(organisation__in=keys(user, *WORKING))
        | Q(organisation__in=own, round__state__in=sent)
        | Q(organisation__in=rest, round__state__in=sent[1:])
    )
    return Standing.objects.filter(allowed).select_related("round")


def keys(user: User, *permissions: Permission) -> QuerySet[Organisation]:
    """The keys of the organisations for which the person holds one of the permissions, as part of a query."""
    held = frozenset[str]().union(*(access.scopes(user, one) for one in permissions))
    found = Organisation.objects.filter(lying_in(held)) if held else Organisation.objects.none()
    return found.values("key")


def standing_or_404(user: User, standing_id: int) -> Standing:
    """The standing, or Http404 where there is none for this person."""
    return get_object_or_404(standings(user), pk=standing_id)


def rounds(user: User) -> QuerySet[Round]:
    """The rounds in which the person works, or of which they may see some school."""
    return Round.objects.filter(pk__in=standings(user).values("round"))


def round_or_404(user: User, round_id: int) -> Round:
    """The round, for those who work in it; Http404 for everybody else."""
    found = get_object_or_404(rounds(user), pk=round_id)
    if not works_in(user, found):
        raise Http404
    return found


def works_in(user: User, held: Round) -> bool:
    """Whether the person judges or holds the round."""
    return (
        any(access.permits(user, one, held.organisation) for one in WORKING)
        or held.standings.filter(organisation__in=keys(user, *WORKING)).exists()
    )


def sees_reasons(user: User, standing: Standing) -> bool:
    """Whether the person sees the school's figures whole, and so the reasons that name them."""
    return any(
        standing.organisation in keys or standing.organisation in places.inside(keys)
        for audience, keys in access.audiences(user, Permission.SEE_CATEGORIES).items()
        if audience in _WITH_REASONS
    )
