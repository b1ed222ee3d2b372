"""Releases: the list, one of them, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.standards import actions, release_presenters
from headway.web.standards.models import Release
from headway.web.standards.release_forms import StateForm, TakeBackForm, VisibilityForm


@requires(Permission.PUBLISH)
def releases(request: HttpRequest) -> HttpResponse:
    """Every release of the person's authority."""
    return render(
        request, "standards/releases.html", {"lines": release_presenters.release_lines(request.user)}
    )


@requires(Permission.PUBLISH)
def release(request: HttpRequest, release_id: int) -> HttpResponse:
    """One release: who sees it, what each audience sees of it."""
    found = release_presenters.find_or_404(request.user, release_id)
    return _page(request, found)


@require_POST
@requires(Permission.PUBLISH)
def release_visibility(request: HttpRequest, release_id: int) -> HttpResponse:
    """Show a release to more people, or to fewer."""
    return _changed(request, release_id, VisibilityForm, "visibility_form", _show)


@require_POST
@requires(Permission.PUBLISH)
def release_state(request: HttpRequest, release_id: int) -> HttpResponse:
    """Say how final a release is."""
    return _changed(request, release_id, StateForm, "state_form", _declare)


@require_POST
@requires(Permission.PUBLISH)
def release_take_back(request: HttpRequest, release_id: int) -> HttpResponse:
    """Take a release back."""
    return _changed(request, release_id, TakeBackForm, "take_back_form", _take_back)


def _changed(
    request: HttpRequest,
    release_id: int,
    form_class: type[Any],
    name: str,
    change: Callable[[HttpRequest, Release, dict[str, str]], str],
) -> HttpResponse:
    found = release_presenters.find_or_404(request.user, release_id)
    form = form_class(request.POST)
    if not form.is_valid():
        return _page(request, found, **{name: form})
    try:
        messages.success(request, change(request, found, form.cleaned_data))
    except actions.CannotPublish as problem:
        messages.error(request, str(problem))
    return redirect("release", release_id)


def _show(request: HttpRequest, found: Release, data: dict[str, str]) -> str:
    now = actions.show_to(release_id=found.pk, visibility=data["visibility"], by=request.user)
    return f"{now.name} is now for {now.visibility_title.lower()}."


def _declare(request: HttpRequest, found: Release, data: dict[str, str]) -> str:
    now = actions.declare_state(release_id=found.pk, state=data["state"], by=request.user)
    return f"{now.name} is now {now.state}."


def _take_back(request: HttpRequest, found: Release, data: dict[str, str]) -> str:
    now = actions.take_back(release_id=found.pk, why=data["why"], by=request.user)
    return f"{now.name} is taken back. Nobody sees it any more."


def _page(request: HttpRequest, found: Release, **forms: Any) -> HttpResponse:
    shown = {
        "page": release_presenters.release_page(found),
        "visibility_form": VisibilityForm({"visibility": found.visibility}),
        "state_form": StateForm({"state": found.state}),
        "take_back_form": TakeBackForm(),
        **forms,
    }
    return render(request, "standards/release.html", shown)
