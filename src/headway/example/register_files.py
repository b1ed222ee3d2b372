"""Writes the example's register and inspections as the files that DfE and Ofsted publish."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from headway.example.authority import (
    AUTHORITY,
    AUTHORITY_NAME,
    CARD_AREAS,
    TRUSTS,
    Authority,
    Inspection,
    School,
)


def _date(day: date | None) -> str:
    return day.strftime("%d-%m-%Y") if day else ""


def _write_rows(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "cp1252"
) -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)
    return path


_GROUP = {"Community school": "Local authority maintained schools",
    "Voluntary controlled school": "Local authority maintained schools",
          "Local authority nursery school": "Local authority maintained schools"}  # fmt: skip


def write_register(folder: Path, authority: Authority) -> list[Path]:
    def row(school: School) -> list[object]:
        return [
            school.urn, AUTHORITY, AUTHORITY_NAME, school.establishment, school.name, school.type,
            _GROUP.get(school.type, "Academies"), "Closed" if school.closed else "Open", school.reason_opened,
            _date(school.opened),
            school.reason_closed, _date(school.closed), "Nursery" if school.kind == "nursery" else "Primary",
            school.low_age,
            school.high_age, "Mixed", school.religious_character,
            int(authority.site_sizes[school.site]) * (school.high_age - school.low_age),
            int(authority.site_sizes[school.site] * 0.94) * (school.high_age - school.low_age),
            TRUSTS.get(school.trust or "", ""), "", "", "01-09-2024", "1 School Lane", school.town, school.postcode,
            f"https://school{school.urn}.example", *_split_name(school.head), "North", AUTHORITY_NAME,
            "(England/Wales) Urban city and town", school.easting, school.northing,
        ]  # fmt: skip

    header = (
        "URN", "LA (code)", "LA (name)", "EstablishmentNumber", "EstablishmentName", "TypeOfEstablishment (name)",
        "EstablishmentTypeGroup (name)", "EstablishmentStatus (name)", "ReasonEstablishmentOpened (name)", "OpenDate",
        "ReasonEstablishmentClosed (name)", "CloseDate", "PhaseOfEducation (name)", "StatutoryLowAge",
        "StatutoryHighAge",
        "Gender (name)", "ReligiousCharacter (name)", "SchoolCapacity", "NumberOfPupils", "Trusts (name)",
        "Federations (name)",
        "UKPRN", "LastChangedDate", "Street", "Town", "Postcode", "SchoolWebsite", "HeadTitle (name)", "HeadFirstName",
        "HeadLastName", "GOR (name)", "DistrictAdministrative (name)", "UrbanRural (name)", "Easting", "Northing",
    )  # fmt: skip
    trusts = {school.urn: school for school in authority.schools if school.trust}
    return [
        _write_rows(folder / "register_schools.csv", header, map(row, authority.schools)),
        _write_rows(
            folder / "register_links.csv",
            ("URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate"),
            (
                (link.urn, link.linked, link.name, link.type, _date(link.established))
                for link in authority.links
            ),
        ),
        _write_rows(
            folder / "register_group_links.csv",
            (
                "URN",
                "Group UID",
                "Group ID",
                "Group Name",
                "Companies House Number",
                "Group Type (code)",
                "Group Type",
                "Closed Date",
                "Open date",
                "Group Status (code)",
                "Group Status",
                "Joined date",
                "EstablishmentName",
                "LA (code)",
                "LA (name)",
            ),
            (
                (
                    urn,
                    school.trust,
                    f"TR{school.trust}",
                    TRUSTS[str(school.trust)],
                    "",
                    6,
                    "Multi-academy trust",
                    "",
                    "01-09-2011",
                    "OPEN",
                    "Open",
                    _date(school.opened),
                    school.name,
                    AUTHORITY,
                    AUTHORITY_NAME,
                )
                for urn, school in trusts.items()
            ),
        ),
    ]


def _split_name(head: str) -> tuple[str, str, str]:
    title, first, last = head.split(" ", 2)
    return title, first, last


_WORDS = {1: "Outstanding", 2: "Good", 3: "Requires improvement", 4: "Inadequate"}


def write_inspections(folder: Path, authority: Authority) -> list[Path]:
    """The history to August 2024 by overall grade, and Ofsted's management information with its title line."""
    graded = [inspection for inspection in authority.inspections if inspection.overall]

    def word(inspection: Inspection) -> str:
        satisfactory = inspection.overall == 3 and inspection.started < date(2012, 9, 1)
        return "Satisfactory" if satisfactory else _WORDS[inspection.overall or 0]

    history = _write_rows(
        folder / "ofsted_history.csv",
        ("URN", "Rating", "Inspection Date"),
        ((one.urn, word(one), one.started.strftime("%Y%m%d")) for one in graded),
    )
    names = {school.urn: school for school in authority.schools}
    latest: dict[int, Inspection] = {}
    before: dict[int, Inspection] = {}
    for inspection in authority.inspections:
        if not names[inspection.urn].closed:
            (latest if inspection.started >= date(2025, 11, 10) else before)[inspection.urn] = inspection
    header = (
        "URN", "LAESTAB", "School name", "Ofsted phase", "Type of education", "Inspection start date",
        "Publication date",
        "Inspection type", "Category of concern", "Safeguarding standards", *CARD_AREAS,
        "Latest OEIF overall effectiveness", "Latest OEIF quality of education", "Latest OEIF behaviour and attitudes",
        "Latest OEIF personal development", "Latest OEIF effectiveness of leadership and management",
        "Inspection start date of latest OEIF graded inspection", "URN at time of latest OEIF graded inspection",
        "Most recent category of concern",
    )  # fmt: skip

    def row(school: School) -> list[str]:
        card, graded_last = latest.get(school.urn), before.get(school.urn)
        day = card.started.strftime("%d/%m/%Y") if card else "NULL"
        old = graded_last if graded_last and graded_last.areas else None
        return [
            str(school.urn), f"{AUTHORITY}{school.establishment}", school.name, "Primary", school.type, day, day,
            "Full inspection" if card else "NULL", (card.category if card else None) or "NULL",
            "Met" if card else "NULL",
            *([card.areas[area] for area in CARD_AREAS] if card else ["NULL"] * len(CARD_AREAS)),
            str(old.overall or "Not judged") if old else "NULL",
            *([old.areas[area] for area in ("quality of education", "behaviour and attitudes", "personal development",
                                            "leadership and management")] if old else ["NULL"] * 4),
            old.started.strftime("%d/%m/%Y") if old else "NULL", str(school.urn) if old else "NULL",
            (old.category if old else None) or "NULL",
        ]  # fmt: skip

    path = folder / "ofsted_management_information.csv"
    _write_rows(path, header, (row(school) for school in authority.schools if not school.closed))
    path.write_bytes(b"Example management information: most recent inspections\r\n" + path.read_bytes())
    return [history, path]
