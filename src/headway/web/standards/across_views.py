"""One measure across schools: the page, and the same list as a file."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from headway.web.design.lists import order_of, page_of
from headway.web.people.access import holds
from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.standards import across_choices, across_files, across_presenters
from headway.web.standards.authority_choice import chosen

_FIRST = "-value"


@requires(Permission.SEE_STANDARDS)
def across(request: HttpRequest) -> HttpResponse:
    """One measure across the schools that the person may see."""
    choice = chosen(request.user, request.GET)
    if choice is None:
        return render(request, "standards/across.html", {"choice": None})
    form, wanted = across_choices.asked(request.user, choice, request.GET)
    order = order_of(request, across_presenters.SORTS, _FIRST)
    found = across_presenters.compared(request.user, choice, wanted, order)
    page = page_of(request, across_presenters.Rows(found.schools))
    shown = {
        "choice": choice,
        "form": form,
        "wanted": wanted,
        "order": order,
        "page": page,
        "found": across_presenters.across(choice, wanted, found, page),
        "may_export": holds(request.user, Permission.EXPORT),
    }
    return render(request, "standards/across.html", shown)


@requires(Permission.EXPORT)
def across_file(request: HttpRequest, form: str) -> HttpResponse:
    """The whole list, with the same suppression, as a CSV or Excel file."""
    choice = chosen(request.user, request.GET)
    if choice is None or form not in across_files.FORMS:
        raise Http404
    _, wanted = across_choices.asked(request.user, choice, request.GET)
    order = order_of(request, across_presenters.SORTS, _FIRST)
    found = across_presenters.compared(request.user, choice, wanted, order)
    return across_files.answer(form, choice, wanted, found, by=request.user)
