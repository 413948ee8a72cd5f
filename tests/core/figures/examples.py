"""What the tests of charts draw."""

from __future__ import annotations

import numpy as np

RANKED = [("striped", 7), ("<b>dog</b>", 3), ("$x$ 字", 3), ("thing", 1)]
CATEGORIES = {"striped": "textures", "<b>dog</b>": "animals", "$x$ 字": "animals"}
LAYERS = ["layer1.0", "layer4", "fc"]
COUNTS = [(64, 10, 5), (512, 300, 120), (202, 0, 0)]
VALUES = [np.array([0.1, 0.5, 1.2]), np.linspace(0, 6, 50), np.array([])]

NAMES = ["cat.png", "<b>dog</b>.jpg", "n02098286_West_Highland_white_terrier.JPEG"]
PAIRS = ["Grad-CAM and LIME", "Grad-CAM and Score-CAM"]
ROWS = np.array([[0.2, float("nan"), 0.4], [0.8, 0.9, 0.7]])
MEANS, CHANCES = [0.3, 0.8], [0.06, 0.05]
