"""The record of processing: what is done with whose data, what for, on which law, and for how long it is kept."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from headway.web.people import context
from headway.web.privacy import configuration
from headway.web.privacy.schedule import Kind
from headway.web.privacy.sections import Section, facts, listing


@dataclass(frozen=True)
class Activity:
    """One thing that is done with personal data."""

    title: str
    purposes: tuple[str, ...]
    people: str
    basis: str
    source: str
    special: str
    received_from: str
    seen_by: str
    kinds: tuple[Kind, ...]


def activities(kinds: list[Kind]) -> list[Activity]:
    """Every activity with the kinds of record that belong to it; each kind belongs to one."""
    found, taken = [], set()
    for one in _activities():
        wanted = one["kinds"]
        mine = [kind for kind in kinds if kind.key not in taken and _belongs(kind, wanted)]
        taken |= {kind.key for kind in mine}
        found.append(
            Activity(
                one["title"], tuple(one["purposes"]), one["people"], one["basis"], one["source"], one["special"],
                one["received_from"], one["seen_by"], tuple(mine),
            )
        )  # fmt: skip
    return found


def record_of_processing(kinds: list[Kind]) -> list[Section]:
    """The record as sections of a paper."""
    names = context.service_names()
    controller = names["organisation_name"] or "The authority or trust that runs the service"
    about = Section(
        "Who answers for it",
        (
            f"Controller: {controller}. Name of the service: {names['service_name']}.",
            f"Contact: {names['support_words']}"
            if names["support_words"]
            else "Contact: not yet given. An administrator sets it on the page Settings.",
            "Transfers outside the United Kingdom: none by the service itself; ask whoever hosts it.",
        ),
        (facts("Who else processes something", configuration.processors()),),
    )
    return [about, *(_section(one) for one in activities(kinds))]


def _section(one: Activity) -> Section:
    return Section(
        one.title,
        (),
        (
            facts(
                one.title,
                [
                    ("Purposes", "; ".join(one.purposes)),
                    ("Whose data", one.people),
                    ("Lawful basis", one.basis),
                    ("As named in", one.source),
                    ("Special categories", one.special),
                    ("Received from", one.received_from),
                    ("Seen by", one.seen_by),
                ],
            ),
            listing(
                f"{one.title}: what is kept and for how long",
                ("Kind of record", "What it holds", "Kept for", "From"),
                [(kind.title, kind.holds, kind.length, kind.starts) for kind in one.kinds],
            ),
        ),
    )


def _belongs(kind: Kind, wanted: list[str]) -> bool:
    return any(
        name == "*" or kind.key == name or (name.endswith(".") and kind.key.startswith(name))
        for name in wanted
    )


@cache
def _activities() -> list[dict[str, Any]]:
    text = (files("headway.web.privacy") / "processing.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["activity"]
    return found
