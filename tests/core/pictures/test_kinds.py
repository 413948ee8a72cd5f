"""Files that are no picture SeeWhy reads: each is named in one sentence that says what to do."""

from __future__ import annotations

import gzip
import io
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from core.errors import BadPicture
from core.files.names import PICTURE_SUFFIXES
from core.pictures.kinds import ACCEPTED, PLUGINS, kind_of, known_kind, looks_like_picture
from core.pictures.limits import MAX_BYTES
from core.pictures.picture import decode
from tests.core.pictures import made_pictures as made


def box(brand: bytes, *others: bytes) -> bytes:
    """Return the first box of an ISO media file."""
    return struct.pack(">I", 16 + 4 * len(others)) + b"ftyp" + brand + bytes(4) + b"".join(others)


def nifti() -> bytes:
    """Return the header of a NIfTI-1 file."""
    return struct.pack("<i", 348) + bytes(340) + b"n+1\0" + bytes(100)


FOREIGN: dict[str, tuple[bytes, str, str]] = {
    "report.pdf": (b"%PDF-1.7\n%", "a PDF document", "save it as PNG or JPEG"),
    "scanned.pdf": (b"\n\0junk%PDF-1.4\n%", "a PDF document", "save it as PNG or JPEG"),
    "a.jls": (b"\xff\xd8\xff\xf7\0\x0b\x08", "a JPEG-LS picture", "save it as PNG or JPEG"),
    "a.eps": (b"%!PS-Adobe-3.0", "a PostScript drawing", "save it as PNG or JPEG"),
    "a.svg": (b'<?xml version="1.0"?>\n<!-- x --><svg xmlns=""/>', "an SVG drawing", "save it as"),
    "a.svgz": (gzip.compress(b"<svg></svg>"), "a compressed SVG drawing", "save it as PNG"),
    "a.psd": (b"8BPS\0\1", "a Photoshop file", "save it as PNG or JPEG"),
    "a.xcf": (b"gimp xcf v011", "a GIMP file", "save it as PNG or JPEG"),
    "a.ico": (b"\0\0\1\0\1\0", "an icon", "save it as PNG or JPEG"),
    "a.jxl": (b"\xff\x0a\xfa\x1f", "a JPEG XL picture", "save it as PNG or JPEG"),
    "a.exr": (b"v/1\1\2\0", "an OpenEXR picture", "save it as PNG or JPEG"),
    "scan.dcm": (bytes(128) + b"DICM" + bytes(60), "a DICOM file", "export the picture as PNG"),
    "scan": (bytes(128) + b"DICM", "a DICOM file", "export the picture as PNG"),
    "brain.nii": (nifti(), "a NIfTI volume", "save one slice of it as PNG"),
    "brain.nii.gz": (gzip.compress(nifti()), "a compressed NIfTI volume", "save one slice"),
    "a.fits": (b"SIMPLE  =                    T", "a FITS file", "save it as TIFF"),
    "a.npy": (b"\x93NUMPY\1\0", "a NumPy array", "save it as PNG"),
    "a.cr2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(99), "a camera raw file (CR2)", "export it as JPEG"),
    "a.cr3": (box(b"crx ", b"crx ", b"isom"), "a camera raw file (CR3)", "export it as JPEG"),
    "a.raf": (b"FUJIFILMCCD-RAW 0201", "a camera raw file (RAF)", "export it as JPEG"),
    "a.orf": (b"IIRO\x08\0\0\0", "a camera raw file (ORF)", "export it as JPEG"),
    "a.rw2": (b"IIU\0\x18\0\0\0", "a camera raw file (RW2)", "export it as JPEG"),
    "a.mp4": (box(b"isom", b"mp41"), "a video", "save one frame"),
    "a.mov": (box(b"qt  ", b"qt  "), "a video", "save one frame"),
    "holiday.jpg": (box(b"mp42"), "a video", "save one frame"),
    "a.webm": (b"\x1aE\xdf\xa3\x9fB\x86\x81", "a video", "save one frame"),
    "a.avi": (b"RIFF\0\0\0\0AVI LIST", "a video", "save one frame"),
    "page.jpg": (b"\n<!DOCTYPE html>\n<html><svg/>", "a web page", "save the picture itself"),
    "photo.png": (b"<html><body>404", "a web page", "save the picture itself"),
    "a.zip": (b"PK\3\4\x14\0", "a ZIP archive or an Office document", "give the pictures in it"),
    "a.tar.gz": (gzip.compress(bytes(2000)), "a gzip archive", "give the pictures in it"),
    "lfs.png": (
        b"version https://git-lfs.github.com/spec/v1\n",
        "a pointer of Git LFS",
        "fetch the file",
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_another_kind_is_named(name: str) -> None:
    data, what, advice = FOREIGN[name]
    with pytest.raises(BadPicture, match=re.escape(f"{name} is {what}: {advice}")) as caught:
        decode(data, name)
    assert str(caught.value).count(". ") == 0
    assert str(caught.value).endswith(".")


def test_the_suffix_does_not_tell_the_kind() -> None:
    for data, what, _ in FOREIGN.values():
        with pytest.raises(BadPicture, match=re.escape(f"a.heic is {what}")):
            decode(data, "a.heic")


def tiff(*pages: dict[str, Any]) -> bytes:
    """Return a TIFF; a page with `below` has that many of the following as sub-pages."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for page in pages:
            values = np.zeros((16, 20, page.pop("bands", 1)), page.pop("dtype", "u2")).squeeze()
            writer.write(values, metadata=None, **page)
    return file.getvalue()


SENSOR = {"photometric": "cfa", "extratags": [(33421, 3, 2, (2, 2)), (33422, 1, 4, b"\0\1\1\2")]}
THUMBNAIL = {"photometric": "rgb", "bands": 3, "dtype": "u1"}


@pytest.mark.parametrize(
    "pages",
    [
        [{**THUMBNAIL, "subfiletype": 1, "subifds": 1}, SENSOR],
        [{**THUMBNAIL, "subfiletype": 1, "subifds": 1}, {**THUMBNAIL}],
        [{**THUMBNAIL, "subifds": 1}, SENSOR],
        [SENSOR],
        [{**THUMBNAIL, "extratags": [(50706, 1, 4, b"\1\4\0\0")]}],
    ],
    ids=["nef", "arw", "thumbnail", "sensor", "linear-dng"],
)
def test_the_thumbnail_of_a_camera_raw_file_is_not_the_picture(pages: list[Any]) -> None:
    data = tiff(*(dict(page) for page in pages))
    with pytest.raises(BadPicture, match=r"a\.tif is a camera raw file: export it as JPEG or TIFF"):
        decode(data, "a.tif")


@pytest.mark.parametrize("name", ["DSC_1.NEF", "a.arw", "a.dng"])
def test_a_tiff_with_the_suffix_of_raw_files_is_no_picture(name: str) -> None:
    for data in (tiff(THUMBNAIL.copy()), b"MM\0*\0\0\0\x08" + bytes(500)):
        with pytest.raises(BadPicture, match="is a camera raw file: export it as JPEG or TIFF"):
            decode(data, name)


def test_a_tiff_with_smaller_copies_is_a_picture() -> None:
    smaller = {**THUMBNAIL, "subfiletype": 1}
    assert decode(tiff({**THUMBNAIL, "subifds": 1}, smaller), "a.tif").original_size == (20, 16)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"msf1"])
def test_heic_and_avif_are_told_apart_by_their_brands(brand: bytes) -> None:
    assert known_kind(box(brand, b"mif1", b"heic")) == "HEIF"
    assert known_kind(box(brand, b"mif1", b"avif")) == "AVIF"


def test_every_suffix_belongs_to_a_kind_that_is_read() -> None:
    assert set(PICTURE_SUFFIXES.values()) == {*PLUGINS, "HEIF"}


@pytest.mark.parametrize("kind", made.small_files())
def test_sixteen_bytes_tell_a_picture(kind: str) -> None:
    assert looks_like_picture(made.small_files()[kind][:16])
    assert not looks_like_picture(b"Python is a language")


def test_readme_names_the_kinds_and_the_limit() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert f"{ACCEPTED}, up to {MAX_BYTES >> 20} MB" in " ".join(readme.split())


@pytest.mark.parametrize(
    ("kind", "words"),
    [("TGA", "a Targa picture"), ("PCX", "a PCX picture"), ("SGI", "an SGI picture")],
)
def test_kinds_that_pillow_writes_and_nobody_reads_here_are_named(kind: str, words: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 7), "red").save(buffer, kind)
    with pytest.raises(BadPicture, match=words):
        kind_of(buffer.getvalue(), "scan")


def test_an_im_picture_is_named() -> None:
    with pytest.raises(BadPicture, match="an IM picture"):
        kind_of(b"Image type: RGB image\r\nName: scan.im\r\n", "scan.im")
