"""The pages of packs, for the permission matrix."""

from __future__ import annotations

from headway.web.people.models import User
from web_pages import Page


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of packs."""
    return {
        "packs": Page(),
        "school_packs": Page({"urn": 100001}, {"urn": 200001}),
        "authority_pack": Page({"code": "936"}, {"code": "937"}, answers=_not_of_an_authority()),
        "word_template": Page(),
        "remove_word_template": Page(data={}, answer=302),
    }


def _not_of_an_authority() -> dict[str, int]:
    """Roles that may make packs and hold them of no authority."""
    from headway.web.people.permissions import Permission
    from headway.web.people.roles import ROLES

    return {
        key: 404
        for key, role in ROLES.items()
        if Permission.MAKE_PACKS in role.permissions and role.scope != "authority"
    }
