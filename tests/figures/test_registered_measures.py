"""Every figure that a source or a mapping writes is one that Headway knows: it has a title, a unit, its years."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from headway.figures import sources
from headway.figures.mapping_files import read_mapping
from headway.figures.measures import registry

MAPPINGS = sorted((Path(__file__).parents[2] / "docs" / "how-to" / "mappings").glob("*.toml"))
WRITING = {
    module.name: keys
    for module in pkgutil.iter_modules(sources.__path__)
    if (keys := getattr(importlib.import_module(f"{sources.__name__}.{module.name}"), "MEASURES", None))
}


def test_the_sources_of_published_figures_say_which_measures_they_write() -> None:
    assert {"dfe_ks2", "dfe_ks2_levels", "ees_ks2", "ees_eyfsp", "ees_absence", "census", "lait"} <= set(
        WRITING
    )


@pytest.mark.parametrize("source", sorted(WRITING))
def test_every_measure_of_a_source_is_registered(source: str) -> None:
    assert sorted(set(WRITING[source]) - set(registry())) == []


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_every_measure_of_a_mapping_in_the_documents_is_registered(path: Path) -> None:
    mapped = {figure.measure for figure in read_mapping(path).figures}
    assert mapped
    assert sorted(mapped - set(registry())) == []
