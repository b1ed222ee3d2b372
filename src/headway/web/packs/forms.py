"""Forms of packs. Every message says what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms

from headway.web.design.documents import FORMATS
from headway.web.design.documents.word_template import LARGEST
from headway.web.packs.kinds import PackKind
from headway.web.standards.models import Release
from headway.web.standards.recipients import Recipient

_FORMATS = [(one.key, one.title) for one in FORMATS.values()]
ALL, LISTED = "all", "listed"


class PackForm(forms.Form):
    """One pack of one organisation."""

    release = forms.ChoiceField(label="Release")
    kind = forms.ChoiceField(
        label="Pack", widget=forms.RadioSelect, error_messages={"required": "Choose a pack"}
    )
    readers = forms.ChoiceField(
        label="For whom",
        widget=forms.RadioSelect,
        help_text="The figures are shown as these readers may see them. Every page says for whom it is.",
        error_messages={"required": "Choose for whom the pack is"},
    )
    form = forms.ChoiceField(
        label="Format",
        choices=_FORMATS,
        initial="pdf",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a format"},
    )

    def __init__(
        self,
        *args: Any,
        releases: Sequence[Release],
        kinds: Sequence[PackKind],
        readers: Sequence[Recipient],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["release"].choices = _releases(releases)
        self.fields["kind"].choices = [(one.key, one.title) for one in kinds]
        self.fields["kind"].initial = kinds[0].key if kinds else None
        self.fields["readers"].choices = [(one.key, _upper(one.title)) for one in readers]
        self.fields["readers"].initial = readers[0].key if len(readers) == 1 else None


class ManyForm(forms.Form):
    """Packs of several schools, in the background."""

    release = forms.ChoiceField(label="Release")
    kinds = forms.MultipleChoiceField(
        label="Packs",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one pack"},
    )
    readers = forms.ChoiceField(
        label="For whom",
        widget=forms.RadioSelect,
        help_text="The figures are shown as these readers may see them. A governors’ version is always as governors may "
        "see it.",
        error_messages={"required": "Choose for whom the packs are"},
    )
    formats = forms.MultipleChoiceField(
        label="Formats",
        choices=_FORMATS,
        initial=["pdf"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one format"},
    )
    which = forms.ChoiceField(
        label="Of which schools",
        choices=[(ALL, "All of which you may make packs"), (LISTED, "Only these")],
        initial=ALL,
        widget=forms.RadioSelect,
    )
    urns = forms.CharField(
        label="URNs of the schools",
        required=False,
        help_text="Where you chose “only these”: one a line, or with commas between.",
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(
        self,
        *args: Any,
        releases: Sequence[Release],
        kinds: Sequence[PackKind],
        readers: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["release"].choices = _releases(releases)
        self.fields["kinds"].choices = [(one.key, one.title) for one in kinds]
        self.fields["readers"].choices = [(key, _upper(title)) for key, title in readers]
        self.fields["readers"].initial = readers[0][0] if len(readers) == 1 else None

    def clean_urns(self) -> list[str]:
        """The keys of the schools listed."""
        numbers = re.split(r"[\s,;]+", self.cleaned_data["urns"].strip())
        wrong = [one for one in numbers if one and not re.fullmatch(r"[0-9]{6}", one)]
        if wrong:
            raise forms.ValidationError(f"A URN has six digits; {wrong[0]} is none.")
        return [f"school:{one}" for one in numbers if one]

    def clean(self) -> dict[str, Any]:
        """Where only some schools are wanted, they must be named."""
        cleaned: dict[str, Any] = super().clean()
        if cleaned.get("which") == LISTED and "urns" in cleaned and not cleaned["urns"]:
            self.add_error("urns", "Enter the URN of at least one school")
        return cleaned


class TemplateForm(forms.Form):
    """The authority's own Word template."""

    file = forms.FileField(
        label="Word template (.docx)",
        help_text=f"At most {LARGEST // 1024 // 1024} MB, without macros.",
        error_messages={
            "required": "Choose a Word file",
            "empty": "The file is empty. Choose a Word file",
        },
    )


def _releases(releases: Sequence[Release]) -> list[tuple[str, str]]:
    return [(one.name, f"{one.name} ({one.state})") for one in releases]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
