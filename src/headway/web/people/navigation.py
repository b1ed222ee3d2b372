"""The links across the top of every page: only what the person's roles permit.

A part offers its own once, when the service starts: `offer(Link("Schools", "find_schools", Permission.SEE_SCHOOLS, 10))`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from headway.web.people.access import holds
from headway.web.people.permissions import Permission


@dataclass(frozen=True)
class Link:
    """A link: its words, the name of its address, the permissions of which one suffices (None: everybody's), its place in
    the order, and the start of the paths on which it is the current one (its own address, unless said)."""

    text: str
    name: str
    permission: Permission | tuple[Permission, ...] | None
    order: int
    prefix: str = ""


_links: list[Link] = [Link("Today", "today", None, 0)]


def offer(link: Link) -> None:
    """Add a link for those who are permitted."""
    if link not in _links:
        _links.append(link)
        _links.sort(key=lambda each: each.order)


def navigation(request: HttpRequest) -> list[dict[str, object]]:
    """The links of the person who asks, as GOV.UK's service navigation takes them."""
    items: list[dict[str, object]] = []
    for link in _links:
        wanted = link.permission if isinstance(link.permission, tuple) else (link.permission,)
        if any(permission is None or holds(request.user, permission) for permission in wanted):
            href = reverse(link.name)
            start = link.prefix or href
            here = request.path == href or (start != "/" and request.path.startswith(start))
            items.append({"text": link.text, "href": href, "active": here, "current": request.path == href})
    return items
