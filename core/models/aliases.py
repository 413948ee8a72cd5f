"""Ids of models that are gone, and the models that answer in their place."""

from __future__ import annotations

from core.models.efficientnet_lite import DEFAULT, SHORTCUT

REPLACED = {"embedded": DEFAULT, "embedded-shortcut": SHORTCUT}
"""Old ids without `:random`, in lower case."""


def current_id(model_id: str) -> str:
    """Return the id under which a model is found today, in lower case without outer spaces."""
    name, colon, weights = model_id.strip().lower().partition(":")
    return f"{REPLACED.get(name, name)}{colon}{weights}"


def replacement_note(model_id: str) -> str:
    """Return one sentence for a person who asked for a model that is gone; empty for others."""
    asked = model_id.strip().lower()
    if current_id(asked) == asked:
        return ""
    return f"SeeWhy no longer includes the model {asked}: {current_id(asked)} is used instead."
