"""One small model of every architecture: does it give maps at its default layer?

Random weights, so no map means anything; what counts is that the way from a picture to a map exists
for the architecture and is not flat. Writes a table; models that are in it already are kept, so a
run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from bench._requests import lime_of, map_of
from core.errors import SeeWhyError
from core.explain import methods
from core.imports.lazy import library
from core.models.classifier import Classifier
from core.models.load import load
from core.models.split_tapped import TappedPlan
from core.pictures import built_in

MAPS = ("grad-cam", "ablation-cam", "eigen-cam")
NAMES = 200
"""Models of timm in the table."""
SAMPLES = 50
