"""`headway disclose`, `headway releases` and the commands that read a release."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from cli import headway
from headway.figures import disclosure
from headway.figures.releases import StoredRelease
from small_authority import two_schools

GOVERNORS = ("--audience", "governors", "--release", "KS2 2026")


@pytest.fixture
def loaded() -> None:
    """One school of 24 pupils, four of them disadvantaged, and another of thirty."""
    two_schools()


def declare(*more: str, audience: str = "governors", name: str = "KS2 2026") -> Any:
    which = ("--authority", 936, "--year", 2026, "--measure", "ks2_rwm_expected")
    return headway("disclose", name, *which, "--audience", audience, *more)


@pytest.mark.usefixtures("loaded")
def test_a_release_is_declared_decided_and_listed() -> None:
    answer = declare()
    assert answer.code == 0, answer.out + answer.err
    assert "Signed:" in answer.out
    assert "headway export" in answer.out
    (row,) = headway("releases", "--json").rows
    assert (row["name"], row["authority"], row["decided_for"]) == ("KS2 2026", "authority:936", ["governors"])
    assert "KS2 2026" in headway("releases").out


@pytest.mark.usefixtures("loaded")
def test_another_audience_is_decided_on_the_same_release() -> None:
    assert declare().code == 0
    assert headway("disclose", "KS2 2026", "--audience", "public").code == 0
    assert headway("releases", "--json").rows[0]["decided_for"] == ["governors", "public"]


@pytest.mark.usefixtures("loaded")
def test_what_was_declared_is_not_declared_again() -> None:
    assert declare().code == 0
    again = declare()
    assert again.code == 1
    assert "There is a release KS2 2026 already" in again.err


@pytest.mark.usefixtures("loaded")
def test_asking_what_if_keeps_nothing() -> None:
    answer = declare("--what-if", "eleven")
    assert answer.code == 0
    assert "Nothing was kept" in answer.out
    assert headway("releases", "--json").rows[0]["decided_for"] == []


@pytest.mark.usefixtures("loaded")
def test_the_report_as_json_says_whether_it_holds() -> None:
    (report,) = declare("--json").rows
    assert report["holds"] is True
    assert report["primary"] > 0
    assert {"attacker", "protected", "safe", "public", "fewer", "unsafe"} == set(report["attackers"][0])


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("disclose", "KS2", "--audience", "governors"), "There is no release KS2. Releases: none yet."),
        (("disclose", "KS2", "--authority", 936, "--audience", "governors"), "which years"),
        (("disclose", "a/b", "--authority", 936, "--year", 2026, "--audience", "governors"), "cannot be a release's"),
        (("disclose", "KS2", "--authority", 936, "--year", 1999, "--audience", "governors"), "no such figures"),
        (("school", 100001, "--audience", "governors"), "decided as a whole"),
        (("school", 100001, *GOVERNORS), "There is no release KS2 2026"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_with_what_to_do(arguments: tuple[object, ...], message: str) -> None:
    answer = headway(*arguments)
    assert answer.code != 0
    assert message in answer.err


@pytest.mark.usefixtures("loaded")
def test_a_release_that_was_not_decided_for_an_audience_is_not_shown_to_it() -> None:
    assert declare(audience="public").code == 0
    answer = headway("school", 100001, *GOVERNORS)
    assert answer.code == 1
    assert 'Type: headway disclose "KS2 2026" --audience governors' in answer.err


@pytest.mark.usefixtures("loaded")
def test_an_unknown_audience_or_rule_is_named_with_the_known_ones() -> None:
    assert "there are councillors" in declare(audience="press").err
    assert declare("--what-if", "five", name="another").code == 1


def _does_not_hold(decision: disclosure.Decision) -> disclosure.Decision:
    attackers = [{**found, "unsafe": 1} for found in decision.report.attackers]
    return replace(decision, report=replace(decision.report, attackers=attackers))


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("json", [(), ("--json",)])
def test_a_decision_that_does_not_hold_ends_with_an_error_and_is_not_kept(json: tuple[str, ...]) -> None:
    decide = disclosure.decide_in_parts
    with patch.object(
        disclosure, "decide_in_parts", lambda *asked, **more: _does_not_hold(decide(*asked, **more))
    ):
        answer = declare(*json)
    assert answer.code == 1
    assert "This does not hold" in answer.err
    assert headway("releases", "--json").rows[0]["decided_for"] == []


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("command", [("school", 100001), ("headlines", "--authority", 936)])
def test_no_command_reads_a_decision_that_does_not_hold(command: tuple[object, ...]) -> None:
    assert declare().code == 0
    decision = StoredRelease.decision

    def broken(self: StoredRelease, audience: str) -> disclosure.Decision | None:
        found = decision(self, audience)
        return found and _does_not_hold(found)

    with patch.object(StoredRelease, "decision", broken):
        answer = headway(*command, *GOVERNORS)
    assert answer.code == 1
    assert "does not hold" in answer.err
    assert "%" not in answer.out
