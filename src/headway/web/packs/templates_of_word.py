"""The authority's own Word template: kept, replaced, taken away, and read when a Word document is made."""

from __future__ import annotations

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from headway.web.audit.actions import record
from headway.web.design.documents.word_template import check
from headway.web.packs.models import WordTemplate
from headway.web.people.models import User


def current() -> WordTemplate | None:
    """The template in use, if there is one."""
    return WordTemplate.objects.order_by("-pk").first()


def content() -> bytes | None:
    """What the template in use holds; None where there is none, or where its file is not what was uploaded."""
    found = current()
    if found is None:
        return None
    try:
        with default_storage.open(found.path) as opened:
            read: bytes = opened.read()
    except OSError:
        return None
    return read if hashlib.sha256(read).hexdigest() == found.sha256 else None


@transaction.atomic
def keep(*, name: str, content: bytes, by: User) -> WordTemplate:
    """Use a Word file as the template from now on. Raises `TemplateRefused` where it cannot be one."""
    check(content)
    before = list(WordTemplate.objects.all())
    digest = hashlib.sha256(content).hexdigest()
    path = default_storage.save(f"templates/{digest[:32]}.docx", ContentFile(content))
    made = WordTemplate.objects.create(name=name[:150], path=path, sha256=digest, uploaded_by=by)
    record(
        "changed the Word template",
        by=by,
        subject=f"template:{made.pk}",
        detail={"file": made.name, "sha256": digest},
    )
    _erase(before)
    return made


@transaction.atomic
def take_away(*, by: User) -> None:
    """Use no template from now on."""
    before = list(WordTemplate.objects.all())
    if before:
        record(
            "took the Word template away",
            by=by,
            subject=f"template:{before[-1].pk}",
            detail={"file": before[-1].name},
        )
        _erase(before)


def _erase(templates: list[WordTemplate]) -> None:
    paths = [one.path for one in templates]
    WordTemplate.objects.filter(pk__in=[one.pk for one in templates]).delete()
    for path in paths:
        transaction.on_commit(lambda path=path: default_storage.delete(path))
