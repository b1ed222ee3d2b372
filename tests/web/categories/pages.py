"""The pages of categories, for the permission matrix."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from headway.policy import scheme_packs
from headway.web.categories.models import Change, Round, SchemeCopy, Standing
from headway.web.people.models import User
from web_pages import Page

OWN, OTHER = "school:100001", "school:200001"
OUR_AUTHORITY, THEIR_AUTHORITY = "authority:936", "authority:937"


def _round(organisation: str, school: str, state: str, by: User) -> Standing:
    scheme = scheme_packs.shipped()["southwark-2002"]
    held = Round.objects.create(
        organisation=organisation,
        title="Autumn",
        year=2002,
        as_at=timezone.localdate(),
        run="run-1",
        scheme_key=scheme.key,
        scheme_title=scheme.title,
        scheme_text=scheme.text,
        state=state,
        opened_by=by,
        frozen_at=timezone.now(),
        frozen_text="{}",
        digest="0" * 64,
        reply_by=timezone.localdate(),
        published_at=timezone.now(),
    )
    return Standing.objects.create(
        round=held, organisation=school, name="A school", computed="A", override="B", override_reason="r",
        override_by=by, evidence={"findings": []}, answer=Standing.DIFFERENCE, answer_text="We differ",
        answered_by=by, answered_at=timezone.now(),
    )  # fmt: skip


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of categories."""
    by = people["administrator"]
    mine, theirs = (
        _round(OUR_AUTHORITY, OWN, "published", by),
        _round(THEIR_AUTHORITY, OTHER, "published", by),
    )
    change, other_change = (
        Change.objects.create(standing=one, category="C", because="b", on=timezone.localdate(), by=by)
        for one in (mine, theirs)
    )
    copies = [
        SchemeCopy.objects.create(
            organisation=whose,
            key="own",
            title="Ours",
            based_on="southwark-2002",
            text=scheme_packs.shipped()["southwark-2002"].text,
            saved_by=by,
        )
        for whose in (OUR_AUTHORITY, THEIR_AUTHORITY)
    ]
    own, other = {"standing_id": mine.pk}, {"standing_id": theirs.pk}
    round_, other_round = {"round_id": mine.round_id}, {"round_id": theirs.round_id}
    copy, other_copy = {"copy_id": copies[0].pk}, {"copy_id": copies[1].pk}
    shipped = {"key": "southwark-2002"}
    # Those who see a category without working in the round have no page of the round, and no letter without reasons.
    seeing = ("headteacher", "senior_leader", "governor", "clerk", "trust_leader", "client")
    no_round = dict.fromkeys(seeing, 404)
    no_letter = dict.fromkeys(("governor", "clerk", "client"), 404)
    refused = dict.fromkeys(seeing, 403)
    judged: dict[str, Any] = {"criterion": "high"}
    return {
        "categories": Page(),
        "open_round": Page(),
        "round": Page(round_, other_round, answers=no_round),
        "round_file": Page(round_, other_round, answers=no_round),
        "send_round": Page(round_, other_round, 302, data={}),
        "publish_round": Page(round_, other_round, 302, data={}),
        "what_if": Page(round_, other_round, 302),
        "standing": Page(own, other),
        "judge": Page(own | judged, other | judged, data={}),
        "propose_category": Page(own, other, data={}),
        "sign_category": Page(own, other, 302, answers=refused, foreigns=refused, data={}),
        "change_category": Page(own, other, data={}),
        "sign_change": Page(
            own | {"change_id": change.pk},
            other | {"change_id": other_change.pk},
            302,
            answers=refused,
            foreigns=refused,
            data={},
        ),
        "answer_category": Page(own, other, data={}),
        "reply_category": Page(own, other, data={}),
        "standing_letter": Page(own | {"form": "docx"}, other | {"form": "docx"}, answers=no_letter),
        "school_category": Page({"urn": 100001}, {"urn": 200001}),
        "schemes": Page(),
        "scheme": Page(shipped),
        "copy_scheme": Page(shipped, data={}),
        "own_scheme": Page(copy, other_copy),
        "adopt_scheme": Page(copy, other_copy, 302, data={}),
    }
