"""Fetching published weights into the user's cache: whole and checked, or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

from core.errors import DownloadFailed
from core.files import downloads, web
from core.files.writing import PART, part_file, put, reason
from core.models.catalog_entry import Entry
from core.models.files import download_folder

Tick = Callable[[float, str], None]
"""`tick(share done in [0, 1], stage)`; raises `core.errors.Cancelled` to stop the download."""

CHUNK = 2**18
TIMEOUT = 20.0
"""Seconds without a single byte after which the server counts as silent."""

LIMIT = 4 * 2**30
"""Largest file in bytes where the catalogue does not know the size."""

_STALE = 24 * 3600.0


class _Reply(Protocol):
    """What is used of an HTTP reply."""

    @property
    def headers(self) -> http.client.HTTPMessage: ...
    def read(self, amount: int) -> bytes: ...


def download(entry: Entry, tick: Tick) -> Path:
    """Fetch the published weights of `entry` into the user's cache.

    Args:
        entry: has an address.
        tick: told the share done and a stage such as `12 of 98 MB`; what it raises stops the
            download and leaves nothing behind.

    Returns:
        The file, complete and with the published digest where the publisher gives one.

    Raises:
        DownloadFailed: not allowed, no address, no network, an HTTP error, a wrong digest or
            size, or no room; the message says where to put the file by hand.
        Cancelled: raised by `tick`.
    """
    if not entry.url:
        raise DownloadFailed(f"Nobody publishes weights for {entry.id} that could be downloaded.")
    downloads.check(f"{entry.file_name} ({entry.title})")
    folder = _ready_folder(entry)
    try:
        with part_file(folder) as part, _open(entry.url) as reply:
            with part.open("wb") as file:
                digest = _receive(reply, file, entry, tick)
            if not digest.startswith(entry.digest_prefix):
                raise DownloadFailed(
                    f"{entry.file_name} from {_host(entry)} has the digest {digest[:12]} instead "
                    f"of {entry.digest_prefix}: it was damaged in transit, so try again."
                )
            target = folder / entry.file_name
            put(part, target)
    except urllib.error.HTTPError as error:
        error.close()
        raise _failed(entry, f"the server says {web.status_words(error.code)}") from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError) as error:
        raise _failed(entry, web.reason(error, TIMEOUT)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DownloadFailed(
                f"Not enough disk space for {entry.file_name} ({entry.size_mb:.0f} MB): "
                f"free some in {folder}."
            ) from error
        raise _failed(entry, web.reason(error, TIMEOUT)) from error
    tick(1.0, "done")
    return target


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only where the first address would have been allowed."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Check the new address, then do as usual."""
        try:
            _check_address(newurl)
        except DownloadFailed:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_address(url: str) -> None:
    """Allow https, and http to this machine only.

    Raises:
        DownloadFailed: any other address.
    """
    if not web.is_safe(url):
        raise DownloadFailed(
            f"The address {url[:200]} is not encrypted (https), so nothing was downloaded."
        )


@contextlib.contextmanager
def _open(url: str) -> Iterator[_Reply]:
    _check_address(url)
    request = urllib.request.Request(url, headers={"User-Agent": "SeeWhy"})  # noqa: S310
    opener = urllib.request.build_opener(_SafeRedirects)
    with opener.open(request, timeout=TIMEOUT) as reply:
        yield reply


def _receive(reply: _Reply, file: IO[bytes], entry: Entry, tick: Tick) -> str:
    """Copy the reply to `file` and return the SHA-256 of what came."""
    stated = reply.headers.get("Content-Length", "")
    length = int(stated) if stated.isdecimal() else 0
    limit = int(entry.size_mb * 2**20 * 1.1) + 2**20 if entry.size_mb else LIMIT
    expected = length or int(entry.size_mb * 2**20)
    digest = hashlib.sha256()
    done = 0
    tick(0.0, f"connected to {_host(entry)}")
    while chunk := reply.read(CHUNK):
        done += len(chunk)
        if max(done, length) > limit:
            raise DownloadFailed(
                f"{entry.file_name} from {_host(entry)} is larger than the {entry.size_mb:.0f} MB "
                "that were published, so it was deleted."
            )
        file.write(chunk)
        digest.update(chunk)
        share = min(done / expected, 1.0) if expected else 0.0
        tick(share, f"{done / 2**20:.0f} of {expected / 2**20:.0f} MB")
    if done < length:
        raise http.client.IncompleteRead(b"", length - done)
    return digest.hexdigest()


def _ready_folder(entry: Entry) -> Path:
    folder = download_folder()
    advice = "set XDG_CACHE_HOME to a folder that can be written"
    if folder is None:
        raise DownloadFailed(f"No home folder for {entry.file_name}: {advice}.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(PART.format("*")):  # of a process that was killed
            if time.time() - left.stat().st_mtime > _STALE:
                left.unlink(missing_ok=True)
        with part_file(folder):
            return folder
    except OSError as error:
        raise DownloadFailed(f"{folder} cannot be written ({reason(error)}): {advice}.") from error


def _failed(entry: Entry, reason: str) -> DownloadFailed:
    return DownloadFailed(
        f"{entry.file_name} could not be downloaded from {_host(entry)} ({reason}): try again, "
        f"or fetch {entry.url} by hand and put it into the folder that SEEWHY_WEIGHTS names."
    )


def _host(entry: Entry) -> str:
    return urlsplit(entry.url).hostname or "the publisher"
