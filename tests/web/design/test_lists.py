"""Lists: the page and the order asked for, addresses that keep the filters."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.test import RequestFactory

from headway.web.design.lists import Order, order_of, page_of, query, sort_link


def request(words=""):
    return RequestFactory().get("/list/?" + words)


def test_a_page_holds_fifty():
    page = page_of(request("page=2"), list(range(120)))
    assert (next(iter(page.object_list)), len(page.object_list), page.paginator.num_pages) == (50, 50, 3)


@pytest.mark.parametrize("asked", ["page=nonsense", "page=0", "page=-3", "page=", ""])
def test_a_page_that_there_is_not_is_the_nearest_there_is(asked):
    assert page_of(request(asked), list(range(120))).number in (1, 3)


def test_only_a_column_of_the_list_sorts_it():
    allowed = ("name", "value")
    assert order_of(request("sort=-name"), allowed, "-value") == Order("name", descending=True)
    assert order_of(request("sort=secret"), allowed, "-value") == Order("value", descending=True)
    assert order_of(request(), allowed, "name") == Order("name")


def test_an_address_keeps_its_filters_and_changes_what_is_asked():
    asked = request("measure=a&page=3&town=St+Ives")
    assert QueryDict(query(asked, page=2)[1:]).dict() == {"measure": "a", "page": "2", "town": "St Ives"}
    assert QueryDict(query(asked, page=None, town=None)[1:]).dict() == {"measure": "a"}


def test_sorting_again_by_the_same_column_turns_the_list_round_from_its_first_page():
    asked = request("page=3")
    assert sort_link(asked, Order("name"), "name") == "?sort=-name"
    assert sort_link(asked, Order("name", descending=True), "name") == "?sort=name"
    assert sort_link(asked, Order("value"), "name") == "?sort=name"
