"""Keeping schemes of one's own: copy a shipped one, change the draft, adopt it."""

from __future__ import annotations

from django.db import transaction

from headway.policy import scheme_packs
from headway.policy.schemes import Scheme
from headway.web.audit import versions
from headway.web.audit.actions import record
from headway.web.categories.models import SchemeCopy
from headway.web.categories.refusals import must
from headway.web.people import access
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User
from headway.web.people.permissions import Permission


@transaction.atomic
def copy_scheme(organisation: str, *, pack: str, title: str, by: User) -> SchemeCopy:
    """Copy a shipped scheme, as a draft that the organisation changes."""
    must(
        access.permits(by, Permission.HOLD_ROUNDS, organisation),
        "You do not keep schemes of this organisation.",
    )
    shipped = scheme_packs.shipped().get(pack)
    if shipped is None:
        raise NotPermitted("There is no such scheme.")
    must(bool(title.strip()), "Give your scheme a title.")
    count = SchemeCopy.objects.filter(organisation=organisation).count() + 1
    made = SchemeCopy.objects.create(
        organisation=organisation,
        key=f"own-{count}-{pack}"[:60],
        title=title.strip(),
        based_on=pack,
        text=shipped.text,
        saved_by=by,
    )
    versions.save_version(made.subject, {"title": made.title, "text": made.text}, by=by, expected=0)
    record("copied a scheme", by=by, organisation=organisation, subject=made.subject, detail={"from": pack})
    return made


@transaction.atomic
def save_scheme(copy: SchemeCopy, *, title: str, text: str, by: User, expected: int) -> SchemeCopy:
    """Change a draft. Raises PackError where the text is no scheme (the text is then not saved), Conflict where a colleague
    saved in the meantime, NotPermitted."""
    locked = SchemeCopy.objects.select_for_update(of=("self",)).get(pk=copy.pk)
    must(access.permits(by, Permission.HOLD_ROUNDS, locked.organisation), "You do not keep this scheme.")
    must(locked.state == SchemeCopy.DRAFT, "This scheme is adopted and stays as it is: copy it to change it.")
    must(bool(title.strip()), "Give your scheme a title.")
    scheme_packs.read(text, locked.title)
    locked.title, locked.text, locked.saved_by = title.strip(), text.replace("\r\n", "\n"), by
    versions.save_version(
        locked.subject, {"title": locked.title, "text": locked.text}, by=by, expected=expected
    )
    locked.save()
    record(
        "changed a scheme",
        by=by,
        organisation=locked.organisation,
        subject=locked.subject,
        detail={"title": title},
    )
    return locked


@transaction.atomic
def adopt_scheme(copy: SchemeCopy, *, by: User) -> SchemeCopy:
    """Adopt a draft: from now on rounds may be held by it, and its text does not change."""
    locked = SchemeCopy.objects.select_for_update(of=("self",)).get(pk=copy.pk)
    must(access.permits(by, Permission.HOLD_ROUNDS, locked.organisation), "You do not keep this scheme.")
    must(locked.state == SchemeCopy.DRAFT, f"This scheme is {locked.state} already.")
    scheme_packs.read(locked.text, locked.title)
    locked.state = SchemeCopy.ADOPTED
    locked.save()
    record(
        "adopted a scheme",
        by=by,
        organisation=locked.organisation,
        subject=locked.subject,
        detail={"title": locked.title},
    )
    return locked


def pack_of(organisation: str, key: str) -> Scheme:
    """The organisation's own adopted scheme of that key, or the shipped one. Raises NotPermitted."""
    own = SchemeCopy.objects.filter(organisation=organisation, key=key, state=SchemeCopy.ADOPTED).first()
    if own is not None:
        return scheme_packs.read(own.text, own.title)
    shipped = scheme_packs.shipped().get(key)
    if shipped is None:
        raise NotPermitted("There is no such scheme: choose one of those listed.")
    return shipped
