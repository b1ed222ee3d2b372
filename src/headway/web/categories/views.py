"""Pages of rounds: opening, moderation, one school, answering, what if, letters."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from headway.figures.store import StoreError
from headway.policy.outcomes import JUDGEMENT_NEEDED
from headway.policy.packs.checking import PackError
from headway.web.audit import versions
from headway.web.audit.actions import record
from headway.web.categories import actions, presenters, scheme_presenters, sight, timing
from headway.web.categories.forms import (
    AnswerForm,
    ChangeForm,
    JudgeForm,
    ProposeForm,
    ReplyForm,
    RoundFilter,
    RoundForm,
    SendForm,
    WhatIfForm,
)
from headway.web.categories.letters import letter
from headway.web.categories.models import Change, Round, Standing
from headway.web.categories.reckoning import evidence_of
from headway.web.design.csv_files import csv_file
from headway.web.design.documents.formats import FORMATS, file_name, written
from headway.web.design.lists import page_of, query
from headway.web.design.numbers import is_number
from headway.web.people import access, places
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.schools.access import school_or_404
from headway.web.schools.presenters import header


@requires(Permission.SEE_CATEGORIES)
def categories(request: HttpRequest) -> HttpResponse:
    """Rounds for those who work in them; their schools' categories for everybody else."""
    own = page_of(request, presenters.own_standings(request.user))
    own.object_list = presenters.labelled(own.object_list)
    shown = {
        "rounds": presenters.round_lines(request.user),
        "own": own,
        "may_open": access.holds(request.user, Permission.HOLD_ROUNDS),
    }
    return render(request, "categories/categories.html", shown)


