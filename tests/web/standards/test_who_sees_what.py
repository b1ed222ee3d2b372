"""As which audience each person sees each organisation of a release, and what is never there."""

from __future__ import annotations

import polars as pl
import pytest
from django.http import Http404

from headway.web.people import access
from headway.web.standards import actions, files, reading, sight
from headway.web.standards.models import AUTHORITY, DATA_TEAM, SCHOOLS
from released import MEASURE, YEAR, figure, handmade

OWN, NEAR, OTHER, AUTHORITY_KEY = "school:100001", "school:100002", "school:200001", "authority:936"
WHOLE = [
    figure(OWN, 20, 30),
    figure(OWN, 2, 4, group="disadvantaged"),
    figure(NEAR, 15, 25),
    figure(NEAR, 1, 3, group="disadvantaged"),
    figure(AUTHORITY_KEY, 200, 300),
    figure(AUTHORITY_KEY, 20, 50, group="disadvantaged"),
    figure("nation:england", 6100, 10000, basis="published"),
]
SHOWN = [
    row if row["group"] == "all" or not str(row["organisation"]).startswith("school:")
    else figure(str(row["organisation"]), None, None, group="disadvantaged")
    for row in WHOLE
]  # fmt: skip


@pytest.fixture
def release(settings, tmp_path, people):
    from web_schools import make

    make(NEAR, "Near School", authority=AUTHORITY_KEY)
    settings.SERVICE = tmp_path
    made = handmade("Summer", AUTHORITY_KEY, WHOLE, SHOWN)
    return actions.publish(made=made, state="provisional", visibility=SCHOOLS, by=None)


def seen(user, organisation):
    """The value of the small group, or its status; None where the organisation may not be seen."""
    try:
        rows = reading.school_figures(user, organisation).results
    except Http404:
        return None
    row = rows.filter(pl.col("group") == "disadvantaged").row(0, named=True)
    return row["denominator"] if row["status"] == "reported" else row["status"]


@pytest.mark.parametrize(
    ("role", "own", "near"),
    [
        ("head_of_school_improvement", 4, 3),
        ("data_officer", 4, 3),
        ("link_adviser", 4, None),
        ("headteacher", 4, None),
        ("senior_leader", 4, None),
        ("governor", "suppressed", None),
        ("clerk", "suppressed", None),
        ("trust_leader", 4, None),
        ("scrutiny_officer", "suppressed", "suppressed"),
        ("councillor", "suppressed", "suppressed"),
        ("client", "suppressed", "suppressed"),
        ("partner", "suppressed", None),
        ("programme_manager", "suppressed", None),
        ("booster_coordinator", None, None),
        ("administrator", None, None),
    ],
)
def test_each_role_sees_its_own_as_its_audience_does(release, people, role, own, near):
    assert seen(people[role], OWN) == own
    assert seen(people[role], NEAR) == near
    assert seen(people[role], OTHER) is None
    total = 50 if own is not None else None
    assert seen(people[role], AUTHORITY_KEY) == total


def test_a_measure_across_holds_whom_the_person_may_see_and_nobody_else(release, people):
    def across(role):
        rows = reading.measure_figures(people[role], MEASURE, year=YEAR, group="disadvantaged")
        return dict(rows.select("organisation", "denominator").rows()), set(
            rows.filter("whole")["organisation"]
        )

    counts, whole = across("data_officer")
    assert counts == {OWN: 4, NEAR: 3, AUTHORITY_KEY: 50}
    assert whole == set(counts)
    counts, whole = across("headteacher")
    assert counts == {OWN: 4, AUTHORITY_KEY: 50}
    assert whole == {OWN}
    counts, whole = across("councillor")
    assert counts == {OWN: None, NEAR: None, AUTHORITY_KEY: 50}
    assert not whole
    assert across("administrator") == ({}, set())


def test_other_schools_are_seen_suppressed_even_by_who_sees_their_own_whole(release, people):
    def of_near(role):
        rows = reading.other_schools(
            people[role], [NEAR], MEASURE, year=YEAR, group="disadvantaged", release=release
        )
        return rows.select("status", "mine").rows()

    assert of_near("headteacher") == [("suppressed", False)]
    assert of_near("link_adviser") == [("suppressed", False)]
    assert of_near("data_officer") == [("reported", True)]
    assert of_near("administrator") == []


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [
        (DATA_TEAM, {"head_of_school_improvement", "data_officer"}),
        (AUTHORITY, {"head_of_school_improvement", "data_officer", "link_adviser", "trust_leader"}),
    ],
)
def test_what_is_not_yet_shown_to_schools_is_for_those_who_may_see_it(release, people, visibility, seen_by):
    actions.show_to(release_id=release.pk, visibility=visibility, by=None)
    for role, user in people.items():
        expected = role in seen_by
        assert (reading.release_for(user, OWN) is not None) == expected, role


def test_a_release_that_was_taken_back_is_nowhere(release, people):
    user = people["data_officer"]
    assert seen(user, OWN) == 4
    actions.take_back(release_id=release.pk, why="Wrong file", by=user)
    assert seen(user, OWN) is None
    assert reading.releases_for(user) == []
    assert reading.measure_figures(user, MEASURE, year=YEAR).is_empty()
    release.refresh_from_db()
    assert not sight.sight(user, release).views


def test_a_role_that_was_narrowed_sees_nothing(release, people):
    from headway.web.people.models import Narrowing

    Narrowing.objects.create(role="governor", permission="see standards")
    access.forget(people["governor"])
    assert seen(people["governor"], OWN) is None


def test_two_roles_show_each_organisation_as_the_role_that_gives_it(release, people):
    user = people["councillor"]
    user.roles_held.create(role="headteacher", scope=OWN)
    access.forget(user)
    assert (seen(user, OWN), seen(user, NEAR)) == (4, "suppressed")


def test_a_newer_release_stands_before_an_older_one_and_either_can_be_asked_for(release, people):
    made = handmade("Autumn", AUTHORITY_KEY, [figure(OWN, 21, 30), figure(OWN, 3, 5, group="disadvantaged")])
    actions.publish(made=made, state="validated", visibility=SCHOOLS, by=None)
    user = people["headteacher"]
    assert seen(user, OWN) == 5
    assert reading.release_for(user, OWN).name == "Autumn"
    assert reading.release_for(user, OWN, "Summer").name == "Summer"
    assert reading.release_for(user, OWN, "No such release") is None
    assert [one.name for one in reading.releases_for(user, OWN)] == ["Autumn", "Summer"]


def test_a_file_that_was_tampered_with_shows_nothing(release, people):
    for file in release.files.filter(table="results"):
        path = files.place_of(reading.folder(), file.sha256)
        path.chmod(0o600)
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(files.DamagedFileError):
        reading.school_figures(people["headteacher"], OWN)
