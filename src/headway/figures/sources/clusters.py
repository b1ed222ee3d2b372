"""A list of schools that a user wants treated as one: a cluster, a partnership, a future authority.

A small CSV with the columns `cluster`, `URN` and, where they matter, `joined` and `left` (days). Any list
of schools may be treated as an authority in this way, past or future: "East Surrey" back to 2016.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition
from headway.figures.sources import register_cells as cells
from headway.figures.sources.coordinates import ALWAYS
from headway.figures.sources.files import ReceivedFile

_NAME = ("cluster", "clustername")
_JOINED = ("joined", "joineddate", "datejoined")
_LEFT = ("left", "leftdate", "dateleft")


def slug(name: str) -> str:
    """The name as part of a key: `East Surrey` is `east-surrey`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


class _Clusters:
    """One row a school in a cluster."""

    key = "clusters"
    title = "Clusters: lists of schools to be treated as one"
    expects = ("cluster", "URN", "joined", "left")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By a column `cluster` beside a URN, in a file of few columns."""
        names = cells.columns_by_name(file.header)
        if "urn" not in names or not cells.first_of(names, _NAME) or len(names) > 8:
            return None
        return Recognition(0.9, self.title)

    def read(self, file: ReceivedFile) -> Reading:
        """Tables `memberships` and `organisations`."""
        return read_clusters(file.rows().collect(), tuple(file.header))


def read_clusters(frame: pl.DataFrame, header: tuple[str, ...]) -> Reading:
    """The list's rows, all text and with `row`, as clusters and memberships."""
    names = cells.columns_by_name(header)
    called, number = cells.first_of(names, _NAME), names["urn"]
    assert called is not None  # recognised by it
    findings = cells.without_urn(frame, number)
    key = cells.words(called).map_elements(slug, return_dtype=pl.String)
    named = key.is_not_null() & (key != "")
    usable = frame.filter(cells.urn(number).is_not_null())
    nameless = usable.filter(~named.fill_null(value=False))
    if not nameless.is_empty():
        findings.append(
            Finding(
                "error",
                "no_cluster",
                found=", ".join(sorted({name or "(empty)" for name in nameless[called].to_list()})[:5]),
                expected="the cluster's name, with a letter or digit in it",
                advice="Say to which cluster the school belongs.",
                column=called,
                rows=tuple(nameless["row"].to_list()),
            )
        )
    usable = usable.filter(named)
    days = {}
    for field, candidates in (("joined", _JOINED), ("left", _LEFT)):
        column = cells.first_of(names, candidates)
        days[field] = cells.day(column) if column else pl.lit(None, dtype=pl.Date)
        if column:
            findings += cells.unread(usable, column, cells.day(column), "a day, such as 01/09/2025")
    group = pl.lit("cluster:") + key
    memberships = usable.select(
        "row",
        organisation=cells.school_key(number),
        group=group,
        kind=pl.lit("cluster"),
        source=pl.lit("user"),
        **days,
    )
    organisations = (
        usable.sort("row")
        .select(
            "row",
            organisation=group,
            register=pl.lit("user"),
            as_at=pl.lit(ALWAYS),
            kind=pl.lit("cluster"),
            name=cells.words(called),
        )
        .unique("organisation", keep="first", maintain_order=True)
    )
    clusters = "+".join(sorted(organisations["organisation"].to_list()))
    return Reading(
        kind=_Clusters.title,
        scope=f"clusters:{clusters}",
        complete=True,
        rows_read=frame.height,
        tables={"memberships": memberships, "organisations": organisations},
        findings=findings,
    )


source = _Clusters()
