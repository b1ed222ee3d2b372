"""The pages of people, for the permission matrix."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from headway.web.people.models import BrokenGlass, BulkRequest, Invitation, User
from web_pages import Page

OWN, OTHER = "school:100001", "school:200001"


def _invitation(of: str, by: User) -> Invitation:
    return Invitation.objects.create(
        email=f"{of[-6:]}@example.org",
        name="Somebody",
        role="governor",
        scope=of,
        secret_hash=of,
        sent_by=by,
        expires_at=timezone.now() + timedelta(days=7),
    )


def _glass(of: str, by: User) -> BrokenGlass:
    return BrokenGlass.objects.create(
        user=by, organisation=of, reason="A child may be at risk", expires_at=timezone.now()
    )


def _request(of: str, by: User) -> BulkRequest:
    ends = timezone.now() + timedelta(days=1)
    return BulkRequest.objects.create(
        kind="pupils", organisation=of, purpose="p", asked_by=by, expires_at=ends
    )


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of people."""
    administrator = people["administrator"]
    governor = people["governor"]
    stranger = User.objects.create_user("stranger@example.org", "A Stranger")
    held = governor.roles_held.get()
    theirs = stranger.roles_held.create(role="governor", scope=OTHER)
    mine, foreign = {"person_id": governor.pk}, {"person_id": stranger.pk}
    everybody = {"administrator": 200}
    changed = {"administrator": 302}
    here, there = _invitation(OWN, administrator), _invitation(OTHER, administrator)
    broken, elsewhere = _glass(OWN, administrator), _glass(OTHER, administrator)
    asked, asked_elsewhere = _request(OWN, administrator), _request(OTHER, administrator)
    invited: dict[str, Any] = {"name": "N", "email": "n@example.org", "role": "governor"}
    return {
        "today": Page(),
        "my_account": Page(),
        "accessibility": Page(),
        "privacy": Page(),
        "health": Page(),
        "logo": Page({"name": "guessed.png"}, answer=404),
        "accept_invitation": Page({"secret": "guessed"}, answer=404),
        "account_signup": Page(answer=404),
        "socialaccount_signup": Page(answer=404),
        "account_email": Page(answer=404),
        "account_email_verification_sent": Page(answer=404),
        "people": Page(),
        "person": Page(mine, foreign, foreigns=everybody),
        "end_role": Page(
            {**mine, "held_id": held.pk}, {**foreign, "held_id": theirs.pk}, 302, data={}, foreigns=changed
        ),
        "close_account": Page(mine, foreign, 302, data={"reason": "has left"}, foreigns=changed),
        "open_account": Page(mine, foreign, 302, data={}, foreigns=changed),
        "invite": Page(data=invited | {"scope": OWN}, answer=302),
        "withdraw_invitation": Page(
            {"invitation_id": here.pk}, {"invitation_id": there.pk}, 302, data={}, foreigns=changed
        ),
        "resend_invitation": Page(
            {"invitation_id": here.pk}, {"invitation_id": there.pk}, 302, data={}, foreigns=changed
        ),
        "roles": Page(),
        "narrow_role": Page({"role": "governor"}, answer=302, data={"permission": "make data packs"}),
        "service_settings": Page(),
        "trail": Page(),
        "trail_file": Page(),
        "access_log": Page(),
        "emergency_seen": Page({"glass_id": broken.pk}, {"glass_id": elsewhere.pk}, 302, data={}),
        "purpose": Page({"organisation": OWN}, {"organisation": OTHER}),
        "emergency": Page({"organisation": OWN}, {"organisation": OTHER}),
        "exports": Page(),
        "export_request": Page({"request_id": asked.pk}, {"request_id": asked_elsewhere.pk}),
    }
