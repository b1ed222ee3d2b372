"""The immutable files of releases: found by their key, whole, and never other than what was published."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.web.standards import files

KEY = ("organisation",)


def frame(counts: dict[str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"organisation": name, "row": row}
            for name, count in sorted(counts.items())
            for row in range(count)
        ],
        schema={"organisation": pl.String, "row": pl.Int64},
    )


def written(folder: Path, rows: pl.DataFrame, key=KEY) -> files.Written:
    with files.Writer(folder, key) as writer:
        writer.add(rows)
    assert writer.written is not None
    return writer.written


def test_an_organisation_is_found_among_many_groups_of_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROWS_A_GROUP", 10)
    rows = frame({f"school:{number}": number % 7 + 1 for number in range(100001, 100090)})
    made = written(tmp_path, rows)
    for name in ("school:100001", "school:100044", "school:100089"):
        found = files.read(tmp_path, made.sha256, KEY, [name])
        assert found.equals(rows.filter(pl.col("organisation") == name))
    assert files.read(tmp_path, made.sha256, KEY, ["school:999999"]).is_empty()
    assert files.read(tmp_path, made.sha256, KEY, None).equals(rows)


@given(counts=st.dictionaries(st.sampled_from([f"s{n}" for n in range(12)]), st.integers(1, 9), min_size=1))
@settings(max_examples=25, deadline=None)
def test_whatever_the_sizes_every_row_comes_back(tmp_path_factory, counts):
    folder = tmp_path_factory.mktemp("files")
    rows = frame(counts)
    before, files.ROWS_A_GROUP = files.ROWS_A_GROUP, 5
    try:
        made = written(folder, rows)
    finally:
        files.ROWS_A_GROUP = before
    for name, count in counts.items():
        assert files.read(folder, made.sha256, KEY, [name]).height == count


def test_a_file_is_named_by_its_hash_and_the_same_figures_are_the_same_file(tmp_path):
    first, second = (written(tmp_path, frame({"a": 3})) for _ in range(2))
    assert first == second
    assert files.hash_of(files.place_of(tmp_path, first.sha256)) == first.sha256
    assert list(tmp_path.rglob("*.parquet")) == [files.place_of(tmp_path, first.sha256)]


def test_a_file_that_was_changed_is_not_read(tmp_path):
    made = written(tmp_path, frame({"a": 3}))
    assert files.read(tmp_path, made.sha256, KEY, ["a"]).height == 3
    path = files.place_of(tmp_path, made.sha256)
    other = written(tmp_path / "elsewhere", frame({"a": 4}))
    path.unlink()
    path.write_bytes(files.place_of(tmp_path / "elsewhere", other.sha256).read_bytes())
    with pytest.raises(files.DamagedFileError, match="not what was published"):
        files.read(tmp_path, made.sha256, KEY, ["a"])
    with pytest.raises(files.DamagedFileError):
        files.verify(tmp_path, made.sha256)


def test_a_file_that_is_gone_is_said_to_be(tmp_path):
    made = written(tmp_path, frame({"a": 3}))
    files.place_of(tmp_path, made.sha256).unlink()
    with pytest.raises(files.DamagedFileError, match="cannot be read"):
        files.read(tmp_path, made.sha256, KEY, ["a"])


def test_a_writing_that_failed_leaves_nothing(tmp_path):
    def fail():
        with files.Writer(tmp_path, KEY) as writer:
            writer.add(frame({"a": 3}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_rows_has_its_columns(tmp_path):
    made = written(tmp_path, frame({}))
    assert files.read(tmp_path, made.sha256, KEY, ["a"]).columns == ["organisation", "row"]


def test_what_is_asked_again_is_kept_and_what_is_kept_is_bounded(tmp_path, monkeypatch):
    rows = frame({f"s{number}": 3 for number in range(9)})
    made = written(tmp_path, rows)
    monkeypatch.setattr(files, "_kept", files._Kept(4 * files._LEAST_SIZE))
    first = files.read(tmp_path, made.sha256, KEY, ["s0"])
    assert files.read(tmp_path, made.sha256, KEY, ["s0"]) is first
    for number in range(1, 4):
        files.read(tmp_path, made.sha256, KEY, [f"s{number}"])
        assert files.read(tmp_path, made.sha256, KEY, ["s0"]) is first
    for number in range(4, 9):
        found = files.read(tmp_path, made.sha256, KEY, [f"s{number}"])
        assert found.equals(rows.filter(pl.col("organisation") == f"s{number}"))
        assert files._kept.size == 4 * files._LEAST_SIZE
        assert len(files._kept.frames) == 4
    again = files.read(tmp_path, made.sha256, KEY, ["s0"])
    assert again is not first
    assert again.equals(first)


def test_what_is_larger_than_all_that_may_be_kept_is_read_and_not_kept(tmp_path, monkeypatch):
    made = written(tmp_path, frame({"a": 3}))
    monkeypatch.setattr(files, "_kept", files._Kept(files._LEAST_SIZE - 1))
    for _ in range(2):
        assert files.read(tmp_path, made.sha256, KEY, ["a"]).height == 3
    assert (files._kept.size, len(files._kept.frames)) == (0, 0)
