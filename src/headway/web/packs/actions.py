"""Taking packs: one at once, or many in the background."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.http import Http404

from headway.web.audit.actions import record
from headway.web.design.documents import file_name
from headway.web.jobs import actions as jobs
from headway.web.jobs.kinds import JobFailed, Made
from headway.web.jobs.models import Job, JobFile
from headway.web.jobs.progress import Progress
from headway.web.packs import making
from headway.web.packs.kinds import KINDS, PackKind
from headway.web.packs.making import CannotMake, MadePack
from headway.web.people import access
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.access import visible_to
from headway.web.standards import reading, recipients
from headway.web.standards.models import Release

JOB = "packs"
AT_MOST = 500
"""Schools in one job."""


def take_one(
    *, kind: PackKind, organisation: str, audience: str, release: Release, form: str, by: User
) -> MadePack:
    """One pack at once, recorded as an export. Raises as `making.make`."""
    (made,) = making.make(by, [kind], organisation, audience, release, [form])
    with transaction.atomic():
        record(
            "exported figures",
            by=by,
            organisation=made.organisation,
            subject=f"release:{release.pk}",
            detail={"file": made.name, "for": made.audience, "release": release.name},
        )
    return made


def ask_for_many(
    *,
    kinds: Sequence[PackKind],
    organisations: Sequence[str],
    audience: str,
    release: Release,
    forms: Sequence[str],
    by: User,
) -> Job:
    """Packs of several schools, made in the background as one zip. Raises CannotMake for none, or for too many at once."""
    if not organisations:
        raise CannotMake("None of these schools has figures in this release that you may see.")
    if len(organisations) > AT_MOST:
        raise CannotMake(f"Ask for at most {AT_MOST} schools at once.")
    what = kinds[0].title if len(kinds) == 1 else f"{len(kinds)} kinds of pack"
    count = len(organisations)
    parameters: dict[str, object] = {
        "kinds": [one.key for one in kinds],
        "organisations": list(organisations),
        "audience": audience,
        "release": release.name,
        "forms": list(forms),
    }
    of = "one school" if count == 1 else f"{count} schools"
    return jobs.start(JOB, parameters, title=f"{what} of {of}, {release.name}", by=by)


def organisations_for(user: User, release: Release) -> list[str]:
    """The schools of a release of which the person may make packs, by name."""
    theirs = visible_to(user, Permission.MAKE_PACKS).filter(kind="school").order_by("name", "key")
    keys = theirs.values_list("key", flat=True)
    if release.is_national:
        return list(keys)
    held = set(release.organisations)
    return [key for key in keys if key in held]


def work(job: Job, progress: Progress) -> list[Made]:
    """Make what a job asks for. Each school is looked at anew, as its asker may see it now."""
    asked, user = job.parameters, job.asked_by
    release = reading.release_for(user, None, asked["release"])
    if release is None:
        raise JobFailed(
            f"The release {asked['release']} was taken back, or you may not see it any more. Choose another."
        )
    try:
        kinds = making.kinds_named(asked["kinds"])
    except CannotMake as why:
        raise JobFailed(str(why)) from why
    left: list[str] = []
    keys: list[str] = asked["organisations"]

    def packs() -> Iterator[MadePack]:
        for index, key in enumerate(keys):
            progress(index / len(keys), f"School {index + 1} of {len(keys)}")
            try:
                yield from making.make(user, kinds, key, asked["audience"], release, asked["forms"])
            except (CannotMake, Http404):
                left.append(key)

    content, organisations = making.zipped(packs(), missing=lambda: _missing(left))
    if not organisations:
        raise JobFailed("None of these schools has figures in this release that you may see.")
    return [Made(file_name(job.title, "zip"), content, making.ZIP, organisations)]


def _missing(left: list[str]) -> str:
    """What the zip says of schools of which no pack could be made."""
    if not left:
        return ""
    numbers = "\n".join(key.partition(":")[2] for key in left)
    return f"No pack was made of these schools (URN): the release holds no figures of them that you may see.\n{numbers}\n"


def still_allowed(file: JobFile, user: User) -> str:
    """Why a zip may not be downloaded any more: its release was taken back, or is not for this person any more."""
    release = reading.release_for(user, None, file.job.parameters["release"])
    if release is None:
        return f"The release {file.job.parameters['release']} was taken back, or you may not see it any more."
    if not access.holds(user, Permission.SEE_STANDARDS):
        return "Your roles do not let you see these figures any more."
    asked = file.job.parameters
    readers = {making.readers_of(KINDS[one], asked["audience"]) for one in asked["kinds"] if one in KINDS}
    for key in file.organisations:
        if not readers <= {one.key for one in recipients.recipients(user, key, release)}:
            return "It was made for readers who see more of these schools than you do now."
    return ""


def pack_of(key: str) -> PackKind:
    """The kind of pack of that key. Raises Http404 where there is none."""
    if key not in KINDS:
        raise Http404
    return KINDS[key]
