"""A concern about an academy: told to the regulator with evidence, followed to its reply and closure.

An authority has no statutory power over an academy or a free school. Where it has a concern it tells DfE's Regions
Group, and Ofsted where it chooses to, and the record says so: "no LA power; notified on date".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from headway.policy import clocks
from headway.policy.days import written
from headway.policy.packs.checking import PackError

REGIONS_GROUP, OFSTED = "DfE Regions Group", "Ofsted"
RECIPIENTS = (REGIONS_GROUP, OFSTED)

_RULES = "regulator-2024"


def has_statutory_powers(responsible: str | None) -> bool:
    """Whether an authority may use its own powers of intervention: over schools that it maintains, and no others.

    Where the register does not say who is responsible the answer is no: a power is not used on a guess.
    """
    return responsible == "maintained"


@dataclass(frozen=True)
class Notification:
    """A concern about a school as it was told, with its evidence and what came of it."""

    organisation: str
    concern: str
    evidence: tuple[str, ...]
    notified_on: date
    recipients: tuple[str, ...] = (REGIONS_GROUP,)
    replied_on: date | None = None
    reply: str = ""
    closed_on: date | None = None
    closure: str = ""

    def __post_init__(self) -> None:
        if not self.concern.strip() or not self.evidence:
            raise ValueError("a notification says what the concern is and on which evidence it rests")
        if not self.recipients or any(one not in RECIPIENTS for one in self.recipients):
            raise ValueError(f"a notification goes to {' or '.join(RECIPIENTS)}, or both")

    @property
    def reply_due(self) -> date:
        """By when a reply is due, by the shipped clock."""
        return clocks.due(clocks.shipped()[_RULES], "reply", self.notified_on).latest

    def overdue(self, as_at: date) -> bool:
        """Whether the reply is late."""
        return self.replied_on is None and self.closed_on is None and as_at > self.reply_due

    def summary(self, as_at: date) -> str:
        """The line for a board: no power, when it was told, and how it stands."""
        line = f"no LA power; notified on {written(self.notified_on)} ({' and '.join(self.recipients)})"
        if self.closed_on is not None and self.closed_on <= as_at:
            return f"{line}; closed on {written(self.closed_on)}: {self.closure}"
        if self.replied_on is not None and self.replied_on <= as_at:
            return f"{line}; replied on {written(self.replied_on)}"
        late = ", which is past" if self.overdue(as_at) else ""
        return f"{line}; reply due by {written(self.reply_due)}{late}"


def notify(
    organisation: str,
    responsible: str | None,
    concern: str,
    evidence: tuple[str, ...],
    on: date,
    *,
    ofsted: bool = False,
) -> Notification:
    """The notification of a concern. Raises `PackError` for a maintained school, whose concern is the authority's own
    to act on."""
    if has_statutory_powers(responsible):
        raise PackError(
            "The authority maintains this school: it acts on the concern itself, and notifies nobody in its place."
        )
    return Notification(organisation, concern, evidence, on, RECIPIENTS if ofsted else (REGIONS_GROUP,))


def replied(one: Notification, on: date, reply: str) -> Notification:
    """The notification with its reply."""
    if on < one.notified_on:
        raise ValueError(f"the reply is dated {written(on)}, before the notification")
    return replace(one, replied_on=on, reply=reply)


def closed(one: Notification, on: date, closure: str) -> Notification:
    """The notification closed, with what came of it."""
    if not closure.strip():
        raise ValueError("a concern is closed with the reason")
    return replace(one, closed_on=on, closure=closure)
