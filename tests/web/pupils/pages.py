"""The pages of pupils and of the checking desk, for the permission matrix. Without a store there is nobody to see, so
whoever is permitted is asked for the purpose, and no more."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from headway.web.people.models import BulkRequest, User
from web_pages import Page

OWN, OTHER = {"urn": 100001}, {"urn": 200001}
EMERGENCY = {"head_of_school_improvement": 302}
"""The head of service may not see pupils, but for an emergency: there the page asks for the reason."""


def _request(by: User) -> int:
    ends = timezone.now() + timedelta(days=1)
    return BulkRequest.objects.create(
        kind="pupil lists", organisation="authority:936", purpose="p", asked_by=by, expires_at=ends
    ).pk


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of pupils."""
    year = {"year": 2024}
    return {
        "pupils": Page(),
        "school_pupils": Page(
            OWN, OTHER, 302, answers=EMERGENCY, foreigns={"head_of_school_improvement": 404}
        ),
        "find_pupil": Page(OWN, OTHER, 302, answers=EMERGENCY, foreigns={"head_of_school_improvement": 404}),
        "pupil_list": Page(
            OWN | year, OTHER | year, 302, answers=EMERGENCY, foreigns={"head_of_school_improvement": 404}
        ),
        "pupil_list_file": Page(
            OWN | year, OTHER | year, 302, answers=EMERGENCY, foreigns={"head_of_school_improvement": 404}
        ),
        "export_pupils": Page(),
        "take_pupils": Page(
            {"request_id": _request(people["data_officer"])},
            {"request_id": _request(people["administrator"])},
            302,
            data={},
        ),
        "checking": Page(),
        "school_desk": Page(OWN | year, OTHER | year, 302),
        "school_desk_file": Page(OWN | year, OTHER | year, 302),
        "correction": Page(
            OWN | year | {"candidate": "overseas:1"}, OTHER | year | {"candidate": "overseas:1"}, 302
        ),
        "checking_deadline": Page(
            {"organisation": "authority:936"} | year,
            {"organisation": "authority:937"} | year,
            answers={"headteacher": 404},
        ),
    }
