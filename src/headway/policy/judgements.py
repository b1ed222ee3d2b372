"""What a criterion says of a school: a level, and why, in words that a headteacher can read."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.profiles import Comparison, Figure

CANNOT_SAY = "cannot say"
NOT_APPLICABLE = "not applicable"

Evidence = Figure | Comparison


@dataclass(frozen=True, slots=True)
class Judgement:
    """A criterion's level, its reasons in order, and the figures on which they rest.

    `concern` is given only by criteria that measure on a continuous scale (0 none, 1 most); `near` says how far the
    next level is, in pupils or points; `too_few` that it cannot say because too few pupils stand behind the figure;
    `partial` that part of its evidence is missing, and the level rests on the rest.
    """

    level: str
    because: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    concern: float | None = None
    near: str = ""
    too_few: bool = False
    partial: bool = False


def cannot_say(reason: str, *evidence: Evidence, too_few: bool = False) -> Judgement:
    """That nothing can be said, and why."""
    return Judgement(CANNOT_SAY, (reason,), evidence, too_few=too_few)
