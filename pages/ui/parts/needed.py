"""What every page needs and takes seconds to import, as names for `core.imports.warm`."""

from __future__ import annotations

NEEDED = (
    # What `core.imports.lazy` would import at the first map or the first model.
    "torchvision",
    "timm",
    "pytorch_grad_cam",
    "sklearn.decomposition",
    "sklearn.linear_model",
    "sklearn.metrics",
    "lime.lime_base",
    "core.pictures.built_in",
    "core.explain.methods",
    "core.models.load",
    "core.figures.browser.heatmaps",
    "core.figures.browser.predictions",
    "core.export.bundle",
    # The catalogue of models takes a moment too, and every page draws it.
    "core.models.picker_order:start",
)
