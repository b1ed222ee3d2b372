"""Where a figure comes from, walked back from the page; and what was known of a school on a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from headway.web.schools.models import Organisation
from headway.web.standards import actions
from headway.web.standards.known import said_on
from released import YEAR

OWN = "school:100001"
FIGURE = f"/standards/figure/{OWN}/{YEAR}/1/ks2_rwm_expected"


@pytest.fixture
def release(publish):
    return publish("Summer")


def test_a_figure_is_walked_back_to_its_file(release, client_of):
    page = client_of("data_officer").get(f"{FIGURE}/all/").content.decode()
    for said in (
        "50.0%",
        "Numerator: pupils who met it",
        "Counted from pupil rows",
        "Wilson",
        "pupil rows of pupils.csv",
        "Definition",
        "Summer, provisional",
        "run-0001",
        "/standards/receipts/R00002/",
    ):
        assert said in page, said
    receipt = client_of("data_officer").get("/standards/receipts/R00002/")
    assert receipt.status_code == 200
    assert "pupils.csv" in receipt.content.decode()
    rows = client_of("data_officer").get("/standards/receipts/R00002/?row=2").content.decode()
    assert "Nothing of this row is shown: it is of pupils" in rows


def test_a_hidden_figure_tells_its_reader_that_it_is_hidden_and_nothing_more(release, client_of):
    whole = client_of("data_officer").get(f"{FIGURE}/disadvantaged/").content.decode()
    assert "It is withheld from, or was not opened to:" in whole
    assert "Governors of a school" in whole
    page = client_of("governor").get(f"{FIGURE}/disadvantaged/").content.decode()
    assert "suppressed" in page
    assert "nobody can tell which" in page
    for telling in (
        "Numerator",
        "Denominator",
        "pupil rows",
        "receipt",
        "Value, unrounded",
        "withheld from, or",
    ):
        assert telling not in page, telling
    assert client_of("headteacher").get(f"{FIGURE}/disadvantaged/").content.decode().count("Denominator") == 1


def test_a_group_that_was_not_opened_is_not_there(release, client_of):
    assert client_of("headteacher").get(f"{FIGURE}/girls/").status_code == 200
    assert client_of("governor").get(f"{FIGURE}/girls/").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        f"/standards/figure/school:100002/{YEAR}/1/ks2_rwm_expected/all/",
        f"{FIGURE}/all/?release=No such release",
        f"/standards/figure/{OWN}/{YEAR}/1/no_such_measure/all/",
        "/standards/figure/nonsense/1/1/x/y/",
        "/standards/schools/100002/",
        "/standards/schools/100001/no-such-page/",
        "/standards/schools/100001/summary/file.pdf",
    ],
)
def test_guessing_gains_nothing(release, client_of, address):
    assert client_of("headteacher").get(address).status_code == 404


def test_filters_that_make_no_sense_are_as_if_they_were_not_given(release, client_of):
    page = client_of("headteacher").get(
        "/standards/schools/100001/?year=abc&group=<script>&release=x&pooled=9"
    )
    assert page.status_code == 200
    assert "<script>&" not in page.content.decode()


def test_what_a_release_said_on_a_day_is_known_with_its_later_correction(release, people):
    school, now = Organisation.objects.get(key=OWN), timezone.now()
    user = people["headteacher"]
    known = said_on(user, school, now)
    assert any("50.0%" in one.text and "Summer (provisional)" in one.text for one in known)
    assert said_on(user, school, now - timedelta(days=1)) == []
    assert said_on(people["administrator"], school, now) == []
    actions.take_back(release_id=release.pk, why="Wrong file", by=None)
    (gone,) = said_on(user, school, now)
    assert "taken back later" in gone.text
    assert "50.0%" not in gone.text
    assert said_on(people["administrator"], school, now) == []
    assert said_on(user, school, timezone.now() + timedelta(seconds=1)) == []
