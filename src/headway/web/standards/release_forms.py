"""Forms of releases: who sees one, how final it is, and why it is taken back."""

from __future__ import annotations

from django import forms

from headway.web.standards.models import STATES, VISIBILITIES


class VisibilityForm(forms.Form):
    """Who sees the release."""

    visibility = forms.ChoiceField(
        label="Who sees it", choices=list(VISIBILITIES.items()), widget=forms.RadioSelect
    )


class StateForm(forms.Form):
    """How final its figures are."""

    state = forms.ChoiceField(
        label="How final the figures are", choices=list(STATES.items()), widget=forms.RadioSelect
    )


class TakeBackForm(forms.Form):
    """Why it is taken back."""

    why = forms.CharField(
        label="Why you take it back",
        max_length=500,
        help_text="Everybody who may publish reads this.",
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "Say why you take it back"},
    )
