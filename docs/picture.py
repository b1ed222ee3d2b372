"""Draws docs/pictures/headlines.svg: what `make demo` shows, as it shows it. Run after `make demo`."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Record the example authority's headlines and save them, without the font that would be fetched from elsewhere."""
    os.environ["HEADWAY_HOME"] = str(ROOT / ".demo" / "store")
    from headway.commands import figures, output, summaries

    recorder = Console(record=True, width=112, file=io.StringIO(), highlight=False)
    output.out = figures.out = summaries.out = recorder
    figures.headlines(
        authority="999",
        audience="data_officer",
        release=None,
        measure=None,
        everything=False,
        year=None,
        groups=False,
        json=False,
    )
    drawn = recorder.export_svg(title="headway headlines --authority 999")
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.S).replace("Fira Code", "DejaVu Sans Mono")
    path = ROOT / "docs" / "pictures" / "headlines.svg"
    path.parent.mkdir(exist_ok=True)
    path.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
