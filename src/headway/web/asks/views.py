"""Pages of asking: the school's own list, what was sent, asking anew, and the burden on each school."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from headway.web.asks import actions, burden, presenters
from headway.web.asks.bases import cautions
from headway.web.asks.forms import AnswerForm, AskForm, CapForm, SentFilter, WithdrawForm
from headway.web.asks.models import Ask
from headway.web.audit import versions
from headway.web.audit.actions import record
from headway.web.design.csv_files import csv_file
from headway.web.design.lists import page_of, query
from headway.web.people import access
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.schools import presenters as schools
from headway.web.schools.access import school_or_404

_A_FILE = 50_000


@requires(Permission.ANSWER_ASKS)
def asks(request: HttpRequest) -> HttpResponse:
    """Everything that is asked of us, in one list."""
    waiting, done = presenters.ours_in_order(request.user)
    page = page_of(request, done)
    shown = {"waiting": waiting, "page": page, "total": presenters.total([one.minutes for one in waiting])}
    return render(request, "asks/asks.html", shown)


@requires(Permission.ANSWER_ASKS)
def asks_file(request: HttpRequest) -> HttpResponse:
    """The same as a CSV file."""
    found = presenters.rows(presenters.of_us(request.user)[:_A_FILE])
    return csv_file("asked-of-us", presenters.AskRow.CSV, (one.cells() for one in found))


@requires(Permission.ANSWER_ASKS)
def ask(request: HttpRequest, ask_id: int) -> HttpResponse:
    """One request, and our answer."""
    found = get_object_or_404(presenters.of_us(request.user), pk=ask_id)
    page = presenters.ask_page(found)
    form = AnswerForm(request.POST or None, initial=_answered(found) | {"version": page.version})
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            _decide(found, form.cleaned_data, request)
        except NotPermitted as why:
            form.add_error(None, str(why))
        except versions.Conflict as theirs:
            conflict = theirs
        else:
            messages.success(request, "Your answer is kept, and whoever asked sees it.")
            return redirect("asks")
    return render(request, "asks/ask.html", {"page": page, "form": form, "conflict": conflict})


def _answered(found: Ask) -> dict[str, object]:
    if found.state not in (Ask.ANSWERED, Ask.DECLINED):
        return {}
    return {"decision": "answer" if found.state == Ask.ANSWERED else "decline", "text": found.answer}


def _decide(found: Ask, given: dict[str, object], request: HttpRequest) -> None:
    text, version = str(given["text"]), int(str(given["version"]))
    if given["decision"] == "answer":
        actions.answer(found, text=text, by=request.user, expected=version)
    else:
        actions.decline(found, reason=text, by=request.user, expected=version)


@requires(Permission.ASK_SCHOOLS)
def asks_sent(request: HttpRequest) -> HttpResponse:
    """What was asked of the schools that one may ask."""
    form, wanted = _sent_filter(request)
    page = page_of(request, presenters.sent(request.user, **wanted))
    shown = {
        "form": form,
        "page": page,
        "rows": presenters.rows(page),
        "filtered": any(wanted.values()),
        "query": query(request, page=None),
    }
    return render(request, "asks/sent.html", shown)


@requires(Permission.ASK_SCHOOLS)
def asks_sent_file(request: HttpRequest) -> HttpResponse:
    """The same as a CSV file; that it was taken is recorded, for it holds schools' answers."""
    _, wanted = _sent_filter(request)
    found = presenters.rows(presenters.sent(request.user, **wanted)[:_A_FILE])
    with transaction.atomic():
        record("exported what was asked of schools", by=request.user, detail={"requests": len(found)})
    return csv_file("asked-of-schools", presenters.AskRow.CSV, (one.cells() for one in found))


@requires(Permission.ASK_SCHOOLS)
def ask_sent(request: HttpRequest, ask_id: int) -> HttpResponse:
    """One request as whoever asks sees it, and the school's answer."""
    found = get_object_or_404(presenters.sent(request.user), pk=ask_id)
    return render(request, "asks/ask_sent.html", {"page": presenters.ask_page(found), "form": WithdrawForm()})


@require_POST
@requires(Permission.ASK_SCHOOLS)
def withdraw_ask(request: HttpRequest, ask_id: int) -> HttpResponse:
    """Take a request back."""
    found = get_object_or_404(presenters.sent(request.user), pk=ask_id)
    reason = request.POST.get("reason", "")
    return _done(
        request,
        lambda: actions.withdraw(found, reason=reason, by=request.user),
        "The request is taken back.",
        ask_id,
    )


