"""A release with figures that are suppressed for some readers, and people who make packs of it."""

from __future__ import annotations

from typing import Any

import pytest

from released import YEAR, figure, handmade

OWN, NEAR, OTHER, AUTHORITY, NATION = (
    "school:100001",
    "school:100002",
    "school:200001",
    "authority:936",
    "nation:england",
)
EARLIER = {"year": YEAR - 1}
HIGHER, ABSENCE, COHORT = "ks2_rwm_higher", "absence_overall", "ks2_cohort"
_SMALL = {"group": "disadvantaged"}


def _of(organisation: str, met: int, pupils: int) -> list[dict[str, Any]]:
    """Figures of which the small group and the higher standard are of few pupils."""
    return [
        figure(organisation, met, pupils),
        figure(organisation, met - 3, pupils, **EARLIER),
        figure(organisation, 3, pupils, measure=HIGHER),
        figure(organisation, 3, 4, **_SMALL),
        figure(organisation, met - 3, pupils - 4, group="other"),
    ]


WHOLE = [
    *_of(OWN, 22, 31),
    *_of(NEAR, 15, 26),
    figure(AUTHORITY, 200, 300),
    figure(AUTHORITY, 33, 300, measure=HIGHER),
    figure(NATION, 6100, 10000, basis="published"),
]
SHOWN = [
    figure(str(row["organisation"]), None, None, **{name: row[name] for name in ("year", "measure", "group")})
    if str(row["organisation"]).startswith("school:") and (row["measure"] == HIGHER or row["group"] != "all")
    else row
    for row in WHOLE
]
"""As everybody sees them who does not see everything: the small counts of schools withheld."""


@pytest.fixture(scope="session")
def _charts(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("charts")


@pytest.fixture(autouse=True)
def _charts_drawn_once(_charts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chart is known by all that it shows, so one drawn by one test is the same in the next."""
    for module in ("drawing", "documents.pictures"):
        monkeypatch.setattr(f"headway.web.design.{module}.folder", lambda: _charts)


@pytest.fixture(autouse=True)
def _own_storage(settings: Any, tmp_path: Any) -> None:
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path / "documents"}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    settings.SERVICE = tmp_path


@pytest.fixture
def release(_own_storage: None, people: dict[str, Any]) -> Any:
    """The release, shown to schools."""
    from headway.web.standards import actions
    from headway.web.standards.models import SCHOOLS
    from web_schools import make

    make(NEAR, "Near School", authority=AUTHORITY)
    made = handmade("Summer", AUTHORITY, WHOLE, SHOWN)
    made.measures = sorted({str(row["measure"]) for row in WHOLE})
    return actions.publish(made=made, state="provisional", visibility=SCHOOLS, by=None)
