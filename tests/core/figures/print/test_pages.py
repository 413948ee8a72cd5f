"""What a page shows as one file: panels, words, colours of the browser's figure."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageColor

from core import Heat, Pixels
from core.explain.perturb.lime_trust import Interval
from core.figures.browser import agreement, heatmaps, lime, lime_bars, matrix
from core.figures.charts import areas, overlaps
from core.figures.charts.maps import HeatmapLook, Panel
from core.figures.charts.pairs import CURVES, Curves, Matrix
from core.figures.charts.superpixels import TITLES, LimeLook, LimeView, WeightBars
from core.figures.drawing import palette
from core.figures.print.agreement import agreement_file
from core.figures.print.gallery import PictureRow, gallery_file
from core.figures.print.heatmaps import grid_file
from core.figures.print.paper import Cell
from core.figures.print.sheet import KINDS, Kind
from core.figures.print.superpixels import superpixels_file
from tests.core.figures.examples import CHANCES, MEANS, NAMES, PAIRS, ROWS
from tests.core.figures.print.files import fonts_of, has, pictures_in, pixels, words_of

GREY: Pixels = np.full((200, 400, 3), 90, np.uint8)
WHOLE = (0, 0, 400, 200)
RAMP: Heat = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
HOSTILE = "cat $x^2_{$ <b>&amp; \u732b \x01 \u05d0 \u202e " + "w" * 90
PLAIN = HeatmapLook()
PANELS = (
    Panel("Grad-CAM", "0.31 s", RAMP, RAMP - 0.5),
    Panel(HOSTILE, "1.2 s", RAMP[:, ::-1].copy()),
    Panel("Score-CAM", waiting="computing"),
)
WEIGHTS = np.array([0.4, -0.2, 0.1, 0.0])
VIEW = LimeView(
    GREY,
    WHOLE,
    np.kron(np.array([[0, 1], [2, 3]], np.int32), np.ones((112, 112), np.int32)),
    WEIGHTS,
    (0, 2),
    details=("4 by slic", f"2 outlined for {HOSTILE}", "100 samples"),
)
BARS = WeightBars(WEIGHTS, (0, 1, 2), (0, 2), Interval(WEIGHTS - 0.05, WEIGHTS + 0.02, 200))
LEFT, MIDDLE = np.zeros((64, 64), bool), np.zeros((64, 64), bool)
LEFT[:, :32] = True
MIDDLE[:, 16:48] = True
AREAS = (
    areas.overlap(GREY, WHOLE, LEFT, MIDDLE, ("Grad-CAM", "LIME")),
    areas.consensus(GREY, WHOLE, LEFT.astype(np.uint8) + MIDDLE, 2),
)
VALUES = np.array([[1.0, 0.25, 0.9], [0.25, 1.0, np.nan], [0.9, np.nan, 1.0]])
MATRICES = (
    Matrix(("Grad-CAM", "LIME", HOSTILE), VALUES, "Overlap (IoU)", signed=False),
    Matrix(("Grad-CAM", "LIME", HOSTILE), -VALUES, "Rank correlation", signed=True),
)
STEPS = np.arange(1, 6) / 10
CURVE = Curves((1, 2, 3, 4, 5), STEPS, STEPS / 2, STEPS / 4, STEPS / 1.5, 2)
CHART = overlaps.overlaps([*NAMES, HOSTILE], PAIRS, np.c_[ROWS, [0.1, 0.2]], MEANS, CHANCES)
SPREAD = overlaps.spread(PAIRS, list(ROWS), NAMES)


def grid(kind: Kind, look: HeatmapLook = PLAIN) -> bytes:
    return grid_file(GREY, WHOLE, PANELS, look, "Heat maps", HOSTILE, kind)


def superpixels(kind: Kind, view: LimeView = VIEW) -> bytes:
    return superpixels_file(view, LimeLook(), BARS, "Superpixels", HOSTILE, kind)


def agreed(kind: Kind) -> bytes:
    return agreement_file(AREAS, MATRICES, CURVE, "Agreement", HOSTILE, kind)


def gallery(kind: Kind) -> bytes:
    return gallery_file(CHART, SPREAD, "Gallery", HOSTILE, kind)


FILES: tuple[Callable[[Kind], bytes], ...] = (grid, superpixels, agreed, gallery)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_files_are_the_same_for_the_same_data_also_from_threads(
    file: Callable[[Kind], bytes],
) -> None:
    with ThreadPoolExecutor(3) as threads:
        first = list(threads.map(file, KINDS))
    assert first == [file(kind) for kind in KINDS]
    png, svg, pdf = first
    assert pixels(png).shape[1] == 2200
    assert (pixels(png)[0] == 255).all()
    assert svg.startswith(b"<?xml")
    assert pdf.startswith(b"%PDF")
    for data in (svg, pdf):
        assert not re.search(rb"CreationDate|<dc:date>|matplotlib (v|pdf)|Matplotlib v", data), (
            "no clock, no version"
        )


@pytest.mark.parametrize("file", FILES)
def test_words_stay_words(file: Callable[[Kind], bytes]) -> None:
    """Journals refuse fonts of type 3, and outlines can neither be searched nor edited."""
    assert fonts_of(file("pdf")) == {"Type0", "CIDFontType2"}
    words = " ".join(words_of(file("svg")))
    assert "cat $x^2_{$ <b>&amp;" in words, "a dollar begins no formula"
    assert words.replace(" ", "").count("w" * 90), "a long name is wrapped and not cut"


def test_grid_has_every_panel_and_the_meaning_of_the_colours() -> None:
    words = words_of(grid("svg"))
    assert {"Picture", "400 x 200 pixels", "Grad-CAM", "0.31 s", "Score-CAM", "computing"} < {
        *words
    }
    assert {"least (0)", "most important (1)"} < {*words}
    assert len(pictures_in(grid("svg"))) == len(PANELS) + 2, "the picture, maps, colour bar"
    signed = words_of(grid("svg", HeatmapLook(signed=True)))
    assert {"against (-1)", "for the class (1)"} < {*signed}


def test_pictures_in_files_are_bounded_and_not_enlarged() -> None:
    large: Pixels = np.zeros((2000, 3000, 3), np.uint8)
    sources = re.findall(
        r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)",
        grid_file(large, (0, 0, 3000, 2000), PANELS, HeatmapLook(), "t", "c", "svg").decode(),
    )
    sizes = [Image.open(io.BytesIO(base64.b64decode(source))).size for source in sources]
    assert max(sizes)[0] < 1000
    small = re.findall(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)", grid("svg").decode())
    assert Image.open(io.BytesIO(base64.b64decode(small[0]))).size == (400, 200)


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["inferno", "viridis"])
def test_colours_of_maps_are_the_browsers(scale: str) -> None:
    look = HeatmapLook(opacity=1, scale=scale)
    figure = heatmaps.grid(GREY, WHOLE, PANELS, look, 900)
    stops = figure.layout["coloraxis"]["colorscale"]
    for _, colour in (stops[0], stops[-1]):
        assert has(grid("png", look), ImageColor.getrgb(colour)) > 500
    signed = replace(look, signed=True)
    for _, colour in (palette.stops(palette.DIVERGING)[0], palette.stops(palette.DIVERGING)[-1]):
        assert has(grid("png", signed), ImageColor.getrgb(colour)) > 200


def test_what_the_model_does_not_see_is_as_in_the_browser() -> None:
    one = grid_file(GREY, (100, 0, 300, 200), PANELS[:1], HeatmapLook(opacity=1), "t", "c")
    seen = has(one, (90, 90, 90), 0) / has(one, (0, 0, 3), 3)
    assert has(one, (90, 90, 90), 0) > 1.4 * 675 * 337, "a picture, and half of the map's"
    assert seen > 1


def test_a_contour_is_a_line_of_the_file() -> None:
    plain, lined = (grid("svg", HeatmapLook(contour=level)).decode() for level in (0, 0.5))
    assert lined.count(palette.CONTOUR) > plain.count(palette.CONTOUR)


def test_panels_of_two_classes_keep_their_columns() -> None:
    two = [replace(PANELS[0], title=f"{name} of {k}") for name in "ab" for k in range(2)]
    data = grid_file(GREY, WHOLE, two, HeatmapLook(2), "t", "c", "svg", group=2).decode()
    x = {
        title: float(re.search(rf'x="([0-9.]+)" y="[0-9.]+"[^>]*>{title}<', data)[1])  # type: ignore[index]
        for title in ("a of 0", "b of 0", "a of 1", "b of 1")
    }
    assert x["a of 0"] == x["b of 0"] < x["a of 1"] == x["b of 1"]


def test_superpixels_have_pictures_numbers_and_bars() -> None:
    words = words_of(superpixels("svg"))
    assert {*TITLES, "4 by slic", "100 samples", "0", "2", "1"} < {*words}
    assert {"against (-0.4)", "for the class (0.4)"} < {*words}
    assert len(pictures_in(superpixels("svg"))) == 4
    waiting = superpixels_file(
        replace(VIEW, weights=None, chosen=(), waiting="press Explain"),
        LimeLook(),
        WeightBars(None),
        "t",
        "c",
        "svg",
    )
    assert words_of(waiting).count("press Explain") == 2


def test_colours_of_weights_are_the_browsers() -> None:
    (bars,) = lime_bars.weight_bars(BARS).data
    for colour in {bars["marker"]["color"][0]}:
        assert has(superpixels("png"), ImageColor.getrgb(colour), 0) > 1000
    assert lime.pictures(VIEW, LimeLook(), 900).layout["coloraxis"]["cmax"] == VIEW.bar.limits[1]
    assert has(superpixels("png"), ImageColor.getrgb(palette.SPEAKS_FOR), 30) > 100


def test_agreement_has_both_pictures_both_matrices_and_the_curve() -> None:
    words = words_of(agreed("svg"))
    assert {"Grad-CAM and LIME", "Marked by how many of 2", "only LIME · 25.0 %"} < {*words}
    assert {"Overlap (IoU)", "Rank correlation", "0.25", "0.90", *CURVES, "2 %"} < {*words}
    assert len(pictures_in(agreed("svg"))) == 6, "two pictures, two matrices, two colour bars"
    without = words_of(agreement_file(AREAS, MATRICES, None, "t", "c", "svg"))
    assert not {*CURVES} & {*without}


@pytest.mark.slow
def test_colours_of_agreement_are_the_browsers() -> None:
    data = agreed("png")
    for chart in AREAS:
        traces = agreement.areas(chart, 900).data
        for colour in [each["marker"]["color"] for each in traces if each["type"] == "scatter"]:
            assert has(data, ImageColor.getrgb(colour), 0) > 100, "in the legend"
    grey = 90 * 0.75 + 255 * 0.25
    mixed = [
        areas.OPACITY * part + (1 - areas.OPACITY) * grey
        for part in ImageColor.getrgb(palette.ONLY_FIRST)
    ]
    assert has(data, tuple(map(round, mixed))) > 10_000, "over the grey picture"
    cells = matrix.matrix(MATRICES[0], 500).layout["coloraxis"]
    assert cells["colorscale"] == palette.stops(palette.MATRIX)
    assert has(data, tuple(palette.lookup(palette.MATRIX)[round(0.9 * 255)].tolist()), 0) > 500


def test_gallery_has_bars_and_boxes_of_every_pair() -> None:
    words = words_of(gallery("svg"))
    assert {CHART.label(number, pair) for number, pair in enumerate(PAIRS)} < {*words}
    assert {"cat", "Spread over the pictures", *PAIRS} < {*words}
    for number in range(len(PAIRS)):
        assert has(gallery("png"), ImageColor.getrgb(palette.series(number)), 0) > 1000
    assert {*PAIRS}.isdisjoint(words_of(gallery_file(CHART, None, "t", "c", "svg")))


def test_gallery_shows_each_picture_with_its_maps() -> None:
    red = np.full((30, 60, 3), (200, 30, 30), np.uint8)
    rows = [PictureRow([Cell("cat.png", HOSTILE, red), Cell("Grad-CAM", "layer4", red)], (60, 30))]
    file = gallery_file(CHART, None, "t", "c", "svg", rows * 2)
    assert words_of(file).count("Grad-CAM") == 2
    assert "cat.png" in words_of(file)
    png = gallery_file(CHART, None, "t", "c", "png", rows * 2)
    assert has(png, (200, 30, 30), 0) > 4 * 100 * 200


def test_many_pictures_in_a_gallery_are_named_without_running_into_each_other() -> None:
    names = [f"photo number {number}.png" for number in range(60)]
    many = overlaps.overlaps(names, ["A and B"], np.full((1, 60), 0.5), [0.5], [0.1])
    shown = [
        word for word in words_of(gallery_file(many, None, "t", "c", "svg")) if "photo" in word
    ]
    assert 20 <= len(shown) <= 60


def test_nothing_to_draw() -> None:
    empty = overlaps.overlaps([], [], [], [], [])
    assert gallery_file(empty, None, "", "")
    assert grid_file(GREY, WHOLE, (), HeatmapLook(), "", "")
