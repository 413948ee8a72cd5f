"""From a file or folder that a person names to truth masks."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from core.errors import BadTruth
from core.files.digests import file_digest
from core.files.names import printable, safe_name, shorten
from core.measure.truth.box_table import from_parquet
from core.measure.truth.coco import MAX_BYTES, from_coco
from core.measure.truth.label_image import from_folder, from_image
from core.measure.truth.truth_file import TruthFile

PNG, PARQUET = b"\x89PNG\r\n\x1a\n", b"PAR1"
_WANTED = "give a PNG label image, COCO JSON, a Parquet file with a column `box`"


def open_truth(path: Path) -> TruthFile:
    """Return the truth masks in a file or folder.

    Args:
        path: a PNG label image, a folder of them, COCO JSON, or a Parquet file; the first bytes
            of a file say which.

    Raises:
        BadTruth: it cannot be read, or is of another kind.
    """
    shown = shorten(printable(str(path)), 200) or "The empty path"
    try:
        if path.is_dir():
            return from_folder(path)
        if not path.is_file():
            raise BadTruth(f"{shown} does not exist: check the path.")
        with path.open("rb") as file:
            if file.read(len(PARQUET)) == PARQUET:
                return from_parquet(path, path.name, file_digest(path))
            file.seek(0)
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or error
        raise BadTruth(f"{shown} cannot be read ({reason}): check the path.") from error
    return truth_of(data, path.name)


def truth_of(data: bytes, name: str) -> TruthFile:
    """Return the truth masks in the bytes of a file, which a person may have uploaded.

    Args:
        data: of a PNG label image, COCO JSON or a Parquet file.
        name: the file's name.

    Raises:
        BadTruth: it cannot be read, or is of another kind.
    """
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(PNG):
        return from_image(data, name, digest)
    if data.startswith(PARQUET):
        return from_parquet(io.BytesIO(data), name, digest)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return from_coco(data, name, digest)
    raise BadTruth(f"{safe_name(name)} is of another kind: {_WANTED} or a folder of label images.")
