"""Forms of schools. Every message says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from headway.web.schools.models import Note

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


def _day_field(label: str, help_text: str = "", *, required: bool = False) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput({"type": "date"}),
        error_messages={"required": "Enter a day", "invalid": "Enter a day, like 2024-09-01"},
    )


class ContactForm(forms.Form):
    """Whom to speak to at a school."""

    name = forms.CharField(label="Name", max_length=150, error_messages={"required": "Enter their name"})
    role = forms.CharField(
        label="Role",
        max_length=100,
        help_text="Such as office manager, chair of governors, or mathematics lead.",
        error_messages={"required": "Enter what they do at the school"},
    )
    email = forms.EmailField(
        label="E-mail address",
        required=False,
        error_messages={"invalid": "Enter an e-mail address, like name@example.org"},
    )
    telephone = forms.CharField(label="Telephone", required=False, max_length=40)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=0)


class KeyDateForm(forms.Form):
    """A day that matters."""

    on = _day_field("Day", required=True)
    what = forms.CharField(
        label="What happens", max_length=200, error_messages={"required": "Say what happens on that day"}
    )


class NoteForm(forms.Form):
    """A note on a school."""

    title = forms.CharField(
        label="Title", max_length=150, error_messages={"required": "Give the note a title"}
    )
    about = _day_field("The day that it is about", required=True)
    text = forms.CharField(
        label="Note",
        widget=forms.Textarea({"rows": 8}),
        max_length=20_000,
        help_text="No pupil's name. What is said of a school may be asked for by it.",
        error_messages={"required": "Write the note"},
    )
    seen_by = forms.ChoiceField(
        label="Who may read it", choices=Note.TIERS, widget=forms.RadioSelect, initial=Note.COLLEAGUES
    )
    circle = forms.ChoiceField(label="In whose name", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=0)

    def __init__(self, *args: Any, circles: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(circles) > 1:
            self.fields["circle"].choices = circles
        else:
            del self.fields["circle"]


class AdviserForm(forms.Form):
    """Who is a school's link adviser from a day on; nobody, if left empty."""

    adviser = forms.ChoiceField(label="Link adviser", required=False)
    starts = _day_field("From", "Today, if you leave this empty.")

    def __init__(self, *args: Any, advisers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["adviser"].choices = [("", "Nobody"), *advisers]


class GroupForm(forms.Form):
    """A new cluster or federation."""

    kind = forms.ChoiceField(
        label="What it is",
        choices=[("cluster", "Cluster"), ("federation", "Federation")],
        widget=forms.RadioSelect,
        initial="cluster",
    )
    name = forms.CharField(label="Name", max_length=100, error_messages={"required": "Enter its name"})
    authority = forms.ChoiceField(label="Kept by")

    def __init__(self, *args: Any, authorities: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["authority"].choices = authorities
        if len(authorities) == 1:
            self.fields["authority"].widget = forms.HiddenInput()
            self.fields["authority"].initial = authorities[0][0]


class RenameForm(forms.Form):
    """Another name for a group."""

    name = forms.CharField(label="Name", max_length=100, error_messages={"required": "Enter its name"})


class JoinForm(forms.Form):
    """A school joins a group."""

    urn = forms.CharField(
        label="School",
        help_text="Its URN.",
        max_length=20,
        error_messages={"required": "Enter the URN of the school"},
    )
    starts = _day_field("From", "Today, if you leave this empty.")


class LeaveForm(forms.Form):
    """A school leaves a group, a person a contact's place: from which day on."""

    on = _day_field("From", "Today, if you leave this empty.")


class DayForm(forms.Form):
    """As at which day."""

    on = _day_field("As at", "Today, if empty.")


class PastDayForm(forms.Form):
    """A day gone by."""

    on = _day_field("Day", "A year ago, if you leave this empty.")

    def clean_on(self) -> date | None:
        """Not a day to come: nothing is known of it."""
        day: date | None = self.cleaned_data["on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError("Choose a day that is past, or today")
        return day


class GroupsFilter(DayForm):
    """Which groups to list."""

    kind = forms.ChoiceField(
        label="What it is",
        required=False,
        choices=[("", "Any"), ("trust", "Trust"), ("cluster", "Cluster"), ("federation", "Federation")],
    )
    field_order = ("kind", "on")


class CaseloadForm(forms.Form):
    """Schools that go to an adviser, from a day on."""

    adviser = forms.ChoiceField(label="Link adviser", error_messages={"required": "Choose the adviser"})
    urns = forms.CharField(
        label="Schools",
        widget=forms.Textarea({"rows": 3}),
        help_text="Their URNs, with blanks or commas between them.",
        max_length=5_000,
        error_messages={"required": "Enter the URNs of the schools"},
    )
    starts = _day_field("From", "Today, if you leave this empty.")

    def __init__(self, *args: Any, advisers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["adviser"].choices = [("", "Choose an adviser"), *advisers]


class FeedFilter(forms.Form):
    """Which changes in the register to list."""

    change = forms.ChoiceField(label="What changed", required=False)
    read = forms.BooleanField(label="Those that I have read, too", required=False)

    def __init__(self, *args: Any, words: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["change"].choices = [("", "Any"), *((word, word.capitalize()) for word in words)]
