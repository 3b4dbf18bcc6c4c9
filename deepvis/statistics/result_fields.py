"""The fields of statistics.json that are printed and put on its page, checked when it is read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepvis.core.json_fields import JsonField

PREDICTED = ("filters", "weights", "gradient")


def check_fields(result: Mapping[str, Any]) -> None:
    """Raises ValueError, one line with the name of the first field that is absent or of another kind."""
    whole = JsonField(result)
    images, footnote = whole["images"], whole["footnote_4"]
    whole["model"].text()
    whole["plan"].table()
    images["used"].number()
    if images["folder"].value is not None:
        images["folder"].text()
    for which in ("skipped", "cut"):
        for photo in images[which].entries():
            photo["reason"].text()
    footnote["conclusion"].text()
    for _, layer in whole["layers"].items():
        _check_layer(layer)
    _check_section(whole["s1"])


def _check_layer(layer: JsonField) -> None:
    for name in ("units", "dead_units"):
        layer[name].number()
    layer["rectified"].truth()
    for share in layer["active"].entries(least=1):
        share.number()
    for name in ("mean", "low", "high", "variation", "few"):
        layer["spread"][name].number(may_be_none=True)
    if layer["correlation"].value is not None:
        layer["correlation"]["mean_absolute"].number(may_be_none=True)
        for pair in layer["correlation"]["pairs"].entries():
            pair["correlation"].number()
            for unit in pair["units"].entries(2, 2):
                unit.number()


def _check_section(s1: JsonField) -> None:
    s1["conclusion"].text()
    _check_spectra(s1["spectra"])
    if not s1.get("filters"):
        return
    for _, found in s1["rank_correlations"].items():
        for name in ("r", "p"):
            found[name].number(may_be_none=True)
        found["n"].number()
    for name in ("layer", "activation"):
        s1[name].text()
    for reader in s1["readers"].entries():
        reader.text()
    if s1["ends"]["count"].number():
        for end in (s1["ends"]["lowest"], s1["ends"]["highest"]):
            end["frequency"].number()
            end["mean"].number()
        s1["ends"]["ratio"].number(may_be_none=True)
        s1["ends"]["colour"]["count"].number()
        s1["ends"]["colour"]["mean"].number(may_be_none=True)


def _check_spectra(spectra: JsonField) -> None:
    spectra["photos"]["count"].number()
    shown = [spectra["photos"], spectra["noise"]]
    for each in spectra["layers"].entries():
        each["layer"].text()
        each["gradients"].number()
        shown.append(each)
    if spectra.get("gradient"):
        shown.append(spectra["gradient"])
    if spectra["predicted"].value is not None:
        shown += [each for _, each in spectra["predicted"].items(of=PREDICTED)]
    for each in shown:
        for name in ("centroid", "share_high"):
            each[name].number(may_be_none=True)
    if spectra["follows"].value is not None:
        for _, each in spectra["follows"].items(of=PREDICTED):
            each.number(may_be_none=True)
