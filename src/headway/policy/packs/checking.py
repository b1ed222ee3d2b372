"""Reading what stands in a pack, and saying exactly what is wrong with it: file, key, found, expected, what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Settings = TypeVar("Settings")


class PackError(ValueError):
    """A pack that cannot be used as it stands; the message says where, what was found and what to do."""


_GREATEST = 1e15
"""Nothing in a pack is as great; beyond it whole numbers are no longer exact."""


@dataclass(frozen=True)
class Place:
    """Where in which file something stands, such as `criterion[2].rule[1].below` in `ours.toml`."""

    file: str
    key: str = ""

    def at(self, key: str | int) -> Place:
        """A place below this one."""
        if isinstance(key, int):
            return Place(self.file, f"{self.key}[{key + 1}]")
        return Place(self.file, f"{self.key}.{key}" if self.key else key)

    def wrong(self, found: object, expected: str, advice: str) -> PackError:
        """The error that says so."""
        return PackError(
            f"{self.file}, {self.key or 'whole file'}: found {found}, expected {expected}. {advice}"
        )


def read_toml(text: str, file: str) -> dict[str, Any]:
    """The pack's tables. A `PackError` says in which line it is no TOML."""
    try:
        return tomllib.loads(text)
    except ValueError as error:  # a TOMLDecodeError, or a number of thousands of digits
        raise PackError(
            f"{file}: it is not TOML: {error}. Mend that line, and look for a missing quote."
        ) from error
    except RecursionError as error:
        raise PackError(f"{file}: lists lie in one another too deeply. Take brackets out.") from error


def settings_of(kind: type[Settings], table: Mapping[str, Any], place: Place) -> Settings:
    """A frozen dataclass filled from a table: every key known, nothing needed missing, every type right."""
    hints = get_type_hints(kind)
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise place.at(key).wrong(
                f"the key {key!r}", f"one of {', '.join(sorted(known))}", _near(key, known)
            )
    given: dict[str, Any] = {}
    for name, one in known.items():
        if name in table:
            given[name] = fitted(table[name], hints[name], place.at(name))
        elif one.default is MISSING and one.default_factory is MISSING:
            raise place.at(name).wrong("nothing", _words(hints[name]), f"Add the line {name} = …")
    try:
        return kind(**given)
    except PackError:
        raise
    except ValueError as error:
        raise PackError(f"{place.file}, {place.key}: {error}") from error


def _near(key: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(key, list(known), n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else "Take the line out, or mend its name."


def fitted(value: Any, kind: Any, place: Place) -> Any:
    """`value` as the type asked for: lists become tuples, whole numbers may stand for real ones."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Union or (inside and type(None) in inside):
        kinds = [one for one in inside if one is not type(None)]
        return fitted(value, kinds[0], place)
    if origin is tuple:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise place.wrong(repr(value), "a list", "Write it as [ …, … ].")
        return tuple(fitted(one, inside[0], place.at(at)) for at, one in enumerate(value))
    if origin in (dict, Mapping) or kind is dict:
        if not isinstance(value, Mapping):
            raise place.wrong(repr(value), "a table", "Write it as { name = value }.")
        return {str(key): fitted(one, inside[1], place.at(str(key))) for key, one in value.items()}
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not abs(value) <= _GREATEST:  # `nan` is not either
            raise place.wrong(_shortly(value), "a number that can be reckoned with", "Mend the value.")
        return float(value)
    if kind is Any or (isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)):
        return value
    raise place.wrong(repr(value), _words(kind), "Mend the value.")


def _shortly(value: float) -> str:
    return str(value) if isinstance(value, float) else "a number of too many digits"


def _words(kind: Any) -> str:
    if get_origin(kind) is tuple:
        return "a list"
    for one, words in ((str, "text in quotes"), (bool, "true or false"), (int, "a whole number"), (float, "a number"),
                       (date, "a date such as 2024-09-01")):  # fmt: skip
        if kind is one or one in get_args(kind):
            return words
    return "a table"
