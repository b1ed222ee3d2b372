"""Kinds of work: each part of the service registers what it can do in the background, once, when the service starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from headway.web.jobs.models import Job, JobFile
from headway.web.jobs.progress import Progress
from headway.web.people.models import User
from headway.web.people.permissions import Permission


class JobFailed(Exception):  # noqa: N818 - it is told to the person in these words
    """The work cannot be done; the message says why and what to do, in words for the person who asked."""


@dataclass(frozen=True)
class Made:
    """A file that a job made: its name as a person reads it, what it holds, and of which organisations (keys) it says
    something."""

    name: str
    content: bytes
    content_type: str
    organisations: Sequence[str] = ()


Work = Callable[[Job, Progress], list[Made]]
StillAllowed = Callable[[JobFile, User], str]
"""Why a file may not be downloaded any more, in words; empty where it may."""


def _nothing_more(file: JobFile, user: User) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """A kind of work: what does it, the permission that whoever asks and downloads needs for each organisation in a file,
    the verb with which a download is recorded, and what else is looked at before one."""

    key: str
    work: Work
    permission: Permission
    verb: str = "exported figures"
    still_allowed: StillAllowed = _nothing_more


_kinds: dict[str, Kind] = {}


def register(
    key: str,
    work: Work,
    *,
    permission: Permission,
    verb: str = "exported figures",
    still_allowed: StillAllowed = _nothing_more,
) -> Kind:
    """Make a kind of work known."""
    _kinds[key] = Kind(key, work, permission, verb, still_allowed)
    return _kinds[key]


def kind(key: str) -> Kind:
    """The kind of that key. Raises JobFailed where the service knows it no more."""
    if key not in _kinds:
        raise JobFailed("The service does not do this kind of work any more. Ask for the files anew.")
    return _kinds[key]
