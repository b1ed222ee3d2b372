"""What a reader of a school's standards may ask for, as a form that asks by address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from headway.figures.headlines import HEADLINES
from headway.web.standards.school_pages import Asked, Choices, PageKind


class StandardsForm(forms.Form):
    """The filters of one page. What is not among the choices is as if it had not been asked for."""

    release = forms.ChoiceField(label="Release", required=False)
    year = forms.ChoiceField(label="Year", required=False)
    measure = forms.ChoiceField(label="Measure", required=False)
    group = forms.ChoiceField(label="Group of pupils", required=False)
    pooled = forms.ChoiceField(label="Years together", required=False)

    def __init__(self, asked: Mapping[str, str], choices: Choices, kind: PageKind, release: str) -> None:
        known = {
            "release": choices.releases,
            "year": choices.years,
            "measure": choices.measures,
            "group": choices.groups,
            "pooled": choices.pooled,
        }
        defaults = {
            "release": release,
            "year": choices.years[0][0] if choices.years else "",
            "measure": _first_headline(choices),
            "group": "all",
            "pooled": "1",
        }
        values = {
            name: asked[name] if asked.get(name) in [value for value, _ in found] else defaults[name]
            for name, found in known.items()
        }
        super().__init__(values)
        for name, found in known.items():
            if name not in ("release", *kind.filters) or len(found) < 2:
                del self.fields[name]
            else:
                self.fields[name].choices = found
        self.values: dict[str, Any] = values

    @property
    def asked(self) -> Asked:
        """What was asked for, or stands in its place."""
        return Asked(
            int(self.values["year"] or 0),
            self.values["group"],
            self.values["measure"],
            int(self.values["pooled"]),
        )


def _first_headline(choices: Choices) -> str:
    """The first headline measure that is not over: the one of the latest year."""
    there = [measure for measure, _ in choices.measures]
    return next((one for one in HEADLINES if one in there), there[0] if there else "")
