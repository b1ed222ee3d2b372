"""Schools for tests: two authorities, one with a trust, a cluster and a school, and as many more schools as a test wants."""

from __future__ import annotations

from datetime import date
from typing import Any

OWN, OTHER = "school:100001", "school:200001"


def make_schools() -> dict[str, Any]:
    """The rows behind `PlacesOfTests`, by key: what the people of the tests hold their roles of, and what is not theirs."""
    from headway.web.schools.models import Belonging

    made = {
        "authority:936": make("authority:936", "Northmoor"),
        "trust:2044": make("trust:2044", "Northmoor Learning Trust", authority="authority:936"),
        "cluster:hill": make("cluster:hill", "Hill cluster", authority="authority:936", kept_here=True),
        OWN: make(OWN, "Calder Bridge Primary School", authority="authority:936", trust="trust:2044", town="Calder",
                  dfe_number="9362001", postcode="NM1 1AA", easting=430000.0, northing=510000.0,
                  head="Mrs Helen Marsh"),
        "authority:937": make("authority:937", "Southmoor"),
        OTHER: make(OTHER, "Saltby Primary School", authority="authority:937", town="Saltby", dfe_number="9372001",
                    postcode="SM1 1AA", easting=450000.0, northing=480000.0),
    }  # fmt: skip
    for group, source in (("trust:2044", "gias"), ("cluster:hill", "here")):
        Belonging.objects.create(
            organisation=made[OWN],
            group=made[group],
            kind=group.partition(":")[0],
            starts=date(2020, 9, 1),
            source=source,
        )
    return made


def make(key: str, name: str, **facts: Any) -> Any:
    """One organisation of the database."""
    organisation = unsaved(key, name, **facts)
    organisation.save()
    return organisation


def unsaved(key: str, name: str, **facts: Any) -> Any:
    """One organisation, for a bulk insert."""
    from headway.web.schools.models import Organisation
    from headway.web.schools.taking import searchable

    kind, _, code = key.partition(":")
    words = searchable(name, facts.get("town", ""), postcode=facts.get("postcode", ""))
    status = facts.setdefault("status", "Open")
    return Organisation(
        key=key,
        kind=kind,
        name=name,
        urn=int(code) if kind == "school" else None,
        is_closed=status.startswith("Closed"),
        in_register=not facts.get("kept_here"),
        **words,
        **facts,
    )
