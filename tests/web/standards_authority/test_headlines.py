"""The authority's headlines: what the release says, for each audience, and where it comes from."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from authority_released import MEASURE

pytestmark = pytest.mark.django_db


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_without_a_release_the_page_says_what_to_wait_for(client_of, people):
    assert (
        "No release of figures has been published to you yet"
        in client_of("data_officer").get("/standards/").text
    )


def test_the_headlines_say_value_pupils_interval_and_comparators(client_of, published):
    page = client_of("data_officer").get("/standards/")
    said = words(page)
    assert "59.1% in 2018/19 (164 pupils), 95% interval 51.5% to 66.4%." in said
    assert "percentage points below England (65.0%)" in said
    assert "percentage points above 2017/18" in said
    link = reverse("figure", args=["authority:936", 2019, 1, MEASURE, "all"])
    assert f'href="{link}?release=Autumn"' in page.text


def test_how_many_schools_rose_and_fell_is_said_net_and_gross(client_of, published):
    said = words(client_of("data_officer").get("/standards/"))
    assert (
        "Of 5 schools, 1 rose and 0 fell since 2017/18 by more than chance would explain: net 1 rose." in said
    )


def test_the_trend_stands_beside_its_sentence_and_its_table(client_of, published):
    page = client_of("data_officer").get("/standards/").text
    assert page.count('role="img"') == 2
    assert "Northmoor: 59.1% (95% interval 51.5% to 66.4%) in 2018/19" in page
    assert "the same as a table" in page


def test_an_earlier_year_is_shown_when_asked_and_one_that_there_is_not_never(client_of, published):
    client = client_of("data_officer")
    assert "Key stage 2, 2017/18: key lines" in client.get("/standards/?year=2018").text
    for nonsense in (
        "year=1066",
        "year=x",
        "authority=authority:937",
        "release=None",
        "stage=x",
        "authority=school:200001",
    ):
        assert "Key stage 2, 2018/19: key lines" in client.get(f"/standards/?{nonsense}").text


def test_a_break_is_said_and_nothing_compared_across_it(client_of, published):
    said = words(client_of("data_officer").get("/standards/?year=2018"))
    assert "Not comparable with 2016/17: writing is assessed under a changed framework." in said
    assert "so no school is said to have risen or fallen" in said


@pytest.mark.parametrize(
    "role", ["governor", "headteacher", "councillor", "partner", "link_adviser", "trust_leader"]
)
def test_everybody_who_sees_standards_sees_the_authoritys_totals(role, client_of, published):
    assert "59.1% in 2018/19" in client_of(role).get("/standards/").text


def test_a_release_taken_back_is_shown_to_nobody(client_of, published):
    from headway.web.standards import actions

    actions.take_back(release_id=published.pk, why="Wrong file", by=None)
    page = client_of("data_officer").get("/standards/").text
    assert "59.1%" not in page
    assert "No release of figures" in page
