"""Group gaps: the group less the others, with intervals, here and beside the others nationally."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.django_db


def cells(page, name):
    row = next(row for row in page.text.split("<tr")[1:] if f">{name}<" in row)
    return [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell.split(">", 1)[1])).strip()
        for cell in re.split(r"<t[hd]", row)[1:]
    ]


def test_a_gap_is_the_group_less_the_others_with_its_interval(client_of, published):
    page = client_of("data_officer").get("/standards/gaps/")
    found = cells(page, "Disadvantaged")
    assert found[1:4] == ["37.0%", "25.4% to 50.4%", "54"]
    assert re.fullmatch(r"−33\.0 percentage points \(−4\d\.\d to −1\d\.\d\), below", found[4])
    assert cells(page, "Not disadvantaged")[4].startswith("+33.0 percentage points")


def test_the_gap_is_shown_through_the_years_that_can_be_compared(client_of, published):
    page = client_of("data_officer").get("/standards/gaps/").text
    assert "Disadvantaged less not disadvantaged: −33.0 (95% interval" in page


def test_the_same_characteristic_is_drawn_once(client_of, published):
    chart = client_of("data_officer").get("/standards/gaps/").text.split("gaps, Northmoor")[2]
    assert chart.split("</svg>")[0].count("Not disadvantaged") == 0


def test_a_release_without_groups_says_so(client_of, publish, monkeypatch):
    import authority_released

    every = authority_released.rows
    monkeypatch.setattr(
        authority_released, "rows", lambda **more: [row for row in every(**more) if row["group"] == "all"]
    )
    publish("no groups")
    assert "has no figures of groups of pupils" in client_of("data_officer").get("/standards/gaps/").text
