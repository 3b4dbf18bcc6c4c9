"""Section S1 over several networks: what ``deepvis statistics`` has measured of each, side by side, as JSON.

python benchmarks/section_s1.py OUTPUT_OF_ONE OUTPUT_OF_ANOTHER ... > benchmarks/results/statistics.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def network_row(result: Mapping[str, Any]) -> dict[str, Any]:
    """Of one statistics.json: the figures of section S1, of footnote 4, and dead units and correlation by layer."""
    s1 = result["s1"]
    spectra = s1["spectra"]
    measured = [spectra["photos"], *spectra["layers"], *(spectra["predicted"] or {}).values()]
    names = ["photos", *(each["layer"] for each in spectra["layers"])]
    names += [f"noise by {name}" for name in spectra["predicted"] or ()]
    return {
        "model": result["model"],
        "network": result["network"],
        "photos": result["images"]["used"],
        "skipped": len(result["images"]["skipped"]),
        "holds": s1["holds"],
        "conclusion": s1["conclusion"],
        "claims": s1.get("claims"),
        "filters": counts(s1.get("filters", ())),
        "ends": s1.get("ends"),
        "rank_correlations": s1.get("rank_correlations"),
        "centre_frequency": {name: each["centroid"] for name, each in zip(names, measured, strict=True)},
        "gradient_centre": (spectra.get("gradient") or {}).get("centroid"),
        "follows": spectra["follows"],
        "footnote_4": result["footnote_4"],
        "layers": {
            name: {
                "units": each["units"],
                "dead": each["dead_units"] if each["rectified"] else None,
                "variation": each["spread"]["variation"],
                "few": each["spread"]["few"],
                "correlation": (each["correlation"] or {}).get("mean_absolute"),
            }
            for name, each in result["layers"].items()
        },
    }


def counts(filters: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many filters of each kind."""
    kinds = [each["kind"] for each in filters]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


HEADINGS = (
    *(
        "network",
        "filters: edge, colour, blank",
        "mean by frequency",
        "five lowest, five highest",
        "weight by frequency",
    ),
    *("weight by mean", "gradient by frequency", "centre: photos", "filters alone", "gradient", "S1", "footnote 4"),
)


def table(results: Mapping[str, Any]) -> str:
    """The networks side by side, as Markdown."""
    lines = [f"| {' | '.join(HEADINGS)} |", f"|{'---|' * len(HEADINGS)}"]
    return "\n".join([*lines, *(f"| {' | '.join(cells(row))} |" for row in results["networks"])])


def cells(row: Mapping[str, Any]) -> list[str]:
    """Of one network, in the order of HEADINGS. A bold correlation is one that counts (p < 0.05)."""
    rank, ends, centres = row["rank_correlations"], row["ends"], row["centre_frequency"]
    five = "-"
    if ends and ends["count"]:
        five = f"{ends['lowest']['mean']:.3g}, {ends['highest']['mean']:.3g}"
    keys = ("mean_by_frequency", "weight_by_frequency", "weight_by_mean", "gradient_by_frequency")
    mean, weight, by_mean, gradient = ((rank or {}).get(key) for key in keys)
    words = {True: "holds", False: "does not hold", None: "not judged"}
    return [
        row["model"],
        ", ".join(str(row["filters"].get(kind, 0)) for kind in ("edge", "colour", "blank")),
        *(_correlation(mean), five, _correlation(weight), _correlation(by_mean), _correlation(gradient)),
        _centre(centres["photos"]),
        _centre(centres.get("noise by filters")),
        _centre(row["gradient_centre"]),
        words[row["holds"]],
        words[row["footnote_4"]["holds"]],
    ]


def _correlation(found: Mapping[str, Any] | None) -> str:
    if found is None or found["r"] is None:
        return "-"
    return f"**{found['r']:+.2f}**" if found["p"] < 0.05 else f"{found['r']:+.2f}"


def _centre(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def main(words: Sequence[str]) -> None:
    if words[:1] == ["--table"]:
        print(table(json.loads(Path(words[1]).read_text())))
        return
    rows = [network_row(json.loads((Path(each) / "statistics" / "statistics.json").read_text())) for each in words]
    print(json.dumps({"version": 1, "networks": rows}, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
