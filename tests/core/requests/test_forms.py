"""A request as JSON, as a command and as an address: each gives an equal request back."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given

from core.errors import BadOption
from core.requests.address import address_of, page_of, request_at
from core.requests.agreements import AgreementRequest
from core.requests.audits import AuditRequest
from core.requests.command_line import command_of, request_of, without_folders
from core.requests.keys import key_of
from core.requests.measures import MeasuredStudyRequest
from core.requests.plain import as_plain, from_json, to_json
from core.requests.references import ModelRef, PictureRef, Preprocess
from tests.core.requests import strategies as made
from tests.core.requests.strategies import Known


@given(made.requests)
def test_json_and_back(request) -> None:
    again = from_json(to_json(request))
    assert again == request
    assert type(again) is type(request)
    assert key_of(again) == key_of(request)


@given(made.commands)
def test_command_and_back(request) -> None:
    typed = shlex.split(shlex.join(command_of(request)))
    assert request_of(typed, Known.of(request)) == request


@given(made.commands, made.local_models)
def test_a_link_names_no_folder_of_a_model(request, model) -> None:
    if isinstance(request, AgreementRequest | AuditRequest | MeasuredStudyRequest):
        request = replace(request, study=replace(request.study, model=model))
    else:
        request = replace(request, model=model)
    address = address_of(request)
    assert address["model"] == (model.id,)
    assert "weights" not in address
    assert request_at(page_of(request), address, Known.of(request)) == request
    typed = command_of(request)
    assert typed[typed.index("--model") + 1] == model.name
    assert model.name.endswith(":random") == (model.weights == "random")


@given(made.commands)
def test_folders_are_no_part_of_a_key(request) -> None:
    assert key_of(without_folders(request)) == key_of(request)


@given(made.dissections)
def test_a_report_names_no_folder(request) -> None:
    request = replace(
        request,
        model=replace(request.model, weights_name="elsewhere/ann/own.pth"),
        encoder=replace(request.encoder, weights_name="~/ann/clip.pt"),
        probes=replace(request.probes, name=".."),
        words=replace(request.words, name="ann/words.txt"),
    )
    text = shlex.join(command_of(without_folders(request)))
    assert "ann/" not in text
    assert "--words words.txt" in text
    assert f"--probes {shlex.quote(Path.cwd().parent.name or '..')}" in text


@given(made.commands)
def test_address_and_back(request) -> None:
    query = urlencode(address_of(request), doseq=True)
    parameters = parse_qs(query, strict_parsing=True)
    assert request_at(page_of(request), parameters, Known.of(request)) == request


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "nonsense",
        '{"type": "Path"}',
        '{"type": "PictureRef"}',
        '{"type": "PictureRef", "digest": 3, "name": "a"}',
        '{"type": "PictureRef", "digest": "xy", "name": "a"}',
        '{"type": "Rule", "rule": "top"}',
        '{"type": "Outline", "superpixels": 0}',
        '{"type": "Outline", "superpixels": true}',
        '{"type": "Outline", "superpixels": 5.0}',
        '{"type": "Surrogate", "kernel_width": NaN}',
        '{"type": "Surrogate", "kernel_width": 1e999}',
        '{"type": "Surrogate", "distance": ["cosine"]}',
        "[" * 100_000,
    ],
)
def test_json_of_a_stranger_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadOption) as caught:
        from_json(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@given(made.requests)
def test_a_field_nobody_knows_is_refused(request) -> None:
    content = as_plain(request)
    assert isinstance(content, dict)
    with pytest.raises(BadOption, match="no field 'surplus'"):
        from_json(json.dumps({**content, "surplus": 1}))


def test_settings_of_measures_need_a_measure() -> None:
    model = ModelRef(
        source="torchvision",
        id="resnet18",
        weights="random",
        preprocess=Preprocess(size=(32, 32), resize=32),
    )
    known = Known.of((PictureRef("0" * 64, "cat.png"), model))
    known.models["", "", "", ()] = model
    plain = request_of(["agree", "cat.png"], known)
    assert isinstance(plain, AgreementRequest)
    assert plain.measures == ()
    for typed, flag in (("--base=black", "--base"), ("--set=noise=0.1", "--set")):
        with pytest.raises(BadOption, match=f"^{flag} needs --measures"):
            request_of(["agree", "cat.png", typed], known)
    whole = request_of(["agree", "cat.png", "--measures=deletion", "--base=black"], known)
    assert isinstance(whole, AgreementRequest)
    assert (whole.measures, whole.settings.base) == (("deletion",), "black")
    assert page_of(plain) == "agreement"
    assert page_of(whole) == "gallery", "only that page measures"
