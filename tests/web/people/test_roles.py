"""What a role gives, who may give it, and what an authority takes from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from headway.web.audit.models import AuditEvent
from headway.web.people import access, actions, presenters
from headway.web.people.models import Caseload, RoleHeld, User
from headway.web.people.permissions import Permission
from headway.web.people.roles import ROLES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]
OWN, OTHER, AUTHORITY = "school:100001", "school:200001", "authority:936"


@pytest.fixture
def head(people):
    return people["head_of_school_improvement"]


@pytest.fixture
def newcomer():
    return User.objects.create_user("newcomer@example.org", "A Newcomer")


def day(offset: int):
    return timezone.localdate() + timedelta(days=offset)


def test_somebody_without_a_role_may_do_nothing(newcomer):
    assert access.grants(newcomer) == ()
    assert not any(access.holds(newcomer, permission) for permission in Permission)


def test_a_role_gives_its_permissions_from_its_first_day_to_its_last(head, newcomer):
    actions.give_role(newcomer, role="headteacher", scope=OWN, by=head, starts=day(1), ends=day(3))
    held = [access.grants(newcomer, on=day(offset)) != () for offset in range(5)]
    assert held == [False, True, True, True, False]


def test_several_roles_add_up(people, head):
    governor = people["governor"]
    actions.give_role(governor, role="headteacher", scope=OWN, by=head)
    assert access.permits(governor, Permission.SEE_PUPILS, OWN)
    assert set(access.audiences(governor, Permission.SEE_STANDARDS)) == {"governors", "school"}


def test_a_role_of_an_authority_reaches_its_schools_and_no_others(head):
    assert access.permits(head, Permission.SEE_STANDARDS, OWN)
    assert not access.permits(head, Permission.SEE_STANDARDS, OTHER)


def test_nobody_gives_themselves_a_role(people):
    for role in ("head_of_school_improvement", "administrator"):
        with pytest.raises(actions.NotPermitted, match="Nobody gives themselves"):
            actions.give_role(people[role], role="data_officer", scope=AUTHORITY, by=people[role])


@pytest.mark.parametrize(
    ("role", "scope"),
    [("headteacher", OTHER), ("data_officer", "authority:937"), ("administrator", "")],
)
def test_nobody_gives_what_is_not_theirs(role, scope, head, newcomer):
    with pytest.raises(actions.NotPermitted):
        actions.give_role(newcomer, role=role, scope=scope, by=head)
    assert not RoleHeld.objects.filter(user=newcomer).exists()


@pytest.mark.parametrize(
    "role", [key for key in ROLES if key not in ("head_of_school_improvement", "administrator")]
)
def test_other_roles_give_none(role, people, newcomer):
    with pytest.raises(actions.NotPermitted):
        actions.give_role(newcomer, role="governor", scope=OWN, by=people[role])


@pytest.mark.parametrize(
    ("role", "scope", "told"),
    [
        ("headteacher", "", "choose which"),
        ("headteacher", AUTHORITY, "choose which"),
        ("link_adviser", OWN, "leave that empty"),
        ("king", OWN, "no such role"),
    ],
)
def test_a_role_is_held_of_the_right_kind_of_thing(role, scope, told, head, newcomer):
    with pytest.raises(actions.NotPermitted, match=told):
        actions.give_role(newcomer, role=role, scope=scope, by=head)


def test_the_same_role_is_not_held_twice_at_once(people, head):
    with pytest.raises(actions.NotPermitted, match="already holds"):
        actions.give_role(people["governor"], role="governor", scope=OWN, by=head)


def test_an_ended_role_gives_nothing_at_once_and_stays_on_the_record(people, head):
    governor = people["governor"]
    actions.end_role(governor.roles_held.get(), by=head)
    assert access.grants(User.objects.get(pk=governor.pk)) == ()
    (held,) = presenters.person_page(governor, head).roles
    assert held.when == "before"
    assert AuditEvent.objects.filter(verb="ended role", subject=f"person:{governor.pk}").exists()


def test_nobody_ends_the_role_by_which_they_look_after_people(head):
    with pytest.raises(actions.NotPermitted, match="ask somebody else"):
        actions.end_role(head.roles_held.get(), by=head)


def test_a_closed_account_may_do_nothing(people, head):
    governor = people["governor"]
    actions.deactivate(governor, by=head, reason="has moved away")
    assert access.grants(User.objects.get(pk=governor.pk)) == ()
    actions.reactivate(governor, by=head)
    assert access.grants(User.objects.get(pk=governor.pk)) != ()


def test_nobody_closes_the_account_of_somebody_with_a_role_that_is_not_theirs_to_give(people, head):
    with pytest.raises(actions.NotPermitted, match="not yours to give"):
        actions.deactivate(people["administrator"], by=head, reason="a coup")


def test_an_authority_narrows_a_role_and_gives_back(people, head):
    officer = people["data_officer"]
    actions.narrow(role="data_officer", permission=Permission.SEE_PUPILS, by=head)
    assert not access.holds(User.objects.get(pk=officer.pk), Permission.SEE_PUPILS)
    actions.restore(role="data_officer", permission=Permission.SEE_PUPILS, by=head)
    assert access.holds(User.objects.get(pk=officer.pk), Permission.SEE_PUPILS)
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"took permission from role", "gave permission back to role"} <= verbs


def test_nothing_widens_a_role(head):
    with pytest.raises(actions.NotPermitted, match="does not have that permission"):
        actions.narrow(role="governor", permission=Permission.SEE_PUPILS, by=head)
    actions.restore(role="governor", permission=Permission.SEE_PUPILS, by=head)
    assert Permission.SEE_PUPILS not in ROLES["governor"].permissions


def test_no_role_but_those_of_the_table_ever_sees_pupils():
    """F24: heads and senior leaders of their own school, data officers, trust leaders of their own; nobody else."""
    assert {key for key, role in ROLES.items() if Permission.SEE_PUPILS in role.permissions} == {
        "headteacher",
        "senior_leader",
        "data_officer",
        "trust_leader",
    }
    content = {permission for permission in Permission if not permission.name.startswith("MANAGE")}
    assert not ROLES["administrator"].permissions & content


def test_the_administrator_keeps_its_permissions(head):
    with pytest.raises(actions.NotPermitted, match="the administrator keeps"):
        actions.narrow(role="administrator", permission=Permission.MANAGE_PEOPLE, by=head)


def test_a_school_has_one_link_adviser_and_the_earlier_one_hands_over(head, people, newcomer):
    adviser = people["link_adviser"]
    Caseload.objects.update(starts=day(-100))
    actions.give_role(newcomer, role="link_adviser", scope="", by=head)
    actions.assign_caseload(newcomer, organisation=OWN, by=head)
    assert adviser.caseload.get().ends == day(-1)
    assert access.permits(newcomer, Permission.SEE_STANDARDS, OWN)
    assert not access.permits(User.objects.get(pk=adviser.pk), Permission.SEE_STANDARDS, OWN)


def test_only_a_link_adviser_has_a_caseload(head, newcomer):
    with pytest.raises(actions.NotPermitted, match="not a link adviser"):
        actions.assign_caseload(newcomer, organisation=OWN, by=head)


def test_nobody_assigns_another_authoritys_school(head, people):
    with pytest.raises(actions.NotPermitted, match="You do not keep"):
        actions.assign_caseload(people["link_adviser"], organisation=OTHER, by=head)


def test_the_list_holds_the_people_of_ones_own_authority(people, head):
    stranger = User.objects.create_user("stranger@example.org", "A Stranger")
    stranger.roles_held.create(role="governor", scope=OTHER)
    listed = {row.email for row in presenters.people_list(head)}
    assert "governor@northmoor.example" in listed
    assert "link.adviser@northmoor.example" in listed
    assert not {"stranger@example.org", "administrator@northmoor.example"} & listed
    everybody = {row.email for row in presenters.people_list(people["administrator"])}
    assert "stranger@example.org" in everybody


def test_the_list_is_filtered_by_role_place_and_name(head, people):
    def names(**wanted):
        return [row.name for row in presenters.people_list(head, **wanted)]

    assert names(role="governor") == ["Priya Nair"]
    assert names(place=OWN, text="marsh") == ["Helen Marsh"]
    assert "Tom Ashworth" in names(place=OWN)
    assert names(closed=True) == []


def test_the_number_of_queries_of_the_list_does_not_grow_with_people(head, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    presenters.people_list(head)  # what the head may do is asked once
    with CaptureQueriesContext(connection) as few:
        presenters.people_list(head)
    for number in range(30):
        user = User.objects.create_user(f"g{number}@example.org", f"G {number}")
        user.roles_held.create(role="governor", scope=OWN)
    with django_assert_num_queries(len(few)):
        assert len(presenters.people_list(head)) > 30
