"""Run one benchmark by its name; every other module of this package is one."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run `bench.NAME.main` with the remaining arguments; return its exit code."""
    names = sorted(
        module.name
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
        if not module.name.startswith("_")
    )
    if not arguments or arguments[0] not in names:
        print(f"usage: python -m bench NAME [--help]; NAME is one of {', '.join(names)}")
        return 2
    return int(importlib.import_module(f"bench.{arguments[0]}").main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
