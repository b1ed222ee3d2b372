"""Taking the register: only what differs is written, what changed is told, nothing that is here is lost."""

from __future__ import annotations

import time
from datetime import date

import polars as pl
import pytest

from headway.figures.tables import LINKS, MEMBERSHIPS, ORGANISATIONS
from headway.web.audit.models import AuditEvent
from headway.web.schools import actions, facts, feed, places
from headway.web.schools.access import visible_to
from headway.web.schools.models import (
    Belonging,
    Change,
    FactChange,
    Organisation,
    Succession,
    Taking,
)

pytestmark = pytest.mark.django_db
FIRST, SECOND = date(2024, 9, 1), date(2025, 9, 1)


class Tables:
    """A register of a few rows, in place of a store."""

    def __init__(self, schools, memberships=(), links=()) -> None:
        self.rows = {"organisations": schools, "memberships": memberships, "links": links}

    def frame(self, table: str, year: int | None = None) -> pl.LazyFrame:
        contract = {"organisations": ORGANISATIONS, "memberships": MEMBERSHIPS, "links": LINKS}[table]
        return pl.DataFrame(list(self.rows[table]), schema=contract.schema, orient="row").lazy()


def row(key: str, as_at: date = FIRST, **facts) -> dict:
    plain = {"authority": "936", "status": "Open", "name": f"School {key[-2:]}", "type": "Community school"}
    return {
        "organisation": key,
        "register": "gias",
        "as_at": as_at,
        "kind": key.partition(":")[0],
        **plain,
        **facts,
    }


def member(key: str, group: str, joined: date | None, left: date | None = None, as_at: date = FIRST) -> dict:
    kind = group.partition(":")[0]
    return {
        "organisation": key,
        "group": group,
        "kind": kind,
        "joined": joined,
        "left": left,
        "source": "gias",
        "as_at": as_at,
    }


def changes() -> list[tuple[str, str, str, str]]:
    return sorted(Change.objects.values_list("organisation", "change", "was", "now"))


def test_the_register_is_taken_with_closed_schools_authorities_and_trusts():
    store = Tables(
        [
            row("school:100001", trust="trust:1", laestab="9362001", postcode="GU1 1AA", diocese="Diocese of X"),
            row("school:100002", status="Closed", close_date=date(2016, 8, 31)),
        ]
    )  # fmt: skip
    taken = actions.take_register(store)
    assert (taken.added, taken.changed, taken.gone, taken.as_at) == (5, 0, 0, FIRST)
    kinds = dict(Organisation.objects.values_list("key", "kind"))
    assert kinds["authority:936"] == "authority"
    assert kinds["trust:1"] == "trust"
    assert kinds["diocese:diocese-of-x"] == "diocese"
    assert Organisation.objects.get(key="school:100002").is_closed
    first = Organisation.objects.get(key="school:100001")
    assert (first.urn, first.authority, first.dfe_number, first.plain_postcode) == (
        100001,
        "authority:936",
        "9362001",
        "GU11AA",
    )
    assert Organisation.objects.get(key="trust:1").authority == "authority:936"
    assert Organisation.objects.get(key="authority:936").name == "Surrey"
    assert Belonging.objects.get().group_id == "trust:1"
    assert AuditEvent.objects.get(verb="took the register").detail["added"] == 5


def test_taking_it_again_changes_nothing():
    store = Tables(
        [row("school:100001", easting=1.5, low_age=4)], [member("school:100001", "trust:9", date(2020, 9, 1))]
    )
    actions.take_register(store)
    before = list(Organisation.objects.values()), list(Belonging.objects.values()), Taking.objects.count()
    taken = actions.take_register(store)
    assert (taken.added, taken.changed, taken.gone, taken.changes) == (0, 0, 0, 0)
    assert (
        list(Organisation.objects.values()),
        list(Belonging.objects.values()),
        Taking.objects.count(),
    ) == before


