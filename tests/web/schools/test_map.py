"""The map: positions of the register alone, few enough marks to tell apart, everything in its table too."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.web.schools import mapping
from headway.web.schools.models import Organisation
from web_schools import make, unsaved
from web_tables import tables_of

pytestmark = pytest.mark.django_db
HERE = "authority:936"


def test_the_map_shows_ones_schools_and_no_others(client_of, schools):
    make(
        "school:100010",
        "Ashcombe",
        authority=HERE,
        easting=440000.0,
        northing=520000.0,
        responsible="academy",
    )
    make("school:100011", "Nowhere", authority=HERE)
    page = client_of("head_of_school_improvement").get("/schools/map/").text
    svg = page.split('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720')[1].split("</svg>")[0]
    assert 'href="/schools/100001/"' in svg
    assert 'href="/schools/100010/"' in svg
    assert "200001" not in page
    assert "Saltby" not in page
    assert "1 more has no position" in page
    assert [row[0] for row in tables_of(page)[0][1:]] == [
        "Ashcombe",
        "Calder Bridge Primary School",
        "Nowhere",
    ]


def test_north_is_up_and_east_is_right(schools):
    make("school:100010", "North-east", authority=HERE, easting=440000.0, northing=520000.0)
    drawn = {
        one.name: one
        for one in mapping.map_of(Organisation.objects.filter(authority=HERE, kind="school")).points
    }
    south_west, north_east = drawn["Calder Bridge Primary School"], drawn["North-east"]
    assert north_east.x > south_west.x
    assert north_east.y < south_west.y


def test_nothing_is_loaded_from_another_host(client_of, schools):
    page = client_of("governor").get("/schools/map/").text
    assert not re.findall(r'(?:src|href|xlink:href)="https?://', page)


@given(
    positions=st.lists(st.tuples(st.floats(0, 655_000), st.floats(5_000, 660_000)), min_size=1, max_size=30)
)
def test_every_mark_lies_on_the_map(positions):
    rows = [(f"S{n}", n, "", "Town", HERE, east, north) for n, (east, north) in enumerate(positions)]

    class Rows:
        def order_by(self, *names):
            return self

        def values_list(self, *names):
            return rows

    drawn = mapping.map_of(Rows())
    assert len(drawn.points) == len(positions)
    for point in drawn.points:
        assert 0 <= point.x <= drawn.width
        assert 0 <= point.y <= drawn.height
    assert 0 < drawn.scale_units <= drawn.width / 5 + 1


def test_many_schools_are_drawn_as_crowds(client_of, schools):
    Organisation.objects.bulk_create(
        unsaved(f"school:{120_000 + n}", f"S {n}", authority=HERE, easting=400_000.0 + n * 37 % 90_000,
                northing=500_000.0 + n * 91 % 70_000)
        for n in range(3_000)
    )  # fmt: skip
    rows = Organisation.objects.filter(authority=HERE, kind="school")
    start = time.perf_counter()
    drawn = mapping.map_of(rows)
    assert time.perf_counter() - start < 2
    assert drawn.points == ()
    assert sum(one.number for one in drawn.crowds) == 3_001
    assert len(drawn.crowds) < 1_000
    assert (
        "each circle stands for those near each other"
        in client_of("head_of_school_improvement").get("/schools/map/").text
    )


def test_a_map_of_nothing_says_so(client_of, schools):
    page = client_of("head_of_school_improvement").get("/schools/map/?text=zzzz").text
    assert "No school fits" in page
