"""What a person is told when work fails."""

from __future__ import annotations

from core.errors import SeeWhyError

_NO_MEMORY = ("out of memory", "can't allocate memory")


def as_known(title: str, error: Exception) -> SeeWhyError:
    """Return an error that may be kept and shown: one sentence, and none of the work's arrays.

    Args:
        title: what failed, to begin a sentence with.
        error: as it was raised; an error of the tree comes back without the frames that keep
            the arrays of the work alive.
    """
    if isinstance(error, SeeWhyError):
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or any(words in text.lower() for words in _NO_MEMORY):
        return SeeWhyError(
            f"{title} needs more memory than is free: choose a smaller model, or try again when "
            "other work has ended."
        )
    what = type(error).__name__ + (f": {text[:200]}" if text else "")
    return SeeWhyError(
        f"{title} failed unexpectedly ({what}): try another picture, layer or setting."
    )
