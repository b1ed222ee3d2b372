"""Which of an organisation's schools a round is about."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from headway.figures.loading import load
from headway.figures.store import Store
from headway.policy import scheme_packs
from headway.web.categories import reckoning
from small_authority import register, write


def test_a_secondary_school_of_the_authority_stands_in_no_round_of_its_primary_schools(tmp_path, monkeypatch):
    primary, secondary = register(100001, 100002)
    secondary |= {"PhaseOfEducation (name)": "Secondary", "StatutoryLowAge": 11, "StatutoryHighAge": 16}
    store = Store.open(tmp_path / "store")
    load(store, [write(tmp_path / "register.csv", [primary, secondary])])
    run = SimpleNamespace(
        results=lambda: store.frame("results"), comparisons=lambda: store.frame("comparisons")
    )
    monkeypatch.setattr(reckoning, "evidence_of", lambda: (store, run))
    rise = scheme_packs.scheme("rise-2025")
    found = reckoning.reckon(
        rise.text, rise.file, schools=["school:100001", "school:100002"], year=2026, as_at=date(2026, 11, 2)
    )
    assert [one.organisation for one in found.proposals] == ["school:100001"]
