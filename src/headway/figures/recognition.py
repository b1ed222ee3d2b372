"""Which source knows a file, told from its content; and what to say where none does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headway.figures.reading import ReceivedFile
from headway.figures.reading.received import listed
from headway.figures.sources import Recognition, Source

CERTAIN_ENOUGH = 0.5
"""A source that is no surer than this only says what it misses."""


_ENOUGH_SHARED = 0.5
"""One shared column (URN, as a rule) makes no kind the nearest, unless it is half of what that kind expects."""


@dataclass(frozen=True)
class Recognised:
    """The source that knows a file best, or a message that says why none does.

    `problem` is what a source raised while it looked at the file, where no other source knew it.
    """

    source: Source | None
    message: str = ""
    certainty: float = 0.0
    problem: Exception | None = None
    doing: str = ""


def recognised(file: ReceivedFile, sources: Mapping[str, Source]) -> Recognised:
    """The source with the greatest certainty. A tie is nobody's, and so is a file that none is sure of."""
    opinions: list[tuple[float, str, Source, Recognition]] = []
    problem: tuple[Exception, str] | None = None
    for key, source in sorted(sources.items()):
        try:
            opinion = source.recognise(file)
        except Exception as raised:  # a mistake of one source must not keep the others from knowing the file
            problem = problem or (raised, f"asking whether it is {source.title}")
            continue
        if opinion is not None:
            opinions.append((opinion.certainty, key, source, opinion))
    opinions.sort(key=lambda found: (-found[0], found[1]))
    sure = [found for found in opinions if found[0] > CERTAIN_ENOUGH]
    if sure and (len(sure) == 1 or sure[0][0] > sure[1][0]):
        return Recognised(sure[0][2], certainty=sure[0][0])
    if sure:
        titles = " and ".join(found[2].title for found in sure if found[0] == sure[0][0])
        return Recognised(
            None,
            f"{file.name} could be {titles} alike, so it was not loaded. {_seen(file)} "
            f"Say what its columns are with a mapping: headway map {file.path.name}.",
        )
    if problem is not None:
        return Recognised(None, problem=problem[0], doing=problem[1])
    return Recognised(
        None,
        _unknown(file, sources, opinions[0][3] if opinions else None, opinions[0][2] if opinions else None),
    )


def _unknown(
    file: ReceivedFile, sources: Mapping[str, Source], opinion: Recognition | None, source: Source | None
) -> str:
    if source is not None and opinion is not None and opinion.missing:
        nearest, missing = source.title, tuple(opinion.missing)
    else:
        nearest, missing = _nearest(file, sources.values())
    said = (
        f"The nearest kind is {nearest}, which also expects {listed(missing, 8)}."
        if nearest
        else "No kind of file that Headway knows expects any of these columns."
    )
    return (
        f"{file.name} was not recognised, so it was not loaded. {_seen(file)} {said} If it is a spreadsheet of your "
        f"own, draft a mapping that says what its columns are: headway map {file.path.name}."
    )


def _seen(file: ReceivedFile) -> str:
    if not file.header:
        return "It holds a JSON document that is no list of records."
    where = f" (on row {file.header_row})" if file.header_row > 1 else ""
    return f"Its columns{where} are {listed(file.header)}."


def _nearest(file: ReceivedFile, sources: Iterable[Source]) -> tuple[str, tuple[str, ...]]:
    """The kind most of whose telling columns the file has, and those that it has not."""
    held = {plain(name) for name in file.header}
    best, title = 0.0, ""
    missing: tuple[str, ...] = ()
    for source in sources:
        expects = [name for name in source.expects if name]
        absent = tuple(name for name in expects if plain(name) not in held)
        share = 1 - len(absent) / len(expects) if expects else 0.0
        if share > best and (len(expects) - len(absent) > 1 or share >= _ENOUGH_SHARED):
            best, title, missing = share, source.title, absent
    return title, missing


def plain(name: str) -> str:
    """A column name without case, blanks and punctuation, to compare it with another."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
