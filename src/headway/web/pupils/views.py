"""Pages with pupils: lists of a school, finding one by UPN, and exports. Every one stands behind the pupil gate."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from headway.figures.models.estimates import NOT_A_TARGET
from headway.figures.pseudonyms import shown_key
from headway.web.design.csv_files import csv_file
from headway.web.design.lists import order_of, page_of
from headway.web.design.numbers import school_year
from headway.web.people import access, places, two_people
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import requires
from headway.web.people.models import BulkRequest
from headway.web.people.permissions import Permission
from headway.web.people.purposes import requires_purpose, stated
from headway.web.pupils import actions, presenters, reading
from headway.web.pupils.forms import ExportForm, FindPupilForm, ListFilter
from headway.web.schools import presenters as schools
from headway.web.schools.models import Organisation

EXPORT_KIND = "pupil lists"


def school_of(request: HttpRequest, urn: int, **_: object) -> str:
    """The key of the school in the address."""
    return f"school:{urn}"


def school_header(request: HttpRequest, urn: int) -> object:
    """What the page of a school shows above its tabs. The gate has let the person through, so that is all it asks."""
    organisation = Organisation.objects.filter(key=f"school:{urn}").first()
    if organisation is None:
        raise Http404
    return schools.header(request.user, organisation)


@requires(Permission.SEE_PUPILS)
def pupils(request: HttpRequest) -> HttpResponse:
    """Of which schools one may see the pupils."""
    found = presenters.schools_to_see(request.user)
    shown = {
        "page": page_of(request, found),
        "may_export": access.holds(request.user, Permission.BULK_EXPORT),
    }
    return render(request, "pupils/pupils.html", shown)


@requires_purpose(school_of)
def school_pupils(request: HttpRequest, urn: int) -> HttpResponse:
    """The latest list of a school."""
    years = reading.years()
    if not years:
        return render(request, "pupils/none.html", {"school": school_header(request, urn)})
    done = reading.checked_years()
    return redirect("pupil_list", urn, done[0] if done else years[0])


@requires_purpose(school_of)
def pupil_list(request: HttpRequest, urn: int, year: int) -> HttpResponse:
    """The pupils of a school and year."""
    key = f"school:{urn}"
    found = reading.pupil_list(request.user, key, year)
    form, wanted = _filter(request)
    order = order_of(request, presenters.SORTS, "pupil")
    sought = request.GET.getlist("pupil")
    rows = presenters.in_order(
        presenters.filtered(found.rows, **wanted), order.key, descending=order.descending, sought=sought
    )
    page = page_of(request, rows.to_dicts())
    names = _names(request, key, year, rows) if request.GET.get("names") else {}
    shown = {
        "school": school_header(request, urn),
        "found": found,
        "about": presenters.about_estimates(found),
        "not_a_target": NOT_A_TARGET,
        "years": presenters.year_choices(reading.years()),
        "form": form,
        "order": order,
        "page": page,
        "rows": presenters.pupil_rows(page, names, sought),
        "names": bool(names),
        "may_see_names": reading.may_see_names(request.user, key),
        "may_export": access.permits(request.user, Permission.EXPORT, key)
        and access.permits(request.user, Permission.SEE_PUPILS, key),
        "school_year": school_year(year),
    }
    return render(request, "pupils/list.html", shown)


def _names(request: HttpRequest, key: str, year: int, rows: object) -> dict[int, str]:
    found = reading.names(request.user, key, rows["pupil"])  # type: ignore[index]
    actions.record_names(organisation=key, year=year, by=request.user)
    return found


@requires_purpose(school_of)
def pupil_list_file(request: HttpRequest, urn: int, year: int) -> HttpResponse:
    """The same as a CSV file, by pseudonymous key: the school sees that it was taken. Not for an emergency."""
    key = f"school:{urn}"
    if not (
        access.permits(request.user, Permission.EXPORT, key)
        and access.permits(request.user, Permission.SEE_PUPILS, key)
    ):
        raise Http404
    found = reading.pupil_list(request.user, key, year)
    _, wanted = _filter(request)
    rows = presenters.filtered(found.rows, **wanted)
    actions.record_export(
        organisation=key,
        what=f"pupil list {school_year(year)}",
        pupils=rows.height,
        purpose=stated(request, key) or "",
        by=request.user,
    )
    return csv_file(f"RESTRICTED-pupils-{urn}-{year}", presenters.CSV, presenters.csv_rows(found, rows))


@sensitive_post_parameters("upn")
@requires_purpose(school_of)
def find_pupil(request: HttpRequest, urn: int) -> HttpResponse:
    """Find one's own pupil by UPN, which goes no further than this."""
    form = FindPupilForm(request.POST or None)
    answer = None
    if request.method == "POST" and form.is_valid():
        keys, years = reading.find(request.user, f"school:{urn}", form.cleaned_data["upn"])
        answer = [(year, school_year(year), shown_key(key)) for year in years for key in keys]
        form = FindPupilForm()
    shown = {"school": school_header(request, urn), "form": form, "answer": answer}
    return render(request, "pupils/find.html", shown)


@requires(Permission.BULK_EXPORT)
def export_pupils(request: HttpRequest) -> HttpResponse:
    """Ask for the lists of all schools in one file: another person decides."""
    form = ExportForm(
        request.POST or None,
        places=presenters.exporting_places(request.user),
        years=presenters.year_choices(reading.years()),
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            two_people.ask(
                EXPORT_KIND,
                organisation=given["organisation"],
                purpose=given["purpose"],
                by=request.user,
                parameters={"year": given["year"]},
            )
        except NotPermitted as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "Another person now decides. You find their answer on your first page.")
            return redirect("export_pupils")
    mine = BulkRequest.objects.filter(asked_by=request.user, kind=EXPORT_KIND)[:20]
    waiting = [(one, places.name(one.organisation)) for one in mine]
    return render(request, "pupils/export.html", {"form": form, "waiting": waiting})


@require_POST
@requires(Permission.BULK_EXPORT)
@transaction.atomic
def take_pupils(request: HttpRequest, request_id: int) -> HttpResponse:
    """Take an approved export, once; every school in it sees that. If it cannot be made, it is not taken."""
    asked = BulkRequest.objects.filter(pk=request_id, asked_by=request.user, kind=EXPORT_KIND).first()
    if asked is None:
        raise Http404
    try:
        taken = two_people.take(request_id, kind=EXPORT_KIND, by=request.user)
    except NotPermitted as why:
        messages.error(request, str(why))
        return redirect("export_pupils")
    year = int(taken.parameters["year"])
    lists = reading.every_list(request.user, presenters.schools_of(taken.organisation), year)
    rows = []
    for key, one in lists:
        actions.record_export(
            organisation=key,
            what=f"bulk export of pupil lists {school_year(year)}",
            pupils=one.rows.height,
            purpose=taken.purpose,
            by=request.user,
        )
        rows += [[key, *cells] for cells in presenters.csv_rows(one, one.rows)]
    return csv_file(f"RESTRICTED-pupils-{year}", ("school", *presenters.CSV), rows)


def _filter(request: HttpRequest) -> tuple[ListFilter, dict[str, str]]:
    form = ListFilter(request.GET)
    return form, form.cleaned_data if form.is_valid() else {}
