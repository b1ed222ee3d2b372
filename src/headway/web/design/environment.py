"""The Jinja environment: GOV.UK components, the authority's own name and colour, and how figures are printed."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jinja2
from django.http import HttpRequest
from django.template import engines
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from jinja2 import ChainableUndefined, Environment, FileSystemLoader, PackageLoader, PrefixLoader

from headway.web.design.lists import query, sort_link

_WEB = Path(__file__).resolve().parent.parent


def environment(**options: Any) -> Environment:
    """Templates of every part by the part's own folder (`schools/find.html`), GOV.UK's under `govuk_frontend_jinja`."""
    folders = sorted(path for path in _WEB.glob("*/templates") if path.is_dir())
    options["loader"] = jinja2.ChoiceLoader(
        [
            FileSystemLoader([str(folder) for folder in folders]),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    options["undefined"] = ChainableUndefined  # GOV.UK's macros look into what was not given
    made = Environment(**options)  # noqa: S701 - Django passes autoescape=True
    made.globals.update(static=static, url=_url, query=query, sort_link=sort_link)
    made.filters.update(day=day, moment=moment)
    return made


def compile_templates() -> None:
    """Compile every template now: the first reader of a page else waits for it, half a second for a page with a form."""
    made = engines["jinja2"].env
    for name in made.list_templates(extensions=["html"]):
        if not name.startswith("govuk_frontend_jinja/") or name.endswith(("/macro.html", "/template.html")):
            made.get_template(name)


def _url(name: str, *args: Any, **kwargs: Any) -> str:
    return reverse(name, args=args or None, kwargs=kwargs or None)


def day(value: date | None) -> str:
    """5 November 2026; `not known` where there is none."""
    return f"{value.day} {value:%B %Y}" if value else "not known"


def moment(value: datetime | None) -> str:
    """5 November 2026 at 9:30am, in local time."""
    if value is None:
        return "never"
    local = timezone.localtime(value)
    return (
        f"{local.day} {local:%B %Y} at {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
    )


def context(request: HttpRequest) -> dict[str, Any]:
    """What every page knows: whose service it is, and the nonce of its one inline script."""
    return {
        "request": request,
        "user": getattr(request, "user", None),
        "cspNonce": getattr(request, "csp_nonce", ""),
        "service_name": os.environ.get("HEADWAY_NAME", "Headway"),
        "service_colour": os.environ.get("HEADWAY_COLOUR", "#00575d"),
        "csrf_field": format_html(
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', _csrf_token(request)
        ),
    }


def _csrf_token(request: HttpRequest) -> str:
    from django.middleware.csrf import get_token

    return get_token(request)
