"""Everything that changes people: their roles, caseloads, accounts, and how the service is named.

Invitations are in `invitations`, emergencies in `emergencies`, exports that need two people in `two_people`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from headway.web.audit import versions
from headway.web.audit.actions import record
from headway.web.people import access
from headway.web.people.models import Caseload, Narrowing, RoleHeld, ServiceSettings, User
from headway.web.people.permissions import Permission
from headway.web.people.roles import ROLES, Role

SETTINGS_SUBJECT = "settings:service"


class NotPermitted(Exception):  # noqa: N818 - a rule, not an error
    """A rule of the service forbids it; the text says which, in words for the person who tried."""


def may_give(giver: User, role: type[Role], scope: str) -> bool:
    """Whether a person may give this role: they manage people, and its scope lies inside theirs. The administrator, who
    sees no content, manages everybody's roles; others give no administrator's role."""
    managing = [g for g in access.grants(giver) if Permission.MANAGE_PEOPLE in g.permissions]
    if any(grant.role.scope == "none" for grant in managing):
        return True
    if not managing or role.scope == "none":
        return False
    return role.scope == "caseload" or access.permits(giver, Permission.MANAGE_PEOPLE, scope)


def check_role(giver: User, role_key: str, scope: str) -> type[Role]:
    """The role, if the giver may give it for that scope. Raises NotPermitted, saying why not."""
    role = ROLES.get(role_key)
    if role is None:
        raise NotPermitted("There is no such role.")
    needed = "" if role.scope in ("caseload", "none") else role.scope
    if needed and not scope.startswith(f"{needed}:"):
        raise NotPermitted(f"{role.title} is a role of one {needed}: choose which.")
    if not needed and scope:
        raise NotPermitted(f"{role.title} is not a role of one organisation: leave that empty.")
    if not may_give(giver, role, scope):
        raise NotPermitted(f"You may not give the role {role.title} there.")
    return role


@transaction.atomic
def give_role(
    user: User, *, role: str, scope: str, by: User, starts: date | None = None, ends: date | None = None
) -> RoleHeld:
    """Give a person a role from a day (today, unless said) to a day (for good). Nobody gives themselves one."""
    if user.pk == by.pk:
        raise NotPermitted("Nobody gives themselves a role: ask somebody else who looks after people.")
    given = check_role(by, role, scope)
    starts = starts or timezone.localdate()
    if ends and ends < starts:
        raise NotPermitted("A role cannot end before it starts.")
    if (
        user.roles_held.filter(role=role, scope=scope)
        .filter(Q(ends__isnull=True) | Q(ends__gte=starts))
        .exists()
    ):
        raise NotPermitted(f"{user} already holds the role {given.title} then.")
    held = RoleHeld.objects.create(user=user, role=role, scope=scope, starts=starts, ends=ends)
    access.forget(user)
    record(
        "gave role",
        by=by,
        organisation=scope,
        subject=f"person:{user.pk}",
        detail={"role": given.title, "to": user.email, "from": starts.isoformat()},
    )
    return held


@transaction.atomic
def end_role(held: RoleHeld, *, by: User, on: date | None = None) -> None:
    """End a role on a day; without one it ended yesterday, so it gives nothing from now on."""
    role = ROLES[held.role]
    if not may_give(by, role, held.scope):
        raise NotPermitted(f"You may not end the role {role.title} there.")
    if held.user_id == by.pk and Permission.MANAGE_PEOPLE in role.permissions:
        raise NotPermitted(
            "Nobody ends the role by which they look after people: ask somebody else who does."
        )
    held.ends = on or timezone.localdate() - timedelta(days=1)
    held.save(update_fields=["ends"])
    access.forget(held.user)
    record(
        "ended role",
        by=by,
        organisation=held.scope,
        subject=f"person:{held.user_id}",
        detail={"role": role.title, "of": held.user.email, "on": held.ends.isoformat()},
    )


@transaction.atomic
def deactivate(user: User, *, by: User, reason: str) -> None:
    """Close a person's account: they can no longer sign in, and are signed out at their next page. Nothing is erased."""
    if user.pk == by.pk:
        raise NotPermitted("Nobody closes their own account: ask somebody else who looks after people.")
    _check_manages(by, user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    record("closed account", by=by, subject=f"person:{user.pk}", detail={"of": user.email, "reason": reason})


@transaction.atomic
def reactivate(user: User, *, by: User) -> None:
    """Open a closed account again, with the roles that have not ended."""
    if user.pk == by.pk:
        raise NotPermitted("Nobody opens their own account.")
    _check_manages(by, user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record("opened account again", by=by, subject=f"person:{user.pk}", detail={"of": user.email})


def _check_manages(manager: User, user: User) -> None:
    """Whoever closes or opens an account must be able to give each role that the person holds."""
    for held in user.roles_held.all():
        if not may_give(manager, ROLES[held.role], held.scope):
            raise NotPermitted(f"{user} holds a role that is not yours to give.")


@transaction.atomic
def change_name(user: User, *, name: str, by: User) -> None:
    """Change the name by which a person is shown."""
    before, user.name = user.name, name.strip()
    user.save(update_fields=["name"])
    record("changed name", by=by, subject=f"person:{user.pk}", detail={"from": before, "to": user.name})


@transaction.atomic
def assign_caseload(user: User, *, organisation: str, by: User, starts: date | None = None) -> Caseload:
    """Make a person the link adviser of a school from a day. A school has one: another's caseload ends the day before."""
    if not access.permits(by, Permission.KEEP_SCHOOLS, organisation):
        raise NotPermitted("You do not keep the caseloads of this school.")
    starts = starts or timezone.localdate()
    holds = Q(starts__lte=starts) & (Q(ends__isnull=True) | Q(ends__gte=starts))
    current = user.roles_held.filter(holds, role__in=[r.key for r in ROLES.values() if r.scope == "caseload"])
    if not current.exists():
        raise NotPermitted(f"{user} is not a link adviser on that day: give them the role first.")
    others = Caseload.objects.filter(organisation=organisation).filter(
        Q(ends__isnull=True) | Q(ends__gte=starts)
    )
    for other in others:
        if other.user_id == user.pk and other.starts <= starts:
            return other
        end_caseload(other, by=by, on=starts - timedelta(days=1))
    assigned = Caseload.objects.create(user=user, organisation=organisation, starts=starts)
    access.forget(user)
    record(
        "assigned to caseload",
        by=by,
        organisation=organisation,
        subject=f"person:{user.pk}",
        detail={"adviser": user.email, "from": starts.isoformat()},
    )
    return assigned


@transaction.atomic
def end_caseload(caseload: Caseload, *, by: User, on: date | None = None) -> None:
    """A school leaves a person's caseload after a day (yesterday, unless said). One that had yet to begin goes."""
    if not access.permits(by, Permission.KEEP_SCHOOLS, caseload.organisation):
        raise NotPermitted("You do not keep the caseloads of this school.")
    caseload.ends = on or timezone.localdate() - timedelta(days=1)
    caseload.save(update_fields=["ends"])
    access.forget(caseload.user)
    record(
        "took from caseload",
        by=by,
        organisation=caseload.organisation,
        subject=f"person:{caseload.user_id}",
        detail={"adviser": caseload.user.email, "on": caseload.ends.isoformat()},
    )


@transaction.atomic
def narrow(*, role: str, permission: str, by: User) -> None:
    """Take a permission from a role throughout the service. The role must have it by default: nothing widens."""
    if role not in ROLES or permission not in {p.value for p in ROLES[role].permissions}:
        raise NotPermitted("That role does not have that permission, so it cannot be taken away.")
    if ROLES[role].scope == "none":
        raise NotPermitted(
            "Somebody must be able to look after the service: the administrator keeps its permissions."
        )
    _, new = Narrowing.objects.get_or_create(role=role, permission=permission)
    if new:
        record(
            "took permission from role", by=by, detail={"role": ROLES[role].title, "permission": permission}
        )


@transaction.atomic
def restore(*, role: str, permission: str, by: User) -> None:
    """Give back to a role a permission that it has by default and that was taken."""
    gone, _ = Narrowing.objects.filter(role=role, permission=permission).delete()
    if gone:
        record(
            "gave permission back to role",
            by=by,
            detail={"role": ROLES[role].title, "permission": permission},
        )


@transaction.atomic
def save_settings(values: Mapping[str, str], *, by: User, expected: int) -> ServiceSettings:
    """Change how the service is named and looks. `logo` is the name of a picture that was kept, empty for none; what is not
    among the values stays. Raises versions.Conflict if somebody else saved after version `expected`."""
    before = ServiceSettings.objects.first()
    saved = before or ServiceSettings()
    fields = ("name", "colour", "organisation_name", "support_words", "logo")
    earlier = {name: getattr(saved, name) for name in fields}
    snapshot = {name: values.get(name, earlier[name]) for name in fields}
    versions.save_version(SETTINGS_SUBJECT, snapshot, by=by, expected=expected)
    for name, value in snapshot.items():
        setattr(saved, name, value)
    saved.save()
    changed = [str(each) for each in versions.differences(earlier, snapshot)]
    record("changed settings", by=by, subject=SETTINGS_SUBJECT, detail={"what changed": changed})
    return saved
