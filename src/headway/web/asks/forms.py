"""Forms of asking and answering. Every message says what to do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from headway.web.asks.bases import legal_bases, purposes
from headway.web.asks.presenters import STATES

OWN_WORDS = "own words"


class AskForm(forms.Form):
    """What to ask of which schools, what for, and on which legal basis."""

    what = forms.CharField(
        label="What do you ask for?",
        max_length=200,
        help_text="In one line, as the school will read it in its list.",
        error_messages={"required": "Say what you ask for"},
    )
    how = forms.CharField(
        label="How should the school answer?",
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        help_text="For example: write the number here, or send the file through the secure site.",
    )
    purpose = forms.ChoiceField(label="What is it for?", error_messages={"required": "Choose what it is for"})
    purpose_words = forms.CharField(label="If in your own words: what for", required=False, max_length=200)
    legal_basis = forms.ChoiceField(
        label="On which legal basis do you ask?", error_messages={"required": "Choose the legal basis"}
    )
    legal_basis_words = forms.CharField(
        label="If in your own words: the legal basis",
        required=False,
        max_length=300,
        help_text="The section of the Act, the condition of a grant, or that the school may freely decline.",
    )
    minutes = forms.IntegerField(
        label="How many minutes does it take a school?",
        min_value=1,
        max_value=10_000,
        help_text="Count what the school does, not only the typing.",
        error_messages={
            "required": "Enter how many minutes it takes a school",
            "invalid": "Enter a whole number of minutes",
            "min_value": "Enter at least 1 minute",
        },
    )
    due = forms.DateField(
        label="By when?",
        widget=forms.DateInput({"type": "date"}),
        error_messages={"required": "Enter the day by which you need it", "invalid": "Enter a real day"},
    )
    everybody = forms.BooleanField(label="All the schools that I may ask", required=False)
    schools = forms.MultipleChoiceField(
        label="Which schools?", required=False, widget=forms.CheckboxSelectMultiple
    )
    over_cap_because = forms.CharField(
        label="If it goes over a school's cap: why is it needed all the same?",
        required=False,
        max_length=500,
        help_text="The school and the head of service see it.",
    )
    together = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = (OWN_WORDS, "In my own words")
        self.fields["purpose"].choices = [
            ("", "Choose"),
            *((one.words, one.words) for one in purposes()),
            own,
        ]
        self.fields["legal_basis"].choices = [
            ("", "Choose"),
            *((one.words, one.words) for one in legal_bases()),
            own,
        ]
        self.fields["schools"].choices = schools

    def clean_due(self) -> Any:
        """A day that is yet to come."""
        due = self.cleaned_data["due"]
        if due < timezone.localdate():
            raise forms.ValidationError("Enter a day that is yet to come")
        return due

    def clean(self) -> dict[str, Any]:
        """Own words where these were chosen; every school where that was."""
        found: dict[str, Any] = super().clean() or {}
        for name, missing in (
            ("purpose", "Say in your own words what it is for"),
            ("legal_basis", "Say in your own words on which legal basis you ask"),
        ):
            words = found.pop(f"{name}_words", "").strip()
            if found.get(name) == OWN_WORDS:
                found[name] = words
                if not words:
                    self.add_error(f"{name}_words", missing)
        if found.pop("everybody", False):
            found["schools"] = [key for key, _ in self.fields["schools"].choices]
        elif not found.get("schools"):
            self.add_error("schools", "Choose at least one school")
        return found


class AnswerForm(forms.Form):
    """The school's answer, or that it declines."""

    decision = forms.ChoiceField(
        label="Your answer",
        choices=[("answer", "Here is our answer"), ("decline", "We decline, because:")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether you answer or decline"},
    )
    text = forms.CharField(
        label="In words",
        max_length=8000,
        widget=forms.Textarea({"rows": 6}),
        help_text="Write no pupil's name here.",
        error_messages={"required": "Write your answer, or why you decline"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class WithdrawForm(forms.Form):
    """Why a request is taken back."""

    reason = forms.CharField(
        label="Why do you take it back?",
        max_length=500,
        help_text="The school will read it.",
        error_messages={"required": "Say why you take it back"},
    )


class SentFilter(forms.Form):
    """Which requests to list."""

    text = forms.CharField(label="What was asked", required=False)
    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "Any"), ("overdue", "Overdue"), *STATES]
    )
    school = forms.ChoiceField(label="School", required=False)
    mine = forms.BooleanField(label="Only what I asked", required=False)

    def __init__(self, *args: Any, schools: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].choices = [("", "Any"), *schools]


class CapForm(forms.Form):
    """The most that may be asked of a school."""

    organisation = forms.ChoiceField(
        label="Whose schools", error_messages={"required": "Choose whose schools it is for"}
    )
    minutes = forms.IntegerField(
        label="At most so many minutes", required=False, min_value=1, help_text="Leave empty for no cap."
    )
    period = forms.ChoiceField(label="In a", choices=[("term", "Term"), ("year", "School year")])

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = places
