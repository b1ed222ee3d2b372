"""Trusts, clusters, federations and caseloads; what changed in the register."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from headway.web.design.lists import page_of
from headway.web.design.numbers import is_number
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import requires
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools import access, actions, feed, groups, records
from headway.web.schools.forms import (
    CaseloadForm,
    DayForm,
    FeedFilter,
    GroupForm,
    GroupsFilter,
    JoinForm,
    LeaveForm,
    RenameForm,
)
from headway.web.schools.models import Belonging, Organisation


@requires(Permission.SEE_SCHOOLS)
def all_groups(request: HttpRequest) -> HttpResponse:
    """The groups that a person may see."""
    form = GroupsFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of(request, groups.group_rows(request.user, wanted.get("kind", ""), wanted.get("on")))
    shown = {
        "form": form,
        "page": page,
        "rows": groups.described(list(page)),
        "keeps": records.keeps(request.user),
    }
    return render(request, "schools/groups.html", shown | {"on": wanted.get("on")})


@requires(Permission.KEEP_SCHOOLS)
def new_group(request: HttpRequest) -> HttpResponse:
    """Make a cluster or federation."""
    form = GroupForm(request.POST or None, authorities=records.keeps(request.user))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.make_group(by=request.user, **form.cleaned_data)
        except NotPermitted as reason:
            form.add_error("name", str(reason))
        else:
            messages.success(request, f"{made} is made. Now add its schools.")
            return redirect("group", made.key)
    return render(request, "schools/new_group.html", {"form": form})


@requires(Permission.SEE_SCHOOLS)
def group(request: HttpRequest, key: str) -> HttpResponse:
    """A trust, cluster or federation as at a day."""
    found = _group(request, key, Permission.SEE_SCHOOLS)
    on = _day(request)
    shown = {
        "page": groups.group_page(request.user, found, on),
        "on": on,
        "day_form": DayForm(request.GET or None),
        "join_form": JoinForm(),
        "leave_form": LeaveForm(),
        "rename_form": RenameForm(initial={"name": str(found)}),
    }
    return render(request, "schools/group.html", shown)


@require_POST
@requires(Permission.KEEP_SCHOOLS)
def join_group(request: HttpRequest, key: str) -> HttpResponse:
    """A school joins."""
    found = _group(request, key, Permission.KEEP_SCHOOLS)
    form = JoinForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(words for each in form.errors.values() for words in each))
        return redirect("group", key)
    urn = form.cleaned_data["urn"].strip()
    school = access.visible_to(request.user, Permission.KEEP_SCHOOLS).filter(key=f"school:{urn}").first()
    if school is None:
        messages.error(request, f"No school of yours has the URN {urn}.")
        return redirect("group", key)
    starts = form.cleaned_data["starts"]
    return _done(
        request,
        lambda: actions.add_to_group(found, school=school, by=request.user, starts=starts),
        f"{school} belongs to {found} now.",
        key,
    )


@require_POST
@requires(Permission.KEEP_SCHOOLS)
def leave_group(request: HttpRequest, key: str, belonging_id: int) -> HttpResponse:
    """A school leaves."""
    found = _group(request, key, Permission.KEEP_SCHOOLS)
    held = get_object_or_404(Belonging.objects.select_related("group"), pk=belonging_id, group=found)
    form = LeaveForm(request.POST)
    on = form.cleaned_data["on"] if form.is_valid() else None
    return _done(
        request, lambda: actions.leave_group(held, by=request.user, on=on), "The school has left.", key
    )


@require_POST
@requires(Permission.KEEP_SCHOOLS)
def rename_group(request: HttpRequest, key: str) -> HttpResponse:
    """Another name."""
    found = _group(request, key, Permission.KEEP_SCHOOLS)
    form = RenameForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Enter its name")
        return redirect("group", key)
    name = form.cleaned_data["name"]
    return _done(
        request,
        lambda: actions.rename_group(found, name=name, by=request.user),
        "It has another name now.",
        key,
    )


@requires(Permission.KEEP_SCHOOLS)
def caseloads(request: HttpRequest) -> HttpResponse:
    """Who advises which school; several schools go to an adviser at once."""
    form = CaseloadForm(request.POST or None, advisers=records.advisers())
    if request.method == "POST" and form.is_valid():
        try:
            number = _assign(request, form)
        except NotPermitted as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, f"{number} school{'' if number == 1 else 's'} changed adviser.")
            return redirect("caseloads")
    on = _day(request)
    shown = {
        "page": groups.caseloads(request.user, on),
        "form": form,
        "on": on,
        "day_form": DayForm(request.GET or None),
    }
    return render(request, "schools/caseloads.html", shown)


def _assign(request: HttpRequest, form: CaseloadForm) -> int:
    urns = re.findall(r"\d+", form.cleaned_data["urns"])
    kept = access.visible_to(request.user, Permission.KEEP_SCHOOLS)
    schools = {one.urn: one for one in kept.filter(key__in=[f"school:{urn}" for urn in urns[:500]])}
    missing = [urn for urn in urns if int(urn) not in schools]
    if missing or not urns:
        raise NotPermitted(
            f"No school of yours has the URN {', '.join(missing)}." if missing else "Enter the URNs."
        )
    adviser = get_object_or_404(User, pk=int(form.cleaned_data["adviser"]))
    return actions.assign_caseload(
        list(schools.values()), adviser=adviser, by=request.user, starts=form.cleaned_data["starts"]
    )


@requires(Permission.SEE_SCHOOLS)
def school_changes(request: HttpRequest) -> HttpResponse:
    """What changed in the register for one's schools."""
    form = FeedFilter(request.GET, words=feed.words(request.user))
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of(request, feed.changes_for(request.user, **wanted))
    shown = {
        "form": form,
        "page": page,
        "lines": feed.lines(request.user, list(page)),
        "everything": wanted.get("read"),
    }
    return render(request, "schools/changes.html", shown)


@require_POST
@requires(Permission.SEE_SCHOOLS)
def changes_read(request: HttpRequest) -> HttpResponse:
    """Mark changes as read: those named, or all."""
    named = [int(text) for text in request.POST.getlist("change") if is_number(text)]
    unread = feed.changes_for(request.user)
    if "all" not in request.POST:
        unread = unread.filter(pk__in=named[:500])
    number = actions.mark_read(list(unread), by=request.user)
    messages.success(
        request, f"{number} marked as read." if number else "Nothing was marked: choose some first."
    )
    return redirect("school_changes")


def _group(request: HttpRequest, key: str, permission: Permission) -> Organisation:
    found = access.find_or_404(request.user, key, permission)
    if found.kind not in groups.KINDS:
        raise Http404
    return found


def _day(request: HttpRequest) -> date | None:
    form = DayForm(request.GET)
    return form.cleaned_data["on"] if form.is_valid() else None


def _done(request: HttpRequest, change: Callable[[], object], said: str, key: str) -> HttpResponse:
    """Make a change to a group and say that it was made, or why it may not be."""
    try:
        change()
    except NotPermitted as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, said)
    return redirect("group", key)
