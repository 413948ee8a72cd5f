"""Where the weights of open_clip's models are: a person's file, a known name, or a download.

Pinned are, for the encoders that are offered, the revision of the repository on the hub and the
SHA-256 of the file in it: a download with other bytes is refused. Nobody states them for RN101,
whose newest revision is taken as it is, like that of every other name that open_clip knows. What
is pinned or not, the digest of the file that is used stands in `Encoder.id`, so embeddings of
different files never mix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.concepts.encoders.encoder import Tick
from core.errors import MissingWeights, UnknownEncoder
from core.files.folders import is_file
from core.models.catalog_entry import Entry
from core.models.download import download
from core.models.files import download_folder, local_folder

SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
SAFE_NAME = "open_clip_model.safetensors"
"""The file of a repository on the hub that cannot run code."""
OPEN_CLIP = "open_clip:"
_NEWEST = "main"


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file on the hub.

    Attributes:
        repository: its owner and name.
        name: of the file.
        revision: commit of the repository, or the newest.
        sha256: of the file; empty where it is not known.
        download_mb: size in units of 2**20 bytes, four bytes for each parameter; 0 where it is
            not known.
    """

    repository: str
    name: str = SAFE_NAME
    revision: str = _NEWEST
    sha256: str = ""
    download_mb: int = 0

    @property
    def address(self) -> str:
        """Where it is fetched from."""
        return f"https://huggingface.co/{self.repository}/resolve/{self.revision}/{self.name}"


OFFERED: Mapping[str, HubFile] = {
    "open_clip:ViT-B-16/openai": HubFile(
        "timm/vit_base_patch16_clip_224.openai",
        revision="977e3dd0ec55ab8da155f2fbeb6b5f54948b6e3d",
        sha256="4b8699299b1e8997753c64b052ba32031449d5d853f55a039148560ee02b820f",
        download_mb=571,
    ),
    "open_clip:ViT-B-32/openai": HubFile(
        "timm/vit_base_patch32_clip_224.openai",
        revision="a6f597a30f7b82c51704746581f9a4e41421e878",
        sha256="e6d1bd7789aa45192b3bf90570a789b478bae1b74ebcce7eddd908e83a2b7c31",
        download_mb=577,
    ),
    "open_clip:RN50/openai": HubFile(
        "timm/resnet50_clip.openai",
        revision="ec3d92cf63a5f9d591f0d611b736895966c73076",
        sha256="da0baa37fb2211eee5729ab69ed587eb10d48f5b7076ceeed01552fc3d4cb4ee",
        download_mb=389,
    ),
    "open_clip:RN101/openai": HubFile("timm/resnet101_clip.openai", download_mb=457),
    "open_clip:ViT-L-14/openai": HubFile(
        "timm/vit_large_patch14_clip_224.openai",
        revision="18d0535469bb561bf468d76c1d73aa35156c922b",
        sha256="9ce2e8a8ebfff3793d7d375ad6d3c35cb9aebf3de7ace0fc7308accab7cd207e",
        download_mb=1631,
    ),
}
"""The encoders of CLIP that are offered, known without the library. Revisions and digests are
those that public projects which pin the same files agree on."""


@dataclass(frozen=True, slots=True)
class ClipWeights:
    """What a person named.

    Attributes:
        model: open_clip's name of the architecture.
        tag: its name of the weights; empty for a file.
        file: the path as given; empty for a tag.
        digest: first hexadecimal digits of the file's SHA-256 that are asked for; empty for any.
    """

    model: str
    tag: str = ""
    file: str = ""
    digest: str = ""

    @property
    def spec(self) -> str:
        """The encoder's name with a tag; for a file without its folders."""
        return f"{OPEN_CLIP}{self.model}/{self.tag or Path(self.file).name}"

    @property
    def file_name(self) -> str:
        """Name under which the weights of a tag are kept."""
        return f"open_clip-{self.model}-{self.tag}.safetensors"


