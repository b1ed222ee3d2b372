"""What every page knows of people: whose service it is, and where this person may go."""

from __future__ import annotations

import os
import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import json_script

from headway.web.people.access import holds
from headway.web.people.gate import second_factor_missing
from headway.web.people.models import ServiceSettings
from headway.web.people.navigation import navigation
from headway.web.people.permissions import Permission

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
DEFAULT_COLOUR = "#00575d"


def context(request: HttpRequest) -> dict[str, Any]:
    """Names and colour, the navigation, and the ways to sign in."""
    return {
        **service_names(),
        "navigation": _permitted_navigation,
        "json_script": json_script,
        "directories": settings.DIRECTORIES,
        "school_search": _may_find_schools,
    }


def service_names() -> dict[str, str]:
    """What the authority calls its service: from its settings page, else from the environment, else Headway."""
    saved = ServiceSettings.objects.first()
    name = saved.name if saved else os.environ.get("HEADWAY_NAME", "Headway")
    colour = saved.colour if saved else os.environ.get("HEADWAY_COLOUR", DEFAULT_COLOUR)
    return {
        "service_name": name,
        "service_colour": colour if _COLOUR.fullmatch(colour) else DEFAULT_COLOUR,
        "organisation_name": saved.organisation_name if saved else "",
        "support_words": saved.support_words if saved else "",
        "logo": saved.logo if saved else "",
    }


def _may_find_schools(request: HttpRequest) -> bool:
    """Whether to offer the search for schools on every page."""
    return not second_factor_missing(request) and holds(request.user, Permission.SEE_SCHOOLS)


def _permitted_navigation(request: HttpRequest) -> list[dict[str, object]]:
    """Nothing before the second factor is set up: every link would lead back to that page."""
    return [] if second_factor_missing(request) else navigation(request)
