"""Writes docs/reference from the code: tables, measures, groups, sources, commands. Run by `make docs`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
import typer

from headway.cli import app
from headway.figures import measures, sources
from headway.figures.measures.groups import GROUPS
from headway.figures.tables import LOADED, PROVENANCE, TABLES, Column

FOLDER = Path(__file__).parent / "reference"
_MADE = "<!-- Made by `make docs` from the code; mend it there. -->\n\n"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _table(header: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def tables() -> str:
    """Every table of the store and of a run, column by column."""
    text = "# Tables\n\n" + _MADE
    text += (
        "Every row that a file gives carries these columns too, so that a figure can be walked back to it:\n\n"
        + _table(("Column", "Type", "Meaning"), [(f"`{c.name}`", c.type, c.description) for c in PROVENANCE])
    )
    for table in TABLES.values():
        where = "filled by loading files" if table.name in LOADED else "made by Headway"
        text += (
            f"\n## {table.name}\n\n{table.description} ({where}; key: {', '.join(f'`{name}`' for name in table.key)}; "
            f"most sensitive column: {table.sensitivity.value}.)\n\n"
        )
        text += _table(
            ("Column", "Type", "Meaning", "Values", "Sensitivity"),
            [(f"`{c.name}`", c.type, c.description, _values(c), c.sensitivity.value) for c in table.columns],
        )
    return text


def _values(column: Column) -> str:
    found = []
    if column.required:
        found.append("always there")
    if column.allowed:
        found.append(", ".join(column.allowed))
    if column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else f"{column.minimum:g}"
        high = "" if column.maximum is None else f"{column.maximum:g}"
        found.append(f"{low} to {high}".strip() if low and high else f"from {low}" if low else f"to {high}")
    if column.unit:
        found.append(column.unit)
    return "; ".join(found)


def measures_page() -> str:
    """Every measure, by stage, with its definition, years and breaks."""
    text = "# Measures\n\n" + _MADE
    by_stage: dict[str, list[measures.Measure]] = {}
    for measure in measures.registry().values():
        by_stage.setdefault(measure.stage, []).append(measure)
    for stage, found in sorted(by_stage.items()):
        text += f"\n## {stage}\n"
        for measure in found:
            years = f"{measure.years.first} to {measure.years.last or 'now'}"
            if measure.years.without:
                years += f", without {', '.join(map(str, measure.years.without))}"
            text += f"\n### {measure.key}\n\n**{measure.title}.** {measure.definition}\n\n"
            text += (
                f"- Unit: {measure.unit}; {measure.direction} is better; {measure.kind}\n- Years: {years}\n"
            )
            for one in measure.breaks:
                doubt = "" if one.verified else " (not verified)"
                text += f"- Break in {one.year}: {one.reason}{doubt} [{one.source}]\n"
            text += f"- Source: {measure.source}\n"
            if measure.notes:
                text += f"- Note: {measure.notes}\n"
    return text.replace("neutral is better", "neither direction is better")


def groups() -> str:
    """Every group of pupils."""
    rows: list[tuple[object, ...]] = [
        (f"`{one.key}`", one.title, one.dimension, f"`{one.complement}`" if one.complement else "")
        for one in GROUPS
    ]
    return (
        "# Groups of pupils\n\n" + _MADE + _table(("Key", "Group", "Characteristic", "Compared with"), rows)
    )


def sources_page() -> str:
    """Every kind of file that is recognised."""
    rows: list[tuple[object, ...]] = [
        (f"`{one.key}`", one.title, ", ".join(f"`{column}`" for column in one.expects))
        for one in sorted(sources.registry().values(), key=lambda one: one.key)
    ]
    return (
        "# Sources\n\n"
        + _MADE
        + "A file is recognised by its content, never by its name. Anything else comes in with a mapping: "
        + "`headway map`.\n\n"
        + _table(("Key", "Kind of file", "Columns that tell it"), rows)
    )


def commands() -> str:
    """Every command with its help."""
    text = "# Commands\n\n" + _MADE
    group = typer.main.get_command(app)
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        text += f"\n## headway {name}\n\n{(command.help or '').strip()}\n\n"
        rows: list[tuple[object, ...]] = [
            (f"`{_name(parameter)}`", getattr(parameter, "help", "") or "") for parameter in command.params
        ]
        if rows:
            text += _table(("Argument or option", "Meaning"), rows)
    return text


def _name(parameter: click.Parameter) -> str:
    if parameter.param_type_name == "argument":
        return (parameter.name or "").upper()
    return ", ".join(parameter.opts)


def index() -> str:
    """The page that leads to all others."""
    text = "# Documentation\n\n" + _MADE
    text += "For data officers and advisers. It tells you what to type and what you will see.\n"
    for title, folder in (("Tutorials", "tutorials"), ("How to", "how-to"), ("Explanations", "explanation")):
        text += f"\n## {title}\n\n"
        for page in sorted((FOLDER.parent / folder).glob("*.md")):
            heading = page.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")
            text += f"- [{heading}]({folder}/{page.name})\n"
    text += "\n## Reference (made from the code)\n\n"
    for name, heading in (
        ("commands.md", "Commands"),
        ("measures.md", "Measures"),
        ("groups.md", "Groups of pupils"),
        ("sources.md", "Sources"),
        ("tables.md", "Tables"),
    ):
        text += f"- [{heading}](reference/{name})\n"
    return text + "\n[Decisions](decisions.md) says why things are as they are.\n"


PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables,
    "measures.md": measures_page,
    "groups.md": groups,
    "sources.md": sources_page,
    "commands.md": commands,
    "../README.md": index,
}


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")


if __name__ == "__main__":
    main()
