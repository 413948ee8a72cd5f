"""The families of methods: what each can show of a model, and what it cannot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """Methods that work in the same way.

    Attributes:
        name: in one word.
        title: in a list.
        shows: what its maps can show, in one sentence.
        hides: what they cannot, in one sentence.
    """

    name: str
    title: str
    shows: str
    hides: str


CLASS_ACTIVATION = Family(
    "class-activation",
    "Class activation maps",
    "Weigh the channels of a layer: where the features that the class uses are active.",
    "As coarse as the layer's grid, and blind to what happens before it.",
)
PERTURBATION = Family(
    "perturbation",
    "Perturbation",
    "Hide parts of the picture and watch the answer: works with every model, signed.",
    "Pictures with holes are unlike those of the training, and the parts are chosen beforehand.",
)
GRADIENT = Family(
    "gradient",
    "Input gradients",
    "Follow the class down to the pixels: which of them would change the score, in fine detail.",
    "Noisy, and a large gradient says what would matter, not what did.",
)
ATTENTION = Family(
    "attention",
    "Attention",
    "Follow the attention of a transformer from layer to layer back to the patches.",
    "Only for transformers; attention without gradients is the same for every class.",
)
COMBINATION = Family(
    "combination",
    "Combined",
    "Average what several methods say, each with the same weight.",
    "Methods that share a fault agree in it.",
)

FAMILIES: tuple[Family, ...] = (
    CLASS_ACTIVATION,
    PERTURBATION,
    GRADIENT,
    ATTENTION,
    COMBINATION,
)
"""In the order in which they are shown and best learned."""
