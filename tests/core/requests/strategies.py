"""Requests of every kind, made at random."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from core.errors import BadOption
from core.requests import maps
from core.requests.agreements import AgreementRequest
from core.requests.audits import (
    PLACES,
    UNKNOWN,
    AuditRequest,
    CoverRequest,
    DriversRequest,
    FactsRequest,
)
from core.requests.dissections import (
    HOWS,
    POOLS,
    SIMILARITIES,
    ChannelCheckRequest,
    DialRequest,
    DissectionRequest,
    EvidenceRequest,
)
from core.requests.input_settings import (
    ACTIVATIONS,
    CROPS,
    INTERPOLATIONS,
    numbers_text,
    size_text,
)
from core.requests.maps import (
    FITS,
    MAX_SEED,
    PRECISIONS,
    SMOOTHS,
    KernelShapRequest,
    LimeRequest,
    MapRequest,
    Outline,
    PredictionRequest,
    SamplesRequest,
    Segmentation,
    SuperpixelsRequest,
    Surrogate,
)
from core.requests.measures import (
    CONTROLS,
    RANDOM_MAPS,
    CheckRequest,
    ControlRequest,
    MeasuredStudyRequest,
    MeasureRequest,
    MeasureSettings,
    RandomIntervalRequest,
    StepRequest,
)
from core.requests.options import options_of
from core.requests.paintings import Painting
from core.requests.references import (
    DissectionRef,
    EncoderRef,
    ModelRef,
    PictureRef,
    Preprocess,
    ProbesRef,
    TruthFileRef,
    TruthRef,
    TruthTableRef,
    WordsRef,
)
from core.requests.reveals import RevealRequest
from core.requests.studies import (
    LimeSettings,
    OverlapRequest,
    Rule,
    StudyRequest,
    ThresholdsRequest,
)

digests = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
names = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\", exclude_categories=("Cc", "Cs")),
    min_size=1,
    max_size=30,
).filter(lambda text: text.strip() == text and text not in (".", ".."))
paths = st.from_regex(r"[a-z][a-z0-9_]{0,8}(\.[a-z0-9_]{1,6}){0,3}", fullmatch=True)
methods = st.sampled_from(("grad-cam", "score-cam", "finer-cam", "eigen-cam"))
seeds = st.integers(0, MAX_SEED)
targets = st.integers(0, 999)
unit = st.floats(0.001, 1, allow_nan=False)
sides = st.integers(16, 999)
values = st.one_of(st.integers(0, 9999), st.booleans(), st.floats(0.001, 99))
fits = st.sampled_from(FITS)
precisions = st.sampled_from(PRECISIONS)


def settings_of(kind: type) -> st.SearchStrategy:
    """Objects of a dataclass whose fields know their ranges."""
    made = {}
    for option in options_of(kind):
        if option.choices:
            made[option.name] = st.sampled_from(option.choices)
        elif isinstance(option.default, bool):
            made[option.name] = st.booleans()
        elif isinstance(option.default, int):
            made[option.name] = st.integers(int(option.low or 0), int(option.high or 100))
        elif isinstance(option.default, float):
            made[option.name] = st.floats(option.low, option.high)
        else:
            made[option.name] = st.sampled_from((option.default, "#a0b1c2", "blur"))
    return st.builds(kind, **made)


pictures = st.builds(PictureRef, digests, names, st.just("") | digests)


def preprocesses_of(colours: st.SearchStrategy[tuple[float, ...]]) -> st.SearchStrategy[Preprocess]:
    """With means and deviations for as many channels as `colours` gives."""
    return st.builds(
        Preprocess,
        size=st.tuples(st.integers(1, 999), st.integers(1, 999)),
        resize=st.integers(1, 999),
        mean=colours,
        std=colours,
        interpolation=st.sampled_from(INTERPOLATIONS),
        crop=st.sampled_from(CROPS),
    )


preprocesses = preprocesses_of(st.tuples(unit)) | preprocesses_of(st.tuples(unit, unit, unit))
changes = st.fixed_dictionaries(
    {},
    optional={
        "size": st.tuples(sides, sides).map(size_text),
        "resize": sides.map(str),
        "channels": st.sampled_from(("1", "3")),
        "mean": unit.map(repr),
        "std": st.tuples(unit).map(numbers_text),
        "interpolation": st.sampled_from(INTERPOLATIONS),
        "crop": st.sampled_from(CROPS),
        "activation": st.sampled_from(ACTIVATIONS),
    },
).map(lambda values: tuple(f"{name}={value}" for name, value in values.items()))
own_models = st.builds(
    ModelRef,
    source=st.just("own_file"),
    id=st.sampled_from(("resnet18", "resnet50:IMAGENET1K_V1")),
    weights=digests,
    preprocess=preprocesses,
    activation=st.sampled_from(ACTIVATIONS),
    input=changes,
    device=st.sampled_from(("cpu", "cuda:0")),
    labels=digests,
    weights_name=names,
    labels_name=names,
)
folders = st.builds(
    lambda id, weights, name, **named: ModelRef(
        source="timm" if id.startswith("timm:") else "hugging_face",
        id=f"{id}{name}" + ":random" * (weights == "random"),
        weights=weights,
        weights_name=name,
        **named,
    ),
    id=st.sampled_from(("timm:local-dir:", "hf:")),
    weights=digests | st.just("random"),
    name=names,
    preprocess=preprocesses,
    activation=st.sampled_from(ACTIVATIONS),
    input=changes,
    labels=digests,
    labels_name=names,
)
own_code = st.builds(
    ModelRef,
    source=st.just("own_code"),
    id=st.sampled_from(("mine.py:net", "mine.py:other")),
    weights=digests,
    preprocess=preprocesses,
    activation=st.sampled_from(ACTIVATIONS),
    input=changes,
    weights_name=st.just("mine.py"),
)
of_libraries = st.builds(
    lambda pair, **named: ModelRef(source=pair[0], id=pair[1], **named),
    st.sampled_from((("timm", "timm:resnet18.a1_in1k"), ("hugging_face", "hf:anns-models/vit.2"))),
    weights=digests | st.just("random"),
    preprocess=preprocesses,
    activation=st.sampled_from(ACTIVATIONS),
    input=changes,
)
local_models = folders | own_code
models = (
    own_models
    | local_models
    | of_libraries
    | st.builds(
        ModelRef,
        source=st.sampled_from(("bundled", "torchvision", "places365")),
        id=st.sampled_from(
            ("efficientnet_lite0", "resnet18", "vit_b_16:IMAGENET1K_SWAG_LINEAR_V1")
        ),
        weights=digests | st.just("random"),
        preprocess=preprocesses,
        activation=st.sampled_from(ACTIVATIONS),
        input=changes,
        device=st.sampled_from(("cpu", "mps")),
    )
)
segmentations = settings_of(Segmentation)
predictions = st.builds(PredictionRequest, picture=pictures, model=models, fit=fits)
layer_maps = st.builds(
    MapRequest,
    picture=pictures,
    model=models,
    fit=fits,
    method=methods,
    target=targets,
    layers=st.lists(paths, max_size=3, unique=True).map(tuple),
    smooth=st.sampled_from(SMOOTHS),
    precision=precisions,
    seed=seeds,
    options=st.lists(st.tuples(paths, values), max_size=2, unique_by=lambda pair: pair[0]).map(
        tuple
    ),
)
superpixels = st.builds(
    SuperpixelsRequest, picture=pictures, model=models, fit=fits, segmentation=segmentations
)
samples = st.builds(
    SamplesRequest,
    superpixels=superpixels,
    samples=st.integers(50, 5000) | st.just(maps.AUTO_SAMPLES),
    fill=st.sampled_from(("mean", "blur", "#102030")),
    sampling=st.sampled_from(maps.SAMPLINGS),
    seed=seeds,
    precision=precisions,
)
lime_maps = st.builds(
    LimeRequest,
    samples=samples,
    target=targets,
    surrogate=settings_of(Surrogate),
    outline=settings_of(Outline),
)
shapley_maps = st.builds(
    KernelShapRequest, samples=samples, target=targets, outline=settings_of(Outline)
)
any_maps = layer_maps | lime_maps | shapley_maps
lime_settings = st.builds(
    LimeSettings,
    segmentation=segmentations,
    samples=st.integers(50, 5000) | st.just(maps.AUTO_SAMPLES),
    fill=st.sampled_from(("mean", "blur", "#102030")),
    sampling=st.sampled_from(maps.SAMPLINGS),
    surrogate=settings_of(Surrogate),
    outline=settings_of(Outline),
)
labels = st.builds(
    lambda name, smooth: name + maps.SUFFIX[smooth], methods, st.sampled_from(SMOOTHS)
) | st.sampled_from(("lime", "kernel-shap"))
class_texts = st.just("auto") | targets.map(str) | names
method_options = st.builds(
    lambda method, name, value: (method, name, value),
    methods,
    st.sampled_from(("compare", "channels", "strength")),
    values,
)
studies = st.builds(
    StudyRequest,
    pictures=st.lists(pictures, min_size=1, max_size=3, unique_by=lambda ref: ref.name).map(tuple),
    model=models,
    fit=fits,
    methods=st.lists(labels, min_size=1, max_size=4, unique=True).map(tuple),
    layers=st.lists(paths, max_size=2, unique=True).map(tuple),
    targets=st.lists(class_texts, min_size=1, max_size=2, unique=True).map(tuple),
    precision=precisions,
    seed=seeds,
    lime=lime_settings,
    options=st.lists(method_options, max_size=2, unique_by=lambda each: each[:2]).map(tuple),
)
rules = (
    st.builds(Rule, st.just("top"), st.floats(0.1, 100))
    | st.builds(Rule, st.just("value"), unit)
    | st.just(Rule("otsu"))
    | st.builds(
        Rule, st.just("superpixels"), st.floats(1, 100), st.sampled_from(("positive", "any"))
    )
)
overlaps = st.lists(st.tuples(any_maps, rules), min_size=2, max_size=4).map(
    lambda pairs: OverlapRequest(
        maps=tuple(one for one, _ in pairs), rules=tuple(rule for _, rule in pairs)
    )
)
thresholds = st.builds(ThresholdsRequest, first=any_maps, second=any_maps)
dissections = st.builds(
    DissectionRequest,
    model=models,
    layers=st.lists(paths, max_size=3, unique=True).map(tuple),
    encoder=st.builds(
        EncoderRef,
        st.sampled_from(("imagenet_words", "open_clip:ViT-B-16/openai")),
        digests,
        st.sampled_from(("cpu", "cuda:0")),
        st.just("") | names,
    ),
    probes=st.builds(ProbesRef, digests, names),
    words=st.builds(WordsRef, digests, names),
    similarity=st.sampled_from(SIMILARITIES),
    pool=st.sampled_from(POOLS),
    fit=fits,
    top_words=st.integers(1, 100),
    top_probes=st.integers(1, 100),
    draws=st.integers(20, 100_000),
    seed=seeds,
)
evidences = st.builds(
    EvidenceRequest,
    picture=pictures,
    model=models,
    fit=fits,
    layer=paths,
    target=targets,
    how=st.sampled_from(HOWS),
)
channels = st.lists(st.integers(0, 2000), min_size=1, max_size=4, unique=True).map(tuple)
channel_checks = st.builds(
    ChannelCheckRequest,
    picture=pictures,
    model=models,
    fit=fits,
    layer=paths,
    target=targets,
    channels=channels,
    seed=seeds,
)
dials = st.builds(
    DialRequest,
    picture=pictures,
    model=models,
    fit=fits,
    layer=paths,
    target=targets,
    channels=channels,
    factor=st.floats(0, 2),
)
measure_settings = st.builds(dataclasses.replace, settings_of(MeasureSettings), seed=seeds)
controls = st.builds(
    ControlRequest,
    picture=pictures,
    model=models,
    fit=fits,
    target=targets,
    control=st.sampled_from(CONTROLS),
    number=st.integers(0, RANDOM_MAPS - 1),
    seed=seeds,
)
truths = st.builds(TruthRef, digests, names)
truth_files = st.builds(TruthFileRef, digests, names)
measure_names = st.sampled_from(("deletion", "insertion", "single-deletion", "road"))
measures = st.builds(
    MeasureRequest,
    map=any_maps | controls,
    measure=measure_names,
    on=st.none() | models,
    settings=measure_settings,
    truth=st.none() | truths,
    others=st.lists(pictures, max_size=3).map(tuple),
)
random_intervals = st.builds(
    RandomIntervalRequest,
    picture=pictures,
    model=models,
    fit=fits,
    target=targets,
    measure=measure_names,
    settings=measure_settings,
    truth=st.none() | truths,
)
agreements = st.builds(
    AgreementRequest,
    study=studies,
    top=st.floats(0.1, 100),
    measures=st.lists(measure_names, max_size=3, unique=True).map(tuple),
    settings=measure_settings,
)
map_checks = st.builds(
    CheckRequest,
    map=any_maps,
    measure=measure_names,
    settings=measure_settings,
    truth=st.none() | truths,
    others=st.lists(pictures, max_size=3).map(tuple),
    full=st.booleans(),
)
steps = st.builds(
    StepRequest,
    map=any_maps,
    deletes=st.booleans(),
    percent=st.integers(0, 100),
    settings=measure_settings,
)
measured_studies = st.builds(
    MeasuredStudyRequest,
    study=studies,
    measures=st.lists(measure_names, min_size=1, max_size=3, unique=True).map(tuple),
    settings=measure_settings,
    truth=st.none() | truth_files,
)
kept_dissections = st.builds(DissectionRef, digests, names)
truth_tables = st.builds(TruthTableRef, digests, names)
typed_audits = st.builds(
    lambda study, classes, **more: AuditRequest(
        study=study, classes=tuple(classes[: len(study.pictures)]), **more
    ),
    studies,
    st.just(()) | st.lists(st.just("") | names, min_size=3, max_size=3),
    worst=st.integers(0, 100),
    dissection=st.none() | kept_dissections,
)
audits = typed_audits | st.builds(
    AuditRequest,
    study=studies,
    table=truth_tables,
    column=st.just("") | names,
    worst=st.integers(0, 100),
    dissection=st.none() | kept_dissections,
)
facts = st.builds(
    FactsRequest, picture=pictures, model=models, fit=fits, truth=st.just(UNKNOWN) | targets
)
drivers = st.builds(DriversRequest, evidence=evidences, dissection=kept_dissections)
covers = st.builds(
    CoverRequest,
    picture=pictures,
    model=models,
    fit=fits,
    target=targets,
    places=st.lists(st.integers(0, len(PLACES) - 1), min_size=1, max_size=4).map(tuple),
    base=st.sampled_from(("mean", "blur", "black")),
)
masks = st.tuples(st.integers(4, 14), st.integers(4, 14), st.integers(0, 2**196 - 1)).map(
    lambda drawn: np.array(
        [drawn[2] >> bit & 1 for bit in range(drawn[0] * drawn[1])], bool
    ).reshape(drawn[:2])
)
paintings = masks.map(Painting.of)
reveals = st.builds(
    RevealRequest,
    maps=st.lists(any_maps, min_size=1, max_size=2).map(tuple),
    paintings=st.lists(paintings, max_size=3).map(tuple),
)
commands = studies | agreements | measured_studies | dissections | audits
requests = (
    predictions
    | layer_maps
    | superpixels
    | samples
    | lime_maps
    | shapley_maps
    | overlaps
    | thresholds
    | evidences
    | channel_checks
    | dials
    | map_checks
    | steps
    | studies
    | agreements
    | controls
    | measures
    | random_intervals
    | measured_studies
    | dissections
    | reveals
    | audits
    | facts
    | drivers
    | covers
)

Other = DissectionRef | EncoderRef | ProbesRef | TruthFileRef | TruthTableRef | WordsRef


@dataclass
class Known:
    """A resolver that knows what one request names."""

    pictures: dict[str, PictureRef] = field(default_factory=dict)
    models: dict[tuple[str, str, str, tuple[str, ...]], ModelRef] = field(default_factory=dict)
    others: dict[str, Other] = field(default_factory=dict)

    @classmethod
    def of(cls, request: object) -> Known:
        known, todo = cls(), [request]
        while todo:
            item = todo.pop()
            if isinstance(item, PictureRef):
                known.pictures[item.name] = item
            elif isinstance(item, ModelRef):
                # A model in a folder is typed with it in a command and by its id in an address.
                own = "" if item.is_local else item.weights_name
                for typed in (item.id, item.name):
                    known.models[typed, own, item.labels_name, item.input] = item
            elif isinstance(item, EncoderRef):
                known.others[f"encoder {item.name}"] = item
            elif isinstance(
                item, DissectionRef | ProbesRef | TruthFileRef | TruthTableRef | WordsRef
            ):
                known.others[f"{type(item).__name__} {item.name}"] = item
            if isinstance(item, tuple):
                todo.extend(item)
            elif dataclasses.is_dataclass(item):
                todo.extend(getattr(item, each.name) for each in dataclasses.fields(item))
        return known

    def picture(self, name: str) -> PictureRef:
        return self.pictures[name]

    def model(
        self, id: str, device: str, weights: str, labels: str, input: tuple[str, ...]
    ) -> ModelRef:
        found = self.models[id, weights, labels, input]
        if device not in ("auto", found.device):
            raise BadOption(device)
        return found

    def encoder(self, spec: str, device: str, model: ModelRef) -> EncoderRef:
        return self.others[f"encoder {spec}"]

    def probes(self, name: str) -> ProbesRef:
        return self.others[f"ProbesRef {name}"]

    def truth(self, name: str) -> TruthFileRef:
        return self.others[f"TruthFileRef {name}"]

    def words(self, name: str, encoder: EncoderRef) -> WordsRef:
        return self.others[f"WordsRef {name}"]

    def truth_table(self, name: str) -> TruthTableRef:
        return self.others[f"TruthTableRef {name}"]

    def dissection(self, name: str, model: ModelRef) -> DissectionRef | None:
        return self.others[f"DissectionRef {name}"]
