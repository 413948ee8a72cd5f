"""The file in which rooms are kept: SQLite, written ahead (WAL) and synced at each commit."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import BadRoom

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rooms (
  code TEXT PRIMARY KEY, teacher TEXT NOT NULL, lesson TEXT NOT NULL,
  at INTEGER NOT NULL DEFAULT 0, revealed INTEGER NOT NULL DEFAULT 0,
  shown TEXT NOT NULL DEFAULT '', leads INTEGER NOT NULL DEFAULT 1,
  named INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0,
  created REAL NOT NULL, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS students (
  room TEXT NOT NULL REFERENCES rooms(code) ON DELETE CASCADE, student TEXT NOT NULL,
  name TEXT NOT NULL, number INTEGER NOT NULL, joined REAL NOT NULL,
  away INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (room, student));
CREATE TABLE IF NOT EXISTS answers (
  room TEXT NOT NULL REFERENCES rooms(code) ON DELETE CASCADE, screen INTEGER NOT NULL,
  part TEXT NOT NULL, student TEXT NOT NULL, value TEXT NOT NULL, given REAL NOT NULL,
  PRIMARY KEY (room, screen, part, student));
"""


class Database:
    """One connection for all threads, which take turns."""

    def __init__(self, file: Path | None) -> None:
        """Open the file, or make it.

        Args:
            file: None keeps everything in memory.

        Raises:
            BadRoom: the file cannot be used.
        """
        self._lock = threading.RLock()
        self._name = str(file or "memory")
        try:
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(
                ":memory:" if file is None else file,
                timeout=10,
                isolation_level=None,
                check_same_thread=False,
            )
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise BadRoom(
                f"The rooms' file {self._name} cannot be used ({error}): remove it and start again."
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection, to nobody else meanwhile.

        Raises:
            BadRoom: the file does not take what is asked.
        """
        with self._lock, self._explained():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Make one change, or none where the block fails."""
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise BadRoom(
                f"The rooms' file {self._name} does not take this ({error}): free some space, or "
                "start the server again."
            ) from error
