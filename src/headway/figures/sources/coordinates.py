"""Where schools stand: a list of URN, postcode, latitude and longitude."""

from __future__ import annotations

from datetime import date

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition
from headway.figures.sources import register_cells as cells
from headway.figures.sources.files import ReceivedFile

ALWAYS = date(1990, 1, 1)
"""The day from which a list without any day of its own is taken to speak: places do not change with the year."""

_LATITUDE = ("lat", "latitude")
_LONGITUDE = ("lon", "long", "lng", "longitude")
_NAME = ("schname", "establishmentname", "schoolname", "name")


class _Coordinates:
    """One row a school."""

    key = "coordinates"
    title = "Latitude and longitude of schools"
    expects = ("URN", "LAT", "LON", "POSTCODE")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By URN, latitude and longitude in a short list."""
        names = cells.columns_by_name(file.header)
        if (
            "urn" not in names
            or not cells.first_of(names, _LATITUDE)
            or not cells.first_of(names, _LONGITUDE)
        ):
            return None
        return Recognition(0.85 if len(names) <= 12 else 0.4, self.title)

    def read(self, file: ReceivedFile) -> Reading:
        """Table `organisations`, register `coordinates`."""
        return read_coordinates(file.rows().collect(), tuple(file.header))


def read_coordinates(frame: pl.DataFrame, header: tuple[str, ...]) -> Reading:
    """The list's rows, all text and with `row`, as organisations."""
    names = cells.columns_by_name(header)
    latitude, longitude = cells.first_of(names, _LATITUDE), cells.first_of(names, _LONGITUDE)
    assert latitude is not None  # recognised by it
    assert longitude is not None
    name, code = cells.first_of(names, _NAME), names.get("postcode")
    findings = cells.without_urn(frame, names["urn"])
    usable = frame.filter(cells.urn(names["urn"]).is_not_null())
    organisations = usable.select(
        "row",
        organisation=cells.school_key(names["urn"]),
        register=pl.lit("coordinates"),
        as_at=pl.lit(ALWAYS),
        kind=pl.lit("school"),
        name=cells.words(name) if name else pl.lit(None, dtype=pl.String),
        postcode=cells.postcode(code) if code else pl.lit(None, dtype=pl.String),
        latitude=_between(latitude, -90, 90),
        longitude=_between(longitude, -180, 180),
    )
    findings += cells.unread(
        usable, latitude, _between(latitude, -90, 90), "a latitude in degrees, such as 51.5137"
    )
    findings += cells.unread(
        usable, longitude, _between(longitude, -180, 180), "a longitude in degrees, such as -0.0775"
    )
    nowhere = organisations.filter(pl.col("latitude").is_null() | pl.col("longitude").is_null())
    if not nowhere.is_empty():
        findings.append(
            Finding(
                "note",
                "no_place",
                found=f"{nowhere.height} schools without latitude or longitude",
                expected="both",
                advice="They are kept without a place, and are on no map.",
                rows=tuple(nowhere["row"].to_list()),
            )
        )
    return Reading(
        _Coordinates.title, "coordinates", False, frame.height, {"organisations": organisations}, findings
    )


def _between(column: str, least: float, greatest: float) -> pl.Expr:
    value = cells.number(column)
    return pl.when(value.is_between(least, greatest)).then(value)


source = _Coordinates()
