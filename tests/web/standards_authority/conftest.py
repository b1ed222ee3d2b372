"""The authority's release, published to the service under test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from authority_released import AUTHORITY, SCHOOLS, made_once, release, service_folder


@pytest.fixture
def released_schools(people: dict[str, Any]) -> None:
    """The release's schools in the database."""
    from headway.web.schools.models import Organisation
    from web_schools import make

    known = set(Organisation.objects.values_list("key", flat=True))
    for key in SCHOOLS:
        if key not in known:
            make(key, f"School {key[-1]}", authority=AUTHORITY, kind_of_school="primary", phase="Primary")


@pytest.fixture
def publish(settings: Any, released_schools: None) -> Callable[..., Any]:
    """Publishes the release."""
    from headway.web.standards import actions
    from headway.web.standards.models import SCHOOLS as TO_SCHOOLS

    settings.SERVICE = service_folder()

    def published(key: str = "plain", **more: Any) -> Any:
        made = made_once(key, lambda: release(**more))
        return actions.publish(made=made, state="provisional", visibility=TO_SCHOOLS, by=None)

    return published


@pytest.fixture
def published(publish: Callable[..., Any]) -> Any:
    """The release as it stands."""
    return publish()
