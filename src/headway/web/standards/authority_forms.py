"""What may be asked of the pages about an authority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from headway.web.design.numbers import school_year
from headway.web.standards.authority_choice import Choice

Choices = Sequence[tuple[str, str]]


class AuthorityFilter(forms.Form):
    """Which release, authority and year; `more` are choices of the page itself, by name, each with its label."""

    year = forms.ChoiceField(label="Year", required=False)
    authority = forms.ChoiceField(label="Authority", required=False)
    release = forms.ChoiceField(label="Release", required=False)

    def __init__(
        self,
        choice: Choice,
        more: Mapping[str, tuple[str, Choices, str]] | None = None,
        years: Sequence[int] | None = None,
    ) -> None:
        found = {name: value for name, (_, _, value) in (more or {}).items()}
        super().__init__(
            {"year": choice.year, "authority": choice.authority, "release": choice.release.name} | found
        )
        self.fields["year"].choices = [(str(each), school_year(each)) for each in years or choice.years]
        self.fields["authority"].choices = list(choice.authorities)
        self.fields["release"].choices = [(one.name, _release_words(one)) for one in choice.releases]
        for name in ("authority", "release"):
            if len(self.fields[name].choices) < 2:
                del self.fields[name]
        for name, (label, choices, _) in (more or {}).items():
            self.fields[name] = forms.ChoiceField(label=label, required=False, choices=choices)
        self.order_fields([*(more or {}), "year", "authority", "release"])


def _release_words(release: Any) -> str:
    return f"{release.name} ({release.get_state_display().lower()})"
