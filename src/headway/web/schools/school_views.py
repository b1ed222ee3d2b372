"""The pages of one school."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from headway.web.audit import versions
from headway.web.design.lists import page_of
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import requires
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools import access, actions, knowledge, presenters, records, remembered
from headway.web.schools.forms import AdviserForm, ContactForm, KeyDateForm, LeaveForm, NoteForm, PastDayForm
from headway.web.schools.models import Contact, KeyDate, Organisation

_DATES = (Permission.KEEP_SCHOOLS, Permission.WRITE_NOTES)


@requires(Permission.SEE_SCHOOLS)
def school(request: HttpRequest, urn: int) -> HttpResponse:
    """Who they are."""
    found = access.school_or_404(request.user, urn)
    return _page(request, found, "school", page=presenters.overview(request.user, found))


@requires(Permission.SEE_SCHOOLS)
def school_history(request: HttpRequest, urn: int) -> HttpResponse:
    """How the school came to be what it is."""
    found = access.school_or_404(request.user, urn)
    return _page(request, found, "history", page=presenters.history(request.user, found))


@requires(Permission.SEE_SCHOOLS)
def school_inspections(request: HttpRequest, urn: int) -> HttpResponse:
    """Its inspections, and those of the schools before it, each era on its own scale."""
    found = access.school_or_404(request.user, urn)
    return _page(request, found, "inspections", page=presenters.inspections_page(found))


@requires(Permission.SEE_SCHOOLS)
def school_contacts(request: HttpRequest, urn: int) -> HttpResponse:
    """Whom to speak to, and the days that matter; add such a day."""
    found = access.any_or_404(request.user, urn, *access.CONTACTS)
    form = KeyDateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_key_date(found, by=request.user, **form.cleaned_data)
        except NotPermitted as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, "The day is noted.")
            return redirect("school_contacts", urn)
    return _page(request, found, "contacts", page=records.contacts_page(request.user, found), form=form)


@require_POST
@requires(Permission.SEE_SCHOOLS)
def remove_key_date(request: HttpRequest, urn: int, date_id: int) -> HttpResponse:
    """A key date goes."""
    found = access.any_or_404(request.user, urn, *_DATES)
    key_date = get_object_or_404(KeyDate, pk=date_id, organisation=found, removed_at=None)
    actions.remove_key_date(key_date, by=request.user)
    messages.success(request, "The day is removed.")
    return redirect("school_contacts", urn)


@requires(Permission.KEEP_SCHOOLS)
def school_contact(request: HttpRequest, urn: int, contact_id: int | None = None) -> HttpResponse:
    """A new contact, or one that is there."""
    found = access.school_or_404(request.user, urn, Permission.KEEP_SCHOOLS)
    contact = get_object_or_404(Contact, pk=contact_id, organisation=found) if contact_id else None
    opened = {name: getattr(contact, name) for name in actions.CONTACT_FIELDS} if contact else {}
    form = ContactForm(
        request.POST or None, initial=opened | {"version": versions.latest(contact.subject) if contact else 0}
    )
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            values = form.cleaned_data
            actions.save_contact(contact, values, school=found, by=request.user, expected=values["version"])
        except versions.Conflict as other:
            conflict = other
        else:
            messages.success(request, "The contact is saved.")
            return redirect("school_contacts", urn)
    changes = versions.history(contact.subject) if contact else []
    shown = {
        "form": form,
        "conflict": conflict,
        "contact": contact,
        "changes": changes,
        "end_form": LeaveForm(),
    }
    return _page(request, found, "contact", **shown)


@require_POST
@requires(Permission.KEEP_SCHOOLS)
def end_contact(request: HttpRequest, urn: int, contact_id: int) -> HttpResponse:
    """A contact is one no longer."""
    found = access.school_or_404(request.user, urn, Permission.KEEP_SCHOOLS)
    contact = get_object_or_404(Contact, pk=contact_id, organisation=found)
    form = LeaveForm(request.POST)
    actions.end_contact(contact, by=request.user, on=form.cleaned_data["on"] if form.is_valid() else None)
    messages.success(request, f"{contact.name} is a contact no longer.")
    return redirect("school_contacts", urn)


@requires(Permission.KEEP_SCHOOLS)
def school_adviser(request: HttpRequest, urn: int) -> HttpResponse:
    """Who is the school's link adviser, from a day on."""
    found = access.school_or_404(request.user, urn, Permission.KEEP_SCHOOLS)
    form = AdviserForm(request.POST or None, advisers=records.adviser_choices(request.user, found))
    if request.method == "POST" and form.is_valid():
        wanted, starts = form.cleaned_data["adviser"], form.cleaned_data["starts"]
        try:
            if wanted:
                adviser = User.objects.get(pk=int(wanted))
                actions.assign_adviser(found, adviser=adviser, by=request.user, starts=starts)
            else:
                actions.end_adviser(found, by=request.user, on=starts)
        except NotPermitted as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, "The caseload is changed.")
            return redirect("school", urn)
    return _page(request, found, "adviser", form=form)


