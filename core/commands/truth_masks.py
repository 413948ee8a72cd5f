"""The truth masks of a command's pictures."""

from __future__ import annotations

from core.commands.batch import Batch
from core.errors import BadOption, BadTruth
from core.pictures.picture import Picture
from core.requests.references import PictureRef, TruthFileRef, TruthRef
from core.work.resources import Resources


class TruthMasks:
    """Where the objects are; a picture without a mask is said to have none, once."""

    def __init__(self, reference: TruthFileRef, batch: Batch, resources: Resources) -> None:
        """Start with an opened file.

        Args:
            reference: of the file or folder.
            batch: the pictures; a mask that cannot be used becomes a fault of it.
            resources: know the file.

        Raises:
            BadOption: it is the mask of one picture, and there are several.
        """
        self._file, self._batch, self._resources = resources.truth_file(reference), batch, resources
        if self._file.single and batch.total > 1:
            raise BadOption(
                f"{self._file.name} is the mask of one picture, and there are {batch.total}: give "
                "a folder of PNGs called like the pictures."
            )
        self._found: dict[tuple[str, str], TruthRef | str] = {}

    def of(self, picture: Picture, class_name: str) -> TruthRef | str:
        """Return the mask of a picture, or a sentence why there is none.

        Args:
            picture: whose.
            class_name: the explained class, where a file knows the objects of several.
        """
        key = (picture.sha256 + picture.name, class_name)
        if key not in self._found:
            self._found = {key: self._look(picture, class_name)}  # one picture after the other
        return self._found[key]

    def _look(self, picture: Picture, class_name: str) -> TruthRef | str:
        file = self._file
        try:
            mask = file.find(picture, class_name)
        except BadTruth as error:
            self._batch.add_fault(picture.name, error)
            return str(error)
        if mask is None:
            sentence = f"{picture.name} has no truth mask in {file.name}."
            self._batch.say(sentence)
            return sentence
        # The picture by its reference: what makes a mask again is kept, and holds no pixels.
        reference, resources = PictureRef.of(picture), self._resources
        return resources.offer_truth(
            mask, file.name, lambda: file.find(resources.picture(reference), class_name)
        )
