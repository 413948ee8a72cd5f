"""The three rules of the architecture, read off the source."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "core").rglob("*.py"))
PAGES = [ROOT / "dashboard.py", *sorted((ROOT / "pages").rglob("*.py"))]
TOOLS = sorted([*(ROOT / "tools").rglob("*.py"), *(ROOT / "bench").rglob("*.py")])
EVERY = [*CORE, *PAGES, *TOOLS, ROOT / "run.py"]
HEAVY = {"torch", "torchvision", "numpy", "scipy", "skimage", "sklearn", "cv2", "PIL", "lime"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CORE, ids=relative)
def test_core_knows_no_streamlit(path: Path) -> None:
    assert not imported(path) & {"streamlit", "pages"}


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_pages_do_not_compute(path: Path) -> None:
    assert not imported(path) & HEAVY


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=relative)
def test_only_figures_know_colours_and_plotly(path: Path) -> None:
    if path.is_relative_to(ROOT / "core" / "figures"):
        return
    assert "plotly" not in imported(path)
    text = path.read_text("utf-8")
    assert not re.findall(r"""["']#[0-9a-fA-F]{3,8}["']""", text)


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=relative)
def test_nobody_hooks_or_runs_backward(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    called = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not {
        name
        for name in called
        if name == "backward" or (name.startswith("register_") and name.endswith("hook"))
    }


COMPUTING = {
    "prepare",
    "readout",
    "logits",
    "predict",
    "check_layer",
    "subject",
    "explained",
    "pairs",
    "growth",
    "segment",
    "grow",
    "decode",
    "overlay",
    "drawn_over",
}
"""Names of functions and methods that compute, trace or decode; a page asks an executor."""


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_pages_call_nothing_that_computes(path: Path) -> None:
    """In the script thread of a page; what is given to a worker or a download is not called."""
    called = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on = ast.unparse(node.func.value)
            if on not in {"name", "text", "label", "item", "vocabulary"} and "'" not in on:
                called.add(node.func.attr)
    assert not called & COMPUTING


MARKDOWN = {
    *("markdown", "caption", "info", "warning", "error", "success"),
    *("title", "header", "subheader"),
}
FOREIGN = {
    "name",
    "names",
    "class_name",
    "stem",
    "title",
    "error",
    "errors",
    "note",
    "notes",
    "lost",
    "refusal",
    "layer",
}
"""Names of values that people may have written: file names, class names, links, errors."""


def unescaped(node: ast.AST) -> set[str]:
    """Names of foreign text in an expression that do not go through `escape`."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
        ("escape", "len", "percent", "lesson_markdown")
    ):
        return set()
    if isinstance(node, ast.comprehension):
        return set()
    here = {node.id} if isinstance(node, ast.Name) else set()
    here |= {node.attr} if isinstance(node, ast.Attribute) else set()
    return (here & FOREIGN).union(*map(unescaped, ast.iter_child_nodes(node)))


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_text_from_people_is_escaped_where_it_reaches_markdown(path: Path) -> None:
    faults = [
        f"line {node.lineno}: {name}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in MARKDOWN
        and ast.unparse(node.func.value) in {"st", "self.said", "said"}
        for argument in node.args[:1]
        for name in unescaped(argument)
    ]
    assert not faults


def keywords(call: ast.Call) -> dict[str | None, str]:
    return {each.arg: ast.unparse(each.value) for each in call.keywords}


def writes_text(call: ast.Call) -> bool:
    """Whether a call opens a file for text to be written."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    modes = [*call.args, *(each.value for each in call.keywords if each.arg == "mode")]
    written = any(
        isinstance(mode, ast.Constant) and re.fullmatch(r"[wax]\+?t?", str(mode.value))
        for mode in modes
    )
    return name == "write_text" or (name == "open" and written)


@pytest.mark.parametrize("path", EVERY, ids=relative)
def test_line_ends_are_the_same_on_every_system(path: Path) -> None:
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(call, ast.Call) and writes_text(call):
            assert keywords(call).get("newline") in ("'\\n'", "''"), ast.unparse(call)
        elif isinstance(call, ast.Call) and ast.unparse(call.func) == "csv.writer":
            assert keywords(call).get("lineterminator") == "'\\n'", ast.unparse(call)


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=relative)
def test_the_cache_of_a_user_is_found_in_one_place(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"[\"']~?/?\.cache|Path\.home\(|environ.*(XDG|LOCALAPPDATA|HOME\b)", text)
    assert path.name == "folders.py" or "platformdirs" not in imported(path)


def test_files_get_their_names_in_one_place() -> None:
    """Windows replaces no open file, so nobody renames but the function that tries again."""
    renames = {"replace", "rename", "renames", "move"}
    for path in [*CORE, *PAGES]:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                paths = len(call.args) == 1 and not call.keywords  # of `str` it has two
                if call.func.attr in renames and paths:
                    assert path.name == "writing.py", ast.unparse(call)
