"""The background worker: does the jobs that wait in the database, and lets the health page know that it lives."""

from __future__ import annotations

import os
import socket
import threading
import time

from headway.commands.output import home
from headway.commands.service_ground import set_up_django
from headway.commands.service_web import end_with_parent
from headway.web.design import presence


def work(*, drain: bool = False) -> None:
    """Do jobs until asked to end; the job under way is finished first. With `drain` only those that wait now."""
    set_up_django()
    from django.core.management import call_command

    presence.be_present(home().resolve())
    end_with_parent()
    threading.Thread(target=_say_that_it_lives, daemon=True, name="heartbeat").start()
    call_command(
        "db_worker",
        queue_name="*",
        batch=drain,
        worker_id=f"{socket.gethostname()[:40]}-{os.getpid()}",
        startup_delay=False,
        verbosity=0,
    )


def _say_that_it_lives() -> None:
    from django.db import DatabaseError, connection

    from headway.web.design import health
    from headway.web.jobs import actions

    while True:
        try:
            health.worker_lives()
            actions.look_after()
        except DatabaseError:
            pass  # the health page says that the worker was not heard
        finally:
            connection.close()
        time.sleep(health.HEARTBEAT)


if __name__ == "__main__":
    work()
