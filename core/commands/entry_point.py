"""The command line: finds the command, turns errors into one line and an exit code.

Exit codes: 0 done; 2 bad input, one line on the error stream for each fault; 130 stopped with
Ctrl-C; 141 the reader of a pipe went away.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from core.errors import BadOption, Cancelled, SeeWhyError
from core.files import error_stream
from core.requests.flags import Parser

OK, BAD_INPUT, STOPPED, PIPE_CLOSED = 0, 2, 130, 141

COMMANDS = {
    "explain": "write heat maps of pictures: what a model looks at",
    "agree": "compare methods on pictures: overlap, chance, a report",
    "audit": "say what pictures with known classes tell: errors, shortcuts, copies",
    "measure": "measure how far maps can be trusted, beside controls",
    "merge": "join folders of results, of pictures that were shared out",
    "export": "write finished maps for ViRelAy, COCO, NumPy or FiftyOne",
    "dissect": "describe single units of layers in words (CLIP-Dissect)",
    "models": "list the models, with what is on disk; fetch weights",
    "methods": "list the methods, with their settings and papers",
    "measures": "list the measures, with their papers",
    "doctor": "show device, precision, versions and weights found",
    "summarize": "count what the units of one or two models stand for",
    "submit": "post a file to a server, with a token from the environment",
}
"""Each is a module of that name in `core.commands`, imported only when it is asked for."""


class Command(Protocol):
    """What a module in `core.commands` offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit code."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code.

    Args:
        argv: arguments without the program's name; those of the process when None.
    """
    try:
        with error_stream.of_a_command():
            code = _dispatch(list(sys.argv[1:] if argv is None else argv))
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, Cancelled):
        complain("Stopped.")
        return STOPPED
    except SeeWhyError as error:
        complain(str(error))
        return BAD_INPUT
    except BrokenPipeError:
        _drop_output()
        return PIPE_CLOSED
    return code


def complain(sentence: str) -> None:
    """Print one line on the error stream, whatever the sentence holds."""
    if sys.stderr is not None:
        with contextlib.suppress(BrokenPipeError):
            print("seewhy:", " ".join(sentence.split()), file=sys.stderr)


def _drop_output() -> None:
    """Send what is left to nowhere: Python flushes once more at exit and would complain then."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(argv: list[str]) -> int:
    """Find the command, read its arguments, run it."""
    if not argv or argv[0].startswith("-"):
        return _root(argv)
    name, rest = argv[0], argv[1:]
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(COMMANDS)}."
        raise BadOption(f"Unknown command {name!r}: {hint}")
    parser = Parser(
        prog=f"python -m core {name}", description=f"{COMMANDS[name]}.", allow_abbrev=False
    )
    asked = command(name)
    asked.add_arguments(parser)
    try:
        args = parser.parse_intermixed_args(rest)
    except SystemExit as leave:
        return int(leave.code or 0)
    return asked.run(args)


def command(name: str) -> Command:
    """Import the module of one of `COMMANDS`."""
    return cast("Command", import_module(f"core.commands.{name}"))


def _root(argv: list[str]) -> int:
    """Answer a call without a command: help, or what is missing."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    parser = Parser(
        prog="python -m core",
        usage="python -m core COMMAND [OPTION]...",
        description="SeeWhy without a browser.",
        epilog=f"commands:\n{listed}\n\npython -m core COMMAND --help shows a command's options.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    try:
        parser.parse_args(argv)
    except SystemExit as leave:
        return int(leave.code or 0)
    raise BadOption(f"a command is missing: give one of {', '.join(COMMANDS)}; see --help.")
