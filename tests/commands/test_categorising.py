"""headway schemes, categorise and inspections-due on the example authority."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import headway
from headway.policy.scheme_packs import shipped


def test_schemes_are_listed_shown_and_printed_to_be_copied(tmp_path: Path) -> None:
    assert {row["scheme"] for row in headway("schemes", "--json").rows} == set(shipped())
    shown = headway("schemes", "dcsf-2008").out
    assert "55" in shown
    assert "Kent, Primary School Improvement Partner Briefing, autumn 2008" in shown
    assert "Infant schools:" in shown
    copy = tmp_path / "ours.toml"
    copy.write_text(
        headway("schemes", "rise-2025", "--text").out.replace('key = "rise-2025"', 'key = "ours"', 1),
        encoding="utf-8",
    )
    assert headway("schemes", copy, "--json").rows[0]["scheme"] == "ours"
    broken = tmp_path / "broken.toml"
    broken.write_text("key = ", encoding="utf-8")
    said = headway("schemes", broken)
    assert (said.code, "broken.toml: it is not TOML" in said.err) == (1, True)


def _rise(*more: object) -> list[dict[str, object]]:
    return headway(
        "categorise", "--scheme", "rise-2025", "--year", 2024, "--authority", 999, "--json", *more
    ).rows


def test_every_school_has_a_category_or_a_reason_and_every_criterion_its_reason(example: Path) -> None:
    rows = _rise()
    assert len(rows) > 80
    for row in rows:
        assert row["category"] or row["attention"]
        assert row["treatment"] or row["kind"] == "primary"
        for finding in row["findings"]:  # type: ignore[attr-defined]
            assert finding["because"]
    assert any(row["category"] == "targeted" and row["would_change"] for row in rows)


def test_a_what_if_says_who_would_move(example: Path) -> None:
    said = headway(
        "categorise",
        "--scheme",
        "rise-2025",
        "--year",
        2024,
        "--authority",
        999,
        "--set",
        'stuck.trigger=["inadequate"]',
    )
    assert said.code == 0
    assert "would move" in said.out
    wrong = headway(
        "categorise", "--scheme", "rise-2025", "--year", 2024, "--authority", 999, "--set", "stuck.x=1"
    )
    assert (wrong.code, "expected one of" in wrong.err) == (1, True)


def test_peoples_judgements_are_read_with_their_author_and_wrong_ones_refused_with_row_and_column(
    example: Path, tmp_path: Path
) -> None:
    urn = next(str(row["organisation"]) for row in _rise() if row["category"] == "universal").removeprefix(
        "school:"
    )
    path = tmp_path / "judgements.csv"
    header = "organisation,criterion,level,by,date,note\n"
    path.write_text(
        f"{header}{urn},low_attainment,engaged,A. Officer,2025-01-20,Letter of January\n", encoding="utf-8"
    )
    row = next(one for one in _rise("--judgements", path) if one["organisation"] == f"school:{urn}")
    assert row["category"] == "targeted"
    assert "A. Officer on 20 January 2025 judged it engaged: Letter of January." in str(row["findings"])
    for line, said in {
        f"{urn},low_attainment,very,,,": "row 2, column level: found 'very', expected one of not engaged, engaged",
        f"{urn},stuck,stuck,,,": "row 2, column criterion: found 'stuck', expected a criterion that people judge",
        "12,low_attainment,engaged,,,": "row 2, column organisation: found '12', expected a URN",
        f"{urn},low_attainment,engaged,,20.1.2025,": "row 2, column date: found '20.1.2025', expected a date",
        "199999,low_attainment,engaged,,,": "which is no school of authority 999",
    }.items():
        path.write_text(header + line + "\n", encoding="utf-8")
        answer = headway(
            "categorise", "--scheme", "rise-2025", "--year", 2024, "--authority", 999, "--judgements", path
        )
        assert (answer.code, said in answer.err) == (1, True), answer.err


def test_a_round_is_frozen_once(example: Path, tmp_path: Path) -> None:
    folder = tmp_path / "round"
    arguments = (
        "categorise",
        "--scheme",
        "rise-2025",
        "--year",
        2024,
        "--authority",
        999,
        "--freeze",
        folder,
    )
    assert headway(*arguments).code == 0
    frozen = json.loads((folder / "round.json").read_text(encoding="utf-8"))
    assert frozen["head"]["run"].startswith("run-")
    again = headway(*arguments)
    assert (again.code, "never changes" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scheme", "dcsf-2008", "--year", 2019), "judges results of 2008 to 2009, not of 2019"),
        (("--scheme", "rise-2025", "--year", 2024, "--as-at", "2020-01-01"), "lies outside"),
        (("--scheme", "nothing", "--year", 2024), "There is no scheme 'nothing'. There are dcsf-2008"),
    ],
)
def test_a_scheme_outside_its_dates_is_refused(
    example: Path, arguments: tuple[object, ...], said: str
) -> None:
    answer = headway("categorise", *arguments, "--authority", 999)
    assert (answer.code, said in answer.err) == (1, True), answer.err


def test_rankings_say_how_sensitive_they_are_and_chances_add_up(example: Path) -> None:
    said = headway(
        "categorise", "--scheme", "eight-metrics", "--year", 2023, "--authority", 999, "--sensitivity"
    )
    assert said.code == 0
    assert "enter or leave the first places" in said.out
    for row in _rise("--chances"):
        assert sum(row["chances"].values()) == pytest.approx(1)  # type: ignore[attr-defined]


def test_inspections_due_gives_days_and_reasons_and_never_a_grade_to_come(example: Path) -> None:
    rows = headway("inspections-due", "--authority", 999, "--as-at", "2024-09-01", "--json").rows
    assert len(rows) > 80
    assert any(row["latest"] for row in rows)
    assert all(row["because"] for row in rows)
    for row in rows:
        assert {flag["level"] for flag in row["rules"]} <= {"flagged", "not flagged", "cannot say"}
    said = headway("inspections-due", "--authority", 999, "--as-at", "2024-09-01")
    assert "no grade is predicted" in said.out
    old = headway(
        "inspections-due", "--authority", 999, "--as-at", "2024-09-01", "--rules", "kent-priority-2008"
    )
    assert (old.code, "lies outside" in old.err) == (1, True)


def test_was_it_right_counts_what_came_next_beside_simpler_orders(example: Path) -> None:
    arguments = (
        "was-it-right",
        "--scheme",
        "rise-2025",
        "--year",
        2018,
        "--as-at",
        "2018-12-31",
        "--until",
        "2023-08-31",
    )
    refused = headway(*arguments, "--authority", 999)
    assert (refused.code, "judges results of 2024" in refused.err) == (1, True)
    rows = headway(*arguments, "--authority", 999, "--as-method", "--later", 2023, "--json").rows
    orders = {row["method"]: row for row in rows if row["what"] == "order"}
    assert {"rise-2025", "previous grade alone"} <= set(orders)
    counted = sum(row["schools"] for row in rows if row["what"] == "category")
    assert counted == orders["rise-2025"]["schools"]
    assert {row["category"] for row in rows if row["what"] == "rebound"} == {"intervention", "targeted"}
    late = headway(*arguments[:-1], "2019-01-01", "--authority", 999, "--as-method")
    assert (late.code, "nothing is known" in late.err) == (1, True)