@requires(Permission.HOLD_ROUNDS)
def open_round(request: HttpRequest) -> HttpResponse:
    """Open a round."""
    form = RoundForm(
        request.POST or None,
        initial={"as_at": timezone.localdate()},
        places=_held(request),
        schemes=scheme_presenters.choices_of_schemes(request.user),
        years=_years(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.open_round(**form.cleaned_data, by=request.user)
        except (NotPermitted, PackError, StoreError) as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "The round is open. Begin with the schools that need a judgement.")
            return redirect("round", made.pk)
    return render(request, "categories/open.html", {"form": form})


def _held(request: HttpRequest) -> list[tuple[str, str]]:
    held = access.scopes(request.user, Permission.HOLD_ROUNDS)
    return sorted(places.names(held).items(), key=lambda each: each[1])


def _years() -> list[int]:
    try:
        _, run = evidence_of()
    except NotPermitted:
        return []
    years = run.results().select("year").unique().collect()["year"]
    return sorted((int(year) for year in years), reverse=True)


@requires(Permission.SEE_CATEGORIES)
def round_(request: HttpRequest, round_id: int) -> HttpResponse:
    """A round: every school, computed against proposed."""
    held = sight.round_or_404(request.user, round_id)
    form, page = _round_page(request, held)
    shown = {
        "page": page,
        "form": form,
        "lines": page_of(request, page.lines),
        "send": SendForm(),
        "caution": timing.caution(timezone.localtime()),
        "file_query": query(request, page=None),
    }
    return render(request, "categories/round.html", shown)


def _round_page(request: HttpRequest, held: Round) -> tuple[RoundFilter, presenters.RoundPage]:
    scheme = actions.scheme_of(held)
    choices = [
        *((one.key, one.title) for one in scheme.categories),
        (JUDGEMENT_NEEDED, JUDGEMENT_NEEDED.capitalize()),
    ]
    form = RoundFilter(request.GET, categories=choices)
    wanted = form.cleaned_data if form.is_valid() else {}
    return form, presenters.round_page(request.user, held, wanted=wanted)


@requires(Permission.SEE_CATEGORIES)
def round_file(request: HttpRequest, round_id: int) -> HttpResponse:
    """The list as CSV; that it was taken is recorded."""
    held = sight.round_or_404(request.user, round_id)
    _, page = _round_page(request, held)
    with transaction.atomic():
        record("exported a round", by=request.user, organisation=held.organisation, subject=held.subject)
    return csv_file("categories", presenters.StandingLine.HEADER, (one.cells() for one in page.lines))


@require_POST
@requires(Permission.HOLD_ROUNDS)
def send_round(request: HttpRequest, round_id: int) -> HttpResponse:
    """Freeze the round and show each school its proposal."""
    held = sight.round_or_404(request.user, round_id)
    form = SendForm(request.POST)
    caution = timing.caution(timezone.localtime())
    if not form.is_valid():
        messages.error(request, "Enter the day by which schools reply.")
    elif caution and not form.cleaned_data["anyway"]:
        messages.error(request, f"{caution} Tick “Send it now all the same” if it cannot wait.")
    else:
        _try(request, lambda: actions.send(held, reply_by=form.cleaned_data["reply_by"], by=request.user),
             "The round is frozen, and every school sees its proposal.")  # fmt: skip
    return redirect("round", held.pk)


@require_POST
@requires(Permission.HOLD_ROUNDS)
def publish_round(request: HttpRequest, round_id: int) -> HttpResponse:
    """Publish the categories."""
    held = sight.round_or_404(request.user, round_id)
    _try(request, lambda: actions.publish(held, by=request.user), "The categories are published.")
    return redirect("round", held.pk)


@requires(Permission.HOLD_ROUNDS)
def what_if(request: HttpRequest, round_id: int) -> HttpResponse:
    """What a change of the scheme would do, before it is adopted."""
    held = sight.round_or_404(request.user, round_id)
    if not access.permits(request.user, Permission.HOLD_ROUNDS, held.organisation):
        raise Http404
    form = WhatIfForm(request.GET)
    change = form.cleaned_data["change"].strip() if form.is_valid() else ""
    try:
        found = actions.reckon_round(held)
    except (NotPermitted, StoreError) as why:
        messages.error(request, str(why))
        return redirect("round", held.pk)
    answer = None
    if change:
        try:
            answer = presenters.what_if(found, change)
        except PackError as why:
            form.add_error("change", str(why))
    shown = {
        "round": held,
        "form": form,
        "answer": answer,
        "settings": presenters.settings_to_try(found.scheme),
        "steadiness": presenters.steadiness(found),
        "schools": len(found.proposals),
    }
    return render(request, "categories/what_if.html", shown)


@requires(Permission.SEE_CATEGORIES)
def standing(request: HttpRequest, standing_id: int) -> HttpResponse:
    """One school of a round: what follows from the evidence, why, and what people say."""
    one = sight.standing_or_404(request.user, standing_id)
    return _standing_page(request, one)


def _standing_page(request: HttpRequest, one: Standing, **forms: Any) -> HttpResponse:
    page = presenters.standing_page(request.user, one)
    judging = [
        (
            asked,
            forms.get(f"judge_{asked.criterion.key}")
            or JudgeForm(
                criterion=asked.criterion,
                prefix=asked.criterion.key,
                initial={
                    "level": asked.judged.level if asked.judged else None,
                    "note": asked.judged.note if asked.judged else "",
                    "version": asked.version,
                },
            ),
        )
        for asked in page.asked
    ]
    shown = {
        "page": page,
        "judging": judging,
        "propose": forms.get("propose")
        or ProposeForm(
            scheme=page.scheme,
            initial={"category": one.override or one.computed, "reason": one.override_reason},
        ),
        "change": forms.get("change") or ChangeForm(scheme=page.scheme, initial={"on": timezone.localdate()}),
        "answer": forms.get("answer") or AnswerForm(initial=_answered(one)),
        "reply": forms.get("reply") or ReplyForm(),
        "conflict": forms.get("conflict"),
        "errors": next((form for form in forms.values() if getattr(form, "errors", None)), None),
    }
    return render(request, "categories/standing.html", shown)


def _answered(one: Standing) -> dict[str, str]:
    return {} if one.answer == Standing.WAITING else {"answer": one.answer, "text": one.answer_text}


@require_POST
@requires(Permission.JUDGE_SCHOOLS)
def judge(request: HttpRequest, standing_id: int, criterion: str) -> HttpResponse:
    """Judge one criterion."""
    one = sight.standing_or_404(request.user, standing_id)
    asked = next(
        (
            each
            for each in actions.judged_by_people(actions.scheme_of(one.round), one)
            if each.key == criterion
        ),
        None,
    )
    if asked is None:
        raise Http404
    form = JudgeForm(request.POST, criterion=asked, prefix=criterion)
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.judge(
                one, criterion=criterion, level=given["level"], note=given["note"], by=request.user,
                expected=given["version"],
            )  # fmt: skip
        except (NotPermitted, StoreError) as why:
            form.add_error(None, str(why))
        except versions.Conflict as theirs:
            return _standing_page(request, one, **{f"judge_{criterion}": form, "conflict": theirs})
        else:
            messages.success(request, "Your judgement is kept, and the proposal reckoned anew.")
            return redirect("standing", one.pk)
    return _standing_page(request, one, **{f"judge_{criterion}": form})


@require_POST
@requires(Permission.JUDGE_SCHOOLS)
def propose(request: HttpRequest, standing_id: int) -> HttpResponse:
    """Propose another category than the computed one."""
    one = sight.standing_or_404(request.user, standing_id)
    form = ProposeForm(request.POST, scheme=actions.scheme_of(one.round))
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.propose(one, category=given["category"], reason=given["reason"], by=request.user)
        except NotPermitted as why:
            form.add_error(None, str(why))
        else:
            messages.success(
                request, "Kept. What differs from the computed category waits for another's signature."
            )
            return redirect("standing", one.pk)
    return _standing_page(request, one, propose=form)


@require_POST
@requires(Permission.SEE_CATEGORIES)
def sign(request: HttpRequest, standing_id: int) -> HttpResponse:
    """Sign what another proposed."""
    one = _worked_in(request, standing_id)
    version = request.POST.get("version", "")
    expected = int(version) if is_number(version) else -1
    _try(
        request,
        lambda: actions.sign(one, by=request.user, expected=expected),
        "Signed: the proposal stands.",
    )
    return redirect("standing", one.pk)


@require_POST
@requires(Permission.JUDGE_SCHOOLS)
def change_category(request: HttpRequest, standing_id: int) -> HttpResponse:
    """Change a published category."""
    one = sight.standing_or_404(request.user, standing_id)
    form = ChangeForm(request.POST, scheme=actions.scheme_of(one.round))
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.change(
                one, category=given["category"], because=given["reason"], on=given["on"], by=request.user
            )
        except NotPermitted as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "Kept. The change stands when another person has signed it.")
            return redirect("standing", one.pk)
    return _standing_page(request, one, change=form)


