"""What the pages about an authority are about: which release, which authority, which year. Only what the person may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from headway.web.design.numbers import school_year
from headway.web.people import places
from headway.web.people.models import User
from headway.web.standards import reading
from headway.web.standards.models import Release
from headway.web.standards.sight import sight


@dataclass(frozen=True)
class Choice:
    """The release, the authority (its key and name) and the year of a page, and what else could be chosen."""

    release: Release
    releases: tuple[Release, ...]
    authority: str
    name: str
    authorities: tuple[tuple[str, str], ...]
    year: int
    years: tuple[int, ...]

    @property
    def query(self) -> str:
        """What an address must hold to stay with this choice: the year, and what is not the only one."""
        kept: dict[str, object] = {"year": self.year}
        if len(self.authorities) > 1:
            kept["authority"] = self.authority
        if len(self.releases) > 1:
            kept["release"] = self.release.name
        return f"?{urlencode(kept)}"

    @property
    def year_text(self) -> str:
        """The school year, such as 2023/24."""
        return school_year(self.year)


def chosen(user: User, asked: Mapping[str, str]) -> Choice | None:
    """What was asked for by `release`, `authority` and `year`, as far as the person may see it; the newest release, their
    authority and its latest year where nothing, or something else, was asked. None where there is no release for them."""
    found = reading.releases_for(user)
    release = next((one for one in found if one.name == asked.get("release")), found[0] if found else None)
    if release is None:
        return None
    keys = sorted(key for key in sight(user, release).views if key.startswith("authority:"))
    if not keys:
        return None
    names = places.names(frozenset(keys))
    authorities = tuple(sorted(((key, names[key]) for key in keys), key=lambda one: one[1]))
    wanted = asked.get("authority") or release.scope
    authority = wanted if wanted in names else authorities[0][0]
    years = tuple(sorted(release.years, reverse=True))
    year = next((each for each in years if str(each) == asked.get("year")), years[0])
    return Choice(release, tuple(found), authority, names[authority], authorities, year, years)


def sees_schools_whole(user: User, choice: Choice) -> bool:
    """Whether nothing of the schools that the person sees in the release is suppressed for them."""
    views = sight(user, choice.release).views
    return all(view.is_whole for key, view in views.items() if key.startswith("school:"))
