"""Requests for what other requests need: a loaded model, a file from the network, an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import BadOption
from core.requests.dissections import DissectionRequest
from core.requests.maps import FITS, MAX_SEED, AnyMap, Fit, LimeRequest, one_of, whole
from core.requests.references import ModelRef, PictureRef, label

Fetched = Literal["weights", "encoder", "probes"]
Check = Literal["intervals", "halves"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRequest:
    """What there is to know about a model before it explains anything; loads it.

    Attributes:
        model: which.
    """

    model: ModelRef


@dataclass(frozen=True, slots=True, kw_only=True)
class AbilitiesRequest:
    """Which methods explain a model, and what they cost; splits it at the layers.

    Attributes:
        model: which.
        layers: module paths; empty for the model's last layer.
    """

    model: ModelRef
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassesRequest:
    """Predictions of several pictures, and what their maps share, in one pass.

    Attributes:
        pictures: two at least.
        model, fit: as in `PredictionRequest`.
        layers: module paths; empty for the model's last layer.
        targets: of each picture the classes whose gradients are wanted.
        predicted: whether that of the predicted class is wanted as well.
    """

    pictures: tuple[PictureRef, ...]
    model: ModelRef
    fit: Fit = "squash"
    layers: tuple[str, ...] = ()
    targets: tuple[tuple[int, ...], ...]
    predicted: bool = True

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")
        if len(self.pictures) < 2 or len(self.targets) != len(self.pictures):
            raise BadOption("Passes are shared by two pictures or more: give classes for each.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadRequest:
    """A file, or a set of pictures, from the network to this machine.

    Attributes:
        what: weights of a model, an encoder, or probe pictures.
        name: id in the catalogue, the encoder's or the set's name.
    """

    what: Fetched
    name: str

    def __post_init__(self) -> None:
        one_of(self.what, ("weights", "encoder", "probes"), "what")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRequest:
    """What is assumed of a person's own weight file; reads it, builds nothing.

    Attributes:
        weights: SHA-256 of the file.
        name: where the file lies.
        architecture: id of the catalogue; empty to guess it.
    """

    weights: str
    name: str = label()
    architecture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRequest:
    """A picture file, decoded; gives its reference.

    Attributes:
        origin: `upload`, a file that a visitor brought, or `server`, one of the server's folder.
        name: of the file.
        digest: SHA-256 of an uploaded file; of a file of the folder, its size and time of change.
    """

    origin: Literal["upload", "server"]
    name: str
    digest: str

    def __post_init__(self) -> None:
        one_of(self.origin, ("upload", "server"), "origin")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRequest:
    """The pictures of an uploaded ZIP file, decoded; gives their references and where they lie.

    Attributes:
        name: of the file.
        digest: SHA-256 of it.
    """

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderRequest:
    """An image-text encoder by name, loaded; gives its reference.

    Attributes:
        spec: as a person names it.
        device: as `core.models.device.pick` takes it.
        state: size and time of change of its weights; others are another encoder.
    """

    spec: str
    device: str = "auto"
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbesRequest:
    """Probe pictures by name, opened; gives their reference.

    Attributes:
        name: of a published set, a folder, or an uploaded file.
        digest: SHA-256 of an uploaded file; of a folder, the state of its files; empty for a set
            that does not change.
    """

    name: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRequest:
    """How long a dissection will take, from a trial with a few pictures.

    Attributes:
        dissection: the one that is asked about.
        tries: how many were begun before; what they computed shortens the next.
    """

    dissection: DissectionRequest
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """A dissection of a model that nobody has set up yet, and how long it will take.

    Attributes:
        model: whose units.
        like: the dissection whose settings it gets; None for the usual ones.
        units: of each layer of that dissection; a layer that has others is left out.
        tries: as in `EstimateRequest`.
    """

    model: ModelRef
    like: DissectionRequest | None = None
    units: tuple[int, ...] = ()
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsRequest:
    """How a map is made, step by step.

    Attributes:
        map: by a method that can be shown so.
    """

    map: AnyMap


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRequest:
    """How far an explanation by LIME can be trusted, from its own samples.

    Attributes:
        lime: the explanation.
        check: bootstrap intervals and convergence, or the overlap of two halves.
    """

    lime: LimeRequest
    check: Check

    def __post_init__(self) -> None:
        one_of(self.check, ("intervals", "halves"), "check")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsRequest:
    """How far the outlined superpixels of another seed are the same.

    Attributes:
        lime: the explanation.
        other: the other seed.
    """

    lime: LimeRequest
    other: int

    def __post_init__(self) -> None:
        whole(self.other, "seed", 0, MAX_SEED)
