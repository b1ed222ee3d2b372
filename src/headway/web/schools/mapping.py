"""A map of schools as SVG: their positions and names of towns, from the register alone; no tiles of anybody's."""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from django.db.models import QuerySet
from django.urls import reverse

from headway.web.people import places
from headway.web.schools.models import Organisation, register_token

WIDTH, LEAST_HEIGHT, MOST_HEIGHT, _MARGIN = 720, 300, 900, 40
MANY = 400
"""Beyond so many schools, those near each other are drawn as one circle with their number."""
_CELLS = 28
"""So many of such circles lie side by side across the map at most."""
_LEAST_SPAN = 4_000.0
"""Metres that a map shows at least."""


@dataclass(frozen=True)
class Point:
    """A school on the map. `shape` tells who is responsible, so that colour alone never does: circle maintained, square
    academy, diamond any other."""

    x: float
    y: float
    name: str
    href: str
    shape: str


@dataclass(frozen=True)
class Crowd:
    """Several schools near each other: how many, and the radius of their circle."""

    x: float
    y: float
    number: int
    radius: float


@dataclass(frozen=True)
class Label:
    """The name of a town or authority where its schools lie."""

    x: float
    y: float
    text: str
    big: bool


@dataclass(frozen=True)
class Map:
    """What is drawn: the size in units, the points or crowds, labels, and a scale. `sentence` says what it shows;
    `without_place` is how many schools the register gives no position."""

    width: int
    height: int
    points: tuple[Point, ...]
    crowds: tuple[Crowd, ...]
    labels: tuple[Label, ...]
    scale_units: float
    scale_words: str
    sentence: str
    without_place: int


_SHAPES = {"maintained": "circle", "academy": "square"}
Place = tuple[str, int, str, str, str, float, float]


_drawn: OrderedDict[tuple[str, str], Map] = OrderedDict()
_KEPT = 50


def kept_map(rows: QuerySet[Organisation], *, steady: bool) -> Map:
    """The same as `map_of`. Where the query hangs on the register alone (`steady`), this process keeps the map until the
    register is taken anew."""
    token = register_token() if steady else ""
    if not token:
        return map_of(rows)
    key = (token, str(rows.query))
    if key not in _drawn:
        _drawn[key] = map_of(rows)
        while len(_drawn) > _KEPT:
            _drawn.popitem(last=False)
    return _drawn[key]


def map_of(rows: QuerySet[Organisation]) -> Map:
    """The map of the schools of a query: two queries, and as many marks as a person can tell apart."""
    wanted = rows.order_by("plain_name").values_list(
        "name", "urn", "responsible", "town", "authority", "easting", "northing"
    )
    everything = list(wanted)
    placed: list[Place] = [row for row in everything if row[5] is not None and row[6] is not None]
    without = len(everything) - len(placed)
    if not placed:
        return Map(WIDTH, 0, (), (), (), 0, "", "No school has a position to draw.", without)
    west, south, metres = _frame(placed)
    height = max(LEAST_HEIGHT, min(MOST_HEIGHT, _height(placed, metres)))
    top = south + (height - _MARGIN) * metres

    def at(row: Place) -> tuple[float, float]:
        return round(_MARGIN + (row[5] - west) / metres, 1), round((top - row[6]) / metres, 1)

    where = [at(row) for row in placed]
    few = len(placed) <= MANY
    length, words = _scale(metres)
    return Map(
        WIDTH,
        height,
        tuple(
            Point(x, y, row[0], reverse("school", args=[row[1]]), _SHAPES.get(row[2], "diamond"))
            for row, (x, y) in zip(placed, where, strict=True)
        )
        if few
        else (),
        () if few else _crowds(where),
        _labels(placed, where),
        round(length / metres, 1),
        words,
        _sentence(len(placed), few),
        without,
    )


def _frame(placed: Sequence[Place]) -> tuple[float, float, float]:
    """The west and south of the map in metres, and the metres of a unit: the larger that height or width needs."""
    wests, souths = [row[5] for row in placed], [row[6] for row in placed]
    wide = max(max(wests) - min(wests), _LEAST_SPAN)
    high = max(max(souths) - min(souths), _LEAST_SPAN)
    metres = max(wide / (WIDTH - 2 * _MARGIN), high / (MOST_HEIGHT - 2 * _MARGIN))
    middle = (max(wests) + min(wests)) / 2
    return middle - (WIDTH / 2 - _MARGIN) * metres, min(souths), metres


def _height(placed: Sequence[Place], metres: float) -> int:
    souths = [row[6] for row in placed]
    return math.ceil((max(souths) - min(souths)) / metres) + 2 * _MARGIN


def _crowds(where: Sequence[tuple[float, float]]) -> tuple[Crowd, ...]:
    cell = WIDTH / _CELLS
    cells: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for x, y in where:
        cells[int(x // cell), int(y // cell)].append((x, y))
    most = max(len(each) for each in cells.values())
    return tuple(
        Crowd(
            round(sum(x for x, _ in each) / len(each), 1),
            round(sum(y for _, y in each) / len(each), 1),
            len(each),
            round(max(4.0, cell / 2 * math.sqrt(len(each) / most)), 1),
        )
        for each in cells.values()
    )


def _labels(placed: Sequence[Place], where: Sequence[tuple[float, float]]) -> tuple[Label, ...]:
    """Authorities where there are several, else the towns with most schools; none on top of another."""
    of: dict[str, list[tuple[float, float]]] = defaultdict(list)
    several = len({row[4] for row in placed}) > 1
    for row, point in zip(placed, where, strict=True):
        if name := row[4] if several else row[3]:
            of[name].append(point)
    names = places.names(frozenset(of)) if several else {name: name for name in of}
    found: list[Label] = []
    for name, points in sorted(of.items(), key=lambda item: -len(item[1]))[:40]:
        x, y = median(x for x, _ in points), median(y for _, y in points)
        if all(abs(x - other.x) > 90 or abs(y - other.y) > 18 for other in found):
            found.append(Label(round(x, 1), round(y, 1), names[name], several))
    return tuple(found)


def _scale(metres: float) -> tuple[float, str]:
    """A round distance of about a fifth of the width, and its words."""
    about = WIDTH / 5 * metres
    step = 10 ** math.floor(math.log10(about))
    length = max(each * step for each in (1, 2, 5) if each * step <= about)
    return length, f"{length / 1000:g} km"


def _sentence(number: int, few: bool) -> str:
    schools = f"{number:,} school{'' if number == 1 else 's'}"
    if few:
        return f"{schools} where the register places them: circles are maintained, squares are academies, diamonds others."
    return f"{schools}: each circle stands for those near each other, and its number says how many."
