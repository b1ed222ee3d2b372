"""Small files as an authority receives them, for the acceptance examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from web_service import (  # noqa: F401 - fixtures of the service, where an example needs it
    _limits_begin_anew,
    client_of,
    known_places,
    people,
    schools,
)

Write = Callable[[str, Iterable[Mapping[str, object]]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows as a CSV file: the columns are those of the first row."""

    def written(name: str, rows: Iterable[Mapping[str, object]]) -> Path:
        found = list(rows)
        lines = [",".join(found[0])]
        lines += [",".join("" if value is None else str(value) for value in row.values()) for row in found]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return written
