"""Forms of schools. Every message says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

Choices = Sequence[tuple[str, str]]
OPEN, CLOSED, ALL = "open", "closed", "all"


class SchoolFilter(forms.Form):
    """Which schools to list."""

    text = forms.CharField(label="Name, number, postcode or town", required=False, max_length=100)
    status = forms.ChoiceField(
        label="Open or closed",
        required=False,
        choices=[(OPEN, "Open"), (CLOSED, "Closed"), (ALL, "Open and closed")],
    )
    kind = forms.ChoiceField(label="Kind", required=False)
    phase = forms.ChoiceField(label="Phase", required=False)
    type = forms.ChoiceField(label="Type", required=False)
    trust = forms.ChoiceField(label="Trust", required=False)
    cluster = forms.ChoiceField(label="Cluster", required=False)
    adviser = forms.ChoiceField(label="Link adviser", required=False)
    on = forms.DateField(
        label="As at",
        required=False,
        help_text="Today, if empty.",
        widget=forms.DateInput({"type": "date"}),
        error_messages={"invalid": "Enter a day, like 2024-09-01"},
    )

    def __init__(self, *args: Any, choices: dict[str, Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kind", "phase", "type", "trust", "cluster", "adviser"):
            if choices[name]:
                self.fields[name].choices = [("", "Any"), *choices[name]]
            else:
                del self.fields[name]
