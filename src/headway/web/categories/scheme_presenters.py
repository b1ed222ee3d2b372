"""Schemes as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headway.policy import scheme_packs
from headway.policy.schemes import Scheme
from headway.web.audit import versions
from headway.web.categories.models import SchemeCopy
from headway.web.categories.presenters import Tag, tag
from headway.web.people import access
from headway.web.people.models import User
from headway.web.people.permissions import Permission


@dataclass(frozen=True)
class CategoryLine:
    """A category of a scheme, with when it holds."""

    tag: Tag
    meaning: str
    when: str
    entitlement: str


@dataclass(frozen=True)
class SchemePage:
    """A scheme for reading."""

    scheme: Scheme
    categories: list[CategoryLine]
    copy: SchemeCopy | None
    version: int
    history: Sequence[tuple[Any, list[versions.Difference]]]


def scheme_page(scheme: Scheme, copy: SchemeCopy | None = None) -> SchemePage:
    """A scheme with its criteria, categories and sources."""
    lines = [
        CategoryLine(
            tag(scheme, one.key),
            one.meaning,
            scheme.when_in_words(one),
            one.entitlement,
        )
        for one in scheme.categories
    ]
    history = versions.history(copy.subject) if copy else []
    return SchemePage(scheme, lines, copy, versions.latest(copy.subject) if copy else 0, history)


def copies(user: User) -> list[SchemeCopy]:
    """The schemes that the person's organisations have copied."""
    held = access.scopes(user, Permission.HOLD_ROUNDS)
    return list(SchemeCopy.objects.filter(organisation__in=held).select_related("saved_by"))


def choices_of_schemes(user: User) -> list[tuple[str, str]]:
    """Shipped and adopted schemes by which a round may be held."""
    own = [(one.key, f"{one.title} (your own)") for one in copies(user) if one.state == SchemeCopy.ADOPTED]
    return [*own, *((one.key, one.title) for one in scheme_packs.shipped().values())]