def test_what_changed_is_told_and_kept():
    early = [
        row("school:100001", head="Ms A", trust="trust:1"),
        row("school:100002", head="Mr B"),
        row("school:100003", head="X"),
    ]
    actions.take_register(Tables(early))
    assert changes() == []
    late = [
        row("school:100001", SECOND, head="Mr C", trust="trust:2"),
        row("school:100002", SECOND, head="Mr B", status="Closed", close_date=date(2025, 8, 31),
            reason_closed="Academy Converter"),
        row("school:100003", SECOND, head="X"),
        row("school:150002", SECOND, head="Mr B", open_date=date(2025, 9, 1), type="Academy converter"),
    ]  # fmt: skip
    links = [
        {"organisation": "school:150002", "linked_organisation": "school:100002", "link": "predecessor",
         "link_type": "Predecessor", "date": date(2025, 9, 1)},
        {"organisation": "school:100002", "linked_organisation": "school:150002", "link": "successor",
         "link_type": "Successor", "date": date(2025, 9, 1)},
    ]  # fmt: skip
    taken = actions.take_register(Tables([*early, *late], links=links))
    assert changes() == [
        ("school:100001", "moved trust", "trust:1", "trust:2"),
        ("school:100001", "new head", "Ms A", "Mr C"),
        ("school:100002", "closed", "", "Academy Converter"),
        ("school:100002", "new status", "Open", "Closed"),
        ("school:150002", "converted", "school:100002", "school:150002"),
        ("school:150002", "opened", "", "Academy converter"),
    ]
    assert taken.changes == 6
    assert Succession.objects.get().how == "conversion"
    assert set(FactChange.objects.filter(organisation="school:100001").values_list("field", "was", "now")) == {
        ("head", "Ms A", "Mr C"), ("trust", "trust:1", "trust:2"),
    }  # fmt: skip
    moved = Belonging.objects.filter(organisation="school:100001").order_by("group")
    assert [(one.group_id, one.starts, one.ends) for one in moved] == [
        ("trust:1", None, date(2025, 8, 31)), ("trust:2", SECOND, None),
    ]  # fmt: skip


def test_two_extracts_at_once_tell_what_changed_between_them():
    actions.take_register(
        Tables([row("school:100001", head="Ms A"), row("school:100001", SECOND, head="Mr C")])
    )
    assert changes() == [("school:100001", "new head", "Ms A", "Mr C")]
    assert Change.objects.get().as_at == SECOND


def test_a_school_stands_on_an_earlier_day_as_the_register_had_it():
    actions.take_register(
        Tables(
            [
                row("school:100001", head="Ms A", pupils=100),
                row("school:100001", SECOND, head="Mr C", pupils=110),
            ]
        )
    )
    school = Organisation.objects.get(key="school:100001")
    assert (school.head, school.pupils) == ("Mr C", 110)
    stood = facts.stood_on([school], date(2025, 8, 31))[school.key]
    assert (stood["head"], stood["pupils"]) == ("Ms A", 100)
    assert facts.stood_on([school], SECOND)[school.key]["head"] == "Mr C"


def test_a_school_that_the_register_no_longer_names_stays():
    actions.take_register(Tables([row("school:100001"), row("school:100002")]))
    taken = actions.take_register(Tables([row("school:100001")]))
    assert taken.gone == 1
    assert not Organisation.objects.get(key="school:100002").in_register
    back = actions.take_register(Tables([row("school:100001"), row("school:100002")]))
    assert (back.added, back.changed) == (1, 0)
    assert Organisation.objects.get(key="school:100002").in_register


def test_what_is_kept_here_is_not_overwritten(people):
    actions.make_group(kind="cluster", name="Dale", authority="authority:936", by=people["data_officer"])
    actions.take_register(
        Tables(
            [row("school:100001"), row("cluster:dale", name="Other")],
            [member("school:100001", "cluster:dale", None)],
        )
    )
    assert Organisation.objects.get(key="cluster:dale").name == "Dale"


def test_memberships_end_as_the_figures_count_them():
    held = [
        member("school:100001", "trust:1", date(2015, 9, 1)),
        member("school:100001", "trust:2", date(2020, 9, 1)),
        member("school:100002", "cluster:x", date(2015, 9, 1), left=date(2018, 1, 1)),
        member("school:100003", "cluster:x", None, as_at=date(2020, 1, 1)),
        member("school:100004", "cluster:x", None, as_at=FIRST),
    ]
    groups = [row("trust:1"), row("trust:2"), row("cluster:x")]
    schools = [row(f"school:10000{number}") for number in (1, 2, 3, 4)]
    actions.take_register(Tables([*schools, *groups], held))
    found = Belonging.objects.order_by("organisation", "group").values_list(
        "organisation", "group", "starts", "ends"
    )
    assert list(found) == [
        ("school:100001", "trust:1", date(2015, 9, 1), date(2020, 8, 31)),
        ("school:100001", "trust:2", date(2020, 9, 1), None),
        ("school:100002", "cluster:x", date(2015, 9, 1), date(2017, 12, 31)),
        ("school:100003", "cluster:x", None, date(2024, 8, 31)),
        ("school:100004", "cluster:x", None, None),
    ]


