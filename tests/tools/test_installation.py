"""What an installation brings: requirements, the lock file, pip's own variables."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]


def lines(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for row in text.splitlines() if (line := row.partition("#")[0].strip())]


def locked() -> dict[str, str]:
    pairs = (line.split("==") for line in lines("requirements.lock"))
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize(
    "line",
    [
        *lines("requirements.txt"),
        *lines("requirements-export.txt"),
        *lines("tests/requirements.txt"),
    ],
    ids=str,
)
def test_lock_satisfies_every_requirement(line: str) -> None:
    requirement = Requirement(line)
    assert requirement.specifier.contains(locked()[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("line", lines("requirements.lock"), ids=str)
def test_lock_holds_exact_versions_that_every_platform_has(line: str) -> None:
    name, version = re.fullmatch(r"([\w.-]+)==([\w.]+)", line).groups()  # type: ignore[union-attr]
    assert Version(version).local is None
    assert not name.startswith(("nvidia", "cuda", "triton"))


@pytest.mark.parametrize("name", ["transformers", "huggingface_hub", "tqdm", "timm"])
def test_what_is_imported_by_name_is_required_by_name(name: str) -> None:
    assert name in {Requirement(line).name for line in lines("requirements.txt")}


def publish(index: Path, name: str, *versions: str) -> None:
    """Lay out wheels of empty packages as an index that pip reads from the disk."""
    folder = index / name
    folder.mkdir(parents=True)
    links = []
    for version in versions:
        wheel = f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(folder / wheel, "w") as archive:
            archive.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            )
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{info}/RECORD", "")
        links.append(f'<a href="{wheel}">{wheel}</a>')
    (folder / "index.html").write_text("<!DOCTYPE html>" + "".join(links), encoding="utf-8")


@pytest.mark.slow
def test_run_passes_on_what_pip_is_told_by_variables(tmp_path: Path) -> None:
    """As README.md describes: the CPU build from a second index, at the version of the lock."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "run.sh", tmp_path)
    shutil.copy(ROOT / "run.py", tmp_path)
    (tmp_path / "tools" / "serve.py").write_text(
        "from importlib.metadata import version\nprint(version('network'), version('page'))\n"
    )
    (tmp_path / "requirements.txt").write_text("network>=1,<3\npage\n")
    (tmp_path / "requirements.lock").write_text("network==2.0\npage==1.0\n")
    publish(tmp_path / "all", "network", "1.0", "2.0", "2.1")
    publish(tmp_path / "all", "page", "1.0", "1.1")
    publish(tmp_path / "cpu", "network", "1.0+cpu", "2.0+cpu", "2.1+cpu")
    variables = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": (tmp_path / "all").as_uri(),
        "PIP_EXTRA_INDEX_URL": (tmp_path / "cpu").as_uri(),
    }

    def versions(**more: str) -> str:
        shutil.rmtree(tmp_path / ".venv", ignore_errors=True)
        run = subprocess.run(
            [str(tmp_path / "run.sh")],
            env={**os.environ, **variables, **more},
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        return run.stdout.splitlines()[-1]

    assert versions(PIP_EXTRA_INDEX_URL="") == "2.1 1.1"
    assert versions() == "2.1+cpu 1.1"
    assert versions(PIP_CONSTRAINT="requirements.lock") == "2.0+cpu 1.0"
