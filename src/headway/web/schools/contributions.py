"""What schools contribute to the rest of the service: places, navigation, tabs."""

from __future__ import annotations

from headway.web.people import navigation, places, today
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission
from headway.web.schools import access, feed, knowledge, remembered
from headway.web.schools.places import PlacesOfRegister
from headway.web.schools.sections import Section, offer


def contribute() -> None:
    """Once, when the service starts."""
    places.answer_with(PlacesOfRegister())
    for contribution in remembered.CONTRIBUTIONS:
        knowledge.register(contribution)
    today.register(feed.changes_to_read)
    navigation.offer(Link("Schools", "find_schools", Permission.SEE_SCHOOLS, 10))
    for section in (
        Section("Overview", "school", Permission.SEE_SCHOOLS, 0),
        Section("Inspections", "school_inspections", Permission.SEE_SCHOOLS, 40),
        Section("Contacts and dates", "school_contacts", access.CONTACTS, 60),
        Section("Notes", "school_notes", access.NOTES, 70),
        Section("As known on a day", "school_as_known", Permission.SEE_SCHOOLS, 90),
        Section("History", "school_history", Permission.SEE_SCHOOLS, 80),
    ):
        offer(section)
