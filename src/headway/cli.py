"""The command line: `headway`. Each group of commands is a module of `headway.commands`."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime

import typer

from headway import __version__
from headway.commands import (
    categorising,
    corrections,
    disclosing,
    evidence,
    figures,
    inspecting,
    looking,
    modelling,
    publishing,
    pupils,
    retention,
    rules,
    running,
    service,
    service_demo,
    taking,
    upkeep,
)
from headway.commands.output import UserError, complain

app = typer.Typer(
    name="headway",
    help="From results files to figures that a data officer would sign: load, run, read, export.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog="Start with [b]headway demo[/b], or with [b]headway load FILES[/b] and then [b]headway run[/b].",
)


@app.callback()
def _options(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        typer.echo(f"headway {__version__}")
        raise typer.Exit


for module in (
    evidence,
    running,
    figures,
    looking,
    taking,
    modelling,
    disclosing,
    rules,
    categorising,
    inspecting,
    corrections,
    pupils,
    publishing,
    service,
    service_demo,
    retention,
    upkeep,
):
    for command in module.COMMANDS:
        # A command named like a Python built-in says what it is called.
        app.command(
            getattr(command, "called", None),
            rich_help_panel=module.PANEL,
            context_settings=getattr(command, "settings", None),
        )(command)


def main() -> None:
    """Run the command line. Exit code 0: done; 1: done in part, or not done, as it says; 2: the command was unusable."""
    try:
        app()
    except UserError as error:
        complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        complain("Stopped. What was under way was taken back; nothing is half-done.")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except (
        Exception
    ) as error:  # no traceback ever reaches a user: it goes into a file that a developer can read
        complain(_unexpected(error))
        sys.exit(1)


def _unexpected(error: Exception) -> str:
    from headway.commands.output import home

    folder = home() / "log"
    path = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return f"Headway met a fault of its own: {error}. Your data are as they were before this command."
    return (
        f"Headway met a fault of its own ({type(error).__name__}). Your data are as they were before this command. "
        f"Please send {path} to whoever looks after Headway for you."
    )


if __name__ == "__main__":
    main()