def test_the_feed_is_read_by_each_person_for_themselves(people, schools, client_of):
    for number in range(3):
        Change.objects.create(
            organisation_id="school:100001", change="new head", was="A", now=f"B{number}", as_at=FIRST
        )
    Change.objects.create(
        organisation_id="school:200001", change="new head", was="A", now="Secret", as_at=FIRST
    )
    adviser, head = client_of("link_adviser"), client_of("head_of_school_improvement")
    page = adviser.get("/schools/changes/").text
    assert "New head: B2, before A" in page
    assert "Secret" not in page
    assert "3 changes in the register of your schools" in adviser.get("/").text
    adviser.post("/schools/changes/read/", {"change": Change.objects.first().pk})
    assert feed.changes_for(people["link_adviser"]).count() in (2, 3)
    adviser.post("/schools/changes/read/", {"all": "yes"})
    assert "Nothing new" in adviser.get("/schools/changes/").text
    assert "changes in the register" not in adviser.get("/").text.split("<main")[1]
    assert "New head: B2" in adviser.get("/schools/changes/?read=on").text
    assert "New head: B2" in head.get("/schools/changes/").text


def test_nobody_marks_anothers_changes_as_read(people, schools, client_of):
    foreign = Change.objects.create(organisation_id="school:200001", change="new head", as_at=FIRST)
    client_of("link_adviser").post("/schools/changes/read/", {"change": foreign.pk})
    assert foreign.read_by.count() == 0


def test_places_answer_for_people(schools):
    of = places.PlacesOfRegister()
    authority = frozenset({"authority:936"})
    assert of.inside(authority) == {"authority:936", "trust:2044", "cluster:hill", "school:100001"}
    assert of.inside(frozenset({"trust:2044"})) == {"trust:2044", "school:100001"}
    assert of.contains(authority, "school:100001")
    assert of.contains(frozenset({"cluster:hill"}), "school:100001")
    assert not of.contains(authority, "school:200001")
    assert not of.contains(authority, "school:1")
    assert of.names(frozenset({"trust:2044", "trust:x"})) == {"trust:2044": "Northmoor Learning Trust"}
    assert of.choices("school", None) == [
        ("school:100001", "Calder Bridge Primary School"),
        ("school:200001", "Saltby Primary School"),
    ]
    assert of.choices("school", frozenset({"school:200001"})) == [("school:200001", "Saltby Primary School")]


def test_places_agree_with_the_slow_way(schools):
    """What is inside, asked of every key in turn, is what `contains` says."""
    of = places.PlacesOfRegister()
    keys = list(Organisation.objects.values_list("key", flat=True))
    for outer in keys:
        for key in keys:
            assert of.contains(frozenset({outer}), key) == (key in of.inside(frozenset({outer})))


def test_a_trust_of_two_authorities_lies_in_neither():
    actions.take_register(
        Tables(
            [row("school:100001", trust="trust:1"), row("school:100002", trust="trust:1", authority="937")]
        )
    )
    assert Organisation.objects.get(key="trust:1").authority == ""


def test_leaving_a_cluster_ends_what_its_people_see(people, schools):
    partner = people["partner"]
    assert visible_to(partner).filter(key="school:100001").exists()
    actions.leave_group(Belonging.objects.get(group="cluster:hill"), by=people["data_officer"])
    assert not visible_to(partner).filter(key="school:100001").exists()


@pytest.mark.long
def test_fifty_thousand_rows_take_seconds():
    many = [
        row(f"school:{200_000 + number}", name=f"School number {number}", town="Calder")
        for number in range(50_000)
    ]
    store = Tables(many)
    start = time.perf_counter()
    actions.take_register(store)
    first = time.perf_counter() - start
    start = time.perf_counter()
    actions.take_register(store)
    again = time.perf_counter() - start
    print(f"first {first:.1f} s, again {again:.1f} s")
    assert first < 60
    assert again < 20
