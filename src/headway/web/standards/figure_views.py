"""Where a figure comes from, and the files behind it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from headway.web.design.numbers import is_number
from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.standards.provenance import Asked, provenance, receipt_page

_LAST_YEAR = 9999


@requires(Permission.SEE_STANDARDS)
def figure(
    request: HttpRequest, organisation: str, year: int, years_pooled: int, measure: str, group: str
) -> HttpResponse:
    """Where one figure comes from."""
    if max(year, years_pooled) > _LAST_YEAR:
        raise Http404
    asked = Asked(
        organisation,
        year,
        years_pooled,
        measure,
        group,
        request.GET.get("release", ""),
        request.GET.get("model", ""),
    )
    return render(request, "standards/figure.html", {"figure": provenance(request.user, asked)})


@requires(Permission.PUBLISH)
def figure_receipt(request: HttpRequest, receipt: str) -> HttpResponse:
    """A file that was loaded, and what one of its rows says."""
    row = request.GET.get("row", "")
    shown = receipt_page(request.user, receipt, int(row) if is_number(row) else None)
    return render(request, "standards/receipt.html", {"page": shown})
