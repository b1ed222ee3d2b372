"""Get Information about Schools: trusts, federations, sponsors (groups) and their schools (group links).

A trust is an academy trust (multi, single or secure single) or the foundation trust of maintained schools;
which it is stands in `type` and in the kind of the membership. Children's centre groups are kept as plain groups.

These files carry no day of extraction either: `as_at` is the latest day on which a group opened or a school
joined; days ahead (a proposed opening, a planned closure) do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources import register_cells as cells
from headway.figures.sources.files import ReceivedFile

GROUP_TYPES: dict[str, tuple[str, str]] = {
    "multi-academy trust": ("trust", "trust"),
    "single-academy trust": ("trust", "trust"),
    "secure single-academy trust": ("trust", "trust"),
    "trust": ("trust", "foundation trust"),
    "umbrella trust": ("trust", "umbrella trust"),
    "federation": ("federation", "federation"),
    "school sponsor": ("sponsor", "sponsor"),
    "children's centres group": ("group", "children's centres"),
    "children's centres collaboration": ("group", "children's centres"),
}
"""Group type, in lower case: kind of organisation, and kind of membership."""

_NATIONAL = 100


def _kind(column: str, which: int) -> pl.Expr:
    mapping = {name: kinds[which] for name, kinds in GROUP_TYPES.items()}
    return (
        cells.words(column)
        .str.to_lowercase()
        .replace_strict(mapping, default="group", return_dtype=pl.String)
    )


def _group_key(names: Mapping[str, str]) -> pl.Expr:
    return _kind(names["grouptype"], 0) + ":" + cells.whole(names["groupuid"]).cast(pl.String)


def _day_of(names: Mapping[str, str], *candidates: str) -> pl.Expr:
    found = [cells.day(names[name]) for name in candidates if name in names]
    return pl.coalesce(found) if found else pl.lit(None, dtype=pl.Date)


def _without_group(frame: pl.DataFrame, names: Mapping[str, str]) -> list[Finding]:
    lost = frame.filter(cells.whole(names["groupuid"]).is_null())
    if lost.is_empty():
        return []
    return [
        Finding(
            "error",
            "no_group",
            found=", ".join(sorted({value or "(empty)" for value in lost[names["groupuid"]].to_list()})[:5]),
            expected="the group's unique identifier, a whole number",
            advice="Fill in Group UID, or leave the rows out.",
            column=names["groupuid"],
            rows=tuple(lost["row"].to_list()),
        )
    ]


def _unknown_types(frame: pl.DataFrame, names: Mapping[str, str]) -> list[Finding]:
    column = names["grouptype"]
    unknown = frame.filter(
        ~cells.words(column).str.to_lowercase().is_in(list(GROUP_TYPES)).fill_null(value=False)
    )
    if unknown.is_empty():
        return []
    return [
        Finding(
            "warning",
            "unknown_group_type",
            found=", ".join(sorted({value or "(empty)" for value in unknown[column].to_list()})[:5]),
            expected=", ".join(GROUP_TYPES),
            advice="They are kept as plain groups, which no report uses.",
            column=column,
            rows=tuple(unknown["row"].to_list()),
        )
    ]


def _no_day() -> Unreadable:
    return Unreadable(
        "The file says nowhere for which day it speaks: no group in it has a day of opening, "
        "and no school a day of joining. Download the list again with all columns."
    )


class _Groups:
    """One row a trust, federation, sponsor or other group."""

    key = "gias_groups"
    title = "Get Information about Schools: groups (trusts, federations)"
    expects = ("Group UID", "Group Name", "Group Type", "Group Status", "Open date", "Closed Date")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By Group UID without a URN."""
        names = cells.columns_by_name(file.header)
        if not {"groupuid", "groupname", "grouptype"} <= set(names) or "urn" in names:
            return None
        missing = tuple(column for column in self.expects if cells.canonical(column) not in names)
        return Recognition(0.95 - 0.05 * len(missing), self.title, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Table `organisations`."""
        return read_groups(file.rows().collect(), tuple(file.header))


def read_groups(frame: pl.DataFrame, header: tuple[str, ...]) -> Reading:
    """The register's groups, all text and with `row`, as organisations."""
    names = cells.columns_by_name(header)
    findings = _without_group(frame, names)
    usable = frame.filter(cells.whole(names["groupuid"]).is_not_null())
    findings += _unknown_types(usable, names)
    status = cells.words(names["groupstatus"]) if "groupstatus" in names else pl.lit("Open")
    opened = _day_of(names, "opendate", "incorporatedonopendate")
    as_at = cells.latest(usable.filter(status.str.to_lowercase() != "proposed to open"), [opened])
    if as_at is None:
        raise _no_day()

    def text(name: str) -> pl.Expr:
        return cells.words(names[name]) if name in names else pl.lit(None, dtype=pl.String)

    organisations = usable.select(
        "row",
        organisation=_group_key(names),
        register=pl.lit("gias"),
        as_at=pl.lit(as_at),
        kind=_kind(names["grouptype"], 0),
        name=text("groupname"),
        type=text("grouptype"),
        status=status,
        open_date=opened,
        close_date=_day_of(names, "closeddate"),
        street=text("groupstreet"),
        town=text("grouptown"),
        postcode=cells.postcode(names["grouppostcode"])
        if "grouppostcode" in names
        else pl.lit(None, dtype=pl.String),
        ukprn=cells.code(names["ukprn"], 8) if "ukprn" in names else pl.lit(None, dtype=pl.String),
    )
    return Reading(
        kind=_Groups.title,
        scope=f"gias_groups:{as_at.isoformat()}",
        complete=False,
        rows_read=frame.height,
        tables={"organisations": organisations},
        findings=findings,
    )


class _GroupLinks:
    """One row a school in a group; the groups themselves are in it too."""

    key = "gias_group_links"
    title = "Get Information about Schools: schools in groups"
    expects = ("URN", "Group UID", "Group Name", "Group Type", "Joined date")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By URN and Group UID together."""
        names = cells.columns_by_name(file.header)
        if not {"urn", "groupuid", "grouptype"} <= set(names):
            return None
        missing = tuple(column for column in self.expects if cells.canonical(column) not in names)
        return Recognition(0.98 - 0.05 * len(missing), self.title, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Tables `memberships` and `organisations`."""
        return read_group_links(file.rows().collect(), tuple(file.header))


def read_group_links(frame: pl.DataFrame, header: tuple[str, ...]) -> Reading:
    """The register's list of schools in groups, all text and with `row`."""
    names = cells.columns_by_name(header)
    findings = [*cells.without_urn(frame, names["urn"]), *_without_group(frame, names)]
    usable = frame.filter(
        cells.urn(names["urn"]).is_not_null() & cells.whole(names["groupuid"]).is_not_null()
    )
    findings += _unknown_types(usable, names)
    joined = _day_of(names, "joineddate")
    as_at = cells.latest(usable, [joined, _day_of(names, "opendate", "incorporatedonopendate")])
    if as_at is None:
        raise _no_day()
    authorities = (
        usable.select(cells.code(names["lacode"], 3)).to_series().n_unique() if "lacode" in names else 0
    )
    memberships = usable.select(
        "row",
        organisation=cells.school_key(names["urn"]),
        group=_group_key(names),
        kind=_kind(names["grouptype"], 1),
        joined=joined,
        left=_day_of(names, "closeddate"),
        note=cells.words(names["grouptype"]),
        source=pl.lit("gias" if authorities >= _NATIONAL else "gias:part"),
        as_at=pl.lit(as_at),
    )
    return Reading(
        kind=_GroupLinks.title,
        scope="gias_group_links",
        complete=False,
        rows_read=frame.height,
        tables={"memberships": memberships, "organisations": _groups_named(usable, names, as_at)},
        findings=findings,
    )


def _groups_named(frame: pl.DataFrame, names: Mapping[str, str], as_at: date) -> pl.DataFrame:
    status = cells.words(names["groupstatus"]) if "groupstatus" in names else pl.lit(None, dtype=pl.String)
    return (
        frame.sort("row")
        .select(
            "row",
            organisation=_group_key(names),
            register=pl.lit("gias_group_links"),
            as_at=pl.lit(as_at),
            kind=_kind(names["grouptype"], 0),
            name=cells.words(names["groupname"]) if "groupname" in names else pl.lit(None, dtype=pl.String),
            type=cells.words(names["grouptype"]),
            status=status,
            open_date=_day_of(names, "opendate", "incorporatedonopendate"),
            close_date=_day_of(names, "closeddate"),
        )
        .unique("organisation", keep="first", maintain_order=True)
    )


sources = (_Groups(), _GroupLinks())
