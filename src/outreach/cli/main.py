"""The terminal's way in: the command without a command, and what becomes of errors."""

import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from outreach import __version__
from outreach.cli.base import app
from outreach.errors import OutreachError
from outreach.log import start_logging


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"outreach {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    database: Annotated[
        str,
        typer.Option("--database", envvar="OUTREACH_DATABASE", metavar="PATH|URL", help="The database."),
    ] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Write to people in power, and know who answered. Without a command, opens the window."""
    context.obj = database
    if context.invoked_subcommand is None:
        if sys.platform.startswith("linux") and not (
            os.environ.get("DISPLAY")
            or os.environ.get("WAYLAND_DISPLAY")
            or os.environ.get("QT_QPA_PLATFORM")
        ):
            raise OutreachError(
                "There is no display to open a window on. Run the main job without one: outreach demo "
                "--output DIR"
            )
        from outreach.app import run_app

        raise typer.Exit(run_app(database))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the terminal.

    Args: arguments: by default those of the process.
    Returns: the exit code: 0, 1 for an error, 2 for misuse, 130 when interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    log = start_logging()
    command = typer.main.get_command(app)
    try:
        code = command.main(
            args=list(arguments) if arguments is not None else None,
            prog_name="outreach",
            standalone_mode=False,
        )
        return int(code or 0)
    except OutreachError as error:
        return _fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("Stopped.", 130)
    except typer.TyperException as error:
        context: typer.Context | None = getattr(error, "ctx", None)
        message = error.format_message().replace("Value error, ", "")
        return _fail(
            f"{message if message.endswith('?') else message.rstrip('.') + '.'} See: "
            f"{context.command_path if context else 'outreach'} --help",
            2,
        )
    except BrokenPipeError:
        # The reader, such as head, has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0

    except Exception:  # a bug: the user gets a sentence, the log gets the rest
        logging.getLogger(__name__).exception("unforeseen")
        place = f" The details are in {log}." if log else ""
        return _fail(f"Something went wrong that should not have. What was saved before is safe.{place}", 1)


def _fail(message: str, code: int) -> int:
    typer.echo("outreach: " + " ".join(message.split()), err=True)
    return code
