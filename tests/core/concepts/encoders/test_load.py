"""Encoders by name: what is offered, what is refused, and that nothing is fetched unasked."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.concepts.encoders import clip_weights, load
from core.concepts.encoders.clip_weights import ClipWeights, parse
from core.errors import MissingWeights, SeeWhyError, UnknownEncoder

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without weights and without a network."""
    monkeypatch.setenv("SEEWHY_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    def refuse(*args: object) -> Path:
        raise AssertionError("a download was started")

    monkeypatch.setattr(clip_weights, "download", refuse)
    return tmp_path


def test_offered_encoders() -> None:
    names = load.names()
    assert names[0] == "imagenet_words"
    assert "open_clip:ViT-B-16/openai" in names
    assert load.download_mb("imagenet_words") == 0
    assert all(load.download_mb(name) for name in names[1:])
    assert load.download_mb("open_clip:ViT-B-16/mine.pt") is None
    assert load.is_ready("imagenet_words"), "its network is a package of requirements.txt"
    assert not any(load.is_ready(name) for name in names[1:])


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "clip",
        "Imagenet_words",
        "imagenet_words:resnet18",
        "open_clip",
        "open_clip:",
        "open_clip:a/",
    ],
)
def test_other_names_are_refused(spec: str) -> None:
    for ask in (load.load, load.is_ready):
        with pytest.raises(UnknownEncoder, match="open_clip:ViT-B-16/openai"):
            ask(spec)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("ViT-B-16/openai", ClipWeights("ViT-B-16", tag="openai")),
        ("RN50/own/clip.pt", ClipWeights("RN50", file="own/clip.pt")),
        ("RN50//srv/clip", ClipWeights("RN50", file="/srv/clip")),
        ("RN50/clip.SAFETENSORS", ClipWeights("RN50", file="clip.SAFETENSORS")),
        ("RN50/openai@0123456789ab", ClipWeights("RN50", tag="openai", digest="0123456789ab")),
        ("RN50/a@b/clip.pt", ClipWeights("RN50", file="a@b/clip.pt")),
        ("RN50/me@home", ClipWeights("RN50", tag="me@home")),
    ],
)
def test_weights_are_a_name_or_a_path(text: str, source: ClipWeights) -> None:
    assert parse(text) == source


def test_missing_weights_name_size_and_place(nowhere: Path) -> None:
    with pytest.raises(MissingWeights, match=r"about 571 MB.* allow the download, or put https"):
        clip_weights.fetch(parse("ViT-B-16/openai"), None, None, allowed=False)
    with pytest.raises(MissingWeights, match=r"weights/open_clip-ViT-B-16-openai.safetensors\."):
        clip_weights.fetch(parse("ViT-B-16/openai"), None, None, allowed=False)
    with pytest.raises(MissingWeights, match=r"'clip\.pt' is not there") as found:
        clip_weights.fetch(parse(f"RN50/{nowhere}/clip.pt"), None, None, allowed=True)
    assert str(nowhere) not in str(found.value)


def test_files_are_found_where_people_put_them(nowhere: Path) -> None:
    named, tagged = nowhere / "weights", parse("ViT-B-16/openai")
    named.mkdir()
    path = named / "open_clip-ViT-B-16-openai.pt"
    path.touch()
    assert clip_weights.locate(tagged, None) == path
    assert clip_weights.locate(tagged, nowhere) is None
    own = nowhere / "own.pt"
    own.touch()
    assert clip_weights.locate(parse("RN50/own.pt"), nowhere) == own
    assert clip_weights.locate(parse(f"RN50/{own}"), None) == own
    assert clip_weights.locate(parse("RN50/own.pt"), None) is None


def test_download_goes_to_the_hub_and_only_when_allowed(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetched(entry: object, tick: object) -> Path:
        asked.append(entry)
        return nowhere / "file"

    monkeypatch.setattr(clip_weights, "download", fetched)
    path = clip_weights.fetch(parse("ViT-B-16/openai"), None, None, allowed=True)
    assert path == nowhere / "file"
    assert asked[0].file_name == "open_clip-ViT-B-16-openai.safetensors"
    assert asked[0].url == (
        "https://huggingface.co/timm/vit_base_patch16_clip_224.openai/resolve/"
        "977e3dd0ec55ab8da155f2fbeb6b5f54948b6e3d/open_clip_model.safetensors"
    )
    assert asked[0].digest_prefix.startswith("4b8699299b1e")
    clip_weights.fetch(parse("RN101/openai"), None, None, allowed=True)
    assert "/resolve/main/" in asked[1].url, "nobody states a revision or a digest for it"
    assert asked[1].digest_prefix == ""


def test_pins_are_whole() -> None:
    for spec, hub in clip_weights.OFFERED.items():
        assert re.fullmatch("[0-9a-f]{40}|main", hub.revision), spec
        assert re.fullmatch("[0-9a-f]{64}|", hub.sha256), spec
        assert (hub.revision == "main") == (hub.sha256 == ""), spec


def test_only_the_pinned_revision_of_the_hubs_cache_is_taken(nowhere: Path) -> None:
    hub = clip_weights.OFFERED["open_clip:ViT-B-32/openai"]
    repository = nowhere / "hub" / f"models--{hub.repository.replace('/', '--')}"
    for revision in ("0" * 40, hub.revision):
        snapshot = repository / "snapshots" / revision
        snapshot.mkdir(parents=True)
        (snapshot / hub.name).touch()
        assert load.is_ready("open_clip:ViT-B-32/openai") == (revision == hub.revision)


@pytest.mark.slow
def test_start_does_not_import_the_library() -> None:
    code = (
        "import sys; from core.concepts.encoders import load; load.is_ready('imagenet_words');"
        "load.is_ready('open_clip:ViT-B-16/openai');"
        "sys.exit(any(name in sys.modules for name in ('open_clip', 'timm')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_errors_are_of_the_tree() -> None:
    assert issubclass(UnknownEncoder, SeeWhyError)
