"""What the tutorials tell to type works, and what they say will appear appears."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cli import headway

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorials"


def _squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["from-dfe-files-to-figures.md"])
def test_the_tutorial_does_what_it_says(
    name: str, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (shared_data / "ks2").glob("20*_936_ks2final.csv"):
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    text = (TUTORIALS / name).read_text(encoding="utf-8")
    steps = 0
    for block in re.findall(r"```console\n(.*?)```", text, flags=re.S):
        for step in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *expected = step.rstrip().split("\n")
            answer = headway(*shlex.split(command)[1:])
            assert answer.code == 0, f"{command}: {answer.out}{answer.err}"
            said = _squeezed(answer.out)
            for line in expected:
                assert _squeezed(line) in said, f"{command} does not say {line!r}"
            steps += 1
    assert steps >= 10
