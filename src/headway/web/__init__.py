"""What people decide and do: the service in which an authority works. Django; one folder a noun.

Imports go one way: `standards -> schools -> people -> audit -> design`. Writes happen in `actions.py`, reads are
shaped in `presenters.py`, views are about ten lines and declare their permission, templates never query.
"""
