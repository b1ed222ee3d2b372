"""The web server of the service, as `headway serve` starts it: gunicorn, which ends when whoever started it is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

from gunicorn.app.base import BaseApplication

THREADS = 4
PARENT = "HEADWAY_STARTED_BY"
"""The process that started this one, if it should end with it."""


def end_with_parent() -> None:
    """From now on, end this process when the one that started it has gone, however it went."""
    parent = int(os.environ.get(PARENT, "0"))
    if not parent:
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent").start()


class Server(BaseApplication):  # type: ignore[misc] # gunicorn brings no types
    """Gunicorn with the service in it."""

    def __init__(self, address: str, workers: int) -> None:
        self.address, self.workers = address, workers
        super().__init__()

    def load_config(self) -> None:
        """No log of requests: addresses and what was searched for are personal data. The service logs its own.

        Each process loads the service itself: Polars must not be forked once its threads run.
        """
        chosen = {
            "bind": self.address,
            "workers": self.workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 60,
            "graceful_timeout": 20,
            "max_requests": 5000,
            "max_requests_jitter": 500,
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": lambda arbiter: end_with_parent(),
            "logconfig_dict": _LOGGING,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The service."""
        from headway.web.wsgi import application

        return application


_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "headway.web.design.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}

if __name__ == "__main__":
    Server(sys.argv[1], int(sys.argv[2])).run()
