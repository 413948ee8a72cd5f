"""What kind of file somebody gave for weights, by its first bytes and not by its name."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from core.errors import BadWeights
from core.files.first_bytes import not_fetched

Kind = Literal["safetensors", "torch"]

SUFFIXES = (".pth", ".pt", ".ckpt", ".bin", ".tar", ".safetensors")
"""Of weight files as people name them; the content decides."""

_STATE = "save model.state_dict() with torch.save, or as safetensors, and give that file."
_EXPORTED = f"it holds a program rather than weights: {_STATE}"
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", f"is a file of Keras or HDF5: {_STATE}"),
    (b"\x1f\x8b", "is compressed with gzip: unpack it and give the file inside."),
    (b"BZh", "is compressed with bzip2: unpack it and give the file inside."),
    (b"\xfd7zXZ", "is compressed with xz: unpack it and give the file inside."),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive: unpack it and give the file inside."),
    (b"Rar!", "is a RAR archive: unpack it and give the file inside."),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd: unpack it and give the file inside."),
    (b"GGUF", f"is a GGUF file of a language model: {_STATE}"),
    (b"\x93NUMPY", f"is a NumPy array: {_STATE}"),
    (b"%PDF", f"is a PDF document: {_STATE}"),
    (b"\x89PNG", f"is a picture: {_STATE}"),
    (b"\xff\xd8\xff", f"is a picture: {_STATE}"),
)
_TAR = slice(257, 262)


def kind_of(path: Path) -> Kind:
    """Return how a weight file is to be read.

    Args:
        path: a file; its name does not matter.

    Raises:
        BadWeights: it is of a kind that holds no weights for PyTorch; the message names the kind.
        OSError: it cannot be read.
    """
    name = path.name
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        raise BadWeights(f"{name} is empty: download or save it again.")
    for beginning, words in _STARTS:
        if start.startswith(beginning):
            raise BadWeights(f"{name} {words}")
    if words := not_fetched(start):
        raise BadWeights(f"{name} {words}")
    if start[_TAR] == b"ustar":
        raise BadWeights(f"{name} is a tar archive: unpack it and give the file inside.")
    if start[4:8] == b"TFL3":
        raise BadWeights(f"{name} is a TensorFlow Lite model; {_EXPORTED}")
    if _is_onnx(start):
        raise BadWeights(f"{name} is an ONNX model; {_EXPORTED}")
    if _is_archive(path):
        return "torch"
    return "safetensors" if _is_safetensors(start, path.stat().st_size) else "torch"


def _is_archive(path: Path) -> bool:
    """Tell whether a file is a zip archive; refuse those that torch.save did not make."""
    name = path.name
    try:
        if not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            members = [item.filename for item in archive.infolist()]
            unpacked = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise BadWeights(f"{name} is damaged: download or save it again.") from error
    inner = {member.partition("/")[2] for member in members} | set(members)
    if "constants.pkl" in inner:
        raise BadWeights(f"{name} is a TorchScript program; {_EXPORTED}")
    if "model.weights.h5" in inner or "keras_metadata.pb" in inner:
        raise BadWeights(f"{name} is a file of Keras: {_STATE}")
    if any(
        member.endswith(("models/model.json", "serialized_exported_program.json"))
        for member in members
    ):
        raise BadWeights(f"{name} is an exported program; {_EXPORTED}")
    if unpacked > path.stat().st_size:  # torch never compresses
        raise BadWeights(f"{name} is a compressed archive: give a file made by torch.save.")
    if "data.pkl" not in inner:
        raise BadWeights(f"{name} is a zip archive without weights: unpack it, and {_STATE}")
    return True


def _is_safetensors(start: bytes, size: int) -> bool:
    """Tell by the length of the header, eight bytes, and by the brace with which that begins."""
    length = int.from_bytes(start[:8], "little")
    return start[8:9] == b"{" and 2 <= length <= size - 8


def _is_onnx(start: bytes) -> bool:
    """Tell by the first fields of the message: the version, then who produced it."""
    return start[:1] == b"\x08" and len(start) > 3 and start[2:3] == b"\x12" and start[1] < 32
