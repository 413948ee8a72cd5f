"""A screen's picture and what the model says about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core import Pixels
from core.classroom.choices import choices, seed_of
from core.classroom.lesson import Case, View
from core.classroom.room import Room
from core.pictures.picture import Picture
from core.requests.loading import SummaryRequest
from core.work.handlers.maps import Prediction
from core.work.handlers.models import ModelSummary
from pages.ui.classroom import views
from pages.ui.parts import jobs, models


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A view's picture, and what the model says about it.

    Attributes:
        view: names both.
        picture: as it is.
        model: the loaded model.
        prediction: of the picture.
    """

    view: View
    picture: Picture
    model: ModelSummary
    prediction: Prediction

    @property
    def map_size(self) -> tuple[int, int]:
        """Rows and columns of the last layer's map, which is what most methods draw."""
        layers = self.model.layers
        return (layers[-1].shape[1], layers[-1].shape[2]) if layers else (7, 7)

    @property
    def cropped(self) -> Pixels:
        """The part of the picture that the model sees, in the picture's own proportions."""
        x0, y0, x1, y1 = self.prediction.box
        return self.picture.pixels[y0:y1, x0:x1]

    @property
    def names(self) -> tuple[str, ...]:
        """The model's best classes."""
        return tuple(guess.name for guess in self.prediction.guesses)

    def choices(self, given: Sequence[str], room: Room) -> tuple[str, ...]:
        """Return what there is to guess from; the same for the whole room."""
        true = views.true_names(self.view)
        return choices(self.names, true, given, f"{room.code} {seed_of(self.view)}")


def seen_in(view: View) -> Seen | None:
    """Return what a view's model says, None until it does.

    Raises:
        SeeWhyError: the picture or the model is not there.
    """
    asked = views.prediction_of(view)
    summary = models.summary(asked.model.id, asked.model.device)
    prediction = models.prediction(asked) if summary else None
    if summary is None or prediction is None:
        return None
    return Seen(view, jobs.resources().picture(asked.picture), summary, prediction)


def seen_all(cases: Sequence[Case]) -> list[Seen] | None:
    """Return what the models of a forecast say, None until all do; each is waited for once.

    Raises:
        SeeWhyError: a picture or a model is not there.
    """
    asked = [views.prediction_of(case.view) for case in cases]
    loaded = {
        each: jobs.submit(SummaryRequest(model=each)) for each in {one.model for one in asked}
    }
    if not jobs.watch(list(loaded.values())):
        return None
    said = {each: jobs.submit(each) for each in dict.fromkeys(asked)}
    if not jobs.watch(list(said.values()), quiet=True):
        return None
    return [
        Seen(
            case.view,
            jobs.resources().picture(one.picture),
            loaded[one.model].result(),
            said[one].result(),
        )
        for case, one in zip(cases, asked, strict=True)
    ]
