"""People, roles and invitations as their pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from headway.web.audit import presenters as audit
from headway.web.audit.models import AuditEvent
from headway.web.people import access, emergencies, places, two_people
from headway.web.people.actions import may_give
from headway.web.people.models import (
    BrokenGlass,
    BulkRequest,
    Caseload,
    Invitation,
    Narrowing,
    RoleHeld,
    User,
)
from headway.web.people.permissions import Permission
from headway.web.people.roles import ROLES


@dataclass(frozen=True)
class HeldRole:
    """A role that somebody holds, in words. `when` is `now`, `later` or `before`."""

    id: int
    title: str
    where: str
    starts: date
    ends: date | None
    when: str
    may_end: bool


@dataclass(frozen=True)
class PersonRow:
    """One person in the list."""

    id: int
    name: str
    email: str
    roles: list[str]
    last_login: datetime | None
    is_active: bool


@dataclass(frozen=True)
class PersonPage:
    """A person, every role they hold or held, and the schools whose link adviser they are today."""

    user: User
    roles: list[HeldRole]
    caseload: list[str]
    is_self: bool


@dataclass(frozen=True)
class RoleRow:
    """What a role may do: each permission with whether the authority has taken it away, and may."""

    key: str
    title: str
    about: str
    scope: str
    second_factor: bool
    permissions: list[tuple[str, bool, bool]]


def people_of(manager: User) -> QuerySet[User]:
    """The people whom somebody who manages people may see: all, for the administrator; else those who hold, or held, a role
    inside what is theirs, or a role of no one organisation but for the administrator's, and, of advisers, those without a
    school or with one inside it."""
    everybody = User.objects.all()
    managing = [g for g in access.grants(manager) if Permission.MANAGE_PEOPLE in g.permissions]
    if any(grant.role.scope == "none" for grant in managing):
        return everybody
    reach = access.reach(manager, Permission.MANAGE_PEOPLE)
    advisers = [role.key for role in ROLES.values() if role.scope == "caseload"]
    inside = RoleHeld.objects.filter(scope__in=reach).values("user")
    here = Caseload.objects.filter(organisation__in=reach).values("user")
    anywhere = Caseload.objects.values("user")
    adviser = RoleHeld.objects.filter(role__in=advisers).values("user")
    return everybody.filter(Q(pk__in=inside) | (Q(pk__in=adviser) & (Q(pk__in=here) | ~Q(pk__in=anywhere))))


def people_list(
    manager: User, *, text: str = "", role: str = "", place: str = "", closed: bool = False
) -> list[PersonRow]:
    """The people seen by a manager, by name; only those whose name or e-mail holds `text`, who hold `role` today, or whose
    role is of `place`. Closed accounts only where asked for."""
    people = people_of(manager).filter(is_active=not closed).order_by("name", "email")
    today = timezone.localdate()
    current = Q(starts__lte=today) & (Q(ends__isnull=True) | Q(ends__gte=today))
    if text:
        people = people.filter(Q(name__icontains=text) | Q(email__icontains=text))
    if role:
        people = people.filter(pk__in=RoleHeld.objects.filter(current, role=role).values("user"))
    if place:
        of_caseload = Caseload.objects.filter(current, organisation=place).values("user")
        people = people.filter(
            Q(pk__in=RoleHeld.objects.filter(current, scope=place).values("user")) | Q(pk__in=of_caseload)
        )
    found = list(people.prefetch_related("roles_held"))
    names = places.names(
        frozenset(held.scope for one in found for held in one.roles_held.all() if held.scope)
    )
    return [
        PersonRow(
            one.pk,
            one.name,
            one.email,
            [_role_words(held, names) for held in one.roles_held.all() if _when(held) == "now"],
            one.last_login,
            one.is_active,
        )
        for one in found
    ]


def person_page(user: User, manager: User) -> PersonPage:
    """One person, as whoever manages people sees them."""
    held = list(user.roles_held.order_by("-starts"))
    schools = frozenset(
        one.organisation
        for one in user.caseload.all()
        if one.ends is None or one.ends >= timezone.localdate()
    )
    names = places.names(schools | frozenset(one.scope for one in held if one.scope))
    roles = [
        HeldRole(
            one.pk,
            ROLES[one.role].title,
            names.get(one.scope, ""),
            one.starts,
            one.ends,
            _when(one),
            _when(one) != "before"
            and may_give(manager, ROLES[one.role], one.scope)
            and not (user.pk == manager.pk and Permission.MANAGE_PEOPLE in ROLES[one.role].permissions),
        )
        for one in held
    ]
    return PersonPage(user, roles, sorted(names[key] for key in schools), user.pk == manager.pk)


def roles_table() -> list[RoleRow]:
    """Every role, what it may do, and what the authority has taken from it."""
    taken = set(Narrowing.objects.values_list("role", "permission"))
    return [
        RoleRow(
            role.key,
            role.title,
            (role.__doc__ or "").strip(),
            role.scope,
            role.second_factor,
            [
                (p.value, (role.key, p.value) in taken, role.scope != "none")
                for p in Permission
                if p in role.permissions
            ],
        )
        for role in ROLES.values()
    ]


def open_invitations(manager: User) -> list[tuple[Invitation, str]]:
    """Invitations not yet accepted or withdrawn, newest first, each with its role in words; only what is the manager's to
    give."""
    waiting = Invitation.objects.filter(accepted_at=None, withdrawn_at=None).order_by("-sent_at")
    mine = [one for one in waiting.select_related("sent_by") if may_give(manager, ROLES[one.role], one.scope)]
    names = places.names(frozenset(one.scope for one in mine if one.scope))
    return [(one, _role_words(one, names)) for one in mine]


def roles_held_by(user: User) -> list[str]:
    """The roles that a person holds today, in words."""
    held = [one for one in user.roles_held.all() if _when(one) == "now"]
    names = places.names(frozenset(one.scope for one in held if one.scope))
    return [_role_words(one, names) for one in held]


def giveable_roles(manager: User) -> list[tuple[str, str]]:
    """Key and title of the roles that somebody may give somewhere."""
    managing = [g for g in access.grants(manager) if Permission.MANAGE_PEOPLE in g.permissions]
    administers = any(grant.role.scope == "none" for grant in managing)
    return [(role.key, role.title) for role in ROLES.values() if administers or role.scope != "none"]


def giveable_places(manager: User) -> list[tuple[str, str]]:
    """Key and name of the organisations of which somebody may give roles."""
    managing = [g for g in access.grants(manager) if Permission.MANAGE_PEOPLE in g.permissions]
    everywhere = any(grant.role.scope == "none" for grant in managing)
    among = None if everywhere else access.reach(manager, Permission.MANAGE_PEOPLE)
    return [
        choice
        for kind in ("authority", "trust", "cluster", "school")
        for choice in places.choices(kind, among)
    ]


def emergencies_of(user: User) -> list[tuple[BrokenGlass, str]]:
    """Emergencies that the person's schools have not yet said they have seen, each with the school's name."""
    unseen = emergencies.unseen_by(user)
    names = places.names(frozenset(one.organisation for one in unseen))
    return [(one, names[one.organisation]) for one in unseen]


def bulk_requests(user: User) -> list[tuple[BulkRequest, str]]:
    """Exports that the person asked for or may decide, each with the name of the organisation."""
    seen = two_people.seen_by(user)
    names = places.names(frozenset(one.organisation for one in seen))
    return [(one, names[one.organisation]) for one in seen]


def event_lines(events: Iterable[AuditEvent]) -> list[audit.Line]:
    """Events of the audit trail in words, organisations by their names."""
    lines = [audit.line(event) for event in events]
    names = places.names(frozenset(line.organisation for line in lines if line.organisation))
    return [replace(line, organisation=names.get(line.organisation, "")) for line in lines]


def _when(held: RoleHeld) -> str:
    today = timezone.localdate()
    if held.ends is not None and held.ends < today:
        return "before"
    return "later" if held.starts > today else "now"


def _role_words(held: RoleHeld | Invitation, names: dict[str, str]) -> str:
    title = ROLES[held.role].title
    return f"{title}, {names[held.scope]}" if held.scope else title
