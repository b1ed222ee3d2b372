"""What a criterion says of a school: a level, and why, in words that a headteacher can read."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.profiles import Figure

CANNOT_SAY = "cannot say"
NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Judgement:
    """A criterion's level, its reasons in order, and the figures on which they rest."""

    level: str
    because: tuple[str, ...]
    evidence: tuple[Figure, ...] = ()
