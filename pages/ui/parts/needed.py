"""What pages need and takes seconds to import, as names for `core.imports.warm`."""

from __future__ import annotations

FIRST = (
    "torchvision",
    "timm",
    "core.pictures.built_in",
    "core.models.load",
    "core.work.handlers",
    "core.figures.browser.predictions",
    # The catalogue of models and the first of them take a moment too.
    "core.models.picker_order:start",
    "pages.ui.parts.first_model:load",
)
"""What the overview needs for its first prediction."""

NEEDED = (
    *FIRST,
    # What `core.imports.lazy` would import at the first map.
    "pi_heif.as_plugin",
    "pytorch_grad_cam",
    "scipy.fft",
    "skimage.filters",
    "skimage.metrics",
    "sklearn.decomposition",
    "sklearn.linear_model",
    "sklearn.metrics",
    "lime.lime_base",
    "captum.attr",
    "segno",
    "core.explain.methods",
    "core.figures.browser.heatmaps",
    "core.export.bundle",
)
"""What every page together needs."""
