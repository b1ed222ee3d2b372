"""Who sees which rounds and standings, and whether with the reasons."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from headway.web.categories.models import Round, Standing
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission

WORKING = (Permission.JUDGE_SCHOOLS, Permission.HOLD_ROUNDS)
"""Whoever holds one of these sees a round of theirs from its first day."""
_WITH_REASONS = ("data_officer", "school")


def standings(user: User) -> QuerySet[Standing]:
    """The standings that a person may see: those of their work at any time, a school's leaders their own once it is sent,
    others once it is published."""
    work = access.reach(user, WORKING[0]) | access.reach(user, WORKING[1])
    own = access.reach(user, Permission.ANSWER_CATEGORIES)
    rest = access.reach(user, Permission.SEE_CATEGORIES)
    sent = (Round.PROPOSED, Round.PUBLISHED, Round.CLOSED)
    allowed = (
        Q(organisation__in=work)
        | Q(organisation__in=own, round__state__in=sent)
        | Q(organisation__in=rest, round__state__in=sent[1:])
    )
    return Standing.objects.filter(allowed).select_related("round")


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
    mine = access.reach(user, WORKING[0]) | access.reach(user, WORKING[1])
    return held.organisation in mine or held.standings.filter(organisation__in=mine).exists()


def sees_reasons(user: User, standing: Standing) -> bool:
    """Whether the person sees the school's figures whole, and so the reasons that name them."""
    return any(
        standing.organisation in keys or standing.organisation in places.inside(keys)
        for audience, keys in access.audiences(user, Permission.SEE_CATEGORIES).items()
        if audience in _WITH_REASONS
    )
