"""Floor and coasting: the year's own rule with its source; a suppressed school is never below."""

from __future__ import annotations

import pytest

import authority_released
from authority_released import SCHOOLS, row

pytestmark = pytest.mark.django_db
YEAR = 2008
RULE = "ks2_english_maths_level4"


@pytest.fixture
def of_2008(monkeypatch, publish):
    """Figures of two years in which 55 per cent was the floor: 20, 38, 12 and 24 of 40, and a small school."""

    def rows(small_hidden=False):
        made = []
        for year in (YEAR, YEAR + 1):
            for school, (met, pupils) in SCHOOLS.items():
                hidden = small_hidden and pupils < 5
                more = {"year": year, "measure": RULE}
                # The small school had 1 of 4 and would be below; School 3 rose above in the second year.
                reached = 1 if pupils < 5 else 24 if (year, met) == (YEAR + 1, 12) else met
                made.append(row(school, None if hidden else reached, None if hidden else pupils, **more))
            made.append(row("authority:936", 97, 164, year=year, measure=RULE))
        return made

    monkeypatch.setattr(authority_released, "rows", rows)
    monkeypatch.setattr(authority_released, "YEAR", YEAR + 1)
    monkeypatch.setattr(authority_released, "MEASURE", RULE)
    return publish("2008")


def section(page, title, until):
    return page.text.split(f">{title}</h2>")[1].split(until)[0]


def test_the_list_says_who_was_below_why_and_by_which_rule(client_of, of_2008):
    page = client_of("data_officer").get("/standards/floor/?year=2008")
    below = section(page, "Below the floor", ">Cannot say</h2>")
    assert "Calder Bridge Primary School" in below
    assert "20 of 40 pupils (50.0 %), below 55" in below
    assert "School 3" in below
    assert "School 2" not in below
    assert "Below 55 % level 4 and above in English and mathematics combined, 2008 and 2009" in page.text


def test_a_suppressed_school_is_never_called_below(client_of, of_2008):
    whole = client_of("data_officer").get("/standards/floor/?year=2008")
    assert "School 5" in section(whole, "Below the floor", ">Cannot say</h2>")
    page = client_of("councillor").get("/standards/floor/?year=2008")
    assert "School 5" not in section(page, "Below the floor", ">Cannot say</h2>")
    assert "is suppressed." in section(page, "Cannot say", "</table>")


def test_who_moved_is_said_net_and_gross(client_of, of_2008):
    page = client_of("data_officer").get("/standards/floor/?year=2009").text
    assert "Schools at or above the floor: net 1 more than in 2007/08; 1 newly, 0 no longer." in page


def test_the_latest_year_with_a_rule_stands_first(client_of, of_2008):
    assert "The rule of 2008/09" in client_of("data_officer").get("/standards/floor/").text


def test_a_year_without_a_rule_says_why(client_of, published):
    page = client_of("data_officer").get("/standards/floor/?year=2019").text
    assert "Floor standard at the end of key stage 2" in page


def test_coasting_is_judged_by_its_own_rule(client_of, published):
    page = client_of("data_officer").get("/standards/floor/?standard=coasting&year=2018").text
    assert "Coasting" in page
    assert "Below the floor" not in page


def test_a_head_sees_only_the_own_school(client_of, of_2008):
    page = client_of("headteacher").get("/standards/floor/?year=2008").text
    assert "Calder Bridge" in page
    assert "School 3" not in page
