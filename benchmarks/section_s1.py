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


def main(folders: Sequence[str]) -> None:
    rows = []
    for folder in folders:
        rows.append(network_row(json.loads((Path(folder) / "statistics" / "statistics.json").read_text())))
    print(json.dumps({"version": 1, "networks": rows}, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
