"""Defaults that the command line's help shows, apart from the code that uses them: it needs no torch."""

from __future__ import annotations

RESULT_NAME = "%(p.push_layer)s_%(p.push_channel)04d_%(p.rand_seed)d"  # of an image's files, as --output-template
DEFAULT_CHANNEL = 130  # where none is named: the original's, ImageNet's flamingo
LAYER_JPEG_QUALITY = 80  # a layer has hundreds of montages
