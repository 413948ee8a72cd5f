"""Picture files that are decoded: what a visitor brought, and what lies in the server's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.errors import BadPicture
from core.files import uploads
from core.pictures import server_folder
from core.pictures.picture import Picture, decode
from core.requests.loading import FileRequest
from core.requests.references import PictureRef
from core.work.handler import AnyHandler, Handler
from core.work.job import Link
from core.work.resources import Resources


def _picture(request: FileRequest, resources: Resources, link: Link[PictureRef]) -> PictureRef:
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


HANDLERS: Mapping[type, AnyHandler] = {
    FileRequest: Handler(run=_picture, title=lambda request: request.name),
}
