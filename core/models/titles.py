"""How the architectures are called in their papers."""

from __future__ import annotations

import re

# (pattern of torchvision's constructor name, family, title); the first match counts.
_RULES = (
    (r"alexnet", "AlexNet", "AlexNet"),
    (r"convnext_(\w+)", "ConvNeXt", "ConvNeXt-{0:initial}"),
    (r"densenet(\d+)", "DenseNet", "DenseNet-{0}"),
    (r"tf_efficientnet_lite(\d)", "EfficientNet", "EfficientNet-Lite{0}"),
    (r"efficientnet_b(\d)", "EfficientNet", "EfficientNet-B{0}"),
    (r"efficientnet_v2_(\w)", "EfficientNetV2", "EfficientNetV2-{0:upper}"),
    (r"googlenet", "Inception", "GoogLeNet"),
    (r"inception_v3", "Inception", "Inception v3"),
    (r"maxvit_(\w)", "MaxViT", "MaxViT-{0:upper}"),
    (r"mnasnet(\d+_\d+)", "MNASNet", "MNASNet {0:dot}"),
    (r"mobilenet_v2", "MobileNet", "MobileNetV2"),
    (r"mobilenet_v3_(\w+)", "MobileNet", "MobileNetV3-{0:title}"),
    (r"regnet_([xy])_([\d_]+)([gm]f)", "RegNet", "RegNet{0:upper}-{1:dot}{2:upper}"),
    (r"resnet(\d+)", "ResNet", "ResNet-{0}"),
    (r"resnext(\d+)_(\w+)", "ResNeXt", "ResNeXt-{0} {1}"),
    (r"shufflenet_v2_x(\w+)", "ShuffleNet", "ShuffleNetV2 x{0:dot}"),
    (r"squeezenet(\w+)", "SqueezeNet", "SqueezeNet {0:dot}"),
    (r"swin_v2_(\w)", "Swin", "Swin V2-{0:upper}"),
    (r"swin_(\w)", "Swin", "Swin-{0:upper}"),
    (r"vgg(\d+)_bn", "VGG", "VGG-{0} with batch norm"),
    (r"vgg(\d+)", "VGG", "VGG-{0}"),
    (r"vit_(\w)_(\d+)", "ViT", "ViT-{0:upper}/{1}"),
    (r"wide_resnet(\d+)_(\d+)", "Wide ResNet", "Wide ResNet-{0}-{1}"),
)


class _Word(str):
    """A part of a constructor name with the spellings that the titles use."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        spellings = {
            "upper": self.upper(),
            "title": self.title(),
            "initial": self[:1].upper(),
            "dot": self.replace("_", "."),
        }
        return spellings.get(spec, str(self))


def family_and_title(arch: str) -> tuple[str, str]:
    """Return family and title of an architecture: `resnet50` gives `ResNet`, `ResNet-50`.

    An architecture that torchvision added later keeps its constructor's name for both.
    """
    for pattern, family, title in _RULES:
        if match := re.fullmatch(pattern, arch):
            return family, title.format(*map(_Word, match.groups()))
    return arch, arch


def weights_title(weights_name: str) -> str:
    """Return `ImageNet, V2` for `IMAGENET1K_V2`; other names stay as they are."""
    if not weights_name.startswith("IMAGENET1K_"):
        return {"places365": "Places365", "random": "random weights"}.get(
            weights_name, weights_name
        )
    rest = weights_name.removeprefix("IMAGENET1K_")
    rest = rest.replace("SWAG_E2E_V1", "SWAG fine-tuned").replace("SWAG_LINEAR_V1", "SWAG linear")
    return f"ImageNet, {rest}"
