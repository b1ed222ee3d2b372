"""Who may do what, where. Every view asks here, and every query starts from what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from headway.web.people import places
from headway.web.people.models import Caseload, Narrowing, RoleHeld, User
from headway.web.people.permissions import Permission
from headway.web.people.roles import ROLES, Role

_GRANTS = "_headway_grants"


@dataclass(frozen=True)
class Grant:
    """What one role gives a person: permissions within a scope. `organisations` are the keys of which it is held:
    an authority, trust, cluster or school, or every school of a caseload; empty for a role without content."""

    role: type[Role]
    permissions: frozenset[Permission]
    organisations: frozenset[str]


def grants(user: User, on: date | None = None) -> tuple[Grant, ...]:
    """The grants of the roles that the person holds today, less what the authority has narrowed. Asked once a request."""
    if not user.is_authenticated or not user.is_active:
        return ()
    known: tuple[Grant, ...] | None = getattr(user, _GRANTS, None) if on is None else None
    if known is not None:
        return known
    today = on or timezone.localdate()
    current = Q(starts__lte=today) & (Q(ends__isnull=True) | Q(ends__gte=today))
    narrowed: dict[str, set[str]] = {}
    for role, permission in Narrowing.objects.values_list("role", "permission"):
        narrowed.setdefault(role, set()).add(permission)
    held = list(RoleHeld.objects.filter(current, user=user))
    caseload: frozenset[str] = frozenset()
    if any(ROLES[one.role].scope == "caseload" for one in held if one.role in ROLES):
        caseload = frozenset(
            Caseload.objects.filter(current, user=user).values_list("organisation", flat=True)
        )
    found = tuple(
        Grant(
            role,
            frozenset(p for p in role.permissions if p not in narrowed.get(role.key, ())),
            caseload if role.scope == "caseload" else frozenset({one.scope} if one.scope else ()),
        )
        for one in held
        if (role := ROLES.get(one.role)) is not None
    )
    if on is None:
        setattr(user, _GRANTS, found)
    return found


def holds(user: User, permission: Permission) -> bool:
    """Whether some role of the person gives the permission anywhere."""
    return any(permission in grant.permissions for grant in grants(user))


def scopes(user: User, permission: Permission) -> frozenset[str]:
    """The organisations (authority, trust, cluster, schools) within which the person holds the permission."""
    return frozenset(
        key for grant in grants(user) if permission in grant.permissions for key in grant.organisations
    )


def audiences(user: User, permission: Permission) -> dict[str, frozenset[str]]:
    """As which audience the person sees figures, by the organisations for which they do so."""
    found: dict[str, set[str]] = {}
    for grant in grants(user):
        if permission in grant.permissions:
            found.setdefault(grant.role.audience, set()).update(grant.organisations)
    return {audience: frozenset(keys) for audience, keys in found.items()}


def needs_second_factor(user: User) -> bool:
    """Whether a role of the person may be used only after a second factor."""
    return any(grant.role.second_factor for grant in grants(user))


def permits(user: User, permission: Permission, organisation: str) -> bool:
    """Whether the person holds the permission for this organisation: it is theirs, or lies inside what is theirs."""
    return places.contains(scopes(user, permission), organisation)


def forget(user: User) -> None:
    """Ask anew the next time: the person's roles have changed within the request."""
    if hasattr(user, _GRANTS):
        delattr(user, _GRANTS)


def reach(user: User, permission: Permission) -> frozenset[str]:
    """The keys of every organisation for which the person holds the permission: their own, and what lies inside them."""
    return places.inside(scopes(user, permission))
