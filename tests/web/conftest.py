"""The service under test, for every test of it; see web_service.py."""

from web_service import (  # noqa: F401 - fixtures
    _emptying_tables_lifts_their_protection,
    _limits_begin_anew,
    client_of,
    known_places,
    people,
    schools,
)
