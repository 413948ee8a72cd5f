"""A person's own network: `FILE.py:FUNCTION`, where the function returns it.

The function takes no arguments and returns an `nn.Module`, or the module with class names and a
`Preprocess`. Importing the file runs it, so only files that the person at this machine named, or
that its owner put into the folder `SEEWHY_MODELS`, are ever looked at.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import sys
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from torch import nn

from core.errors import BadWeights, DownloadFailed, UnknownModel
from core.models import local_models
from core.models.catalog_entry import Entry
from core.models.file_kind import SUFFIXES
from core.models.sources.source import Tick, Trained
from core.requests.references import ModelSource, Preprocess

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_turn = threading.RLock()


class OwnCode:
    """The source `own_code`."""

    name: ModelSource = "own_code"

    def entries(self) -> tuple[Entry, ...]:
        """Return the functions without arguments of the files in the owner's folder."""
        files = [path for path in local_models.paths() if path.suffix == ".py" and path.is_file()]
        return tuple(_entry(path, name) for path in files for name in functions(path))

    def find(self, model_id: str) -> Entry | None:
        """Return a model by `FILE.py:FUNCTION`."""
        name, colon, function = model_id.strip().rpartition(":")
        if not colon or not name.lower().endswith(".py"):
            return None
        path = local_models.find(name) or Path(name).expanduser()
        if not path.is_file():
            raise UnknownModel(f"{name[:200]} is no file: check the path.")
        offered = functions(path)
        if function not in offered:
            if why := _syntax_error(path):
                raise UnknownModel(f"{path.name} is no Python code ({why}): correct it.")
            there = ", ".join(offered[:5]) or "none"
            raise UnknownModel(
                f"{path.name} has no function {function[:80]!r} without arguments; it has: {there}."
            )
        return _entry(path, function)

    def build(self, entry: Entry, classes: int) -> nn.Module:
        """Refuse: only the code knows how its network is built.

        Raises:
            UnknownModel: always.
        """
        raise UnknownModel(f"{entry.id} has no control with random weights: its code builds it.")

    def trained(self, entry: Entry, path: Path) -> Trained:
        """Run the code."""
        function = entry.id.rpartition(":")[2]
        with _turn:
            try:
                result = _called(path, function)
            except BadWeights:
                raise
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a person's code may raise anything
                reason = (str(error).strip().splitlines() or [""])[0][:160].rstrip(".")
                raise BadWeights(
                    f"{entry.id} failed with {type(error).__name__} ({reason}): "
                    "run the function by itself to see where."
                ) from error
        return _checked(entry.id, result)

    def locate(self, entry: Entry) -> Path | None:
        """Return the file of code."""
        return entry.local if entry.local is not None and entry.local.is_file() else None

    def digest(self, entry: Entry, path: Path) -> str:
        """Return a digest of the code, the function, and the weight files beside the code."""
        digest = hashlib.sha256(f"{entry.id}\n".encode() + path.read_bytes())
        for beside in sorted(path.parent.iterdir()):
            if beside.suffix.lower() in (*SUFFIXES, ".py"):
                with contextlib.suppress(FileNotFoundError):  # a link that leads nowhere
                    facts = beside.stat()
                    digest.update(f"{beside.name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def fetch(self, entry: Entry, tick: Tick) -> None:
        """Refuse.

        Raises:
            DownloadFailed: always.
        """
        raise DownloadFailed(f"{entry.id} is a file of code: nothing can be downloaded for it.")


def functions(path: Path) -> tuple[str, ...]:
    """Return the public functions of a file that take no arguments, without running it."""
    try:
        return _functions(path, path.stat().st_mtime_ns)
    except OSError:
        return ()


@lru_cache(maxsize=256)
def _functions(path: Path, changed: int) -> tuple[str, ...]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ()
    return tuple(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and _is_free(node)
    )


def _syntax_error(path: Path) -> str:
    """Return what Python says of a file that it cannot read; nothing for any other."""
    try:
        ast.parse(path.read_bytes())
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno}"
    except (OSError, ValueError, RecursionError) as error:
        return type(error).__name__
    return ""


def _is_free(node: ast.FunctionDef) -> bool:
    """Tell whether a function is public and can be called without arguments."""
    given = node.args
    positional = len(given.posonlyargs) + len(given.args) - len(given.defaults)
    named = sum(default is None for default in given.kw_defaults)
    return not node.name.startswith("_") and positional == named == 0


def _entry(path: Path, function: str) -> Entry:
    return Entry(
        id=f"{path.name}:{function}",
        arch=function,
        title=f"{function} ({path.name})",
        family="Own code",
        weights_name="own code",
        classes=0,
        names=(),
        url="",
        file_name=path.name,
        size_mb=0.0,
        digest_prefix="",
        input_size=224,
        resize_size=256,
        mean=_MEAN,
        std=_STD,
        description="The network that this function returns.",
        source="own_code",
        local=path,
    )


def _called(path: Path, function: str) -> object:
    """Import the file anew and call its function; its folder is on the path meanwhile."""
    name = f"seewhy_own_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadWeights(f"{path.name} cannot be imported: give a file of Python code.")
    module = importlib.util.module_from_spec(spec)
    folder = str(path.resolve().parent)
    before = {known.partition(".")[0] for known in sys.modules}
    sys.modules[name] = module  # as dataclasses and pickles of the file expect
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        spec.loader.exec_module(module)
        return getattr(module, function)()
    finally:
        sys.path.remove(folder)
        for known, imported in list(sys.modules.items()):
            file = getattr(imported, "__file__", None) or ""
            if known.partition(".")[0] not in before and file.startswith(folder) and known != name:
                # It may have changed the next time, and another folder may have one of its name.
                del sys.modules[known]


def _checked(model_id: str, result: object) -> Trained:
    """Take apart what a function returned.

    Raises:
        BadWeights: it is something else.
    """
    parts = list(result) if isinstance(result, tuple) else [result]
    nets, others = _parted(parts, nn.Module)
    preprocesses, others = _parted(others, Preprocess)
    names = [tuple(map(str, other)) for other in others if isinstance(other, list | tuple)]
    if len(nets) != 1 or max(len(preprocesses), len(names)) > 1 or len(names) != len(others):
        kinds = ", ".join(type(part).__name__ for part in parts)
        raise BadWeights(
            f"{model_id} returns {kinds}: return an nn.Module, or the module, its class names and "
            "a Preprocess."
        )
    net = nets[0]
    assert isinstance(net, nn.Module)
    preprocess = preprocesses[0] if preprocesses else None
    assert preprocess is None or isinstance(preprocess, Preprocess)
    return Trained(net, next(iter(names), None), preprocess)


def _parted(parts: list[object], kind: type) -> tuple[list[object], list[object]]:
    fitting: Iterator[object] = (part for part in parts if isinstance(part, kind))
    return list(fitting), [part for part in parts if not isinstance(part, kind)]
