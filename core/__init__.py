"""What SeeWhy computes. Nothing in here imports streamlit.

Arrays go by one dictionary of names everywhere:

=========  ========  =====================  ==================================================
name       dtype     shape                  meaning
=========  ========  =====================  ==================================================
pixels     uint8     (H, W, 3)              RGB picture as decoded
view       uint8     (h, w, 3)              RGB, what the model saw, at the model's input size
batch      float32   (N, 3, h, w)           normalised for the model
leaf       float32   as the layer gives it  activation at the chosen layer
maps       float32   (N, C, gh, gw)         the leaf with channels first and class token dropped
heat       float32   (gh, gw) or (h, w)     raw attribution as the method gives it, signed
shown      float32   (h, w)                 heat scaled to [0, 1] at the model's input size
mask       bool      one stated size        selected pixels
segments   int32     one stated size        superpixel number of each pixel, from 0
=========  ========  =====================  ==================================================

Raw and signed values are kept; scaling to [0, 1] happens for showing and for masks only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Heat = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Segments = npt.NDArray[np.int32]

CODE_VERSION = "1"
"""Part of every content key; raised when the same request would give another result."""
