"""What may be asked of the pages about one measure across schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms

Choices = Sequence[tuple[str, str]]
OPTIONAL = ("phase", "kind", "trust", "cluster", "adviser")
"""Filters that stand only where the schools differ by them."""
_SOME = ("trust", "cluster", "adviser")
"""What a school may also be without, so that one choice is a choice already."""
_ALWAYS, _MANY = ("measure", "year", "group", "pooled"), ("authority", "release")


class AcrossFilter(forms.Form):
    """Which measure, of which year and pupils, and of which schools."""

    measure = forms.ChoiceField(label="Measure", required=False)
    year = forms.ChoiceField(label="Year", required=False)
    pooled = forms.ChoiceField(label="Years together", required=False)
    group = forms.ChoiceField(label="Pupils", required=False)
    authority = forms.ChoiceField(label="Authority", required=False)
    phase = forms.ChoiceField(label="Phase", required=False)
    kind = forms.ChoiceField(label="Kind of school", required=False)
    trust = forms.ChoiceField(label="Trust", required=False)
    cluster = forms.ChoiceField(label="Cluster", required=False)
    adviser = forms.ChoiceField(label="Link adviser", required=False)
    minimum = forms.IntegerField(label="Pupils at least", required=False, min_value=0, max_value=10_000)
    release = forms.ChoiceField(label="Release", required=False)

    def __init__(
        self, asked: Mapping[str, str], *, choices: Mapping[str, Choices], usual: Mapping[str, str]
    ) -> None:
        """`usual` is what is chosen where nothing, or nothing that there is, was asked for."""
        known = {
            name: {str(key) for key, _ in choices.get(name, ())}
            for name in ("measure", "year", "group", "pooled")
        }
        data = {name: asked[name] for name in self.base_fields if name in asked}
        for name, value in usual.items():
            if data.get(name) not in known.get(name, {data.get(name)}) or not data.get(name):
                data[name] = value
        super().__init__(data)
        for name in (*_ALWAYS, *_MANY, *OPTIONAL):
            self.fields[name].choices = list(choices[name])
        for name in _MANY:
            if len(choices[name]) < 2:
                del self.fields[name]
        for name in OPTIONAL:
            if len(choices[name]) < (1 if name in _SOME else 2):
                del self.fields[name]
            else:
                self.fields[name].choices = [("", "Any"), *choices[name]]
