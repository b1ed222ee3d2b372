"""The database's own protection of the audit trail: triggers that refuse to change or delete a row.

The one exception is retention: rows go while a `Purge` that covers them stands open, which exists only inside the
transaction of `audit.actions.purge_before` or `erase_versions`, and itself stays for good.
"""

from __future__ import annotations

from collections.abc import Callable

_MESSAGE = "the audit trail is never changed"
_PURGED = {
    "audit_auditevent": "p.subject = '' AND OLD.at < p.before",
    "audit_version": "p.subject <> '' AND OLD.subject = p.subject",
}
"""When an open purge covers a row of each table."""
_CLOSED = " AND ".join(
    ["OLD.is_open", "NOT NEW.is_open"]
    + [f'OLD."{name}" = NEW."{name}"' for name in ("id", "at", "before", "subject", "by", "reason")]
)
"""The one change of a purge: that it is over."""
_TABLES = (*_PURGED, "audit_purge")

Execute = Callable[[str], object]


def lay(vendor: str, execute: Execute) -> None:
    """Put the triggers in place. `vendor` is sqlite or postgresql; any other database raises ValueError."""
    for statement in {"sqlite": _sqlite, "postgresql": _postgresql}[_known(vendor)]():
        execute(statement)


def lift(vendor: str, execute: Execute) -> None:
    """Take the triggers away: for undoing the migration, and for tests that empty the tables."""
    of = {"sqlite": "", "postgresql": " ON {table}"}[_known(vendor)]
    for table in _TABLES:
        for verb in ("update", "delete", "truncate"):
            execute(f"DROP TRIGGER IF EXISTS {table}_{verb}{of.format(table=table)}")


def _known(vendor: str) -> str:
    if vendor not in ("sqlite", "postgresql"):
        raise ValueError(f"the audit trail cannot be protected on {vendor}: use SQLite or PostgreSQL")
    return vendor


def _open_purge(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM audit_purge p WHERE p.is_open AND {_PURGED[table]})"  # noqa: S608 - our own words


def _sqlite() -> list[str]:
    statements = []
    for table in _TABLES:
        change = f" WHEN NOT ({_CLOSED})" if table == "audit_purge" else ""
        going = f" WHEN NOT {_open_purge(table)}" if table in _PURGED else ""
        for verb, unless in (("update", change), ("delete", going)):
            statements.append(
                f"CREATE TRIGGER {table}_{verb} BEFORE {verb.upper()} ON {table}{unless} "
                f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
            )
    return statements


def _postgresql() -> list[str]:
    refuse = f"RAISE EXCEPTION '{_MESSAGE}' USING ERRCODE = 'integrity_constraint_violation';"
    statements = []
    for table in _TABLES:
        changed = f"IF {_CLOSED} THEN RETURN NEW; END IF; " if table == "audit_purge" else ""
        gone = f"IF {_open_purge(table)} THEN RETURN OLD; END IF; " if table in _PURGED else ""
        for verb, unless, each in (
            ("update", changed, "ROW"),
            ("delete", gone, "ROW"),
            ("truncate", "", "STATEMENT"),
        ):
            name = f"{table}_{verb}"
            statements.append(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {unless}{refuse} END $$"
            )
            statements.append(
                f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}()"
            )
    return statements
