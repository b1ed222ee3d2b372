"""Broken files of published figures: a clear refusal or good rows and findings, never a traceback."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import polars as pl
import pytest
from published_frames import written
from test_source_census import ROW as CENSUS
from test_source_dfe_ks2 import SCHOOL as KS2
from test_source_ees import SCHOOL as EES
from test_source_lait import ROW as LAIT
from test_source_levels import SCHOOL as LEVELS

from headway.figures import tables
from headway.figures.reading import received
from headway.figures.sources import Unreadable, registry

SOURCES = (
    *("dfe_ks2", "dfe_ks2_levels", "dfe_trusts", "census", "lait", "neighbours"),
    *("ees_ks2", "ees_eyfsp", "ees_absence", "ees_meta"),
)
TRUST = dict.fromkeys(
    (
        "TRUST_NAME",
        "TRUST_UKPRN",
        "TRUST_LEADREGION",
        "TELIG_MATPTINC",
        "PRWM_EXP_WGTAVG",
        "PFSM6CLA1A_MATPTINC",
    ),
    "60",
) | {"TIME_PERIOD": "202425", "TRUST_UID": "2044"}
NEIGHBOURS = {"LA num": "887", "LA Name": "Medway"} | {
    key: cell
    for rank in range(1, 11)
    for key, cell in ((f"SN{rank}", str(300 + rank)), (f"SNP{rank}", "Close"))
}
_PLACE = {
    "time_period": "201718",
    "geographic_level": "Local authority",
    "old_la_code": "936",
    "la_name": "Surrey",
}
PROFILE = _PLACE | {
    "characteristic": "Total",
    "number_of_children": "300",
    "gld_number": "200",
    "gld_percent": "66.7",
}
ABSENCE = _PLACE | {"school_type": "State-funded primary", "term": "Total", "sess_overall_percent": "4.1"}
GOOD = {
    "2018-2019_ks2": KS2,
    "2008-2009_ks2": LEVELS,
    "2024-2025_census": CENSUS,
    "trusts": TRUST,
    "lait": LAIT,
    "sn_may_2025": NEIGHBOURS,
    "ees_ks2": EES,
    "ees_eyfsp": PROFILE,
    "ees_absence": ABSENCE,
}
JUNK = (
    *(
        "",
        " ",
        "x",
        "-5",
        "9" * 21,
        "1e400",
        "½",
        "NaN",
        "inf",
        "%",
        "63%%",
        "150%",
        "ABC",
        "1,2",
        "٣",
        "0x1",
        "-",
        "..",
    ),
    *("1e+05", "12.5%", "2018", "\u200b", "'; drop", "=1+1", "SUPP", "00", "1.5.2", "+", "~", "\x0b"),
)
HEADERS = (
    "URN",
    "x",
    "",
    "year",
    "group",
    "organisation",
    "row",
    "cell",
    "of",
    "phase",
    "TELIG_99",
    "value",
    "own",
    "area",
)


def damaged(rows: list[list[str]], chance: random.Random) -> list[list[str]]:
    """The rows with up to thirty things wrong."""
    for _ in range(chance.randint(1, 30)):
        what, line = chance.random(), chance.randrange(1, len(rows))
        if what < 0.75 and rows[line]:
            rows[line][chance.randrange(len(rows[line]))] = chance.choice(JUNK)
        elif what < 0.82:
            rows[0][chance.randrange(len(rows[0]))] = chance.choice(HEADERS)
        elif what < 0.88 and len(rows[0]) > 1:
            place = chance.randrange(len(rows[0]))
            rows = [row[:place] + row[place + 1 :] for row in rows]
        elif what < 0.94:
            rows.append(list(rows[line]))
        else:
            rows[line] = rows[line][: chance.randint(1, max(1, len(rows[line])))]
    return rows


def try_damage(folder: Path, name: str, row: dict[str, str], number: int) -> int:
    """Reads one damaged file with every source that knows it; how many did. Good rows keep the contract."""
    chance = random.Random(f"{name} {number}")
    rows = damaged([list(row), *(list(row.values()) for _ in range(6))], chance)
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    try:
        files = received(path)
    except Unreadable:
        return 0
    known = 0
    for file in files:
        for key in SOURCES:
            source = registry()[key]
            if source.recognise(file) is None:
                continue
            known += 1
            try:
                reading = source.read(file)
            except Unreadable:
                continue
            errors = [found for found in reading.findings if found.severity == "error"]
            bad = {line for found in errors for line in found.rows}
            for table, lazy in reading.tables.items():
                frame = lazy.lazy().collect()
                good = frame.filter(~pl.col("row").is_in(list(bad)))
                contract = tables.TABLES[table]
                good = contract.conform(good.with_columns(receipt=pl.lit("r"), scope=pl.lit(reading.scope)))
                for column in contract.columns:
                    cells = good[column.name].drop_nulls()
                    assert not column.required or len(cells) == good.height, (key, table, column.name)
                    assert not column.allowed or set(cells) <= set(column.allowed), (key, table, column.name)
                if table == "published_results":
                    reported = good["status"] == "reported"
                    assert (good["value"].is_not_null() == reported).all(), key
    return known


@pytest.mark.parametrize("name", GOOD)
def test_damaged_files_never_give_a_traceback(tmp_path: Path, name: str) -> None:
    known = sum(try_damage(tmp_path, name, GOOD[name], number) for number in range(40))
    assert known > 10


@pytest.mark.long
@pytest.mark.parametrize("name", GOOD)
def test_a_thousand_damaged_files_never_give_a_traceback(tmp_path: Path, name: str) -> None:
    known = sum(try_damage(tmp_path, name, GOOD[name], number) for number in range(1000))
    assert known > 250


@pytest.mark.parametrize(
    ("row", "column", "cell"),
    [
        (KS2, "PTRWM_EXP", "150%"),
        (KS2, "PTRWM_EXP", "-3%"),
        (KS2, "READ_AVERAGE", "12"),
        (KS2, "TELIG", "-30"),
        (CENSUS, "PNUMEAL", "101.00%"),
        (EES, "expected_standard_pupil_percent", "630"),
        (LAIT, "Values", "160"),
        (PROFILE, "gld_percent", "667"),
        (ABSENCE, "sess_overall_percent", "410"),
        (TRUST, "PRWM_EXP_WGTAVG", "720%"),
    ],
)
def test_an_impossible_value_is_an_error_with_its_row_and_column(
    tmp_path: Path, row: dict[str, str], column: str, cell: str
) -> None:
    file = written(tmp_path, "2018-2019_damaged.csv", [row | {column: cell}])
    (source,) = [registry()[key] for key in SOURCES if registry()[key].recognise(file)]
    errors = [found for found in source.read(file).findings if found.rule == "impossible_value"]
    assert [found.rows for found in errors] == [(2,)]
