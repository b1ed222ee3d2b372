"""The pages of data protection, for the permission matrix."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from headway.web.people.models import User
from web_pages import Page

OWN, OTHER = "school:100001", "school:200001"


def _former(email: str, of: str) -> User:
    """Somebody who was a governor of a school, and has left."""
    user = User.objects.create_user(email, "Somebody Former")
    yesterday = timezone.localdate() - timedelta(days=1)
    user.roles_held.create(role="governor", scope=of, starts=yesterday, ends=yesterday)
    return user


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of data protection."""
    ours, theirs = _former("former@example.org", OWN), _former("elsewhere@example.org", OTHER)
    period = {"number": 24, "reason": "Our own schedule, part 3", "version": 0}
    return {
        "data_protection": Page(),
        "retention": Page(),
        "retention_period": Page({"kind": "invitations"}, {"kind": "nothing"}, 302, data=period),
        "retention_due": Page(),
        "erase_due": Page(data={}, answer=302),
        "about_me": Page(),
        "about_me_file": Page(),
        "person_kept": Page(
            {"person_id": ours.pk}, {"person_id": theirs.pk}, 302, data={"reason": "Asked for", "sure": "on"}
        ),
        "person_kept_file": Page({"person_id": ours.pk}, {"person_id": theirs.pk}),
        "erase_pupil": Page(),
        "data_protection_paper": Page({"paper": "impact-assessment"}, {"paper": "nothing"}),
        "data_protection_file": Page(
            {"paper": "record-of-processing", "form": "xlsx"},
            {"paper": "record-of-processing", "form": "exe"},
        ),
        "privacy_notice": Page(),
    }
