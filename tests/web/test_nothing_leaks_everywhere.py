"""What lies in another authority's school never appears in any answer to somebody who may not see it.

A word that stands nowhere else is written into every text of every record of the other school, whatever part keeps it; then
every page, list, file, search and suggestion is asked for by every role, and every byte of the answers is searched for it.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from web_service import OTHER
from web_world import OURS, ROLES, World, made_world

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("matrix")]
CANARY = "Qzyxwv"
SEARCHES = (
    "/schools/?text={}",
    "/schools/suggest/?text={}",
    "/schools/file/?text={}",
    "/schools/map/?text={}",
)
OF_PEOPLE = ("people", "contenttypes", "auth")
THEIRS = {OTHER, "authority:937"}
SEES_ALL = {"administrator"}
"""Looks after everybody's account, and so sees the names of people of other schools; not what they write."""
THEIR_OWN_DOINGS = {"about_me", "about_me_file"}
NOT_OF_A_SCHOOL = {"audit.Version", "sessions.Session", "contenttypes.ContentType", "auth.Permission"}


def plant() -> dict[str, int]:
    """Write the word into every free text of every record of the other school; how many records of which model."""
    planted: dict[str, int] = {}
    for model in apps.get_models():
        if model._meta.label in NOT_OF_A_SCHOOL:
            continue
        found = [row for row in model._default_manager.all() if _is_theirs(row)]
        texts = [field for field in model._meta.fields if _is_free(field)]
        for row in found if texts else ():
            changed = {
                field.attname: f"{CANARY} {str(getattr(row, field.attname))[: (field.max_length or 200) - 8]}"
                for field in texts
            }
            with_protection_lifted(model, row.pk, changed)
            planted[model._meta.label] = planted.get(model._meta.label, 0) + 1
    return planted


def _is_theirs(row: Any) -> bool:
    """Whether a record is of the other school or its authority: it says so, or belongs to one that does."""
    for field in row._meta.fields:
        value = getattr(row, field.attname)
        if isinstance(value, str) and value in THEIRS:
            return True
        if field.is_relation and value is not None and field.related_model._meta.app_label not in OF_PEOPLE:
            owner = getattr(row, field.name)
            if _is_theirs(owner):
                return True
    return False


def _is_free(field: Any) -> bool:
    return (
        isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and not field.unique
        and not field.is_relation
        and (field.max_length or 200) >= 60
        and field.name not in CODES
    )


CODES = {
    "organisation", "scope", "authority", "group", "trust", "kind", "role", "state", "circle", "key", "secret_hash",
    "together", "path", "sha256", "seen_by", "verb", "by", "subject", "run", "scheme_key", "scheme_text", "searched",
    "permission", "content_type", "evidence", "token",
}  # fmt: skip
"""Texts that are keys, not words: writing into them would make the record another one."""


def with_protection_lifted(model: Any, key: Any, changed: dict[str, str]) -> None:
    """Even the audit trail, which nobody changes."""
    from django.db import connection

    from headway.web.audit import protection

    with connection.cursor() as cursor:
        protection.lift(connection.vendor, cursor.execute)
        model._default_manager.filter(pk=key).update(**changed)
        protection.lay(connection.vendor, cursor.execute)


def words_of(answer: Any) -> str:
    """Everything in an answer, what lies packed in a Word, Excel or zip file too."""
    content = bytes(answer.content)
    found = [content.decode("utf-8", "replace"), str(dict(answer.headers)), str(answer.cookies)]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            found += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
    if content[:5] == b"%PDF-":
        from pypdf import PdfReader

        found += [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    return "\n".join(found)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), made_world() as made:
        made.planted = plant()
        yield made


def test_the_word_stands_in_what_every_part_keeps(world):
    """Otherwise finding it nowhere says nothing."""
    parts = {label.partition(".")[0] for label in world.planted}
    assert {"schools", "asks", "people"} <= parts
    assert sum(world.planted.values()) > 8


def test_whoever_may_see_the_other_school_would_see_the_word(world: World):
    """The search finds it where it may stand: on the page of an officer of that authority."""
    from headway.web.people.models import RoleHeld

    RoleHeld.objects.filter(user=world.people["link_adviser"]).delete()
    world.people["link_adviser"].roles_held.create(role="head_of_school_improvement", scope="authority:937")
    try:
        assert CANARY in words_of(world.get("link_adviser", "/schools/200001/"))
    finally:
        RoleHeld.objects.filter(user=world.people["link_adviser"]).delete()
        world.people["link_adviser"].roles_held.create(role="link_adviser")


@pytest.mark.parametrize("name", sorted(OURS))
def test_no_answer_to_anybody_else_holds_the_word(name, world: World):
    if name not in world.pages:
        pytest.skip("the permission matrix says what is missing")
    if name in THEIR_OWN_DOINGS:
        pytest.skip("it says what they did themselves, there too")
    page = world.pages[name]
    found = []
    permitted = [role for role in ROLES if world.permits(role, name)]
    refused = [role for role in ROLES if role not in permitted]
    for role in [*permitted, *refused[:1], None]:
        if role in SEES_ALL and OURS[name].__module__.startswith("headway.web.people"):
            continue
        for arguments in filter(lambda each: each is not None, (page.own, page.other)):
            answer = world.ask(role, name, arguments)
            if role is not None and page.foreigns.get(role, 404) == 200 and arguments is page.other:
                continue
            if CANARY in words_of(answer):
                found.append(f"{role}: {dict(arguments)}, {answer.status_code}")
    assert found == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("address", SEARCHES)
@pytest.mark.parametrize("words", [CANARY, "Saltby", "SM1 1AA", "200001"])
def test_searching_for_it_finds_nothing(role, address, words, world: World):
    answer = world.get(role, address.format(words))
    text = words_of(answer).replace(f"text={words}", "").replace(f'value="{words}"', "")
    assert "Saltby Primary" not in text
    assert "/schools/200001/" not in text
