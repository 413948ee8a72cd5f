"""Files that are made on a click stay until the browser has fetched them.

Streamlit deletes such a file at the end of the second run after it was made, whoever's run that is.
With a class in one room there are thirty runs in a second, and the browser comes too late.
"""

from __future__ import annotations

import time
from functools import wraps

from streamlit.runtime.media_file_manager import MediaFileMetadata

SECONDS = 120.0
"""For which a file stays at least."""
_MARK, _MADE = "keeps_downloads", "_seewhy_made"


def keep() -> None:
    """Let every file stay that long; calling it again changes nothing."""
    if hasattr(MediaFileMetadata, _MARK):
        return
    setattr(MediaFileMetadata, _MARK, True)
    mark = MediaFileMetadata.mark_for_delete

    @wraps(mark)
    def mark_for_delete(self: MediaFileMetadata) -> None:
        """Note when a file was first found unused, and mark it once that is long ago."""
        found = self.__dict__.setdefault(_MADE, time.monotonic())
        if time.monotonic() - found >= SECONDS:
            mark(self)

    MediaFileMetadata.mark_for_delete = mark_for_delete  # type: ignore[method-assign]
