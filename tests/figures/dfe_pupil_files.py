"""Makes DfE key stage 2 pupil files for the tests."""

from __future__ import annotations

import csv
from pathlib import Path

from headway.figures.upn import check_letter

DEFAULTS = {
    "LAESTAB": "9362001", "URN": "125025", "CYPMD_ID": "1", "P_INCL": "201", "P_INCL_DESC": "Included",
    "SURNAME": "Brown", "FORENAME": "Ada", "SEX": "F", "DOB": "03/05/15", "ENTRYDAT": "01/09/19", "SENF": "N",
    "ETHNIC": "WBRI", "LANG1ST": "ENG", "EALGRP": "1", "FSM": "0", "FSM6_P": "1", "YOUNGCARER": "0", "NEWMOBILE": "0",
    "KS1READ": "EXS", "KS1WRIT": "WTS", "KS1MAT": "GDS", "KS1AVERAGEPS": "8.5", "KS1GROUP": "3",
    "READOUTCOME": "AS", "MATOUTCOME": "NS", "GPSOUTCOME": "AS", "READSCORE": "104", "MATSCORE": "N",
    "GPSSCORE": "101", "READMRK": "31", "MATMRK": "3", "GPSMRK": "40", "READSPECCON": "", "MATSPECCON": "",
    "GPSSPECCON": "", "ELIGRWM": "1", "RWMEXP": "0", "WRITTAOUTCOME": "EXS", "SCITAOUTCOME": "HNM",
    "MATTAOUTCOME": "", "READTAOUTCOME": "", "INREADPROG": "1", "INWRITPROG": "1", "INMATPROG": "0",
    "KS1AVERAGE_GRP_P": "14", "KS2READSCORE": "104", "KS2WRITSCORE": "103", "KS2MATSCORE": "79",
    "KS2READPRED_EM": "102.5", "KS2WRITPRED_EM": "101", "KS2MATPRED_EM": "103.25",
    "READPROGSCORE_EM_ADJUSTED": "1.5", "WRITPROGSCORE_EM_ADJUSTED": "2", "MATPROGSCORE_EM_ADJUSTED": "NA",
}  # fmt: skip
SUPPLIER = {"P_INCL": "PINCL_Flag", "SENF": "SEN", "ETHNIC": "ETHNICITY", "SEX": "Sex"}


def upn(serial: int) -> str:
    rest = f"8012000{15:02d}{serial:03d}"
    return check_letter(rest) + rest


def written(
    path: Path, pupils: list[dict[str, str]], order: list[str] | None = None, *, supplier: bool = False
) -> Path:
    """A file of these pupils, the other cells as in `DEFAULTS`, its columns in this order."""
    fields = order or ["LAESTAB", "URN", "UPN", *list(DEFAULTS)[2:]]
    rows = [
        [{"UPN": upn(number), **DEFAULTS, **pupil}[name] for name in fields]
        for number, pupil in enumerate(pupils)
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([SUPPLIER.get(name, name) if supplier else name for name in fields])
        writer.writerows(rows)
    return path
