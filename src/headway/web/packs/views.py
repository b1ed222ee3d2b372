"""Pages of packs: of one school, of an authority, of many schools, and the Word template."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from headway.web.design.documents.word_template import NAMES, TemplateRefused
from headway.web.packs import actions, making, presenters, templates_of_word
from headway.web.packs.forms import ALL, ManyForm, PackForm, TemplateForm
from headway.web.packs.kinds import KINDS
from headway.web.packs.making import CannotMake
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.schools import presenters as schools
from headway.web.standards import reading


@requires(Permission.MAKE_PACKS)
def packs(request: HttpRequest) -> HttpResponse:
    """Packs of many schools, made in the background; the authority's headlines; where else packs are made."""
    releases = reading.releases_for(request.user)
    mine, readers = presenters.many(request.user, releases)
    form = ManyForm(
        request.POST or None,
        releases=releases,
        kinds=presenters.kinds_for("school:", readers),
        readers=[(one.key, one.title) for one in readers],
    )
    if request.method == "POST" and form.is_valid():
        job = _asked(request, form)
        if job is not None:
            return redirect("job", job)
    shown = {
        "form": form,
        "schools": len(mine),
        "authorities": presenters.authorities_of(request.user),
        "releases": releases,
        "one": making.only_one(mine),
    }
    return render(request, "packs/packs.html", shown)


def _asked(request: HttpRequest, form: ManyForm) -> int | None:
    """The job that the form asks for; None where it cannot be, and the form says why."""
    asked = form.cleaned_data
    release = reading.release_for(request.user, None, asked["release"])
    try:
        if release is None:
            raise CannotMake("This release was taken back. Choose another.")
        theirs = actions.organisations_for(request.user, release)
        wanted = theirs if asked["which"] == ALL else [key for key in theirs if key in set(asked["urns"])]
        job = actions.ask_for_many(
            kinds=making.kinds_named(asked["kinds"]),
            organisations=wanted,
            audience=asked["readers"],
            release=release,
            forms=asked["formats"],
            by=request.user,
        )
    except (CannotMake, NotPermitted) as why:
        form.add_error(None, str(why))
        return None
    return int(job.pk)


@requires(Permission.MAKE_PACKS)
def school_packs(request: HttpRequest, urn: int) -> HttpResponse:
    """Packs of one school: choose one and download it."""
    about = making.found(request.user, f"school:{urn}")
    form = _form(request, about.key)
    if request.method == "POST" and form.is_valid():
        made = _taken(request, about.key, form)
        if made is not None:
            return made
    shown = {"school": schools.header(request.user, about), "form": form, "kinds": list(KINDS.values())}
    return render(request, "packs/school_packs.html", shown)


@requires(Permission.MAKE_PACKS)
def authority_pack(request: HttpRequest, code: str) -> HttpResponse:
    """The headlines of an authority."""
    about = making.found(request.user, f"authority:{code}")
    form = _form(request, about.key)
    if request.method == "POST" and form.is_valid():
        made = _taken(request, about.key, form)
        if made is not None:
            return made
    return render(request, "packs/authority_pack.html", {"authority": about, "form": form})


def _form(request: HttpRequest, organisation: str) -> PackForm:
    releases = reading.releases_for(request.user, organisation)
    readers = presenters.readers_of(request.user, organisation, releases)
    kinds = presenters.kinds_for(organisation, readers)
    return PackForm(request.POST or None, releases=releases, kinds=kinds, readers=readers)


def _taken(request: HttpRequest, organisation: str, form: PackForm) -> HttpResponse | None:
    """The pack as a download; None where it cannot be made, and the form says why."""
    asked = form.cleaned_data
    release = reading.release_for(request.user, organisation, asked["release"])
    if release is None:
        raise Http404
    try:
        made = actions.take_one(
            kind=actions.pack_of(asked["kind"]),
            organisation=organisation,
            audience=asked["readers"],
            release=release,
            form=asked["form"],
            by=request.user,
        )
    except CannotMake as why:
        form.add_error(None, str(why))
        return None
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = content_disposition_header(True, made.name)
    return response


@requires(Permission.MANAGE_SERVICE)
def word_template(request: HttpRequest) -> HttpResponse:
    """The authority's own Word template: look, replace."""
    form = TemplateForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            templates_of_word.keep(name=file.name, content=file.read(), by=request.user)
        except TemplateRefused as why:
            form.add_error("file", str(why))
        else:
            messages.success(request, "Word documents are made on this template from now on.")
            return redirect("word_template")
    shown = {"form": form, "template": templates_of_word.current(), "names": NAMES}
    return render(request, "packs/word_template.html", shown)


@require_POST
@requires(Permission.MANAGE_SERVICE)
def remove_word_template(request: HttpRequest) -> HttpResponse:
    """Use no template any more."""
    templates_of_word.take_away(by=request.user)
    messages.success(request, "Word documents are made without a template from now on.")
    return redirect("word_template")
