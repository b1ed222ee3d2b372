"""Making packs: one at once, or many in the background as one zip."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from django.http import Http404

from headway.web.design.documents import FORMATS, Document, file_name, written
from headway.web.packs import templates_of_word
from headway.web.packs.kinds import KINDS, PackKind
from headway.web.packs.material import Material, Names, gather
from headway.web.people import access, places
from headway.web.people.context import service_names
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.access import find_or_404
from headway.web.schools.models import Organisation
from headway.web.standards import reading, recipients
from headway.web.standards.models import Release

ZIP = "application/zip"


class CannotMake(Exception):  # noqa: N818 - it is told to the person in these words
    """A pack cannot be made; the message says why, and what to do."""


@dataclass(frozen=True)
class MadePack:
    """A pack that was made: the name of its file, what it holds, of which organisation and for whom."""

    name: str
    content: bytes
    content_type: str
    organisation: str
    audience: str


def make(
    user: User,
    kinds: Sequence[PackKind],
    organisation: str,
    audience: str,
    release: Release,
    formats: Sequence[str],
) -> list[MadePack]:
    """The packs of one organisation for these readers, in each format.

    Raises Http404 for an organisation of which the person may make none, and `CannotMake` where these readers are not
    theirs to choose or the release holds nothing of it.
    """
    about = found(user, organisation)
    if reading.release_for(user, about.key, release) is None:
        raise CannotMake(f"{release.name} holds no figures of {about} that you may see.")
    known = {one.key for one in recipients.recipients(user, about.key, release)}
    names = names_for(release)
    template = templates_of_word.content() if "docx" in formats else None
    materials: dict[str, Material] = {}
    made: list[MadePack] = []
    for kind in kinds:
        readers = readers_of(kind, audience)
        if readers not in known:
            raise CannotMake("You may not make documents for those readers: they would see more than you do.")
        if readers not in materials:
            materials[readers] = gather(user, about, readers, release, names)
        document = kind.make(materials[readers])
        made += [_written(document, kind, form, about, readers, template) for form in formats]
    return made


def readers_of(kind: PackKind, audience: str) -> str:
    """For whom a pack of this kind is made when it is asked for these readers."""
    return kind.readers if kind.only and kind.readers else audience


def _written(
    document: Document, kind: PackKind, form: str, about: Organisation, readers: str, template: bytes | None
) -> MadePack:
    words = f"{about}, {kind.title.lower()}, for {_SHORT.get(readers, readers)}"
    content = written(document, form, template=template)
    return MadePack(file_name(words, form), content, FORMATS[form].content_type, about.key, readers)


_SHORT = {
    "data_officer": "officers",
    "school": "the school",
    "governors": "governors",
    "councillors": "councillors",
    "other_schools": "other schools",
    "public": "the public",
}
"""Readers in the name of a file."""


def found(user: User, organisation: str) -> Organisation:
    """The organisation, if the person may make packs of it. Raises Http404 for any other, known or not."""
    about = find_or_404(user, organisation, Permission.MAKE_PACKS)
    if not access.holds(user, Permission.SEE_STANDARDS):
        raise Http404
    return about


def names_for(release: Release) -> Names:
    """What the service, the authority and the nation are called in documents of a release."""
    service = service_names()
    authority = places.name(release.scope) if not release.is_national else "Authority"
    organisation = service["organisation_name"] or (authority if not release.is_national else "")
    return Names(organisation, service["service_colour"], authority)


def zipped(packs: Iterator[MadePack], *, missing: Callable[[], str] = lambda: "") -> tuple[bytes, list[str]]:
    """The packs as one zip, and of which organisations they are. Two of the same name are told apart by the number of the
    school. What `missing` says when all are made stands in a file of its own."""
    into, taken, organisations = BytesIO(), set[str](), dict[str, None]()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for one in packs:
            package.writestr(free_name(one, taken), one.content)
            organisations[one.organisation] = None
        if words := missing():
            package.writestr("Not made.txt", words)
    return into.getvalue(), list(organisations)


def free_name(one: MadePack, taken: set[str]) -> str:
    """The file's name, or one that no other file has; remembers it."""
    stem, _, ending = one.name.rpartition(".")
    number = one.organisation.partition(":")[2]
    candidates = [one.name, f"{stem} ({number}).{ending}"]
    count = 2
    while (name := candidates.pop(0)).lower() in taken:
        if not candidates:
            candidates.append(f"{stem} ({number}, {count}).{ending}")
            count += 1
    taken.add(name.lower())
    return name


def kinds_named(keys: Sequence[str]) -> list[PackKind]:
    """The kinds of these keys. Raises CannotMake for one that there is not."""
    unknown = [key for key in keys if key not in KINDS]
    if unknown or not keys:
        raise CannotMake("Choose which packs to make.")
    return [KINDS[key] for key in keys]


def only_one(organisations: Sequence[str]) -> int | None:
    """The URN of the only school there is to choose; None where there are several."""
    return int(organisations[0].partition(":")[2]) if len(organisations) == 1 else None
