"""A small authority whose figures are published to the service under test."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from released import DECLARED, SCHOOLS, small_authority


@pytest.fixture
def small_home(settings: Any) -> Path:
    """The store of the small authority as the service's own; its releases lie there too."""
    home = small_authority()
    settings.HOME, settings.SERVICE = home, home / "service"
    return home


@pytest.fixture
def small_schools(people: dict[str, Any]) -> None:
    """The small authority's schools in the service's database, beside those of the tests' people."""
    from headway.web.schools.models import Organisation
    from web_schools import make

    known = set(Organisation.objects.values_list("key", flat=True))
    for urn in SCHOOLS:
        if f"school:{urn}" not in known:
            make(f"school:{urn}", f"School {urn}", authority="authority:936")


@pytest.fixture
def publish(small_home: Path, small_schools: None) -> Callable[..., Any]:
    """Publishes a release of the small authority as the command line does; returns it."""
    from cli import headway
    from headway.web.standards.models import Release

    def published(name: str = "Summer", *options: object, visibility: str = "schools") -> Release:
        assert os.environ["HEADWAY_HOME"] == str(small_home)
        of = () if name == DECLARED else ("--authority", 936)
        answer = headway("publish", name, *of, "--visibility", visibility, *options)
        assert answer.code == 0, answer.out + answer.err
        return Release.objects.get(name=name)

    return published
