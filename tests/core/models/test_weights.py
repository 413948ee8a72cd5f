"""Weight files: finding them, reading them safely, and filling networks strictly."""

from __future__ import annotations

import io
import os
import pickle
import struct
import warnings
import zipfile
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from core.errors import BadWeights
from core.files import digests
from core.models import files
from core.models.catalog import architectures, find
from core.models.legacy_checkpoint import MAGIC
from core.models.weights import (
    UPLOAD_LIMIT,
    build,
    class_count,
    file_digest,
    fill,
    locate,
    read_state,
)


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Path]:
    """Empty folders in the order they are searched: local, cache, hub."""
    monkeypatch.setenv("SEEWHY_WEIGHTS", str(tmp_path / "local"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    found = {
        "local": tmp_path / "local",
        "cache": tmp_path / "xdg" / "seewhy" / "weights",
        "hub": tmp_path / "torch" / "hub" / "checkpoints",
    }
    for folder in found.values():
        folder.mkdir(parents=True)
    return found


class TestLocate:
    entry = find("resnet50")

    def test_order_of_folders(self, folders: dict[str, Path]) -> None:
        for name in ("hub", "cache", "local"):
            path = folders[name] / self.entry.file_name
            path.write_bytes(b"same")
            assert locate(self.entry) == path

    def test_published_file_wins_over_local(self, folders: dict[str, Path]) -> None:
        (folders["local"] / "resnet50.pth").write_bytes(b"mine")
        published = folders["hub"] / self.entry.file_name
        published.write_bytes(b"theirs")
        assert locate(self.entry) == published

    def test_genuine_file_wins_over_a_false_one(self, folders: dict[str, Path]) -> None:
        (folders["local"] / self.entry.file_name).write_bytes(b"false")
        genuine = folders["hub"] / self.entry.file_name
        genuine.write_bytes(b"genuine")
        entry = replace(self.entry, digest_prefix=file_digest(genuine)[:8])
        assert locate(entry) == genuine

    def test_one_file_of_the_published_name_is_not_read(
        self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = folders["local"] / self.entry.file_name
        path.write_bytes(b"mine")
        monkeypatch.setattr(files, "file_digest", None)
        assert locate(self.entry) == path

    def test_folders_and_broken_links_are_no_weights(self, folders: dict[str, Path]) -> None:
        (folders["local"] / "resnet50.pth").mkdir()
        (folders["local"] / "resnet50.pt").symlink_to("nowhere")
        assert locate(self.entry) is None
        (folders["local"] / "resnet50-0a1b2c3d.pth").write_bytes(b"mine")
        assert locate(self.entry) == folders["local"] / "resnet50-0a1b2c3d.pth"

    def test_files_that_come_and_go_are_seen(self, folders: dict[str, Path]) -> None:
        """Also where the clock of the file system is too coarse to show a second change."""
        path = folders["local"] / "resnet50.pth"
        for _ in range(20):
            path.write_bytes(b"mine")
            assert locate(self.entry) == path
            path.unlink()
            assert locate(self.entry) is None

    def test_folders_are_read_again_only_after_a_change(
        self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for folder in folders.values():
            os.utime(folder, (1, 1))
        names, reads = files.file_names, []
        monkeypatch.setattr(
            files, "file_names", lambda folder: (reads.append(folder), names(folder))[1]
        )
        assert files.shelf() is files.shelf()
        assert len(reads) == 3
        (folders["local"] / "resnet50.pth").write_bytes(b"mine")
        os.utime(folders["local"], (2, 2))
        assert locate(self.entry) == folders["local"] / "resnet50.pth"
        assert len(reads) == 6

    @pytest.mark.parametrize(
        "name", ["resnet50.pth", "resnet50.pt", "resnet50.safetensors", "resnet50-0a1b2c3d.pth"]
    )
    def test_architecture_from_the_name(self, folders: dict[str, Path], name: str) -> None:
        (folders["local"] / name).write_bytes(b"mine")
        assert locate(self.entry) == folders["local"] / name
        assert locate(find("resnet50:IMAGENET1K_V1")) is None
        assert locate(find("resnet50:random")) is None

    @pytest.mark.parametrize(
        "name", ["resnet50-0676ba61.pth", "resnet50_mine.pth", "wide_resnet50_2.pth", "resnet50"]
    )
    def test_other_names_do_not_serve(self, folders: dict[str, Path], name: str) -> None:
        (folders["local"] / name).write_bytes(b"not these")
        assert locate(self.entry) is None

    def test_places_file_with_and_without_tar(self, folders: dict[str, Path]) -> None:
        path = folders["local"] / "resnet18_places365.pth"
        path.write_bytes(b"places")
        assert locate(find("resnet18:places365")) == path
        assert locate(find("resnet18")) is None

    def test_folder_that_is_missing(
        self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SEEWHY_WEIGHTS", str(folders["local"] / "nowhere"))
        assert locate(self.entry) is None

    def test_user_without_a_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("XDG_CACHE_HOME", "SEEWHY_WEIGHTS"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv("HOME")
        monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # KeyError, as for an unknown number
        monkeypatch.setenv("TORCH_HOME", "/nonexistent")
        assert files.cache_folder() is None
        assert locate(self.entry) is None

    def test_cache_folder_follows_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
        assert files.cache_folder() == tmp_path / ".cache" / "seewhy"
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
        assert files.cache_folder() == tmp_path / "x" / "seewhy"


def test_digest_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    first = file_digest(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    second = file_digest(path)
    assert first.startswith("7692c3ad")
    assert second.startswith("3fc4ccfe")
    path.write_bytes(b"six")
    os.utime(path, ns=(1, 1))
    assert file_digest(path) == second, "same size and time: not read again"
    assert digests._digest.cache_info().maxsize == digests.REMEMBERED


class Evil:
    """Unpickling this would create a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


class TestReadState:
    def test_half_precision_becomes_single(self, tmp_path: Path) -> None:
        state = {"a": torch.arange(3).half(), "b": torch.arange(3), "c": torch.ones(2).double()}
        torch.save(state, tmp_path / "a.pth")
        save_file(state, tmp_path / "a.safetensors")
        for name in ("a.pth", "a.safetensors"):
            read = read_state(tmp_path / name)
            assert [read[key].dtype for key in "abc"] == [
                torch.float32,
                torch.int64,
                torch.float32,
            ]
            assert read["a"].tolist() == [0, 1, 2]

    @pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict", "model"])
    def test_unwraps(self, tmp_path: Path, wrapper: str) -> None:
        torch.save({wrapper: {"module.a": torch.ones(1)}, "epoch": 3}, tmp_path / "a.pth")
        assert list(read_state(tmp_path / "a.pth")) == ["a"]

    def test_strips_only_what_all_have(self, tmp_path: Path) -> None:
        path = tmp_path / "a.pth"
        torch.save({"_orig_mod.module.a": torch.ones(1), "_orig_mod.module.b": torch.ones(1)}, path)
        assert list(read_state(path)) == ["a", "b"]
        torch.save({"module.a": torch.ones(1), "b": torch.ones(1)}, path)
        assert list(read_state(path)) == ["module.a", "b"]

    @pytest.mark.parametrize("zipped", [True, False])
    def test_hostile_pickle_does_not_run(self, tmp_path: Path, zipped: bool) -> None:
        path, mark = tmp_path / "evil.pth", tmp_path / "mark"
        state = {"state_dict": {"a": torch.ones(1)}, "extra": Evil(mark)}
        torch.save(state, path, _use_new_zipfile_serialization=zipped)
        assert list(read_state(path)) == ["a"]
        assert not mark.exists()

    def test_hostile_plain_pickle_does_not_run(self, tmp_path: Path) -> None:
        path, mark = tmp_path / "evil.pth", tmp_path / "mark"
        path.write_bytes(pickle.dumps(Evil(mark)))
        with pytest.raises(BadWeights, match="damaged or no state dict"):
            read_state(path)
        assert not mark.exists()

    @pytest.mark.parametrize("zipped", [True, False])
    def test_a_whole_model_is_read_without_its_classes(self, tmp_path: Path, zipped: bool) -> None:
        path, net = tmp_path / "whole.pth", nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.save(net, path, _use_new_zipfile_serialization=zipped)
        read, expected = read_state(path), net.state_dict()
        assert set(read) == set(expected)
        assert all(torch.equal(read[name], expected[name]) for name in expected)

    @pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
    @pytest.mark.parametrize("content", [b"", b"hello\n" * 20, bytes(range(256))])
    def test_other_content(self, tmp_path: Path, suffix: str, content: bytes) -> None:
        path = tmp_path / f"a{suffix}"
        path.write_bytes(content)
        with pytest.raises(BadWeights, match=rf"^a{suffix} is ") as caught:
            read_state(path)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
    def test_cut_off_anywhere(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"a{suffix}"
        state = {"a": torch.ones(50), "b": torch.ones(3)}
        if suffix == ".pth":
            torch.save(state, path)
        else:
            save_file(state, path)
        whole = path.read_bytes()
        for share in (0.1, 0.5, 0.9, 0.999):
            path.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(BadWeights):
                read_state(path)

    def test_missing_file_and_folder(self, tmp_path: Path) -> None:
        with pytest.raises(BadWeights, match="No such file"):
            read_state(tmp_path / "nowhere.pth")
        with pytest.raises(BadWeights, match="Is a directory"):
            read_state(tmp_path)

    def test_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "large.pth"
        with path.open("wb") as file:
            file.truncate(UPLOAD_LIMIT + 2**20)
        with pytest.raises(BadWeights, match="201 MB: give a file of at most 200 MB"):
            read_state(path, limit=UPLOAD_LIMIT)

    def test_compressed_archive(self, tmp_path: Path) -> None:
        plain, bomb = tmp_path / "plain.pth", tmp_path / "bomb.pth"
        torch.save({"a": torch.zeros(2**20)}, plain)
        with zipfile.ZipFile(plain) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
            for item in old.infolist():
                new.writestr(item.filename, old.read(item))
        assert bomb.stat().st_size < 2**16
        with pytest.raises(BadWeights, match="compressed archive"):
            read_state(bomb)

    @pytest.mark.parametrize("shared", [False, True])
    def test_tensors_larger_than_the_file(self, tmp_path: Path, shared: bool) -> None:
        base = torch.ones(2**16)
        state = (
            {f"t{index}": base for index in range(100)}
            if shared
            else {"a": torch.ones(1).expand(10**12)}
        )
        torch.save(state, tmp_path / "a.pth")
        with pytest.raises(BadWeights, match="claims"):
            read_state(tmp_path / "a.pth")

    def test_storages_larger_than_a_legacy_file_are_never_set_aside(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "a.pth"
        state = {"a": torch.ones(70_000), "b": torch.ones(3, dtype=torch.float16)}
        torch.save(state, path, _use_new_zipfile_serialization=False)
        assert read_state(path)["a"].sum() == 70_000
        whole = path.read_bytes()
        length, many = b"J" + struct.pack("<i", 70_000), (10**12).to_bytes(6, "little")
        assert whole.count(length) > 1  # of the storage, and of the tensor
        path.write_bytes(whole.replace(length, b"\x8a\x06" + many, 1))
        monkeypatch.setattr(torch, "load", None)
        with pytest.raises(BadWeights, match=r"has 0\.3 MB and claims 3814697 MB"):
            read_state(path)

    def test_a_legacy_pickle_that_cannot_be_followed_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "a.pth"
        monkeypatch.setattr(torch, "load", None)
        before = b"".join(map(pickle.dumps, (MAGIC, 1001, {})))
        path.write_bytes(before + b"\x80\x02Q.")
        with pytest.raises(BadWeights, match="damaged or no state dict"):
            read_state(path)

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (torch.tensor([1.0, float("nan")]), "NaN or infinite"),
            (torch.tensor([float("inf")]), "NaN or infinite"),
            (torch.tensor([1j]), "complex"),
            (torch.zeros(2, device="meta"), "not a plain dense tensor"),
        ],
    )
    def test_values_that_are_refused(self, tmp_path: Path, value: object, words: str) -> None:
        torch.save({"good": torch.ones(1), "bad": value}, tmp_path / "a.pth")
        with pytest.raises(BadWeights, match=f"'bad'.*{words}"):
            read_state(tmp_path / "a.pth")

    @pytest.mark.parametrize("content", [[1, 2], {}, {"state_dict": {}}, 5])
    def test_no_tensors(self, tmp_path: Path, content: object) -> None:
        torch.save(content, tmp_path / "a.pth")
        with pytest.raises(BadWeights, match="give a state dict"):
            read_state(tmp_path / "a.pth")


class Python2Pickler(pickle._Pickler):  # type: ignore[name-defined, misc]
    """Writes text as Python 2 did: as byte strings."""

    dispatch = pickle._Pickler.dispatch.copy()  # type: ignore[attr-defined]

    def save_text(self, text: str) -> None:
        """Write a short byte string."""
        raw = text.encode()
        self.write(pickle.SHORT_BINSTRING + bytes([len(raw)]) + raw)
        self.memoize(text)

    dispatch[str] = save_text


class Python2:
    """What torch.save uses of a pickle module."""

    Pickler = Python2Pickler

    @staticmethod
    def dump(value: object, file: io.BufferedIOBase, protocol: int) -> None:
        """Write one value."""
        Python2Pickler(file, protocol).dump(value)


def test_places_checkpoint_of_2017(tmp_path: Path) -> None:
    """The published file: Python 2, torch 0.2, data parallel, no `num_batches_tracked`."""
    entry = find("resnet18:places365")
    net = build(entry)
    state = OrderedDict(
        (f"module.{key}", tensor)
        for key, tensor in net.state_dict().items()
        if "num_batches_tracked" not in key
    )
    path = tmp_path / entry.file_name
    content = {"epoch": 90, "arch": "resnet18", "state_dict": state, "best_prec1": 54.7}
    torch.save(content, path, pickle_module=Python2, _use_new_zipfile_serialization=False)
    assert b"Umodule.conv1" not in path.read_bytes()
    assert b"U\x13module.conv1.weight" in path.read_bytes()
    read = read_state(path)
    assert class_count(entry, read) == 365
    again = build(entry, empty=True)
    fill(again, read, entry.arch)
    batch = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(again(batch), net(batch))


# The smallest architecture of each way to be built.
SMALL = (
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "mnasnet0_5",
    "mnasnet1_0",
    "mobilenet_v3_small",
    "regnet_x_400mf",
    "resnet18",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
)


@pytest.mark.parametrize("arch", SMALL)
def test_own_head_with_other_classes(arch: str, tmp_path: Path) -> None:
    entry = find(arch)
    torch.manual_seed(0)
    net = build(entry, 7)
    save_file(net.state_dict(), tmp_path / "own.safetensors")
    state = read_state(tmp_path / "own.safetensors")
    assert class_count(entry, state) == 7
    again = build(entry, 7, empty=True)
    fill(again, state, arch)
    assert not again.training
    batch = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(again(batch), net(batch))


def test_last_layer_of_every_family() -> None:
    smallest = sorted(map(find, architectures()), key=lambda entry: -entry.size_mb)
    for entry in {entry.family: entry for entry in smallest}.values():
        state = build(entry, 11, empty=True).state_dict()
        assert class_count(entry, state) == 11, entry.id


def test_position_embedding_follows_the_input_size() -> None:
    for model_id, tokens in (("vit_b_16", 197), ("vit_b_16:IMAGENET1K_SWAG_E2E_V1", 577)):
        net = build(find(model_id), empty=True)
        assert net.state_dict()["encoder.pos_embedding"].shape == (1, tokens, 768)


def _resnet() -> dict[str, Tensor]:
    return dict(build(find("resnet18"), 3).state_dict())


class TestFill:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"fc.weight": torch.ones(5, 512)}, r"'fc.weight' is 5 x 512 instead of 3 x 512"),
            ({"conv1.weight": torch.ones(())}, r"'conv1.weight' is one number instead of 64 x 3"),
            ({"fc.bias": torch.ones(3, dtype=torch.int64)}, r"'fc.bias' is of type torch.int64"),
            ({"head.weight": torch.ones(1)}, r"it also has 'head.weight'\."),
            ({"fc.bias": None}, r"it lacks 'fc.bias'\."),
            ({"fc.bias": None, "fc.weight": None}, r"it lacks 'fc.weight' and 1 more\."),
        ],
    )
    def test_names_the_first_that_does_not_fit(
        self, change: dict[str, Tensor | None], words: str
    ) -> None:
        state = _resnet()
        for key, tensor in change.items():
            state.pop(key, None)
            if tensor is not None:
                state[key] = tensor
        with pytest.raises(BadWeights, match=rf"^x\.pth does not fit resnet18: .*{words}"):
            fill(build(find("resnet18"), 3, empty=True), state, "resnet18", "x.pth")

    def test_file_of_another_architecture(self) -> None:
        state = build(find("squeezenet1_1"), 3).state_dict()
        with pytest.raises(BadWeights, match="choose the architecture"):
            class_count(find("resnet18"), state)
        with pytest.raises(BadWeights, match="does not fit resnet18"):
            fill(build(find("resnet18"), 3, empty=True), state, "resnet18")

    def test_old_spelling_of_densenet(self) -> None:
        net = build(find("densenet121"), 3)
        old = {
            key.replace("norm1", "norm.1").replace("conv2", "conv.2"): tensor
            for key, tensor in net.state_dict().items()
        }
        assert old.keys() != net.state_dict().keys()
        fill(build(find("densenet121"), 3, empty=True), old, "densenet121")

    @pytest.mark.parametrize(
        ("arch", "prefix"), [("googlenet", "aux1."), ("inception_v3", "AuxLogits.")]
    )
    def test_auxiliary_heads_are_dropped(self, arch: str, prefix: str) -> None:
        net = build(find(arch), 3, empty=True)
        state = {key: torch.zeros(t.shape, dtype=t.dtype) for key, t in net.state_dict().items()}
        fill(net, {**state, f"{prefix}conv.weight": torch.ones(1)}, arch)
        assert {tensor.device.type for tensor in net.state_dict().values()} == {"cpu"}

    def test_first_version_of_mnasnet(self, tmp_path: Path) -> None:
        net = build(find("mnasnet1_0"), 3)
        state = net.state_dict()
        state._metadata[""]["version"] = 1
        torch.save({"state_dict": state}, tmp_path / "a.pth")
        fill(build(find("mnasnet1_0"), 3, empty=True), read_state(tmp_path / "a.pth"), "mnasnet1_0")
