"""Lists in pages: which page was asked for, in which order, and addresses that keep the filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

SIZE = 50
"""Rows on a page."""


@dataclass(frozen=True)
class Order:
    """By which column a list stands, and whether from the greatest down."""

    key: str
    descending: bool = False


def page_of(request: HttpRequest, items: Sequence[Any] | Any, size: int = SIZE) -> Page:
    """The page that `?page=` asks for, of a list or a query; the nearest there is where it asks for another."""
    return Paginator(items, size).get_page(request.GET.get("page"))


def order_of(request: HttpRequest, allowed: Sequence[str], default: str) -> Order:
    """The order that `?sort=` asks for: a column of `allowed`, with a hyphen before it from the greatest down."""
    asked = request.GET.get("sort", default)
    key = asked.removeprefix("-")
    return Order(key, asked.startswith("-")) if key in allowed else order_of_text(default)


def order_of_text(text: str) -> Order:
    """`-value` is the column `value` from the greatest down."""
    return Order(text.removeprefix("-"), text.startswith("-"))


def query(request: HttpRequest, **changes: object) -> str:
    """The query of the address with some values changed, or dropped where they are None: `?measure=a&page=2`."""
    asked = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            asked.pop(name, None)
        else:
            asked[name] = str(value)
    return f"?{asked.urlencode()}"


def sort_link(request: HttpRequest, order: Order, key: str) -> str:
    """The address of the list by another column, or by the same the other way round; from its first page."""
    turned = f"-{key}" if order.key == key and not order.descending else key
    return query(request, sort=turned, page=None)
