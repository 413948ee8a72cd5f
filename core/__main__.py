"""`python -m core`: the same work as the dashboard's, without a browser."""

from __future__ import annotations

import sys
import warnings

from core.commands.entry_point import main

if __name__ == "__main__":
    if not sys.warnoptions:
        # Libraries warn about their own affairs; the error stream holds one line a fault.
        warnings.simplefilter("ignore")
    sys.exit(main())
