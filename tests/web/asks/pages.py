"""The pages of asking, for the permission matrix."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from headway.web.asks.models import Ask
from headway.web.people.models import User
from web_pages import Page

OWN, OTHER = "school:100001", "school:200001"


def _asked(of: str, by: User) -> Ask:
    return Ask.objects.create(
        organisation=of,
        what="Numbers for the autumn visit",
        purpose="Assessment",
        legal_basis="Public task",
        minutes=20,
        due=timezone.localdate() + timedelta(days=9),
        together=f"matrix {of}",
        asked_by=by,
    )


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of asking."""
    asker = people["data_officer"]
    own, other = {"ask_id": _asked(OWN, asker).pk}, {"ask_id": _asked(OTHER, asker).pk}
    return {
        "asks": Page(),
        "asks_file": Page(),
        "ask": Page(own, other),
        "asks_sent": Page(),
        "asks_sent_file": Page(),
        "ask_sent": Page(own, other),
        "withdraw_ask": Page(own, other, 302, data={"reason": "we have it already"}),
        "remind_of_ask": Page(own, other, 302, data={}),
        "new_ask": Page(),
        "asks_burden": Page(),
        "asks_burden_file": Page(),
        "school_burden": Page({"urn": 100001}, {"urn": 200001}),
        "asks_cap": Page(),
    }
