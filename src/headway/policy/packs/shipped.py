"""The packs that come with Headway, as text."""

from __future__ import annotations

from importlib import resources


def text(folder: str, file: str) -> str:
    """The text of one pack, such as `inspections`, `themes.toml`."""
    return (resources.files(__package__) / folder / file).read_text(encoding="utf-8")


def texts(folder: str) -> list[tuple[str, str]]:
    """Every pack of a folder as its text and the name of its file, by name."""
    names = sorted(entry.name for entry in (resources.files(__package__) / folder).iterdir())
    return [(text(folder, name), name) for name in names if name.endswith(".toml")]
