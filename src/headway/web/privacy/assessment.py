"""The data protection impact assessment's facts, generated from what is configured at this moment.

It is the part of an assessment that a service can know of itself; necessity, proportionality and the judgement of risk are
for people, who find headings for them at the end. It holds counts and settings, never anybody's data.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from headway.figures import disclosure
from headway.figures.tables import LOADED, TABLES, Sensitivity, Table
from headway.web.audit.presenters import PUPIL_VERBS
from headway.web.people import context
from headway.web.people.models import Narrowing, RoleHeld
from headway.web.people.permissions import Permission
from headway.web.people.roles import ROLES
from headway.web.privacy import configuration, holdings, processing, schedule
from headway.web.privacy.holdings import Holding
from headway.web.privacy.sections import Listing, Section, facts, listing

TITLE = "Data protection: how this service is set up"
_YOURS = "To be written by your authority."


def assessment() -> list[Section]:
    """Every section, in the order of a paper."""
    store = holdings.store()
    held = holdings.holdings(store)
    names = context.service_names()
    return [
        Section(
            "What this is",
            (
                f"Generated on {configuration.made_at()} from the settings of {names['service_name']} as they were at that "
                "moment. It states what the service knows of itself, for your data protection impact assessment. It "
                "holds no personal data.",
            ),
        ),
        *processing.record_of_processing(schedule.kinds(store)),
        Section("Tables of the store and how sensitive they are", _sensitivities(), (_tables(held),)),
        Section(
            "How long it is kept",
            tuple(filter(None, [schedule.problem_of(store)])),
            (_retention(held), _for_good()),
        ),
        Section(
            "Who may do what",
            (
                "Roles as your authority has narrowed them. Each is held of one organisation; a person may hold several.",
            ),
            (_roles(), _narrowed()),
        ),
        Section(
            "Who may see pupils today",
            (_who_sees_pupils(),),
            (_pupil_roles(), facts("What stands before a pupil’s row", configuration.seeing_pupils())),
        ),
        Section("Small numbers", _small_numbers(), (_audiences(),)),
        Section("Signing in", (), (facts("Signing in", configuration.signing_in()),)),
        Section(
            "Record of what is done",
            (
                "Every write, every page with pupils, every export and every refusal is recorded in the same transaction. "
                "The database refuses to change or delete a record; retention is the one exception, and is recorded.",
                f"A school reads in its access log: {', '.join(PUPIL_VERBS)}.",
            ),
            (facts("Logs for whoever runs the service", configuration.logs()),),
        ),
        Section("Where it runs", (), (facts("Where it runs", configuration.hosting()),)),
        Section("Necessity and proportionality", (_YOURS,)),
        Section("Risks to people, and what reduces them", (_YOURS,)),
        Section("Advice of the data protection officer, and decision", (_YOURS,)),
    ]


def _sensitivities() -> tuple[str, ...]:
    return (
        "Public: published by its source. Restricted: about a school, before publication. Personal: about a pupil, under a "
        "pseudonym. Identifying: names a person.",
    )


def _tables(held: list[Holding]) -> Listing:
    known = {holding.kind.key: holding for holding in held}
    rows = []
    for name in LOADED:
        holding = known.get(f"store.{name}")
        years = holding.years if holding else ()
        rows.append(
            (
                name.replace("_", " "),
                TABLES[name].description,
                _most_sensitive(TABLES[name]),
                f"{holding.count:,}" if holding else "not counted: no pupils",
                f"{min(years)} to {max(years)}" if years else "",
            )
        )
    return listing("Tables of the store", ("Table", "A row is", "Sensitivity", "Rows today", "Years"), rows)


def _most_sensitive(table: Table) -> str:
    columns = [one.name for one in table.columns if one.sensitivity is Sensitivity.IDENTIFYING]
    level = table.sensitivity.value
    return f"{level} ({', '.join(name.replace('_', ' ') for name in columns)})" if columns else level


def _retention(held: list[Holding]) -> Listing:
    return listing(
        "Kinds of record with a period",
        ("Kind of record", "Held today", "Kept for", "From", "Then", "Whose period"),
        [
            (
                one.kind.title,
                f"{one.count:,}",
                one.kind.length,
                one.kind.starts,
                one.kind.ending,
                "set by your authority" if one.kind.own else "Headway’s default",
            )
            for one in held
        ],
    )


def _for_good() -> Listing:
    return listing(
        "Kept without a period",
        ("Kind of record", "Why"),
        [(one.title, one.why) for one in schedule.kept()],
    )


def _current() -> Q:
    today = timezone.localdate()
    return Q(starts__lte=today) & (Q(ends__isnull=True) | Q(ends__gte=today)) & Q(user__is_active=True)


def _holders() -> dict[str, int]:
    found: dict[str, set[int]] = {}
    for role, user in RoleHeld.objects.filter(_current()).values_list("role", "user_id"):
        found.setdefault(role, set()).add(user)
    return {role: len(users) for role, users in found.items()}


def _left(role: str) -> frozenset[Permission]:
    taken = set(Narrowing.objects.filter(role=role).values_list("permission", flat=True))
    return frozenset(one for one in ROLES[role].permissions if one.value not in taken)


def _roles() -> Listing:
    holders = _holders()
    rows = [
        (
            role.title,
            "nothing"
            if role.scope == "none"
            else f"a {role.scope}"
            if role.scope != "authority"
            else "an authority",
            "yes" if role.second_factor else "no",
            holders.get(role.key, 0),
            "; ".join(one.value for one in Permission if one in _left(role.key)),
        )
        for role in ROLES.values()
    ]
    return listing("Roles", ("Role", "Held of", "Second factor", "People today", "May"), rows)


def _narrowed() -> Listing:
    rows = [
        (ROLES[role].title if role in ROLES else role, permission)
        for role, permission in Narrowing.objects.order_by("role", "permission").values_list(
            "role", "permission"
        )
    ]
    return listing("Taken away by your authority", ("Role", "Permission"), rows or [("None", "Nothing")])


def _seeing(permission: Permission) -> list[str]:
    return [role for role in ROLES if permission in _left(role)]


def _who_sees_pupils() -> str:
    seeing = _people_of(_seeing(Permission.SEE_PUPILS))
    more = _people_of(_seeing(Permission.BREAK_GLASS)) - seeing
    return (
        f"{len(seeing)} {'person' if len(seeing) == 1 else 'people'} may see pupils of their own organisation, with a "
        f"purpose; {len(more)} more in an emergency only, with a reason. Nobody else sees a pupil."
    )


def _people_of(roles: Iterable[str]) -> set[int]:
    return set(RoleHeld.objects.filter(_current(), role__in=list(roles)).values_list("user_id", flat=True))


def _pupil_roles() -> Listing:
    holders = _holders()
    rows = [
        (ROLES[role].title, how, holders.get(role, 0))
        for permission, how in (
            (Permission.SEE_PUPILS, "with a purpose"),
            (Permission.BREAK_GLASS, "in an emergency"),
        )
        for role in _seeing(permission)
    ]
    return listing("Roles that may see pupils", ("Role", "How", "People today"), rows)


def _small_numbers() -> tuple[str, ...]:
    return (
        "Decided once for each release and audience, over all that is published in it and what that audience already holds, "
        "and tested by attack: what is hidden cannot be worked out from what is shown.",
    )


def _audiences() -> Listing:
    settings = disclosure.settings()
    rows = []
    for audience in settings.audiences.values():
        rule = audience.rule.title if audience.rule else "Sees figures whole"
        rows.append((audience.title, rule, audience.source))
    return listing("What each audience sees", ("Audience", "Rule", "Source"), rows)
