"""A store with a part of the example authority: enough for every command, made once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from cli import headway
from headway.example import write_example_authority

_FILES = (
    "register_*.csv", "ofsted_*.csv", "national_ks2.csv", "2018_ks2_pupils_dfe.csv", "2019_ks2_pupils_dfe.csv",
    "2022_ks2_pupils_dfe.csv", "2023_ks2_pupils_dfe.csv", "2022_ks1_pupils.csv", "2024_mtc_pupils.csv",
    "2019_roll_pupils.csv",
)  # fmt: skip


@pytest.fixture(scope="session")
def _example_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    write_example_authority(folder / "files")
    before = os.environ.get("HEADWAY_HOME")
    os.environ["HEADWAY_HOME"] = str(folder / "store")
    try:
        loaded = headway(
            "load", *(path for pattern in _FILES for path in sorted((folder / "files").glob(pattern)))
        )
        assert loaded.code == 0, loaded.out + loaded.err
        ran = headway("run")
        assert ran.code == 0, ran.out + ran.err
    finally:
        if before is None:
            del os.environ["HEADWAY_HOME"]
        else:
            os.environ["HEADWAY_HOME"] = before
    return folder / "store"


@pytest.fixture
def example(_example_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a store of one's own, with the example authority loaded and run."""
    home = tmp_path / "example-home"
    shutil.copytree(_example_home, home)
    monkeypatch.setenv("HEADWAY_HOME", str(home))
    return home
