"""Every filter of the pages about an authority does what it says: another choice shows other figures, and stands chosen."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest

import authority_released
from authority_released import AUTHORITY, SCHOOLS, row
from web_schools import OWN

pytestmark = pytest.mark.django_db
OTHER_MEASURE = "ks2_reading_expected"
CHOICES = "ks2_rwm_expected", OTHER_MEASURE
SECOND, THIRD, FOURTH = (f"school:10000{place}" for place in (2, 3, 4))


@pytest.fixture
def client(client_of, publish, monkeypatch, people):
    """A data officer, with a release of two measures, years, groups, years put together, and schools that differ."""
    from headway.web.people.models import Caseload
    from headway.web.schools.models import Belonging, Organisation
    from headway.web.standards import actions
    from headway.web.standards.models import SCHOOLS as TO_SCHOOLS

    every = authority_released.rows

    def more(small_hidden=False):
        made = every(small_hidden)
        for school in SCHOOLS:
            made.append(row(school, 31, 50, measure=OTHER_MEASURE))
            made.append(row(school, 66, 110, years_pooled=3))
            made.append(row(school, 9, 20, group="disadvantaged"))
            made.append(row(school, 11, 20, group="other"))
        for group, met in (("all", 70), ("disadvantaged", 21), ("other", 49), ("girls", 40), ("boys", 30)):
            made.append(row(AUTHORITY, met, 100, measure=OTHER_MEASURE, group=group))
        for group, met in (("girls", 50), ("boys", 47)):
            made.append(row(AUTHORITY, met, 82, group=group))
        made.append(row(AUTHORITY, 80, 100, measure="phonics_expected"))
        return made

    publish("plain")
    monkeypatch.setattr(authority_released, "rows", more)
    made = authority_released.made_once("filters", lambda: authority_released.release("Filters"))
    made.measures = [*CHOICES, "phonics_expected"]
    actions.publish(made=made, state="provisional", visibility=TO_SCHOOLS, by=None)
    Organisation.objects.filter(key=SECOND).update(phase="Secondary", kind_of_school="secondary")
    Belonging.objects.create(
        organisation_id=THIRD, group_id="cluster:hill", kind="cluster", starts=date(2020, 1, 1), source="here"
    )
    Caseload.objects.create(user=people["link_adviser"], organisation=FOURTH, starts=date(2020, 1, 1))
    return client_of("data_officer")


def chosen(page: str) -> set[str]:
    """The values that stand chosen in the page's filter."""
    return {
        found[1]
        for part in page.split("<option")[1:]
        if " selected" in part.partition(">")[0] and (found := re.search(r'value="([^"]*)"', part))
    }


def figures(client, **asked) -> list[dict[str, str]]:
    """The rows of the file of one measure across schools."""
    answer = client.get("/standards/across/csv/", asked)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ({}, "50.0"),
        ({"measure": OTHER_MEASURE}, "62.0"),
        ({"year": "2018"}, "35.0"),
        ({"pooled": "3"}, "60.0"),
        ({"group": "disadvantaged"}, "45.0"),
        ({"group": "other"}, "55.0"),
        ({"release": "Autumn", "group": "disadvantaged"}, None),
    ],
)
def test_across_shows_the_figures_that_were_asked_for_on_the_page_and_in_the_file(client, asked, value):
    page = client.get("/standards/across/", asked).content.decode()
    assert set(asked.values()) <= chosen(page)
    found = {row["urn"]: row["value"] for row in figures(client, **asked)}
    if value is None:
        assert found == {}
        assert "No school that you may see has such a figure" in page
    else:
        assert float(found["100001"]) == pytest.approx(float(value))
        assert f">{value}%</a>" in page


@pytest.mark.parametrize(
    ("name", "value", "fit"),
    [
        ("phase", "Secondary", {SECOND}),
        ("kind", "secondary", {SECOND}),
        ("trust", "trust:2044", {OWN}),
        ("cluster", "cluster:hill", {OWN, THIRD}),
        ("adviser", None, {OWN, FOURTH}),
        ("minimum", "10", set(SCHOOLS) - {"school:100005"}),
    ],
)
def test_across_lists_the_schools_that_were_asked_for_on_the_page_and_in_the_file(
    client, people, name, value, fit
):
    asked = {name: value or str(people["link_adviser"].pk)}
    page = client.get("/standards/across/", asked).content.decode()
    if name != "minimum":
        assert asked[name] in chosen(page)
    body = page.split("<tbody")[1].split("</tbody>")[0]
    assert {f"school:{urn}" for urn in re.findall(r'href="/schools/(\d+)/"', body)} == fit
    assert {f"school:{row['urn']}" for row in figures(client, **asked)} == fit


@pytest.mark.parametrize(
    ("address", "asked", "said"),
    [
        ("", {"year": "2018"}, "Key stage 2, 2017/18: key lines"),
        ("", {"stage": "phonics"}, "80.0% in 2018/19"),
        ("", {"release": "Autumn"}, None),
        ("gaps/", {"measure": OTHER_MEASURE}, "21.0%"),
        ("gaps/", {"group": "girls"}, "Girls less boys: +"),
        ("gaps/", {"year": "2018"}, "by group of pupils, 2017/18"),
        ("floor/", {"standard": "coasting"}, ">Coasting</h2>"),
        ("floor/", {"year": "2019"}, "Years of this release with a rule"),
    ],
)
def test_the_other_pages_show_what_was_asked_for(client, address, asked, said):
    usual = client.get(f"/standards/{address}").content.decode()
    page = client.get(f"/standards/{address}", asked).content.decode()
    ((name, value),) = asked.items()
    if name != "stage":
        assert value in chosen(page)
        assert value not in chosen(usual)
    if said is None:
        assert "Phonics" in usual
        assert "Phonics" not in page
    else:
        assert said in page
        assert page != usual
