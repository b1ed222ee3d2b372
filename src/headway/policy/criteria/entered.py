"""A person's judgement, on the levels that the scheme describes: capacity to improve, another vulnerability."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.criteria import Needs
from headway.policy.criteria.wording import title
from headway.policy.days import written
from headway.policy.judgements import Judgement, cannot_say
from headway.policy.profiles import Profile


@dataclass(frozen=True)
class Settings:
    """`levels`, the least concerning first. `if_not_entered` is the level while nobody has said anything, for things
    that are raised when they occur; without it an open judgement is "cannot say". `show` names measures put beside it.
    """

    levels: tuple[str, ...]
    criterion: str = ""
    if_not_entered: str = ""
    show: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.if_not_entered and self.if_not_entered not in self.levels:
            raise ValueError(
                f"if_not_entered: found {self.if_not_entered!r}, expected one of {', '.join(self.levels)}. Mend the value."
            )


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return settings.levels


def needs(settings: Settings, year: int) -> Needs:
    """The figures to show."""
    return Needs(figures=tuple((measure, year) for measure in settings.show))


def judge(profile: Profile, settings: Settings) -> Judgement:
    """The level that a person entered, with name, day and note; the figures beside it are shown and not judged."""
    shown = tuple(profile.figure(measure) for measure in settings.show)
    beside = tuple(
        f"Beside it: {title(one.measure)} in {one.year} is {one.in_words()}."
        for one in shown
        if one.status == "reported"
    )
    found = profile.entered.get(settings.criterion)
    if found is None:
        if settings.if_not_entered:
            return Judgement(
                settings.if_not_entered, ("Nobody has raised anything under this heading.", *beside), shown
            )
        reason = cannot_say("No judgement has been entered; a person decides this.", *shown)
        return Judgement(reason.level, (*reason.because, *beside), shown)
    if found.level not in settings.levels:
        return cannot_say(
            f"The judgement entered is {found.level!r}, which is none of {', '.join(settings.levels)}.",
            *shown,
        )
    who = f"{found.by or 'A person'}{f' on {written(found.on)}' if found.on else ''}"
    note = f": {found.note.rstrip('.')}." if found.note else "."
    return Judgement(found.level, (f"{who} judged it {found.level}{note}", *beside), shown)
