"""Picture files that are decoded: what a visitor brought, and what lies in the server's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from core.concepts.probes.zip_file import unpacked
from core.errors import BadPicture, SeeWhyError
from core.explain.base import Tick
from core.files import uploads
from core.pictures import server_folder
from core.pictures.picture import Picture, decode
from core.requests.loading import ArchiveRequest, FileRequest
from core.requests.references import PictureRef
from core.work.handler import AnyHandler, Handler
from core.work.job import Link
from core.work.resources import Resources
from core.work.visits import PICTURES


def _picture(request: FileRequest, resources: Resources, link: Tick) -> PictureRef:
    def again() -> Picture:
        if request.origin == "server":
            return server_folder.load(request.name)
        path = resources.offers.content(request.digest, Path, request.name)
        try:
            data = uploads.use(path).read_bytes()
        except OSError as error:
            raise BadPicture(
                f"{request.name} is no longer on this server: upload it again."
            ) from error
        return decode(data, request.name)

    picture = again()
    resources.offer_picture(picture, again)
    return PictureRef.of(picture)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A picture of a ZIP file.

    Attributes:
        reference: to it.
        file: where its bytes are kept.
        place: where it lies in the ZIP file, with its folders.
    """

    reference: PictureRef
    file: Path
    place: str


def _unpack(
    request: ArchiveRequest, resources: Resources, link: Link[tuple[Unpacked, ...]]
) -> tuple[Unpacked, ...]:
    """Keep and decode the pictures; what is damaged is left out, where something is not."""
    archive = resources.offers.content(request.digest, Path, request.name)
    found: list[Unpacked] = []
    fault: SeeWhyError | None = None
    for number, (place, data) in enumerate(unpacked(uploads.use(archive), PICTURES)):
        link(number / PICTURES, place)
        name = PurePosixPath(place).name
        try:
            kept = uploads.keep(data, name)
            resources.offers.add(kept.parent.name, partial(Path, kept))
            asked = FileRequest(origin="upload", name=name, digest=kept.parent.name)
            found.append(Unpacked(_picture(asked, resources, link), kept, place))
        except BadPicture as error:
            fault = fault or error
    if fault and not found:
        raise fault
    return tuple(found)


HANDLERS: Mapping[type, AnyHandler] = {
    ArchiveRequest: Handler(run=_unpack, title=lambda request: request.name),
    FileRequest: Handler(run=_picture, title=lambda request: request.name),
}
