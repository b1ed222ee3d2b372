"""Pages of schemes: those shipped, and an authority's own copies."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from headway.policy import scheme_packs
from headway.policy.packs.checking import PackError
from headway.web.audit import versions
from headway.web.categories import scheme_actions, scheme_presenters
from headway.web.categories.forms import CopyForm, SchemeForm
from headway.web.categories.models import SchemeCopy
from headway.web.people import access, places
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import requires
from headway.web.people.permissions import Permission


@requires(Permission.SEE_CATEGORIES)
def schemes(request: HttpRequest) -> HttpResponse:
    """Every scheme: those shipped, for everybody who may see categories, and one's own copies."""
    shown = {
        "shipped": list(scheme_packs.shipped().values()),
        "copies": scheme_presenters.copies(request.user),
    }
    return render(request, "categories/schemes.html", shown)


@requires(Permission.SEE_CATEGORIES)
def scheme(request: HttpRequest, key: str) -> HttpResponse:
    """A shipped scheme: criteria, rules, categories, sources."""
    found = scheme_packs.shipped().get(key)
    if found is None:
        raise Http404
    held = access.scopes(request.user, Permission.HOLD_ROUNDS)
    form = (
        CopyForm(places=sorted(places.names(held).items()), initial={"title": found.title}) if held else None
    )
    return render(
        request, "categories/scheme.html", {"page": scheme_presenters.scheme_page(found), "form": form}
    )


@require_POST
@requires(Permission.HOLD_ROUNDS)
def copy_scheme(request: HttpRequest, key: str) -> HttpResponse:
    """Copy a shipped scheme."""
    found = scheme_packs.shipped().get(key)
    if found is None:
        raise Http404
    held = access.scopes(request.user, Permission.HOLD_ROUNDS)
    form = CopyForm(request.POST, places=sorted(places.names(held).items()))
    if not form.is_valid():
        return render(
            request, "categories/scheme.html", {"page": scheme_presenters.scheme_page(found), "form": form}
        )
    made = scheme_actions.copy_scheme(
        form.cleaned_data["organisation"], pack=key, title=form.cleaned_data["title"], by=request.user
    )
    messages.success(request, "Copied. Change the draft, then adopt it.")
    return redirect("own_scheme", made.pk)


@requires(Permission.HOLD_ROUNDS)
def own_scheme(request: HttpRequest, copy_id: int) -> HttpResponse:
    """One's own scheme: change the draft, and see what changed before."""
    copy = _own(request, copy_id)
    version = versions.latest(copy.subject)
    form = SchemeForm(
        request.POST or None, initial={"title": copy.title, "text": copy.text, "version": version}
    )
    conflict = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            scheme_actions.save_scheme(
                copy, title=given["title"], text=given["text"], by=request.user, expected=given["version"]
            )
        except PackError as why:
            form.add_error("text", str(why))
        except NotPermitted as why:
            form.add_error(None, str(why))
        except versions.Conflict as theirs:
            conflict = theirs
        else:
            messages.success(request, "The draft is saved.")
            return redirect("own_scheme", copy.pk)
    page = scheme_presenters.scheme_page(scheme_packs.read(copy.text, copy.title), copy)
    return render(request, "categories/own_scheme.html", {"page": page, "form": form, "conflict": conflict})


@require_POST
@requires(Permission.HOLD_ROUNDS)
def adopt_scheme(request: HttpRequest, copy_id: int) -> HttpResponse:
    """Adopt a draft."""
    copy = _own(request, copy_id)
    try:
        scheme_actions.adopt_scheme(copy, by=request.user)
    except NotPermitted as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "Adopted: rounds may be held by it.")
    return redirect("own_scheme", copy.pk)


def _own(request: HttpRequest, copy_id: int) -> SchemeCopy:
    held = access.scopes(request.user, Permission.HOLD_ROUNDS)
    return get_object_or_404(SchemeCopy, pk=copy_id, organisation__in=held)
