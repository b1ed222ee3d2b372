"""The authority beside its statistical neighbours."""

from __future__ import annotations

import pytest

from authority_released import MEASURE, YEAR, row

pytestmark = pytest.mark.django_db
LISTED = [
    {"organisation": "authority:936", "neighbour": key, "rank": rank, "note": "Very close", "name": name,
     "source": "dfe_neighbours_2025-05"}
    for rank, (key, name) in enumerate((("authority:866", "Swindon"), ("authority:881", "Essex")), 1)
]  # fmt: skip


def test_without_a_list_the_page_says_what_to_load(client_of, published):
    assert "list of statistical neighbours" in client_of("data_officer").get("/standards/neighbours/").text


@pytest.mark.parametrize("role", ["data_officer", "councillor", "governor"])
def test_neighbours_stand_in_dfes_order_with_what_they_published(role, client_of, publish):
    unpublished = dict.fromkeys(
        ("numerator", "denominator", "lower", "upper", "numerator_low", "numerator_high")
    )
    theirs = [row("authority:866", 62, 100, basis="published") | unpublished]
    publish("neighbours", listed=LISTED, theirs=theirs)
    page = client_of(role).get("/standards/neighbours/").text
    assert page.index("Swindon") < page.index("Essex")
    assert "62%" in page
    assert "not published" in page
    assert ">no interval</td>" in page.split("Swindon</th>")[1].split("</tr>")[0]
    assert ">no interval</td>" not in page.split("Essex</th>")[1].split("</tr>")[0]
    assert "59.1% (95% interval 51.5% to 66.4%)" in page
    assert f"{MEASURE}" in page
    assert str(YEAR)[2:] in page
