"""Forms of pupil lists and of the checking desk."""

from __future__ import annotations

from typing import Any

from django import forms

from headway.figures.correction_rules import rules
from headway.web.pupils.models import Correction
from headway.web.pupils.reading import is_upn


class ListFilter(forms.Form):
    """Which pupils of a list to show."""

    group = forms.ChoiceField(
        label="Group",
        required=False,
        choices=[
            ("", "All pupils"),
            ("girls", "Girls"),
            ("boys", "Boys"),
            ("disadvantaged", "Disadvantaged"),
            ("others", "Not disadvantaged"),
            ("eal", "English as an additional language"),
            ("sen", "SEN support or EHC plan"),
            ("mobile", "Joined in the last two years of the key stage"),
        ],
    )
    band = forms.ChoiceField(
        label="Prior attainment",
        required=False,
        choices=[("", "Any"), ("low", "Low"), ("middle", "Middle"), ("high", "High"), ("none", "Not known")],
    )
    outcome = forms.ChoiceField(
        label="Expected standard in all three",
        required=False,
        choices=[("", "Any"), ("yes", "Reached"), ("no", "Not reached"), ("none", "Not counted, or not yet")],
    )


class FindPupilForm(forms.Form):
    """The UPN of the pupil whom somebody looks for."""

    upn = forms.CharField(
        label="Unique pupil number (UPN)",
        max_length=20,
        help_text="13 letters and digits. It is turned into the pupil's key at once, and kept nowhere.",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Enter the UPN"},
    )

    def clean_upn(self) -> str:
        """A text of the shape of a UPN."""
        upn: str = self.cleaned_data["upn"].replace(" ", "").upper()
        if not is_upn(upn):
            raise forms.ValidationError("Enter the 13 letters and digits of the UPN, such as H801200001001")
        return upn


class CorrectionFilter(forms.Form):
    """Which candidates for correction to show."""

    rule = forms.ChoiceField(label="What may be wrong", required=False)
    state = forms.ChoiceField(
        label="Decision",
        required=False,
        choices=[("", "Any"), ("open", "Not decided"), *Correction.STATES],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [("", "Anything"), *((one.key, one.title) for one in rules().values())]


class CorrectionForm(forms.Form):
    """What was decided about a candidate, and why."""

    state = forms.ChoiceField(
        label="What was decided",
        choices=Correction.STATES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what was decided"},
    )
    reason = forms.CharField(
        label="Why",
        max_length=1000,
        widget=forms.Textarea({"rows": 4}),
        help_text="Write no pupil's name here.",
        error_messages={"required": "Say why"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class DeadlineForm(forms.Form):
    """Until when corrections may be asked for."""

    day = forms.DateField(
        label="The last day",
        widget=forms.DateInput({"type": "date"}),
        error_messages={"required": "Enter the last day", "invalid": "Enter a real day"},
    )
    source = forms.CharField(
        label="Where it says so",
        max_length=300,
        help_text="For example: DfE's e-mail to schools of 9 September 2024.",
        error_messages={"required": "Say where the deadline is given"},
    )


class ExportForm(forms.Form):
    """An export of every school's pupil list: of which year, and what for."""

    organisation = forms.ChoiceField(label="Whose schools")
    year = forms.TypedChoiceField(label="Year", coerce=int)
    purpose = forms.CharField(
        label="What is it for?",
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Another person decides. Every school sees that its pupils were exported, and for what.",
        error_messages={"required": "Say what the export is for"},
    )

    def __init__(
        self, *args: Any, places: list[tuple[str, str]], years: list[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = places
        self.fields["year"].choices = years