@require_POST
@requires(Permission.SEE_CATEGORIES)
def sign_change(request: HttpRequest, standing_id: int, change_id: int) -> HttpResponse:
    """Sign a change that another proposed."""
    one = _worked_in(request, standing_id)
    found = get_object_or_404(Change, pk=change_id, standing=one)
    _try(request, lambda: actions.sign_change(found, by=request.user), "Signed: the change stands.")
    return redirect("standing", one.pk)


def _worked_in(request: HttpRequest, standing_id: int) -> Standing:
    """The standing, for whoever works in its round; others who see it are refused."""
    if not any(access.holds(request.user, one) for one in sight.WORKING):
        raise PermissionDenied
    return sight.standing_or_404(request.user, standing_id)


@require_POST
@requires(Permission.ANSWER_CATEGORIES)
def answer(request: HttpRequest, standing_id: int) -> HttpResponse:
    """The school's answer."""
    one = sight.standing_or_404(request.user, standing_id)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            actions.answer(one, **form.cleaned_data, by=request.user)
        except NotPermitted as why:
            form.add_error("text", str(why))
        else:
            messages.success(request, "Your answer is kept, and the authority sees it.")
            return redirect("standing", one.pk)
    return _standing_page(request, one, answer=form)


@require_POST
@requires(Permission.HOLD_ROUNDS)
def reply(request: HttpRequest, standing_id: int) -> HttpResponse:
    """The authority's reply."""
    one = sight.standing_or_404(request.user, standing_id)
    form = ReplyForm(request.POST)
    if form.is_valid():
        try:
            actions.reply(one, text=form.cleaned_data["text"], by=request.user)
        except NotPermitted as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "Your reply is kept, and the school sees it.")
            return redirect("standing", one.pk)
    return _standing_page(request, one, reply=form)


@requires(Permission.SEE_CATEGORIES)
def standing_letter(request: HttpRequest, standing_id: int, form: str) -> HttpResponse:
    """The letter to the school; that it was taken is recorded."""
    one = sight.standing_or_404(request.user, standing_id)
    if form not in ("pdf", "docx") or not one.round.is_frozen or not sight.sees_reasons(request.user, one):
        raise Http404
    content = written(letter(one), form)
    with transaction.atomic():
        record("made a letter", by=request.user, organisation=one.organisation, subject=one.subject)
    answer = HttpResponse(content, content_type=FORMATS[form].content_type)
    name = file_name(f"{one.name}, category of support", form)
    answer.headers["Content-Disposition"] = content_disposition_header(True, name)
    return answer


@requires(Permission.SEE_CATEGORIES)
def school_category(request: HttpRequest, urn: int) -> HttpResponse:
    """The categories of one school, the newest first."""
    found = school_or_404(request.user, urn, Permission.SEE_CATEGORIES)
    seen = sight.standings(request.user).filter(organisation=found.key).order_by("-round__pk")
    shown = presenters.labelled(seen.prefetch_related("changes"))
    return render(
        request, "categories/school.html", {"school": header(request.user, found), "standings": shown}
    )


def _try(request: HttpRequest, action: Any, done: str) -> None:
    try:
        action()
    except (NotPermitted, StoreError) as why:
        messages.error(request, str(why))
    else:
        messages.success(request, done)
