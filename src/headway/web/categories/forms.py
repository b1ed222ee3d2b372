"""Forms of categories. Every message says what to do."""

from __future__ import annotations

from typing import Any

from django import forms

from headway.policy.schemes import Criterion, Scheme
from headway.web.categories.models import Standing


def _day_field(label: str, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        widget=forms.DateInput({"type": "date"}),
        error_messages={"required": "Enter a day", "invalid": "Enter a day, like 2024-09-01"},
    )


def _words(
    label: str, missing: str, help_text: str = "", *, required: bool = True, rows: int = 4
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=4000,
        widget=forms.Textarea({"rows": rows}),
        error_messages={"required": missing},
    )


class RoundForm(forms.Form):
    """Opening a round."""

    organisation = forms.ChoiceField(
        label="Whose schools", error_messages={"required": "Choose whose schools"}
    )
    scheme = forms.ChoiceField(label="Scheme", error_messages={"required": "Choose a scheme"})
    year = forms.TypedChoiceField(
        label="Results of", coerce=int, error_messages={"required": "Choose a year"}
    )
    as_at = _day_field("As known on", "Inspections and judgements after this day are left out.")
    title = forms.CharField(
        label="Title",
        max_length=200,
        help_text="Such as Autumn 2026.",
        error_messages={"required": "Give it a title"},
    )

    def __init__(
        self,
        *args: Any,
        places: list[tuple[str, str]],
        schemes: list[tuple[str, str]],
        years: list[int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = places
        self.fields["scheme"].choices = [("", "Choose"), *schemes]
        self.fields["year"].choices = [("", "Choose"), *((year, f"summer {year}") for year in years)]


class RoundFilter(forms.Form):
    """Which schools of a round to list."""

    text = forms.CharField(label="School", required=False)
    category = forms.ChoiceField(label="Category", required=False)
    show = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[
            ("", "Every school"),
            ("borderline", "Borderline cases"),
            ("differs", "Proposed otherwise than computed"),
            ("unsigned", "Waiting for a signature"),
            ("unanswered", "Not answered by the school"),
            ("reply", "Waiting for our reply"),
        ],
    )

    def __init__(self, *args: Any, categories: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [("", "Any"), *categories]


class JudgeForm(forms.Form):
    """A person's judgement of one criterion."""

    level = forms.ChoiceField(
        label="Level", widget=forms.RadioSelect, error_messages={"required": "Choose a level"}
    )
    note = _words(
        "On what does it rest?", "Say on what it rests", "The school will read it. Name no pupil.", rows=3
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, criterion: Criterion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].label = criterion.title
        self.fields["level"].choices = [
            (one.name, f"{one.name}: {one.descriptor}" if one.descriptor else one.name)
            for one in criterion.levels
        ]


class ProposeForm(forms.Form):
    """Another category than the computed one."""

    category = forms.ChoiceField(
        label="Category", widget=forms.RadioSelect, error_messages={"required": "Choose a category"}
    )
    reason = _words(
        "Why?",
        "Say why",
        "The school will read it. Another person must sign it before it stands.",
        required=False,
    )

    def __init__(self, *args: Any, scheme: Scheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [(one.key, one.title) for one in scheme.categories]


class ChangeForm(ProposeForm):
    """A change of category after publication."""

    reason = _words(
        "What happened?", "Say what happened", "The school will read it. Another person must sign it."
    )
    on = _day_field("From which day?")


class SendForm(forms.Form):
    """Sending a round to schools."""

    reply_by = _day_field("Schools reply by")
    anyway = forms.BooleanField(label="Send it now all the same", required=False)


class AnswerForm(forms.Form):
    """The school's answer to its category."""

    answer = forms.ChoiceField(
        label="Your answer",
        widget=forms.RadioSelect,
        choices=[
            (Standing.AGREED, "We agree"),
            (Standing.DIFFERENCE, "We do not agree, because:"),
            (Standing.CORRECTION, "A fact is wrong, namely:"),
        ],
        error_messages={"required": "Choose an answer"},
    )
    text = _words("In your words", "", "Name no pupil.", required=False)


class ReplyForm(forms.Form):
    """The authority's reply to a school."""

    text = _words("Your reply to the school", "Write your reply")


class WhatIfForm(forms.Form):
    """A change to try."""

    change = forms.CharField(
        label="What if",
        required=False,
        help_text="criterion.setting=value, category.days=value or criterion.weight=value. The settings are listed below.",
    )


class CopyForm(forms.Form):
    """A copy of a shipped scheme."""

    organisation = forms.ChoiceField(label="For")
    title = forms.CharField(
        label="Title of your scheme", max_length=200, error_messages={"required": "Give it a title"}
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = places


class SchemeForm(forms.Form):
    """A draft scheme as text."""

    title = forms.CharField(label="Title", max_length=200, error_messages={"required": "Give it a title"})
    text = forms.CharField(
        label="The scheme",
        widget=forms.Textarea({"rows": 30, "class": "headway-code"}),
        strip=False,
        help_text="Criteria, rules, categories, sources. What is wrong is said before anything is saved.",
        error_messages={"required": "The scheme is empty"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
