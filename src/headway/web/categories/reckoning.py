"""Reckoning a round: from the store's figures, the scheme and what people judged, each school's proposed category."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from headway.figures.runs import Run
from headway.figures.store import Store
from headway.policy import rounds, scheme_packs, what_if
from headway.policy.categorise import Proposal, Reckoning, categorise_resolved, resolved
from headway.policy.certainty import chances
from headway.policy.evidence import open_schools, profiles_of
from headway.policy.profiles import Entered, Profile
from headway.policy.schemes import Scheme
from headway.web.people.actions import NotPermitted
from headway.web.schools.access import lying_in
from headway.web.schools.models import Organisation
from headway.web.schools.stored import store


@dataclass(frozen=True)
class Reckoned:
    """A round as it stands: the scheme with what it learnt of these schools, their profiles, and a proposal of each."""

    scheme: Scheme
    profiles: tuple[Profile, ...]
    proposals: tuple[Proposal, ...]

    def rows(self, *, with_chances: bool) -> list[dict[str, object]]:
        """What pages and letters show of each school (`policy.rounds.as_row`)."""
        told: Sequence[dict[str, float] | None] = (
            [dict(one) for one in self.chances()] if with_chances else [None] * len(self.proposals)
        )
        return [
            rounds.as_row(one, self.scheme, chance) for one, chance in zip(self.proposals, told, strict=True)
        ]

    def chances(self) -> Sequence[dict[str, float]]:
        """The chance of each category for each school, from the uncertainty of its figures."""
        return [dict(one) for one in chances(self.profiles, self.proposals, Reckoning(self.scheme))]

    def frozen(self, *, year: int, as_at: date, run: str) -> rounds.Round:
        """The round as it will stay."""
        return rounds.frozen(
            self.proposals, self.scheme, year=year, as_at=as_at, run=run, chances=self.chances()
        )

    def with_change(self, change: str) -> Reckoned:
        """The same under a changed scheme; only the criteria that changed are judged anew. Raises PackError."""
        after = what_if.with_setting(self.scheme, change)
        return Reckoned(
            after, self.profiles, what_if.rejudged(self.profiles, self.proposals, self.scheme, after)
        )


def evidence_of() -> tuple[Store, Run]:
    """The store and its newest run. Raises NotPermitted with what to do where there is none."""
    found = store()
    run = found.latest_run() if found is not None else None
    if found is None or run is None:
        raise NotPermitted(
            "There are no figures yet. Load the results and compute them (headway load, headway run), then open the round."
        )
    return found, run


def schools_of(organisation: str) -> list[str]:
    """The schools of an authority or trust, by key."""
    inside = Organisation.objects.filter(lying_in(frozenset({organisation})), kind="school")
    return list(inside.values_list("key", flat=True))


def reckon(
    scheme_text: str,
    scheme_file: str,
    *,
    schools: Iterable[str],
    year: int,
    as_at: date,
    run: str | None = None,
    entered: Iterable[tuple[str, Entered]] = (),
) -> Reckoned:
    """The proposal of each of these schools that was open on the day and that a primary service categorises, from one run
    of the store (the newest where none is named).

    Raises PackError for a scheme that cannot be read, NotPermitted where nothing is loaded.
    """
    scheme = scheme_packs.read(scheme_text, scheme_file)
    found, newest = evidence_of()
    profiles = profiles_of(
        found,
        found.run(run) if run else newest,
        scheme,
        open_schools(found, as_at).filter(pl.col("organisation").is_in(list(schools))),
        year=year,
        as_at=as_at,
        entered=entered,
    )
    learnt = resolved(scheme, profiles)
    return Reckoned(learnt, tuple(profiles), categorise_resolved(profiles, Reckoning(learnt)))
