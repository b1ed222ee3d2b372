"""The pages about an authority, for the permission matrix: each shows only what the person may see of a release."""

from __future__ import annotations

from typing import Any

from web_pages import Page


def pages(people: dict[str, Any]) -> dict[str, Page]:
    """Every page about an authority."""
    return {
        "headlines": Page(query="?authority=authority:937"),
        "across": Page(query="?beside=school:200001"),
        "across_file": Page({"form": "pdf"}, answer=404),
        "gaps": Page(),
        "floor": Page(),
        "neighbours": Page(),
    }
