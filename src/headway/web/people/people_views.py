"""Looking after people: who they are, what they hold, whom to invite, what each role may do."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from headway.web.audit import versions
from headway.web.people import actions, invitations, limits, presenters
from headway.web.people.access import holds
from headway.web.people.context import service_names
from headway.web.people.forms import (
    AcceptForm,
    CloseForm,
    InvitationForm,
    PeopleFilter,
    RoleForm,
    SettingsForm,
)
from headway.web.people.gate import anybody, requires
from headway.web.people.models import Invitation, RoleHeld, User
from headway.web.people.permissions import Permission


@requires(Permission.MANAGE_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    """Who works here."""
    form = PeopleFilter(request.GET, places=presenters.giveable_places(request.user))
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = presenters.people_list(request.user, **wanted)
    return render(
        request, "people/people.html", {"form": form, "rows": rows, "filtered": any(wanted.values())}
    )


@requires(Permission.MANAGE_PEOPLE)
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """One person, their roles, and giving them another."""
    user = get_object_or_404(presenters.people_of(request.user), pk=person_id)
    form = RoleForm(request.POST or None, **_choices(request.user))
    if request.method == "POST" and form.is_valid():
        try:
            actions.give_role(user, by=request.user, **form.cleaned_data)
        except actions.NotPermitted as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, f"{user} has the role now.")
            return redirect("person", user.pk)
    shown = {
        "page": presenters.person_page(user, request.user),
        "form": form,
        "close_form": CloseForm(),
        "may_erase": holds(request.user, Permission.KEEP_RETENTION),
    }
    return render(request, "people/person.html", shown)


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def end_role(request: HttpRequest, person_id: int, held_id: int) -> HttpResponse:
    """A role ends."""
    user = get_object_or_404(presenters.people_of(request.user), pk=person_id)
    held = get_object_or_404(RoleHeld, pk=held_id, user=user)
    return _done(
        request, lambda: actions.end_role(held, by=request.user), "The role has ended.", "person", user.pk
    )


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def close_account(request: HttpRequest, person_id: int) -> HttpResponse:
    """Somebody leaves."""
    user = get_object_or_404(presenters.people_of(request.user), pk=person_id)
    form = CloseForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why the account is closed, for the audit trail.")
        return redirect("person", user.pk)
    reason = form.cleaned_data["reason"]
    return _done(
        request,
        lambda: actions.deactivate(user, by=request.user, reason=reason),
        f"The account of {user} is closed.",
        "person",
        user.pk,
    )


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def open_account(request: HttpRequest, person_id: int) -> HttpResponse:
    """Somebody comes back."""
    user = get_object_or_404(presenters.people_of(request.user), pk=person_id)
    return _done(
        request,
        lambda: actions.reactivate(user, by=request.user),
        f"{user} may sign in again.",
        "person",
        user.pk,
    )


@requires(Permission.MANAGE_PEOPLE)
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody; those invited and not yet here."""
    form = InvitationForm(request.POST or None, **_choices(request.user))
    if request.method == "POST" and form.is_valid():
        try:
            invitations.invite(by=request.user, link=_link(request), **form.cleaned_data)
        except (actions.NotPermitted, limits.TooOften) as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, f"An invitation is on its way to {form.cleaned_data['email']}.")
            return redirect("invite")
    return render(
        request, "people/invite.html", {"form": form, "waiting": presenters.open_invitations(request.user)}
    )


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def withdraw_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    found = _invitation(request, invitation_id)
    return _done(
        request,
        lambda: invitations.withdraw(found, by=request.user),
        "The invitation is withdrawn.",
        "invite",
    )


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def resend_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Send an invitation again."""
    found = _invitation(request, invitation_id)
    return _done(
        request,
        lambda: invitations.resend(found, by=request.user, link=_link(request)),
        f"The invitation is on its way to {found.email} again.",
        "invite",
    )


@anybody
def accept_invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Become a user of the service."""
    try:
        limits.count("accept", request.META.get("REMOTE_ADDR", ""), at_most=30, seconds=60 * 60)
        found = invitations.invitation_for(secret)
    except limits.TooOften:
        found = None
    if found is None:
        return render(request, "people/invitation_over.html", status=404)
    form = AcceptForm(request.POST or None, email=found.email, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        try:
            invitations.accept(secret, **form.cleaned_data)
        except actions.NotPermitted as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, "Your account is ready. Sign in with your e-mail address and password.")
            return redirect("account_login")
    return render(request, "people/accept.html", {"form": form, "invitation": found})


@requires(Permission.MANAGE_PEOPLE)
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do."""
    return render(request, "people/roles.html", {"roles": presenters.roles_table()})


@require_POST
@requires(Permission.MANAGE_PEOPLE)
def narrow_role(request: HttpRequest, role: str) -> HttpResponse:
    """Take a permission from a role, or give it back."""
    change = actions.restore if request.POST.get("restore") else actions.narrow
    permission = request.POST.get("permission", "")
    return _done(
        request,
        lambda: change(role=role, permission=permission, by=request.user),
        "The role is changed.",
        "roles",
    )


@requires(Permission.MANAGE_SERVICE)
def service_settings(request: HttpRequest) -> HttpResponse:
    """How the service is named."""
    opened = {**service_names(), "version": versions.latest(actions.SETTINGS_SUBJECT)}
    form = SettingsForm(
        request.POST or None,
        request.FILES or None,
        initial={**opened, "logo": None, "name": opened["service_name"], "colour": opened["service_colour"]},
    )
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_settings(form.values(), by=request.user, expected=form.cleaned_data["version"])
        except versions.Conflict as found:
            conflict = found
        else:
            messages.success(request, "The settings are saved.")
            return redirect("service_settings")
    return render(
        request,
        "people/settings.html",
        {"form": form, "conflict": conflict, "changes": versions.history(actions.SETTINGS_SUBJECT)},
    )


def _choices(manager: User) -> dict[str, list[tuple[str, str]]]:
    return {"roles": presenters.giveable_roles(manager), "places": presenters.giveable_places(manager)}


def _link(request: HttpRequest) -> str:
    address: str = request.build_absolute_uri(reverse("accept_invitation", args=["SECRET"]))
    return address


def _invitation(request: HttpRequest, invitation_id: int) -> Invitation:
    mine = [one.pk for one, _ in presenters.open_invitations(request.user)]
    return get_object_or_404(Invitation, pk=invitation_id, pk__in=mine)


def _done(
    request: HttpRequest, change: Callable[[], object], said: str, to: str, *args: object
) -> HttpResponse:
    """Make a change and say that it was made, or why it may not be."""
    try:
        change()
    except (actions.NotPermitted, limits.TooOften) as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, said)
    return redirect(to, *args)
