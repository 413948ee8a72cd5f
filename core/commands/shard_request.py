"""A share of the pictures of a command, which a worker of Ray computes into a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass

from core.export.picture_forms import PictureForms
from core.figures.drawing.overlay import OverlayLook
from core.requests.agreements import AgreementRequest
from core.requests.audits import AuditRequest
from core.requests.measures import MeasuredStudyRequest
from core.requests.studies import StudyRequest

SHARDS, TOKEN = ".seewhy-shards", "token"
"""Folder below that of the results, and a file there by which a worker knows it."""
AnyStudy = StudyRequest | AgreementRequest | MeasuredStudyRequest | AuditRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRequest:
    """A share of the pictures of a command.

    Attributes:
        of: what is asked of all of them.
        look, forms: of the files of pictures.
        at_once: as in `Batch`.
        part, parts: which of how many shares, as `--shard`.
        without: names of pictures of the share that are there already.
        total: pictures of all shares: a worker that sees others is no use.
        out: folder of the results, where the command was started.
        token: what the file `TOKEN` below it holds.
        earlier: whether the results hold maps of its pictures, if not all.
    """

    of: AnyStudy
    look: OverlayLook
    forms: PictureForms
    at_once: int
    part: int
    parts: int
    without: tuple[str, ...]
    total: int
    out: str
    token: str
    earlier: bool = False

    @property
    def study(self) -> StudyRequest:
        """The maps that are asked for."""
        return study_of(self.of)

    @property
    def name(self) -> str:
        """Of the folder."""
        return f"{self.part:05}-of-{self.parts:05}"


def study_of(request: AnyStudy) -> StudyRequest:
    """Return the maps that a command asks for, of every picture."""
    if isinstance(request, AuditRequest):
        return request.first
    return request if isinstance(request, StudyRequest) else request.study
