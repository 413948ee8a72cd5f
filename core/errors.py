"""Every error that a person may see: one sentence that says what happened and what to do."""

from __future__ import annotations


class SeeWhyError(Exception):
    """Root of the tree; pages and the command line catch this and nothing wider."""


class BadPicture(SeeWhyError):
    """The bytes are not a picture that can be decoded, or they exceed a limit."""


class ChangedPicture(BadPicture):
    """The file of a picture is no longer the one whose digest was taken."""


class BadOption(SeeWhyError):
    """An option has a value outside its range, or does not exist."""


class UnknownMethod(BadOption):
    """No method of that name."""


class UnknownMeasure(BadOption):
    """No measure of that name."""


class BadTruth(SeeWhyError):
    """A truth mask cannot be read, does not fit its picture, or is not there any more."""


class TooFewPictures(BadOption):
    """One picture cannot be measured with the others that were given; another one may be."""


class UnknownModel(SeeWhyError):
    """No model of that id in the catalogue."""


class UnknownClass(SeeWhyError):
    """The model has no class of that name or index."""


class UnknownLayer(SeeWhyError):
    """The model has no layer of that path."""


class UnsupportedLayer(SeeWhyError):
    """The model cannot be split at that layer, or the layer has no spatial map."""


class MissingWeights(SeeWhyError):
    """The weights are not on disk; the message says which file to put where."""


class BadWeights(SeeWhyError):
    """The file is not a state dict that fits the architecture."""


class BadLabels(SeeWhyError):
    """A file of class names, of words or of units with their descriptions cannot be read."""


class BadProbes(SeeWhyError):
    """The probe pictures cannot be read, exceed a limit, or are too few."""


class UnknownEncoder(BadOption):
    """No image-text encoder of that name, or one that SeeWhy cannot run."""


class UnknownWord(SeeWhyError):
    """The encoder does not know that word, so it has no meaning for it."""


class DownloadFailed(SeeWhyError):
    """A download was refused, broken off, or gave a file with the wrong digest."""


class BadRoom(SeeWhyError):
    """No room has that code, or the room does not take what was sent."""


class BadLesson(SeeWhyError):
    """The text of a lesson cannot be read."""


class BadResults(SeeWhyError):
    """A folder of results cannot be read, or does not hold what is asked of it."""


class SubmitFailed(SeeWhyError):
    """A file cannot be sent, or the server that it was sent to did not take it."""


class BadDevice(SeeWhyError):
    """The machine has no such device, or it cannot compute what was asked."""


class BadInstallation(SeeWhyError):
    """The installed packages do not fit each other."""


class Cancelled(SeeWhyError):
    """The work was stopped because nobody waits for it any more, or Stop was pressed."""


class CannotWrite(SeeWhyError):
    """A file or folder for results cannot be written."""
