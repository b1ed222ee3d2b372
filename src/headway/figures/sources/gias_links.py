"""Get Information about Schools: which school came before or after which (`links_edubasealldata`).

One row a link, seen from one side; a link has its fellow on the other school.
What the links mean for a school's results is decided in `headway.figures.history`, not here.
"""

from __future__ import annotations

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition
from headway.figures.sources import register_cells as cells
from headway.figures.sources.files import ReceivedFile

_WHOLE_REGISTER = 10_000
"""The register offers its links only whole (about 30,000); a shorter file is somebody's addition to it."""


def link_of(link_type: pl.Expr) -> pl.Expr:
    """What the other school is to this one, from the register's words."""
    text = link_type.str.to_lowercase()
    return (
        pl.when(text.str.starts_with("predecessor"))
        .then(pl.lit("predecessor"))
        .when(text.str.starts_with("successor"))
        .then(pl.lit("successor"))
        .when(text.str.starts_with("merged") | text.str.contains("amalgamation"))
        .then(pl.lit("merged"))
        .when(text.str.contains("split"))
        .then(pl.lit("split"))
        .when(text.str.starts_with("sixth form"))
        .then(pl.lit("sixth form"))
        .when(text == "closure")
        .then(pl.lit("closure"))
        .when(text == "expansion")
        .then(pl.lit("expansion"))
        .otherwise(pl.lit("other"))
    )


class _Links:
    """One row a link."""

    key = "gias_links"
    title = "Get Information about Schools: links between schools"
    expects = ("URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By LinkURN and LinkType."""
        names = cells.columns_by_name(file.header)
        if not {"urn", "linkurn", "linktype"} <= set(names):
            return None
        missing = tuple(column for column in self.expects if cells.canonical(column) not in names)
        return Recognition(1.0 - 0.05 * len(missing), self.title, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Table `links`."""
        return read_links(file.rows().collect(), tuple(file.header))


def read_links(frame: pl.DataFrame, header: tuple[str, ...]) -> Reading:
    """The register's link rows, all text and with `row`, as table `links`."""
    names = cells.columns_by_name(header)
    number, other, kind = names["urn"], names["linkurn"], names["linktype"]
    findings = cells.without_urn(frame, number)
    usable = frame.filter(cells.urn(number).is_not_null())
    findings += cells.without_urn(usable, other)
    usable = usable.filter(cells.urn(other).is_not_null())
    findings += _without_type(usable, kind)
    usable = usable.filter(cells.words(kind).is_not_null())
    dated, named = names.get("linkestablisheddate"), names.get("linkname")
    if dated:
        findings += cells.unread(usable, dated, cells.day(dated), "a day, such as 31-08-2021")
    links = usable.select(
        "row",
        organisation=cells.school_key(number),
        linked_organisation=cells.school_key(other),
        link=link_of(cells.words(kind)),
        link_type=cells.words(kind),
        date=cells.day(dated) if dated else pl.lit(None, dtype=pl.Date),
        linked_name=cells.words(named) if named else pl.lit(None, dtype=pl.String),
    )
    undated = links["date"].null_count()
    if undated:
        findings.append(
            Finding(
                "note",
                "link_without_date",
                found=f"{undated} of {links.height} links have no date",
                expected="a date in LinkEstablishedDate",
                advice="They are kept; results are not carried over an undated link until somebody has looked.",
                column=dated,
            )
        )
    return Reading(
        kind=_Links.title,
        scope="gias_links",
        complete=frame.height >= _WHOLE_REGISTER,
        rows_read=frame.height,
        tables={"links": links},
        findings=findings,
    )


def _without_type(frame: pl.DataFrame, column: str) -> list[Finding]:
    lost = frame.filter(cells.words(column).is_null())
    if lost.is_empty():
        return []
    return [
        Finding(
            "error",
            "no_link_type",
            found="(empty)",
            expected="Predecessor, Successor, Result of Amalgamation …",
            advice="Say what the other school is to this one.",
            column=column,
            rows=tuple(lost["row"].to_list()),
        )
    ]


source = _Links()
