"""`python -m core doctor`: what this machine can do and what SeeWhy finds on it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from core.commands.entry_point import OK
from core.commands.installation import ready


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--device", default="auto", metavar="NAME", help="device to check")


def run(args: argparse.Namespace) -> int:
    """Print device, precision, versions and weights.

    Raises:
        BadInstallation: torch and torchvision do not fit each other.
        BadDevice: the machine has no such device.
    """
    ready()
    findings = examine(args.device)
    if args.json:
        print(json.dumps(findings, indent=2, ensure_ascii=False))
    else:
        show(findings)
    return OK


def examine(device_name: str = "auto") -> dict[str, object]:
    """Return what was found, as JSON holds it."""
    from core.files.versions import versions
    from core.models import catalog, device, files

    chosen = device.pick(device_name)
    fast = device.fast_dtype(chosen)
    folders = {"local": files.local_folder(), "downloads": files.download_folder()}
    weights = []
    for entry in catalog.entries():
        status = catalog.status(entry)
        if status.path is not None:
            weights.append(
                {
                    "model": entry.id,
                    "state": status.words,
                    "path": str(status.path),
                    "sha256": status.digest,
                }
            )
    return {
        "device": device.describe(chosen),
        "devices": list(device.choices()),
        "build": device.build(),
        "precision": {"exact": "float32", "fast": None if fast is None else str(fast)[6:]},
        "versions": versions(),
        "folders": {name: None if path is None else str(path) for name, path in folders.items()},
        "weights": weights,
    }


def show(findings: Mapping[str, object]) -> None:
    """Print the findings for a person."""
    precision, versions = findings["precision"], findings["versions"]
    build = str(findings["build"])
    weights, folders = findings["weights"], findings["folders"]
    assert isinstance(precision, dict)
    assert isinstance(versions, dict)
    assert isinstance(folders, dict)
    assert isinstance(weights, list)
    fast = precision["fast"] or "not offered: no number format is faster on this device"
    print(f"device     {findings['device']}")
    print(f"PyTorch    {versions['torch']}, built for {build}{_unused(build, findings['devices'])}")
    print(f"precision  exact: {precision['exact']}; fast: {fast}")
    print("versions   " + ", ".join(f"{name} {number}" for name, number in versions.items()))
    for name, path in folders.items():
        print(f"folder     {name}: {path or 'none, because there is no home folder'}")
    for each in weights:
        print(f"weights    {each['model']}: {each['state']}, {each['path']}")
    if not weights:
        print("weights    none found: `python -m core models` lists what can be fetched")


def _unused(build: str, devices: object) -> str:
    """What to say of a build for GPUs where only the CPU computes; empty otherwise."""
    if build == "CPU" or devices != ["cpu"]:
        return ""
    return (
        ", but it finds no GPU that it can use: none there, or a driver older than the build needs"
    )
