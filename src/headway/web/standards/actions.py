"""Publishing releases: each verb changes one row, and is recorded with it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from headway.web.audit.actions import record
from headway.web.people import access
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.standards.making import Made
from headway.web.standards.models import SCHOOLS, VISIBILITIES, Release, ReleaseFile, ReleaseReport

_ORDER = list(VISIBILITIES)


class CannotPublish(Exception):  # noqa: N818 - it is what is said, and why
    """What was asked cannot be done with this release; the message says why."""


@transaction.atomic
def publish(*, made: Made, state: str, visibility: str, by: User | None) -> Release:
    """Register a release whose files are written, in a state, for those whom `visibility` names. `by` is None on the
    command line. Raises CannotPublish where its name was used."""
    _permitted(by, made.scope)
    if Release.objects.filter(name=made.name).exists():
        raise CannotPublish(
            f"There was a release {made.name} before: what was published under a name is never changed. Choose another name."
        )
    release = Release.objects.create(
        name=made.name,
        scope=made.scope,
        years=made.years,
        measures=made.measures,
        organisations=made.organisations,
        run=made.run,
        state=state,
        visibility=visibility,
        published_by=by,
        shown_to_schools_at=timezone.now() if visibility == SCHOOLS else None,
    )
    ReleaseFile.objects.bulk_create(
        ReleaseFile(
            release=release,
            audience=one.audience,
            view=one.view,
            table=one.table,
            order=one.order,
            sha256=one.written.sha256,
            rows=one.written.rows,
            size=one.written.size,
        )
        for one in made.files
    )
    ReleaseReport.objects.bulk_create(
        ReleaseReport(release=release, audience=audience, contents=contents)
        for audience, contents in made.reports.items()
    )
    _record("published release", release, by, state=state, visibility=visibility)
    return release


@transaction.atomic
def show_to(*, release_id: int, visibility: str, by: User | None) -> Release:
    """Show a release to more people, or to fewer again."""
    release = _standing(release_id, by)
    wider = _ORDER.index(visibility) > _ORDER.index(release.visibility)
    before, release.visibility = release.visibility, visibility
    if visibility == SCHOOLS:
        release.shown_to_schools_at = timezone.now()
    release.save(update_fields=["visibility", "shown_to_schools_at"])
    _record(
        "showed release to more" if wider else "showed release to fewer",
        release,
        by,
        before=before,
        now=visibility,
    )
    return release


@transaction.atomic
def declare_state(*, release_id: int, state: str, by: User | None) -> Release:
    """Say that a release's figures are provisional, or validated."""
    release = _standing(release_id, by)
    before, release.state = release.state, state
    release.save(update_fields=["state"])
    _record("changed state of release", release, by, before=before, now=state)
    return release


@transaction.atomic
def take_back(*, release_id: int, why: str, by: User | None) -> Release:
    """Take a release back: from now on nobody sees it anywhere. Raises CannotPublish without a reason."""
    release = _standing(release_id, by)
    if not why.strip():
        raise CannotPublish("Say why you take it back, for whoever asks later.")
    release.taken_back_at, release.taken_back_by = timezone.now(), by
    release.taken_back_why = why.strip()
    release.save(update_fields=["taken_back_at", "taken_back_by", "taken_back_why"])
    _record("took release back", release, by, why=release.taken_back_why)
    return release


@transaction.atomic
def note_export(*, organisation: str, release: Release, what: str, form: str, by: User) -> None:
    """Note that somebody took figures away as a file."""
    record(
        "exported figures",
        by=by,
        organisation=organisation,
        subject=f"release:{release.pk}",
        detail={"release": release.name, "what": what, "form": form},
    )


def _standing(release_id: int, by: User | None) -> Release:
    release = Release.objects.select_for_update().filter(pk=release_id).first()
    if release is None:
        raise CannotPublish("There is no such release.")
    _permitted(by, release.scope)
    if not release.is_live:
        raise CannotPublish("This release was taken back. Publish its figures anew, under another name.")
    return release


def _permitted(by: User | None, scope: str) -> None:
    """A release of an authority by those who publish for it; a national one by anybody who publishes."""
    if by is None:
        return
    national = scope.startswith("nation:") and access.holds(by, Permission.PUBLISH)
    if not national and not access.permits(by, Permission.PUBLISH, scope):
        raise NotPermitted("Your roles do not let you publish for this authority.")


def _record(verb: str, release: Release, by: User | None, **detail: object) -> None:
    record(
        verb,
        by=by,
        organisation=release.scope,
        subject=f"release:{release.pk}",
        detail={"release": release.name, **detail},
    )