@requires(Permission.SEE_SCHOOLS)
def school_notes(request: HttpRequest, urn: int) -> HttpResponse:
    """The notes on a school that this person may read."""
    found = access.any_or_404(request.user, urn, *access.NOTES)
    page = page_of(request, records.notes_of(request.user, found))
    lines = records.note_lines(request.user, found, list(page))
    may_write = bool(access.circles(request.user, found))
    return _page(request, found, "notes", page=page, lines=lines, may_write=may_write)


@requires(Permission.WRITE_NOTES)
def new_note(request: HttpRequest, urn: int) -> HttpResponse:
    """Write a note."""
    found = access.school_or_404(request.user, urn, Permission.WRITE_NOTES)
    form = NoteForm(
        request.POST or None,
        initial={"about": timezone.localdate()},
        circles=records.circle_choices(request.user, found),
    )
    if request.method == "POST" and form.is_valid():
        written = {"circle": form.cleaned_data.get("circle", "")}
        actions.save_note(None, form.cleaned_data, school=found, by=request.user, **written)
        messages.success(request, "The note is kept.")
        return redirect("school_notes", urn)
    return _page(request, found, "note_form", form=form, note=None, conflict=None)


@requires(Permission.SEE_SCHOOLS)
def school_note(request: HttpRequest, urn: int, note_id: int) -> HttpResponse:
    """One note, and what it said before."""
    found = access.any_or_404(request.user, urn, *access.NOTES)
    note = get_object_or_404(records.notes_of(request.user, found), pk=note_id)
    return _page(request, found, "note", page=records.note_page(request.user, found, note))


@requires(Permission.WRITE_NOTES)
def change_note(request: HttpRequest, urn: int, note_id: int) -> HttpResponse:
    """Change a note; if somebody else did meanwhile, both texts are shown."""
    found = access.school_or_404(request.user, urn, Permission.WRITE_NOTES)
    mine = access.circles(request.user, found)
    note = get_object_or_404(records.notes_of(request.user, found), pk=note_id, circle__in=mine)
    opened = {name: getattr(note, name) for name in actions.NOTE_FIELDS}
    form = NoteForm(
        request.POST or None, initial=opened | {"version": versions.latest(note.subject)}, circles=()
    )
    conflict = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            actions.save_note(note, values, school=found, by=request.user, expected=values["version"])
        except versions.Conflict as other:
            conflict = other
        else:
            messages.success(request, "The note is changed.")
            return redirect("school_note", urn, note_id)
    return _page(request, found, "note_form", form=form, note=note, conflict=conflict)


@requires(Permission.SEE_SCHOOLS)
def school_as_known(request: HttpRequest, urn: int) -> HttpResponse:
    """The school as it stood, and as it was known, on a day."""
    found = access.school_or_404(request.user, urn)
    form = PastDayForm(request.GET or None)
    on = (form.cleaned_data["on"] if form.is_valid() else None) or remembered.usual_day()
    known = knowledge.known_on(request.user, found, on)
    page = [(title, list(rows)) for title, rows in groupby(known, key=lambda one: one.heading)]
    return _page(request, found, "as_known", form=form, on=on, page=page, began=remembered.began())


def _page(request: HttpRequest, found: Organisation, template: str, **shown: object) -> HttpResponse:
    """A page about one school."""
    header = presenters.header(request.user, found)
    return render(request, f"schools/{template}.html", {"school": header, **shown})
