"""A file that was made on a click outlives the runs of others, for a while."""

from __future__ import annotations

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from pages.ui.parts import kept_downloads


def test_a_file_stays_while_others_run(monkeypatch: pytest.MonkeyPatch) -> None:
    kept_downloads.keep()
    kept_downloads.keep()
    now = [100.0]
    monkeypatch.setattr(kept_downloads.time, "monotonic", lambda: now[0])
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    manager._deferred_callables["made"] = {
        "callable": lambda: b"content",
        "mimetype": "text/csv",
        "filename": "answers.csv",
        "coordinates": "1.0",
        "session_id": "teacher",
        "element_id": "button",
    }
    address = manager.execute_deferred("made")
    name = address.rpartition("/")[2]
    for _ in range(50):
        manager.remove_orphaned_files()
    assert storage.get_file(name).content == b"content"
    now[0] += kept_downloads.SECONDS
    for _ in range(2):
        manager.remove_orphaned_files()
    with pytest.raises(Exception, match="No media file"):
        storage.get_file(name)
