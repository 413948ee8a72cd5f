"""Start the dashboard, in an environment that is made and kept up to date in .venv.

    python run.py                      http://localhost:8501, for this computer only
    python run.py --share              opens it to the network, without a login
    python run.py --server.port 8600   other arguments go to streamlit
    python run.py test                 format, lint, types, floors and all tests
    python run.py test tests/core -k picture

On Windows `py run.py`; `./run.sh` and `./test.sh` find a Python by themselves and call this file.
It needs nothing but Python's own library, 3.10 or newer; `.venv` gets 3.11 or newer.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
FOLDER = ROOT / ".venv"
WINDOWS = os.name == "nt"
SCRIPTS = FOLDER / ("Scripts" if WINDOWS else "bin")
PYTHON = SCRIPTS / ("python.exe" if WINDOWS else "python")
OLDEST = (3, 11)
"""Python for the dashboard."""

RUN = ("requirements.txt",)
TEST = (*RUN, "tests/requirements.txt")
NAMES = ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python", "py")
SIZE = "once; about 7 GB with CUDA libraries, 2 GB without"
INSTALL = (
    "install python3 and python3-venv" if sys.platform == "linux" else "get it from python.org"
)


def main(arguments: Sequence[str]) -> int:
    """Start what is asked for and return its exit code."""
    os.chdir(ROOT)
    try:
        if arguments[:1] == ["test"]:
            prepare(TEST)
            return test(arguments[1:])
        prepare(RUN)
        return instead("-m", "tools.serve", *arguments)
    except subprocess.CalledProcessError as error:
        return error.returncode if error.returncode > 0 else 1
    except KeyboardInterrupt:
        return 130


def prepare(files: Sequence[str]) -> None:
    """Let `.venv` hold what the named files require.

    It installs when the files have changed since the last time, so that a later start takes no
    network and no time. pip's own variables (`PIP_CONSTRAINT`, `PIP_EXTRA_INDEX_URL`) count.

    Raises:
        SystemExit: there is no Python to make it with; the message says what to install.
        subprocess.CalledProcessError: pip failed, and has said why.
    """
    if not PYTHON.exists():
        make()
    stamp = FOLDER / f"installed-{len(files)}.sha256"
    content = b"".join((ROOT / name).read_bytes() for name in files)
    digest = hashlib.sha256(content).hexdigest()
    if stamp.exists() and stamp.read_bytes() == digest.encode():
        return
    print(f"Installing what SeeWhy needs into .venv ({SIZE}) ...", flush=True)
    named = [part for name in files for part in ("-r", name)]
    run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *named)
    stamp.write_bytes(digest.encode())


def make() -> None:
    """Make `.venv`, with the Python that runs this file where that is new enough.

    Raises:
        SystemExit: there is none, or its module `venv` does not work.
    """
    python = next(filter(suits, candidates()), None)
    if python is None:
        raise SystemExit(
            f"SeeWhy needs Python {'.'.join(map(str, OLDEST))} or newer with the venv module: "
            f"{INSTALL}, then start again."
        )
    before = FOLDER.exists()
    if subprocess.run([python, "-m", "venv", str(FOLDER)]).returncode:
        if not before:
            shutil.rmtree(FOLDER, ignore_errors=True)
        raise SystemExit(f"Python's venv module does not work: {INSTALL}, then start again.")


def candidates() -> Iterator[str]:
    """Yield every Python that could be here."""
    yield sys.executable
    for name in NAMES:
        path = shutil.which(name)
        if path:
            yield path


def suits(python: str) -> bool:
    """Tell whether a Python is new enough and can make environments."""
    code = f"import sys, venv; raise SystemExit(sys.version_info < {OLDEST})"
    try:
        tried = subprocess.run([python, "-c", code], stderr=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def test(arguments: Sequence[str]) -> int:
    """Check all that must hold before a change lands.

    Args:
        arguments: for pytest; without any, all tests run.
    """
    install_chromium()
    run("-m", "ruff", "format", "--check", ".")
    run("-m", "ruff", "check", ".")
    run("-m", "mypy")
    subprocess.run([str(SCRIPTS / "lint-imports")], check=True)
    if arguments:
        return instead("-m", "pytest", *arguments)
    # The crowd and the browser tests need the machine for themselves; all others share its cores.
    # The crowd goes first: playwright leaves an event loop running in the process.
    run("-m", "pytest", "tests/bench", "tests/browser")
    os.environ["OMP_NUM_THREADS"] = "1"
    rest = ("--ignore=tests/browser", "--ignore=tests/bench")
    return instead("-m", "pytest", "-n", "auto", "--dist", "loadgroup", *rest)


def install_chromium() -> None:
    """Install Chromium where apt can; without it the browser tests skip and say so."""
    if shutil.which("chromium") or not shutil.which("apt-get"):
        return
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    quiet = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    steps = (["update"], ["install", "-y", "--no-install-recommends", "chromium"])
    try:
        for step in steps:
            subprocess.run([*quiet, *step], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        print("Chromium could not be installed: the browser tests will skip.", flush=True)


def run(*arguments: str) -> None:
    """Run the Python of `.venv` and wait.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    subprocess.run([str(PYTHON), *arguments], check=True)


def instead(*arguments: str) -> int:
    """Run the Python of `.venv` in place of this process; on Windows beside it, until it ends."""
    sys.stdout.flush()
    if not WINDOWS:
        os.execv(PYTHON, [str(PYTHON), *arguments])
    child = subprocess.Popen([str(PYTHON), *arguments])
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # it has got Ctrl-C too, and ends in its own way
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