def parse(text: str) -> ClipWeights:
    """Split `MODEL/WEIGHTS`; a folder or the suffix of a weights file makes it a path.

    A digest may follow after `@`, as in an encoder's id.

    Raises:
        UnknownEncoder: a part is missing.
    """
    ending = re.search(r"@([0-9a-f]{8,64})$", text)
    text, digest = (text[: ending.start()], ending[1]) if ending else (text, "")
    model, _, rest = text.partition("/")
    if not model or not rest:
        raise UnknownEncoder(
            f"{text[:80]!r} names no weights: give {OPEN_CLIP}MODEL/WEIGHTS, for example "
            f"{next(iter(OFFERED))}, or a file instead of the last part."
        )
    if "/" in rest or "\\" in rest or Path(rest).suffix.lower() in SUFFIXES:
        return ClipWeights(model, file=rest, digest=digest)
    return ClipWeights(model, tag=rest, digest=digest)


def locate(source: ClipWeights, weights: Path | None) -> Path | None:
    """Find weights on this machine.

    Args:
        source: what to find.
        weights: folder that is searched first; the local folder when not given.
    """
    folders = [folder for folder in (weights or local_folder(), download_folder()) if folder]
    if source.file:
        given = Path(source.file).expanduser()
        paths = [folder / given for folder in folders[:1]] + [given]
    else:
        stem = source.file_name.removesuffix(".safetensors")
        paths = [folder / f"{stem}{suffix}" for folder in folders for suffix in SUFFIXES]
    here = next((path for path in paths if is_file(path)), None)
    return here if here or source.file else _in_hub_cache(source)


def fetch(source: ClipWeights, weights: Path | None, tick: Tick | None, *, allowed: bool) -> Path:
    """Return the file with the weights, from this machine or, where allowed, from the hub.

    Raises:
        MissingWeights: not here and not allowed to fetch.
        DownloadFailed: could not be fetched.
        Cancelled: raised by `tick`.
    """
    path = locate(source, weights)
    if path is not None:
        return path
    if source.file:
        name = Path(source.file).name
        raise MissingWeights(f"The weights file {name[:80]!r} is not there: check the path.")
    hub = hub_file(source)
    about = f"about {hub.download_mb} MB" if hub and hub.download_mb else "of unknown size"
    if not allowed or hub is None:
        fetchable = f"allow the download, or put {hub.address} there" if hub else "put them there"
        folder = weights or local_folder() or "a folder that SEEWHY_WEIGHTS names"
        raise MissingWeights(
            f"The weights of {source.spec} ({about}) are not on this machine: {fetchable} as "
            f"{folder}/{source.file_name}."
        )
    return download(_entry(source, hub), tick or (lambda share, stage: None))


def _entry(source: ClipWeights, hub: HubFile) -> Entry:
    """Describe the download as the catalogue of classifiers does."""
    return Entry(
        id=source.spec,
        arch=source.model,
        title=source.spec,
        family="CLIP",
        weights_name=source.tag,
        classes=0,
        names=(),
        url=hub.address,
        file_name=source.file_name,
        size_mb=0.0,  # the one that the server states is shown and believed
        digest_prefix=hub.sha256,
        input_size=0,
        resize_size=0,
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
    )


def hub_file(source: ClipWeights) -> HubFile | None:
    """Return where the weights of a tag are on the hub, or None where they are not."""
    if source.spec in OFFERED:
        return OFFERED[source.spec]
    import open_clip

    path = str(open_clip.get_pretrained_cfg(source.model, source.tag).get("hf_hub", ""))
    repository, _, name = path.rpartition("/")
    return HubFile(repository, name or SAFE_NAME) if repository else None


def _in_hub_cache(source: ClipWeights) -> Path | None:
    """Find what another program fetched from the hub before."""
    from huggingface_hub import try_to_load_from_cache

    hub = hub_file(source)
    if hub is None:
        return None
    path = try_to_load_from_cache(hub.repository, hub.name, revision=hub.revision)
    return Path(path) if isinstance(path, str) and is_file(Path(path)) else None
