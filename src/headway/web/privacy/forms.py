"""Forms of data protection."""

from __future__ import annotations

from django import forms


class PeriodForm(forms.Form):
    """How long a kind of record is kept, and why."""

    number = forms.IntegerField(
        label="Keep it for",
        min_value=1,
        max_value=1200,
        error_messages={
            "required": "Enter a number",
            "invalid": "Enter a whole number",
            "min_value": "Enter 1 or more",
        },
    )
    reason = forms.CharField(
        label="Why",
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text="For example, your authority’s own retention schedule and its section.",
        error_messages={"required": "Say why: whoever asks how long you keep this will want to know"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: object, unit: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].label = f"Keep it for how many {unit}?"


class EraseForm(forms.Form):
    """Why something is erased, and that one means it."""

    reason = forms.CharField(
        label="Why",
        max_length=500,
        help_text="It is kept on record: name nobody here.",
        error_messages={"required": "Say why, without naming anybody"},
    )
    sure = forms.BooleanField(
        label="I understand that this cannot be undone",
        error_messages={"required": "Tick this if you want to erase"},
    )


class ErasePupilForm(EraseForm):
    """Which pupil to erase."""

    upn = forms.CharField(
        label="Unique pupil number (UPN)",
        max_length=20,
        help_text="13 characters, such as H801200001001. It is kept nowhere afterwards.",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Enter the pupil’s UPN"},
    )
    field_order = ("upn", "reason", "sure")
