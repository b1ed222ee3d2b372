"""The command line as a user types it, in this process."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from headway import cli
from headway.commands import output


@dataclass(frozen=True)
class Answer:
    """What the command printed and its exit code."""

    out: str
    err: str
    code: int

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The JSON printed."""
        found = json.loads(self.out)
        assert isinstance(found, list)
        return found


def headway(*arguments: object) -> Answer:
    """Run `headway ARGUMENTS` and return what it said. A traceback fails the test."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        patch.object(sys, "argv", ["headway", *map(str, arguments)]),
        patch.object(output.out, "_width", 200),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    answer = Answer(out.getvalue(), err.getvalue(), code)
    assert "Traceback" not in answer.out + answer.err
    return answer
