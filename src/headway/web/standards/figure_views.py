"""Where a figure comes from, and the files behind it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.standards.provenance import Asked, provenance, receipt_page


@requires(Permission.SEE_STANDARDS)
def figure(
    request: HttpRequest, organisation: str, year: int, years_pooled: int, measure: str, group: str
) -> HttpResponse:
    """Where one figure comes from."""
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
    shown = receipt_page(request.user, receipt, int(row) if row.isascii() and row.isdecimal() else None)
    return render(request, "standards/receipt.html", {"page": shown})
