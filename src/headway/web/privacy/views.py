"""Pages of data protection."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from headway.figures.store import StoreBusy, StoreError
from headway.web.audit import versions
from headway.web.design.documents import FORMATS, file_name, written
from headway.web.people.access import holds
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import anybody, requires, signed_in
from headway.web.people.permissions import Permission
from headway.web.privacy import accounts, actions, holdings, papers, presenters, subjects, work
from headway.web.privacy.forms import EraseForm, ErasePupilForm, PeriodForm
from headway.web.privacy.schedule import Kind


@requires(Permission.SEE_PROTECTION)
def data_protection(request: HttpRequest) -> HttpResponse:
    """Where everything about data protection is."""
    return render(request, "privacy/data_protection.html", {"may_erase": _may_change(request)})


@requires(Permission.SEE_PROTECTION)
def retention(request: HttpRequest) -> HttpResponse:
    """How long each kind of record is kept."""
    shown = {"page": presenters.schedule_page(), "may_change": _may_change(request)}
    return render(request, "privacy/retention.html", shown)


@requires(Permission.KEEP_RETENTION)
def retention_period(request: HttpRequest, kind: str) -> HttpResponse:
    """Keep a kind of record for longer or shorter."""
    found = _kind(kind)
    opened = {"number": found.number, "version": presenters.period_version(found)}
    form = PeriodForm(request.POST or None, unit=found.unit, initial=opened)
    conflict = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.set_period(
                found,
                number=given["number"],
                reason=given["reason"],
                store=holdings.store(),
                by=request.user,
                expected=given["version"],
            )
        except versions.Conflict as other:
            conflict = other
        except (NotPermitted, StoreBusy, StoreError) as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, f"{found.title}: kept for {given['number']} {found.unit} from now on.")
            return redirect("retention")
    shown = {"kind": found, "form": form, "conflict": conflict, "periods": presenters.periods_of(found)}
    return render(request, "privacy/period.html", shown)


@requires(Permission.SEE_PROTECTION)
def retention_due(request: HttpRequest) -> HttpResponse:
    """What is past its date. Nothing is erased by looking."""
    shown = {
        "due": presenters.due(),
        "problem": presenters.problem(),
        "may_change": _may_change(request),
    }
    return render(request, "privacy/due.html", shown)


@require_POST
@requires(Permission.KEEP_RETENTION)
def erase_due(request: HttpRequest) -> HttpResponse:
    """Erase what is past its date, in the background."""
    try:
        job = work.start(by=request.user)
    except NotPermitted as why:
        messages.error(request, str(why))
        return redirect("retention_due")
    return redirect("job", job.pk)


@signed_in
def about_me(request: HttpRequest) -> HttpResponse:
    """What is kept of whoever asks."""
    return render(request, "privacy/about_me.html", {"headings_found": presenters.about(request.user)})


@signed_in
def about_me_file(request: HttpRequest) -> HttpResponse:
    """The same as a file to take away."""
    return _file(subjects.take(request.user, by=request.user))


@requires(Permission.KEEP_RETENTION)
def person_kept(request: HttpRequest, person_id: int) -> HttpResponse:
    """What is kept of one person, and erasing what names somebody who has left."""
    page = presenters.person_kept(person_id, request.user)
    if page is None:
        raise Http404
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.erase(page.user, by=request.user, reason=form.cleaned_data["reason"])
        except NotPermitted as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "What named the person is erased.")
            return redirect("data_protection")
    return render(request, "privacy/person.html", {"page": page, "form": form})


@requires(Permission.KEEP_RETENTION)
def person_kept_file(request: HttpRequest, person_id: int) -> HttpResponse:
    """What is kept of one person as a file, for answering their request."""
    page = presenters.person_kept(person_id, request.user)
    if page is None:
        raise Http404
    return _file(subjects.take(page.user, by=request.user))


@sensitive_post_parameters("upn")
@requires(Permission.KEEP_RETENTION)
def erase_pupil(request: HttpRequest) -> HttpResponse:
    """Erase one pupil, everywhere."""
    form = ErasePupilForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.erase_pupil(holdings.store(), upn=given["upn"], reason=given["reason"], by=request.user)
        except (NotPermitted, StoreBusy, StoreError) as why:
            form.add_error(None, str(why))
        else:
            messages.success(
                request, "The pupil is erased. Figures counted before stand; the next run counts anew."
            )
            return redirect("erase_pupil")
    return render(request, "privacy/erase_pupil.html", {"form": form})


@requires(Permission.SEE_PROTECTION)
def data_protection_paper(request: HttpRequest, paper: str) -> HttpResponse:
    """The record of processing, or the facts for an impact assessment, as configured now."""
    if paper not in papers.PAPERS:
        raise Http404
    title, sections = papers.PAPERS[paper]
    shown = {"title": title, "paper": paper, "sections": sections(), "formats": FORMATS.values()}
    return render(request, "privacy/paper.html", shown)


@requires(Permission.SEE_PROTECTION)
def data_protection_file(request: HttpRequest, paper: str, form: str) -> HttpResponse:
    """The same as a Word, PDF or Excel file."""
    if paper not in papers.PAPERS or form not in FORMATS:
        raise Http404
    made = papers.document(paper)
    response = HttpResponse(written(made, form), content_type=FORMATS[form].content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name(made.title, form)}"'
    return response


@anybody
def privacy_notice(request: HttpRequest) -> HttpResponse:
    """What is kept, for how long and on which law, as configured."""
    return render(request, "privacy/notice.html", {"activities": presenters.notice()})


def _may_change(request: HttpRequest) -> bool:
    return holds(request.user, Permission.KEEP_RETENTION)


def _kind(key: str) -> Kind:
    found = presenters.kind_of(key)
    if found is None:
        raise Http404
    return found


def _file(text: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="what-is-kept-{presenters.today_words()}.json"'
    return response
