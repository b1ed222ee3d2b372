"""Forms of people. Every message says what to do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.validators import RegexValidator

from headway.web.people import logos
from headway.web.people.models import User
from headway.web.people.purposes import PURPOSES
from headway.web.people.roles import ROLES

_EVERYWHERE = [("", "Not of one organisation")]


class RoleForm(forms.Form):
    """A role and of what it is held."""

    role = forms.ChoiceField(label="Role", error_messages={"required": "Choose a role"})
    scope = forms.ChoiceField(
        label="Of which organisation",
        required=False,
        help_text="Leave empty for a link adviser, who sees the schools of their caseload, and for the administrator.",
    )
    starts = forms.DateField(
        label="From",
        required=False,
        help_text="Today, if you leave this empty.",
        widget=forms.DateInput({"type": "date"}),
    )
    ends = forms.DateField(
        label="Until",
        required=False,
        help_text="For good, if you leave this empty.",
        widget=forms.DateInput({"type": "date"}),
    )

    def __init__(
        self, *args: Any, roles: list[tuple[str, str]], places: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", "Choose a role"), *roles]
        self.fields["scope"].choices = _EVERYWHERE + places


class InvitationForm(RoleForm):
    """Whom to invite, to hold which role."""

    email = forms.EmailField(
        label="E-mail address",
        error_messages={
            "required": "Enter their e-mail address",
            "invalid": "Enter an e-mail address, like name@example.org",
        },
    )
    name = forms.CharField(label="Name", max_length=150, error_messages={"required": "Enter their name"})
    starts = ends = None
    field_order = ("name", "email", "role", "scope")


class AcceptForm(forms.Form):
    """The name and password of whoever accepts."""

    name = forms.CharField(label="Your name", max_length=150, error_messages={"required": "Enter your name"})
    password = forms.CharField(
        label="Choose a password",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        strip=False,
        help_text="At least 12 characters. Three unrelated words make a good one.",
        error_messages={"required": "Choose a password"},
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email

    def clean_password(self) -> str:
        """A password that is hard to guess, and not like the person's own name or address."""
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self._email, name=self.cleaned_data.get("name", "")))
        return password


class NameForm(forms.Form):
    """How somebody is shown to others."""

    name = forms.CharField(label="Your name", max_length=150, error_messages={"required": "Enter your name"})


class CloseForm(forms.Form):
    """Why an account is closed."""

    reason = forms.CharField(
        label="Why", max_length=300, error_messages={"required": "Say why, for the audit trail"}
    )


class PurposeForm(forms.Form):
    """For what somebody looks at pupils."""

    purpose = forms.ChoiceField(
        label="What do you need to see pupils for?",
        choices=[(each, each) for each in PURPOSES],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you need to see pupils for"},
    )
    words = forms.CharField(label="If something else: what?", max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        """The purpose in words."""
        found: dict[str, Any] = super().clean() or {}
        if found.get("purpose") == PURPOSES[-1]:
            if not found.get("words", "").strip():
                self.add_error("words", "Say what you need to see pupils for")
            found["purpose"] = found.get("words", "").strip()
        return found


class EmergencyForm(forms.Form):
    """Why somebody must see pupils in an emergency."""

    reason = forms.CharField(
        label="Why do you need this?",
        widget=forms.Textarea({"rows": 4}),
        max_length=1000,
        help_text="The school will read it.",
        error_messages={"required": "Say why you need this"},
    )


class DecisionForm(forms.Form):
    """Approve or refuse another person's export."""

    decision = forms.ChoiceField(
        label="Your decision",
        choices=[("approve", "Approve: they may take it once, within a day"), ("refuse", "Refuse")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether you approve"},
    )
    answer = forms.CharField(
        label="What you say to them",
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Needed if you refuse.",
    )


class SettingsForm(forms.Form):
    """How the authority names and colours its service."""

    name = forms.CharField(
        label="Name of the service", max_length=80, error_messages={"required": "Enter a name"}
    )
    organisation_name = forms.CharField(
        label="Whose service it is",
        max_length=120,
        required=False,
        help_text="For example, Northmoor Council.",
    )
    colour = forms.CharField(
        label="Colour",
        widget=forms.TextInput({"type": "color"}),
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Enter a colour like #00575d")],
        help_text="Of the line under the name of the service.",
    )
    support_words = forms.CharField(
        label="Whom to ask for help",
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="Shown on the accessibility and privacy pages and when something goes wrong.",
    )
    logo = forms.FileField(
        label="Logo",
        required=False,
        help_text="A PNG or JPEG picture of at most 200 kB. It stands before the name of the service.",
    )
    remove_logo = forms.BooleanField(label="Remove the logo", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def clean_logo(self) -> bytes | None:
        """The picture, if one was sent and it can be a logo."""
        sent = self.cleaned_data["logo"]
        if sent is None:
            return None
        content: bytes = sent.read(logos.LARGEST_BYTES + 1)
        logos.checked(content)
        return content

    def values(self) -> dict[str, str]:
        """What to save: the words, and the name of a new logo, kept; empty where it is to go."""
        found = {
            name: self.cleaned_data[name] for name in ("name", "organisation_name", "colour", "support_words")
        }
        if self.cleaned_data["logo"] is not None:
            found["logo"] = logos.keep(self.cleaned_data["logo"])
        elif self.cleaned_data["remove_logo"]:
            found["logo"] = ""
        return found


class PeopleFilter(forms.Form):
    """Whom to list."""

    text = forms.CharField(label="Name or e-mail address", required=False)
    role = forms.ChoiceField(
        label="Role",
        required=False,
        choices=[("", "Any"), *((role.key, role.title) for role in ROLES.values())],
    )
    place = forms.ChoiceField(label="Organisation", required=False)
    closed = forms.BooleanField(label="Closed accounts", required=False)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [("", "Any"), *places]


class TrailFilter(forms.Form):
    """What to look for in the audit trail."""

    who = forms.CharField(label="Who", required=False, help_text="Part of an e-mail address.")
    what = forms.ChoiceField(label="What", required=False)
    organisation = forms.CharField(
        label="Organisation", required=False, help_text="For example school:125025."
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="Until", required=False, widget=forms.DateInput({"type": "date"}))

    def __init__(self, *args: Any, verbs: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = [("", "Anything"), *((verb, verb.capitalize()) for verb in verbs)]
