"""The processes of the service on one machine: started together, watched, and ended together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from headway.commands.output import UserError
from headway.commands.service_web import PARENT

PATIENCE = 25.0
"""Seconds that a process has to finish what it is doing, after it was asked to end."""
TOO_OFTEN, WITHIN = 5, 60.0
"""A process that ends by itself so often within so many seconds is not started again."""


@dataclass
class Child:
    """One process, named in words for whoever reads the terminal."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=deque)

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C in the terminal reaches it through its parent only."""
        self.starts.append(time.monotonic())
        environment = {**os.environ, PARENT: str(os.getpid())}
        self.process = subprocess.Popen(self.command, env=environment, start_new_session=True)  # noqa: S603

    def ended(self) -> int | None:
        """The exit code, where it has ended."""
        return None if self.process is None else self.process.poll()

    def too_often(self) -> bool:
        """Whether it has been started too often of late to be started once more."""
        while self.starts and self.starts[0] < time.monotonic() - WITHIN:
            self.starts.popleft()
        return len(self.starts) >= TOO_OFTEN


def python(*arguments: str) -> list[str]:
    """A command that runs in the same Python as this one."""
    return [sys.executable, *arguments]


def check_port(host: str, port: int) -> None:
    """Raises `UserError` if the address cannot be served at, and says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise UserError(_why_not(host, port, error)) from error


def _why_not(host: str, port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"Only an administrator may serve at port {port}. Choose one from 1024 up: headway serve --port 8000"
    if isinstance(error, socket.gaierror) or "assign requested address" in str(error):
        return f"This machine has no address {host}. Leave --host out to serve on this machine only."
    return (
        f"Port {port} is taken: another program serves there, perhaps a Headway that is still running. "
        f"End that one, or choose another port: headway serve --port {port + 1}"
    )


def answers(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        with socket.create_connection((_reachable(host), port), timeout=1):
            return True
    except OSError:
        return False


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - told apart, not bound


def run_together(children: Sequence[Child], *, tell: Callable[[str], None], ready: Callable[[], bool]) -> int:
    """Run the processes until one of the signals that end a program comes, or one of them fails for good.

    One that ends by itself is started again, and it is said; one that does so five times in a minute ends them all.
    Returns the exit code: 0 after a signal, 1 otherwise.
    """
    with _asked_to_end() as asked:
        for child in children:
            child.start()
        told = False
        try:
            while not asked:
                time.sleep(0.2)
                if not told and ready():
                    told = True
                    tell("ready")
                for child in children:
                    code = child.ended()
                    if code is None or asked:
                        continue
                    if child.too_often():
                        tell(
                            f"The {child.name} ended {TOO_OFTEN} times within a minute (exit code {code}), so the service "
                            "stops. What it said is above."
                        )
                        return 1
                    tell(f"The {child.name} ended by itself (exit code {code}); it is started again.")
                    child.start()
            return 0
        finally:
            end(children, tell)


def end(children: Sequence[Child], tell: Callable[[str], None]) -> None:
    """Ask every process to end, wait while it finishes what it is doing, and end by force what does not."""
    running = [child.process for child in children if child.process is not None and child.ended() is None]
    for process in running:
        process.terminate()
    until = time.monotonic() + PATIENCE
    for process in running:
        try:
            process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            tell("A process did not end when asked; it is ended by force.")
            process.kill()
            process.wait()


@contextmanager
def _asked_to_end() -> Iterator[list[int]]:
    """The signals that asked this process to end, as they come."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    names = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before: Mapping[signal.Signals, object] = {name: signal.signal(name, note) for name in names}
    try:
        yield asked
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)  # type: ignore[arg-type]
