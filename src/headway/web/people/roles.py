"""Roles: plain classes that say what somebody may do, in which scope, and as which audience they see figures.

The roles and what they reach are Headway's default; an authority may narrow them (`people.Narrowing`), never widen them.
"""

from __future__ import annotations

from headway.web.people.permissions import Permission as P

SCOPES = ("authority", "trust", "cluster", "caseload", "school", "none")
"""Of what a role is held: an authority, a trust, a cluster, the person's own caseload, a school, or nothing."""

_READING = frozenset({P.SEE_SCHOOLS, P.SEE_STANDARDS})


class Role:
    """What a role may do. `audience` is the audience of disclosure control as which its holder sees figures."""

    key: str
    title: str
    scope: str
    audience: str
    permissions: frozenset[P]
    second_factor: bool = True


class HeadOfSchoolImprovement(Role):
    """Runs the service. No pupils by default, but for an emergency, with a reason."""

    key = "head_of_school_improvement"
    title = "Head of school improvement"
    scope = "authority"
    audience = "data_officer"
    permissions = _READING | {
        P.SEE_RESTRICTED_NOTES, P.WRITE_NOTES, P.KEEP_SCHOOLS, P.MAKE_PACKS, P.EXPORT, P.APPROVE_BULK_EXPORT, P.BREAK_GLASS,
        P.ASK_SCHOOLS, P.SEE_BURDEN, P.SET_CAP, P.PUBLISH, P.SEE_PROVISIONAL, P.SEE_AUDIT,
        P.SEE_PROTECTION, P.KEEP_RETENTION, P.MANAGE_PEOPLE, P.SEE_CATEGORIES, P.JUDGE_SCHOOLS, P.HOLD_ROUNDS,
    }  # fmt: skip


class LinkAdviser(Role):
    """School Improvement Partner: employed, a serving headteacher or a consultant. Sees the caseload."""

    key = "link_adviser"
    title = "Link adviser"
    scope = "caseload"
    audience = "data_officer"
    permissions = _READING | {
        P.WRITE_NOTES,
        P.MAKE_PACKS,
        P.EXPORT,
        P.ASK_SCHOOLS,
        P.SEE_PROVISIONAL,
        P.SEE_CATEGORIES,
        P.JUDGE_SCHOOLS,
    }


class DataOfficer(Role):
    """Loads, checks and publishes; sees pupils for that."""

    key = "data_officer"
    title = "Data officer"
    scope = "authority"
    audience = "data_officer"
    permissions = _READING | {
        P.SEE_PUPILS, P.KEEP_SCHOOLS, P.MAKE_PACKS, P.EXPORT, P.BULK_EXPORT, P.APPROVE_BULK_EXPORT, P.CHECK_RESULTS,
        P.ASK_SCHOOLS, P.SEE_BURDEN, P.PUBLISH, P.SEE_PROVISIONAL, P.SEE_PROTECTION, P.SEE_CATEGORIES, P.HOLD_ROUNDS,
    }  # fmt: skip


class Headteacher(Role):
    """Headteacher: the school's own pupils and figures, whole."""

    key = "headteacher"
    title = "Headteacher"
    scope = "school"
    audience = "school"
    permissions = _READING | {
        P.SEE_PUPILS,
        P.MAKE_PACKS,
        P.EXPORT,
        P.ANSWER_ASKS,
        P.SEE_ACCESS_LOG,
        P.CHECK_RESULTS,
        P.SEE_CATEGORIES,
        P.ANSWER_CATEGORIES,
    }


class SeniorLeader(Role):
    """A senior leader of a school."""

    key = "senior_leader"
    title = "Senior leader of a school"
    scope = "school"
    audience = "school"
    permissions = _READING | {P.SEE_PUPILS, P.MAKE_PACKS, P.EXPORT, P.ANSWER_ASKS, P.SEE_CATEGORIES}


class Governor(Role):
    """Governor or trustee: never a pupil; the school's figures with small numbers suppressed."""

    key = "governor"
    title = "Governor"
    scope = "school"
    audience = "governors"
    permissions = _READING | {P.MAKE_PACKS, P.SEE_CATEGORIES}
    second_factor = False


class Clerk(Role):
    """Clerk to governors."""

    key = "clerk"
    title = "Clerk to governors"
    scope = "school"
    audience = "governors"
    permissions = _READING | {P.MAKE_PACKS, P.SEE_CATEGORIES}
    second_factor = False


class TrustLeader(Role):
    """Chief executive or director of education of a trust: the pupils and figures of its schools."""

    key = "trust_leader"
    title = "Trust leader"
    scope = "trust"
    audience = "data_officer"
    permissions = _READING | {
        P.SEE_PUPILS,
        P.WRITE_NOTES,
        P.MAKE_PACKS,
        P.EXPORT,
        P.SEE_PROVISIONAL,
        P.SEE_CATEGORIES,
    }


class ScrutinyOfficer(Role):
    """Scrutiny officer: what is public, and suppressed figures."""

    key = "scrutiny_officer"
    title = "Scrutiny officer"
    scope = "authority"
    audience = "councillors"
    permissions = _READING | {P.EXPORT}


class Councillor(Role):
    """Councillor."""

    key = "councillor"
    title = "Councillor"
    scope = "authority"
    audience = "councillors"
    permissions = _READING
    second_factor = False


class Client(Role):
    """Chief executive or lead member, to whom the service reports."""

    key = "client"
    title = "Chief executive or lead member"
    scope = "authority"
    audience = "councillors"
    permissions = _READING | {P.SEE_BURDEN, P.SEE_CATEGORIES}


class Partner(Role):
    """A teaching school or supporting school: the schools of its cluster, suppressed."""

    key = "partner"
    title = "Partner school"
    scope = "cluster"
    audience = "other_schools"
    permissions = _READING


class BoosterCoordinator(Role):
    """Coordinates booster centres: nominating schools, and later the pupils on its rosters only."""

    key = "booster_coordinator"
    title = "Booster-centre coordinator"
    scope = "cluster"
    audience = "other_schools"
    permissions = frozenset({P.SEE_SCHOOLS})


class ProgrammeManager(Role):
    """Manages an additionally funded programme (EiC, EAZ and their like): the schools of the programme."""

    key = "programme_manager"
    title = "Programme manager"
    scope = "cluster"
    audience = "other_schools"
    permissions = _READING | {P.WRITE_NOTES}


class DataProtectionOfficer(Role):
    """Watches over what is kept of people: the audit trail, retention, the record of processing. No schools, no pupils, and
    nothing to decide: whoever watches does not also set the rules (UK GDPR Article 38(6))."""

    key = "data_protection_officer"
    title = "Data protection officer"
    scope = "authority"
    audience = "public"
    permissions = frozenset({P.SEE_AUDIT, P.SEE_PROTECTION})


class Administrator(Role):
    """Looks after the service; sees no content."""

    key = "administrator"
    title = "System administrator"
    scope = "none"
    audience = "public"
    permissions = frozenset({P.MANAGE_PEOPLE, P.MANAGE_SERVICE})


ROLES: dict[str, type[Role]] = {
    role.key: role
    for role in (
        HeadOfSchoolImprovement, LinkAdviser, DataOfficer, Headteacher, SeniorLeader, Governor, Clerk, TrustLeader,
        ScrutinyOfficer, Councillor, Client, Partner, BoosterCoordinator, ProgrammeManager,
        DataProtectionOfficer, Administrator,
    )
}  # fmt: skip
"""Every role by key."""
