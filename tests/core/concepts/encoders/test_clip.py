"""open_clip's path, with a tiny randomly initialised model from a local file."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from core.concepts.encoders import clip, clip_weights, load
from core.concepts.encoders.encoder import Encoder
from core.errors import BadWeights, MissingWeights, UnknownEncoder
from core.models.files import file_digest

CPU = torch.device("cpu")
NAME = "Tiny-16"
CONFIG = {
    "embed_dim": 8,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 8, "heads": 1, "layers": 1},
}
WORDS = ["dog", "striped", "a suspension bridge"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights of a tiny model, `tiny.safetensors`."""
    folder = tmp_path_factory.mktemp("clip")
    (folder / f"{NAME}.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(folder / f"{NAME}.json")
    torch.manual_seed(0)
    save_file(open_clip.CLIP(**CONFIG).state_dict(), folder / "tiny.safetensors")
    return folder


@pytest.fixture(scope="module")
def tiny(folder: Path) -> Encoder:
    return load.load(f"open_clip:{NAME}/tiny.safetensors", folder, device=CPU)


def pictures(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (40 + n, 60, 3), dtype=np.uint8) for n in range(count)]


def test_local_weights_are_named_by_their_digest(tiny: Encoder, folder: Path) -> None:
    digest = file_digest(folder / "tiny.safetensors")
    assert tiny.id == f"open_clip:{NAME}/{digest[:12]}"
    assert str(folder) not in tiny.id + tiny.title + tiny.note
    assert tiny.title == f"OpenCLIP {NAME} (local file {digest[:8]})"
    assert tiny.vocabulary is None
    assert tiny.unknown(["anything", "at all"]) == ()


def test_weights_of_a_name_are_told_apart_by_their_digest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files of one name must not share the embeddings that are cached under the id."""
    spec, sha256 = f"open_clip:{NAME}/mine", file_digest(folder / "tiny.safetensors")
    monkeypatch.setattr(open_clip, "list_pretrained_tags_by_model", lambda model: ["mine"])
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda model, tag: {"hf_hub": "a/b/"})
    ids = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = open_clip.CLIP(**CONFIG).state_dict()
        save_file(state, folder / f"open_clip-{NAME}-mine.safetensors")
        ids.append(load.load(spec, folder, device=CPU).id)
    assert ids[0] != ids[1]
    assert all(each.startswith(f"{spec}@") for each in ids)
    assert load.load(ids[1], folder, device=CPU).id == ids[1], "an id is a name"
    with pytest.raises(BadWeights, match=f"instead of {ids[0][-12:]}"):
        load.load(ids[0], folder, device=CPU)
    for known, title in ((sha256, "(mine, another file"), ("", "(mine)")):
        hub = clip_weights.HubFile("a/b", sha256=known)
        monkeypatch.setattr(clip_weights, "OFFERED", {spec: hub})
        assert title in load.load(spec, folder, device=CPU).title


def test_equal_to_the_library_itself(tiny: Encoder, folder: Path) -> None:
    net, _, prepare = open_clip.create_model_and_transforms(
        NAME, pretrained=str(folder / "tiny.safetensors")
    )
    arrays = pictures(3)
    with torch.no_grad():
        batch = torch.stack([prepare(Image.fromarray(pixels)) for pixels in arrays])
        images = net.eval().encode_image(batch, normalize=True).numpy()
        words = net.encode_text(open_clip.get_tokenizer(NAME)(WORDS), normalize=True).numpy()
    found, texts = tiny.pictures(arrays), tiny.words(WORDS)
    assert found.shape == texts.shape == (3, 8)
    assert found.dtype == texts.dtype == np.float32
    np.testing.assert_allclose(found, images, atol=1e-6)
    np.testing.assert_allclose(texts, words, atol=1e-6)
    np.testing.assert_allclose(tiny.scores(found, texts), images @ words.T, atol=1e-6)


def test_many_in_parts(tiny: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = pictures(5)
    whole, words = tiny.pictures(arrays), tiny.words(WORDS)
    monkeypatch.setattr(clip, "PICTURES", 2)
    monkeypatch.setattr(clip, "WORDS", 2)
    np.testing.assert_allclose(tiny.pictures(arrays), whole, atol=1e-6)
    np.testing.assert_allclose(tiny.words(WORDS), words, atol=1e-6)
    assert tiny.pictures([]).shape == tiny.words([]).shape == (0, 8)


def test_published_weights_bring_their_activation(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # OpenAI's weights need QuickGELU, which the plain model name does not say.
    facts = {
        "url": f"https://example.org/{file_digest(folder / 'tiny.safetensors')}/tiny.pt",
        "quick_gelu": True,
        "mean": (0.5,) * 3,
        "std": (0.5,) * 3,
    }
    monkeypatch.setattr(open_clip, "list_pretrained_tags_by_model", lambda model: ["published"])
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda model, tag: facts)
    found = load.load(f"open_clip:{NAME}/tiny.safetensors", folder, device=CPU)
    assert isinstance(found, clip.ClipEncoder)
    kinds = {type(module).__name__ for module in found._net.modules()}
    assert "QuickGELU" in kinds
    assert "GELU" not in kinds
    assert "mean=(0.5" in str(found._prepare)


def test_what_does_not_fit_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    (tmp_path / "broken.pt").write_bytes(b"no weights")
    for name in ("other.safetensors", "broken.pt"):
        with pytest.raises(BadWeights, match=f"{name} does not fit {NAME}"):
            load.load(f"open_clip:{NAME}/{name}", tmp_path, device=CPU)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("ViT-B-61/openai", "open_clip has no model 'ViT-B-61': did you mean"),
        ("hf-hub:someone/thing.pt", "open_clip has no model 'hf-hub:someone'"),
        ("ViT-B-16/unknown_tag", "has no weights 'unknown_tag' for ViT-B-16: give one of openai"),
        ("ViT-B-16-SigLIP/webli", "a tokenizer that SeeWhy does not bring"),
    ],
)
def test_models_that_cannot_be_run(spec: str, message: str) -> None:
    with pytest.raises(UnknownEncoder, match=message):
        load.load(f"open_clip:{spec}", device=CPU)


def test_nothing_is_fetched_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingWeights, match="about 571 MB"):
        load.load("open_clip:ViT-B-16/openai", tmp_path, device=CPU)


def test_logging_of_the_process_is_left_alone(folder: Path) -> None:
    before = list(logging.getLogger().handlers)
    load.load(f"open_clip:{NAME}/tiny.safetensors", folder, device=CPU)
    assert logging.getLogger().handlers == before
