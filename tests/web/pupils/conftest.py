"""A store with a year's key stage 2 pupils of two schools, behind the service of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from figures.dfe_pupil_files import upn, written
from headway.figures.loading import load
from headway.figures.receipts import Receipt
from headway.figures.store import Store
from small_authority import register, write

MINE, SISTER, FOREIGN = 100001, 100002, 200001
YEAR = 2023
OVERSEAS_UPN = upn(5)


def _pupil(school: int = MINE, **more: str) -> dict[str, str]:
    """104 in both tests and EXS: reached the standard in all three."""
    plain = {
        "URN": str(school),
        "DOB": "03/05/12",
        "MATOUTCOME": "AS",
        "MATSCORE": "104",
        "MATMRK": "70",
        "RWMEXP": "1",
        "ENTRYDAT": "01/09/16",
        "GPSSCORE": "104",
        "KS2MATSCORE": "104",
        "INMATPROG": "1",
        "MATPROGSCORE_EM_ADJUSTED": "0.75",
    }
    return plain | more


def pupils() -> list[dict[str, str]]:
    """Eight of one school, one of them come from overseas in Year 6, one a mark short in reading; three of each other."""
    overseas = {
        "EALGRP": "2",
        "ENTRYDAT": "01/11/21",
        "KS1READ": "",
        "KS1WRIT": "",
        "KS1MAT": "",
        "KS1AVERAGEPS": "NA",
        "KS1GROUP": "4",
        "KS1AVERAGE_GRP_P": "NA",
        "READOUTCOME": "NS",
        "READSCORE": "85",
        "READMRK": "11",
        "RWMEXP": "0",
        "INREADPROG": "0",
        "INWRITPROG": "0",
        "INMATPROG": "0",
        "READPROGSCORE_EM_ADJUSTED": "NA",
        "WRITPROGSCORE_EM_ADJUSTED": "NA",
        "MATPROGSCORE_EM_ADJUSTED": "NA",
    }
    near = {
        "READOUTCOME": "NS",
        "READSCORE": "98",
        "READMRK": "30",
        "RWMEXP": "0",
        "KS2READSCORE": "98",
        "READPROGSCORE_EM_ADJUSTED": "-4.5",
    }
    return [
        *(_pupil(SURNAME=f"Surname{number}", FORENAME=f"Forename{number}") for number in range(5)),
        _pupil(**overseas, SURNAME="Surname5", FORENAME="Forename5"),
        _pupil(**near, SURNAME="Surname6", FORENAME="Forename6"),
        _pupil(P_INCL="203"),
        *(_pupil(SISTER) for _ in range(3)),
        *(_pupil(FOREIGN) for _ in range(3)),
    ]


@pytest.fixture(scope="session")
def _loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    files = [
        write(folder / "register.csv", register(MINE, SISTER)),
        written(folder / "ks2.csv", pupils()),
    ]
    receipts = load(Store.open(folder / "home"), files)
    assert all(isinstance(one, Receipt) for one in receipts), receipts
    return folder / "home"


@pytest.fixture
def store(_loaded: Path, settings) -> Store:
    """The store of the service; nobody changes it."""
    settings.HOME = _loaded
    return Store(_loaded)
