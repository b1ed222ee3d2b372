"""Everybody's home page and own account, the pages for all, and what is said when something is refused or missing."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from headway.web.audit.presenters import sign_ins
from headway.web.design import health as health_of_parts
from headway.web.people import actions, context, logos, presenters
from headway.web.people import today as task_list
from headway.web.people.forms import NameForm
from headway.web.people.gate import anybody, signed_in


@signed_in
def today(request: HttpRequest) -> HttpResponse:
    """What is to be done."""
    tasks = task_list.tasks(request.user)
    shown = {
        "tasks": tasks,
        "pressing": sum(task.is_pressing for task in tasks),
        "today": timezone.localdate(),
    }
    return render(request, "people/today.html", shown)


@signed_in
def my_account(request: HttpRequest) -> HttpResponse:
    """One's own name, roles, ways of signing in, and last sign-ins."""
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    if request.method == "POST" and form.is_valid():
        actions.change_name(request.user, name=form.cleaned_data["name"], by=request.user)
        messages.success(request, "Your name is changed.")
        return redirect("my_account")
    shown = {
        "form": form,
        "roles": presenters.roles_held_by(request.user),
        "sign_ins": sign_ins(request.user.pk),
    }
    return render(request, "people/my_account.html", shown)


@anybody
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "people/accessibility.html")


@anybody
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of whom, and why."""
    return render(request, "people/privacy.html")


@anybody
def logo(request: HttpRequest, name: str) -> FileResponse:
    """The authority's logo as it stands on every page; nothing else that is kept."""
    if not name or name != context.service_names()["logo"]:
        raise Http404
    try:
        picture = logos.opened(name)
    except FileNotFoundError as missing:
        raise Http404 from missing
    answer = FileResponse(picture, content_type=logos.KINDS[name.rpartition(".")[2]])
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@anybody
def health(request: HttpRequest) -> HttpResponse:
    """Whether database, store, worker and disk are well; for a monitor. 503 where the service cannot work."""
    found, status = health_of_parts.report()
    return JsonResponse(found, status=status)


@anybody
def no_such_page(request: HttpRequest) -> HttpResponse:
    """Where allauth would have a page that the service does not offer."""
    raise Http404


@anybody
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _problem(request, "bad request", 400)


@anybody
def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _problem(request, "refused", 403)


@anybody
def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403, for a form without its token."""
    return _problem(request, "form too old", 403)


@anybody
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _problem(request, "not found", 404)


@anybody
def failed(request: HttpRequest) -> HttpResponse:
    """500. Asks nothing of the database, which may be what failed."""
    shown = {"problem": "failed", "cspNonce": getattr(request, "csp_nonce", ""), "service_name": "Headway"}
    return render(None, "people/problem.html", shown | {"service_colour": context.DEFAULT_COLOUR}, status=500)


def _problem(request: HttpRequest, problem: str, status: int) -> HttpResponse:
    return render(request, "people/problem.html", {"problem": problem}, status=status)
