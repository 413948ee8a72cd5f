"""Where the weights of open_clip's models are: a person's file, a known name, or a download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.concepts.encoders.encoder import Tick
from core.errors import MissingWeights, UnknownEncoder
from core.models.catalog_entry import Entry
from core.models.download import download
from core.models.files import download_folder, local_folder

SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
SAFE_NAME = "open_clip_model.safetensors"
"""The file of a repository on the hub that cannot run code."""
_REPOSITORIES = {
    "open_clip:ViT-B-16/openai": "timm/vit_base_patch16_clip_224.openai",
    "open_clip:ViT-B-32/openai": "timm/vit_base_patch32_clip_224.openai",
    "open_clip:RN50/openai": "timm/resnet50_clip.openai",
    "open_clip:RN101/openai": "timm/resnet101_clip.openai",
    "open_clip:ViT-L-14/openai": "timm/vit_large_patch14_clip_224.openai",
}
"""Of the encoders that are offered, so that a page lists them without the library."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a person named.

    Attributes:
        model: open_clip's name of the architecture.
        tag: its name of the weights; empty for a file.
        file: the path as given; empty for a tag.
    """

    model: str
    tag: str = ""
    file: str = ""

    @property
    def spec(self) -> str:
        """The encoder's name with a tag; for a file without its folders."""
        return f"{OPEN_CLIP}{self.model}/{self.tag or Path(self.file).name}"

    @property
    def file_name(self) -> str:
        """Name under which the weights of a tag are kept."""
        return f"open_clip-{self.model}-{self.tag}.safetensors"


def parse(text: str) -> Source:
    """Split `MODEL/WEIGHTS`; a folder or the suffix of a weights file makes it a path.

    Raises:
        UnknownEncoder: a part is missing.
    """
    model, _, rest = text.partition("/")
    if not model or not rest:
        raise UnknownEncoder(
            f"{text[:80]!r} names no weights: give {OPEN_CLIP}MODEL/WEIGHTS, for example "
            f"{next(iter(CLIP_SIZES))}, or a file in place of the last part."
        )
    if "/" in rest or "\\" in rest or Path(rest).suffix.lower() in SUFFIXES:
        return Source(model, file=rest)
    return Source(model, tag=rest)


def is_ready(source: Source, weights: Path | None) -> bool:
    """Return whether the weights are on this machine."""
    return locate(source, weights) is not None


def locate(source: Source, weights: Path | None) -> Path | None:
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
    found = next((path for path in paths if _is_file(path)), None)
    return found if found or source.file else _in_hub_cache(source)


def fetch(source: Source, weights: Path | None, tick: Tick | None, *, allowed: bool) -> Path:
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
    address = _address(source)
    size = CLIP_SIZES.get(source.spec)
    about = f"about {size} MB" if size else "of unknown size"
    if not allowed or not address:
        fetchable = f"allow the download, or put {address} there" if address else "put them there"
        folder = weights or local_folder() or "a folder that SEEWHY_WEIGHTS names"
        raise MissingWeights(
            f"The weights of {source.spec} ({about}) are not on this machine: {fetchable} as "
            f"{folder}/{source.file_name}."
        )
    return download(_entry(source, address), tick or (lambda share, stage: None))


def _entry(source: Source, address: str) -> Entry:
    """Describe the download as the catalogue of classifiers does."""
    return Entry(
        id=source.spec, arch=source.model, title=source.spec, family="CLIP",
        weights_name=source.tag, classes=0, names=(), url=address, file_name=source.file_name,
        # Without a size the one that the server states is shown and believed.
        size_mb=0.0, digest_prefix="", input_size=0, resize_size=0,
        mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0),
    )  # fmt: skip


def _hub_file(source: Source) -> tuple[str, str]:
    """Return repository and file name on the hub, or two empty texts."""
    known = _REPOSITORIES.get(source.spec)
    if known:
        return known, SAFE_NAME
    import open_clip

    place = str(open_clip.get_pretrained_cfg(source.model, source.tag).get("hf_hub", ""))
    repository, _, name = place.rpartition("/")
    return repository, name or SAFE_NAME


def _address(source: Source) -> str:
    repository, name = _hub_file(source)
    return f"https://huggingface.co/{repository}/resolve/main/{name}" if repository else ""


def _in_hub_cache(source: Source) -> Path | None:
    """Find what another program fetched from the hub before."""
    from huggingface_hub import try_to_load_from_cache

    repository, name = _hub_file(source)
    if not repository:
        return None
    found = try_to_load_from_cache(repository, name)
    return Path(found) if isinstance(found, str) and _is_file(Path(found)) else None


def _is_file(path: Path) -> bool:
    """Like `Path.is_file`, but a folder that may not be entered counts as empty."""
    try:
        return path.is_file()
    except OSError:
        return False


OPEN_CLIP = "open_clip:"


CLIP_SIZES = {
    "open_clip:ViT-B-16/openai": 571,
    "open_clip:ViT-B-32/openai": 577,
    "open_clip:RN50/openai": 389,
    "open_clip:RN101/openai": 457,
    "open_clip:ViT-L-14/openai": 1631,
}
"""Encoders of CLIP that are offered, with the size of their weights in units of 2**20 bytes:
four bytes for each parameter."""
