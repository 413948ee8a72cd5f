"""`python -m core merge`: folders of results as one, where pictures were shared out."""

from __future__ import annotations

import argparse

from core.requests.given import place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add(
        "folders",
        nargs="+",
        type=place,
        metavar="DIR",
        help="folders of explain, agree, measure or audit, or those of dissect --shard",
    )
    add(
        "--out",
        type=place,
        required=True,
        metavar="DIR",
        help="folder for all of their files; the same command, called with it and all pictures and "
        "without --shard, writes the tables and the report and computes nothing",
    )


def run(args: argparse.Namespace) -> int:
    """Copy the files and join the records.

    Raises:
        SeeWhyError: a folder holds no results, or those of another model.
    """
    from core.commands.merge_work import merge
    from core.commands.probe_tables import merge_tables, shares_in

    of_dissect = any(shares_in(folder) for folder in args.folders)
    return (merge_tables if of_dissect else merge)(args.folders, args.out)
