"""The visitor of the crowd's benchmark understands today's Streamlit."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bench import crowd
from bench._server import serving
from bench._visitor import Seen, Visitor


def test_two_visitors_get_complete_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """One map needs one pass, so this takes seconds."""
    link = "model=resnet18:random&maps=Grad-CAM"
    assert crowd.main(["--visitors", "2", "--cold", "--pictures", "2", "--query", link]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["errors"] == {}
    assert measured["counts"]["heatmaps"]["min"] >= 1
    assert measured["counts"]["runs"]["min"] >= 1
    assert 0 < measured["crowd"]["first"]["p50"] <= measured["crowd"]["last"]["max"]
    assert measured["memory_mb"]["peak"] >= measured["memory_mb"]["before"] > 0


def test_errors_are_counted(tmp_path: Path) -> None:
    async def visit(page: str, patience: float) -> Seen:
        visitor = Visitor(url, page, "")
        try:
            return await visitor.visit(patience)
        finally:
            await visitor.leave()

    with serving(tmp_path / "log") as (url, _):
        assert asyncio.run(visit("nosuch", 60)).errors == ["there is no page nosuch"]
        assert asyncio.run(visit("heatmaps", 0.01)).errors == ["TimeoutError"]
    assert asyncio.run(visit("heatmaps", 5)).errors, "no server"
