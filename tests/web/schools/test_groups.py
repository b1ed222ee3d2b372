"""Clusters, federations and caseloads: dated, kept by those who may, with what was."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from headway.web.audit.models import AuditEvent
from headway.web.people.actions import NotPermitted
from headway.web.people.models import Caseload
from headway.web.schools import actions, groups
from headway.web.schools.models import Belonging, Organisation
from web_schools import OTHER, OWN, make, unsaved
from web_tables import tables_of

pytestmark = pytest.mark.django_db
HEAD, OFFICER = "head_of_school_improvement", "data_officer"
TODAY = timezone.localdate


def test_a_cluster_is_made_filled_and_left_with_its_history(client_of, schools, people):
    client = client_of(OFFICER)
    client.post(
        "/schools/groups/new/", {"kind": "cluster", "name": "River Dale", "authority": "authority:936"}
    )
    group = Organisation.objects.get(key="cluster:river-dale")
    page = "/schools/groups/cluster:river-dale/"
    client.post(f"{page}join/", {"urn": "100001", "starts": "2025-01-01"})
    held = Belonging.objects.get(group=group)
    assert (held.starts, held.ends, held.source) == (date(2025, 1, 1), None, "here")
    assert "1 school" in client.get(page).text
    client.post(f"{page}{held.pk}/leave/", {"on": "2026-01-01"})
    held.refresh_from_db()
    assert held.ends == date(2025, 12, 31)
    assert "Schools that left before" in client.get(page).text
    assert "Calder Bridge" in tables_of(client.get(f"{page}?on=2025-06-01").text)[0][1][0]
    verbs = list(
        AuditEvent.objects.filter(by_id=people[OFFICER].pk).order_by("id").values_list("verb", flat=True)
    )
    assert verbs[-3:] == ["made cluster", "added to cluster", "took from cluster"]


def test_a_school_does_not_join_twice_but_may_come_back(people, schools):
    group, school, by = schools["cluster:hill"], schools[OWN], people[OFFICER]
    with pytest.raises(NotPermitted, match="already belongs"):
        actions.add_to_group(group, school=school, by=by)
    actions.leave_group(Belonging.objects.get(group=group), by=by, on=TODAY())
    actions.add_to_group(group, school=school, by=by)
    assert Belonging.objects.filter(group=group).count() == 2


@pytest.mark.parametrize(
    "role", ["link_adviser", "headteacher", "trust_leader", "partner", "councillor", "administrator"]
)
def test_who_does_not_keep_groups_changes_none(role, people, schools, client_of):
    by = people[role]
    with pytest.raises(NotPermitted):
        actions.make_group(kind="cluster", name="X", authority="authority:936", by=by)
    with pytest.raises(NotPermitted):
        actions.leave_group(Belonging.objects.get(group="cluster:hill"), by=by)
    with pytest.raises(NotPermitted):
        actions.rename_group(schools["cluster:hill"], name="X", by=by)
    assert client_of(role).post("/schools/groups/cluster:hill/join/", {"urn": "100001"}).status_code == 403


def test_a_school_of_another_authority_joins_no_cluster_of_ours(people, schools, client_of):
    with pytest.raises(NotPermitted):
        actions.add_to_group(schools["cluster:hill"], school=schools[OTHER], by=people[OFFICER])
    page = client_of(OFFICER).post("/schools/groups/cluster:hill/join/", {"urn": "200001"}, follow=True)
    assert "No school of yours has the URN 200001" in page.text
    with pytest.raises(NotPermitted):
        actions.make_group(kind="cluster", name="X", authority="authority:937", by=people[OFFICER])


def test_a_trust_is_the_registers(people, schools):
    with pytest.raises(NotPermitted, match="register"):
        actions.add_to_group(schools["trust:2044"], school=schools[OWN], by=people[OFFICER])
    with pytest.raises(NotPermitted):
        actions.make_group(kind="trust", name="X", authority="authority:936", by=people[OFFICER])


def test_two_groups_of_one_name_are_told_apart(people, schools):
    actions.make_group(kind="cluster", name="Dale", authority="authority:936", by=people[OFFICER])
    with pytest.raises(NotPermitted, match="already"):
        actions.make_group(kind="cluster", name="dale!", authority="authority:936", by=people[OFFICER])
    with pytest.raises(NotPermitted):
        actions.make_group(kind="cluster", name="!!!", authority="authority:936", by=people[OFFICER])


def test_a_renamed_cluster_keeps_its_key_and_is_found_by_its_new_name(people, schools, client_of):
    client_of(OFFICER).post("/schools/groups/cluster:hill/rename/", {"name": "Hills and Dales"})
    group = Organisation.objects.get(key="cluster:hill")
    assert (group.name, group.plain_name) == ("Hills and Dales", "hills and dales")


def test_the_list_of_groups_counts_the_schools_of_a_day(client_of, schools):
    Belonging.objects.filter(group="cluster:hill").update(ends=date(2024, 12, 31))
    client = client_of(HEAD)
    then = {row[0]: row[2] for row in tables_of(client.get("/schools/groups/?on=2024-06-01").text)[0][1:]}
    now = {row[0]: row[2] for row in tables_of(client.get("/schools/groups/").text)[0][1:]}
    assert then == {"Hill cluster": "1", "Northmoor Learning Trust": "1"}
    assert now == {"Hill cluster": "0", "Northmoor Learning Trust": "1"}


def test_caseloads_are_given_with_the_day_and_what_was_is_kept(client_of, people, schools):
    make("school:100010", "Ashcombe", authority="authority:936")
    adviser, client = people["link_adviser"], client_of(HEAD)
    page = client.get("/schools/caseloads/").text
    assert "1 open school has none" in page
    client.post("/schools/caseloads/", {"adviser": adviser.pk, "urns": "100010, 100001", "starts": ""})
    assert Caseload.objects.filter(user=adviser, ends=None).count() == 2
    before = TODAY() - timedelta(days=1)
    assert "Ashcombe" not in "".join(
        str(t) for t in tables_of(client.get(f"/schools/caseloads/?on={before}").text)
    )


def test_caseloads_of_thousands_of_schools_are_listed_and_counted_whole(people, schools):
    many = [
        unsaved(f"school:{300_000 + each}", f"S {each}", authority="authority:936") for each in range(5_010)
    ]
    Organisation.objects.bulk_create(many)
    Caseload.objects.bulk_create(
        Caseload(user=people["link_adviser"], organisation=one.key) for one in many[:5_005]
    )
    found = groups.caseloads(people[HEAD], None)
    (load,) = found.loads
    assert {name for name, _, _ in load.schools} >= {f"S {each}" for each in range(5_005)}
    assert found.how_many_without == len(found.without) == 5


def test_an_adviser_is_changed_on_the_schools_page_and_ended(client_of, people, schools):
    from headway.web.people.models import User

    other = User.objects.create_user("second@northmoor.example", "Second Adviser")
    other.roles_held.create(role="link_adviser")
    client = client_of(HEAD)
    starts = TODAY() + timedelta(days=3)
    client.post("/schools/100001/adviser/", {"adviser": other.pk, "starts": starts.isoformat()})
    first, second = Caseload.objects.filter(organisation=OWN).order_by("starts")
    assert (first.user, first.ends) == (people["link_adviser"], starts - timedelta(days=1))
    assert (second.user, second.starts, second.ends) == (other, starts, None)
    client.post(
        "/schools/100001/adviser/", {"adviser": "", "starts": (starts + timedelta(days=5)).isoformat()}
    )
    second.refresh_from_db()
    assert second.ends == starts + timedelta(days=4)


def test_urns_that_are_not_ones_own_change_nothing(client_of, people, schools):
    before = Caseload.objects.count()
    page = client_of(HEAD).post(
        "/schools/caseloads/", {"adviser": people["link_adviser"].pk, "urns": "100001 200001"}
    )
    assert "No school of yours has the URN 200001" in page.text
    assert Caseload.objects.count() == before


@pytest.mark.parametrize(
    "address",
    ["/schools/groups/", "/schools/groups/cluster:hill/", "/schools/caseloads/", "/schools/changes/"],
)
def test_pages_of_groups_take_as_many_queries_for_many_schools(address, client_of, schools):
    client = client_of(HEAD)

    def fill(start: int, number: int) -> None:
        many = [
            unsaved(f"school:{start + each}", f"S {each}", authority="authority:936")
            for each in range(number)
        ]
        Organisation.objects.bulk_create(many)
        Belonging.objects.bulk_create(
            Belonging(organisation_id=one.key, group_id="cluster:hill", kind="cluster", source="here")
            for one in many
        )

    fill(110_000, 5)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    fill(120_000, 200)
    with CaptureQueriesContext(connection) as more:
        client.get(address)
    assert len(more) == len(few)