@require_POST
@requires(Permission.ASK_SCHOOLS)
def remind_of_ask(request: HttpRequest, ask_id: int) -> HttpResponse:
    """Remind the school of a request."""
    found = get_object_or_404(presenters.sent(request.user), pk=ask_id)
    return _done(
        request,
        lambda: actions.remind(found, by=request.user),
        "The school finds it at the top of its first page.",
        ask_id,
    )


@requires(Permission.ASK_SCHOOLS)
def new_ask(request: HttpRequest) -> HttpResponse:
    """Ask one school or many: first what it would come to for each, then it is sent."""
    schools = presenters.schools_to_ask(request.user)
    first: dict[str, object] = {"together": uuid.uuid4(), "schools": request.GET.getlist("school")}
    # Other parts send people here with the words ready, such as the checking desk.
    first |= {
        name: request.GET[name]
        for name in ("what", "how", "purpose", "minutes", "due")
        if name in request.GET
    }
    form = AskForm(request.POST or None, schools=schools, initial=first)
    outlook: list[burden.Outlook] = []
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        outlook = burden.outlook(given["schools"], minutes=given["minutes"], due=given["due"])
        if request.POST.get("confirmed"):
            try:
                sent = actions.ask_many(by=request.user, **given | {"together": str(given["together"])})
            except NotPermitted as why:
                form.add_error("over_cap_because" if isinstance(why, actions.OverCap) else None, str(why))
            else:
                messages.success(
                    request,
                    f"{len(sent)} {'school was' if len(sent) == 1 else 'schools were'} asked.",
                )
                return redirect("asks_sent")
        return render(request, "asks/preview.html", _preview(form, given, outlook))
    return render(request, "asks/new.html", {"form": form, "schools": schools})


def _preview(form: AskForm, given: dict[str, object], outlook: list[burden.Outlook]) -> dict[str, object]:
    minutes = int(str(given["minutes"]))
    return {
        "form": form,
        "given": given,
        "outlook": outlook,
        "over": [one for one in outlook if one.over],
        "total": presenters.total([minutes] * len(outlook)),
        "cautions": cautions(f"{given['what']} {given['how']} {given['purpose']}"),
    }


@requires(Permission.SEE_BURDEN)
def asks_burden(request: HttpRequest) -> HttpResponse:
    """What is asked of each school."""
    found = burden.burdens(presenters.schools_seen(request.user))
    page = page_of(request, found)
    shown = {
        "page": page,
        "over": sum(one.over for one in found),
        "total": presenters.total([one.this_term for one in found]),
        "may_set_cap": access.holds(request.user, Permission.SET_CAP),
    }
    return render(request, "asks/burden.html", shown)


@requires(Permission.SEE_BURDEN)
def asks_burden_file(request: HttpRequest) -> HttpResponse:
    """The same as a CSV file."""
    names = (
        "organisation",
        "name",
        "this_term",
        "this_year",
        "cap",
        "cap_period",
        "waiting",
        "overdue",
        "over",
    )
    found = burden.burdens(presenters.schools_seen(request.user))
    return csv_file("burden-on-schools", names, ([getattr(one, name) for name in names] for one in found))


@requires(Permission.SEE_BURDEN)
def school_burden(request: HttpRequest, urn: int) -> HttpResponse:
    """What is asked of one school, by purpose."""
    organisation = school_or_404(request.user, urn, Permission.SEE_BURDEN)
    answers = access.permits(request.user, Permission.ASK_SCHOOLS, organisation.key)
    shown = {
        "school": schools.header(request.user, organisation),
        "page": presenters.school_burden(organisation.key, with_answers=answers),
    }
    return render(request, "asks/school_burden.html", shown)


@requires(Permission.SET_CAP)
def asks_cap(request: HttpRequest) -> HttpResponse:
    """The most that may be asked of a school."""
    caps = presenters.caps(request.user)
    form = CapForm(request.POST or None, places=[(key, name) for key, name, _ in caps])
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_cap(by=request.user, **form.cleaned_data)
        except NotPermitted as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "The cap is set.")
            return redirect("asks_cap")
    return render(request, "asks/cap.html", {"caps": caps, "form": form})


def _sent_filter(request: HttpRequest) -> tuple[SentFilter, dict[str, Any]]:
    form = SentFilter(request.GET, schools=presenters.schools_to_ask(request.user))
    return form, form.cleaned_data if form.is_valid() else {}


def _done(request: HttpRequest, act: Callable[[], object], said: str, ask_id: int) -> HttpResponse:
    try:
        act()
    except NotPermitted as why:
        messages.error(request, str(why))
    else:
        messages.success(request, said)
    return redirect("ask_sent", ask_id)
