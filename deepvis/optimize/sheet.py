"""The contact sheet of a search: one row a recipe, to sort, look at and keep from. A single HTML file, no network."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from deepvis.core.program import program
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.search import Tried

HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ background: #16181d; color: #d6d9e0; font: 14px/1.5 system-ui, sans-serif; margin: 2rem; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ padding: .5rem .8rem; border-bottom: 1px solid #2b2f38; text-align: left; vertical-align: middle; }}
th {{ position: sticky; top: 0; background: #16181d; cursor: pointer; white-space: nowrap; }}
th[data-down]::after {{ content: " \\25be"; }} th[data-up]::after {{ content: " \\25b4"; }}
td.n {{ text-align: right; font-variant-numeric: tabular-nums; }}
img {{ height: 150px; margin-right: 6px; image-rendering: auto; }}
code {{ color: #9ecbff; white-space: pre-wrap; }}
textarea {{ width: 100%; height: 12rem; background: #0e1013; color: #d6d9e0; border: 1px solid #2b2f38; }}
</style></head><body>
<h1>{title}</h1>
<p>{count} recipes. Click a heading to sort. Tick the rows to keep, name them, and put the text below into your presets
file, or run <code>{program} search --output THIS_FOLDER --keep NUMBER --name NAME</code>.</p>
<table id="rows"><thead><tr><th>keep</th><th>recipe</th><th>objective</th><th>smoothness</th><th>pictures</th>
<th>parameters</th></tr></thead><tbody>
"""

TAIL = """</tbody></table>
<h2>presets.yaml</h2>
<textarea id="yaml" readonly></textarea>
<script>
const body = document.querySelector('#rows tbody');
// Largest first, or last; what is no number (NaN) goes last both ways.
const order = (a, b, up) => isNaN(a) - isNaN(b) || (up ? a - b : b - a) || 0;
// A line of the presets file; JSON's quotes are YAML's too, so that "yes" and "1.0" stay names.
const line = (name, recipe) => '  ' + JSON.stringify(name) + ': ' + recipe;
document.querySelectorAll('th').forEach((th, column) => th.addEventListener('click', () => {
  const up = th.hasAttribute('data-down');
  document.querySelectorAll('th').forEach(x => { x.removeAttribute('data-up'); x.removeAttribute('data-down'); });
  th.setAttribute(up ? 'data-up' : 'data-down', '');
  const key = row => parseFloat(row.cells[column].dataset.sort);
  [...body.rows].sort((a, b) => order(key(a), key(b), up)).forEach(row => body.append(row));
}));
const show = () => {
  const kept = [...body.rows].filter(row => row.querySelector('input[type=checkbox]').checked);
  const name = row => row.querySelector('input[type=text]').value || 'recipe-' + row.dataset.number;
  const lines = kept.map(row => line(name(row), row.dataset.recipe));
  document.querySelector('#yaml').value = lines.length ? ['version: 1', 'presets:', ...lines].join('\\n') + '\\n' : '';
};
body.addEventListener('input', show);
show();
</script></body></html>
"""


def contact_sheet(title: str, rows: Mapping[int, Sequence[Tried]]) -> str:
    """The sheet as HTML. rows: recipe's number -> what it made of each unit. Best mean objective first."""
    ordered = sorted(rows, key=lambda number: -_mean([t.objective for t in rows[number]], -math.inf))
    body = "".join(_row(number, rows[number]) for number in ordered)
    return HEAD.format(program=html.escape(program()), title=html.escape(title), count=len(rows)) + body + TAIL


def plain(recipe: Recipe) -> dict[str, object]:
    """The settings that are on."""
    return {name: value for name, value in recipe.as_dict().items() if value != 0}


def _row(number: int, tried: Sequence[Tried]) -> str:
    objective = _mean([t.objective for t in tried], math.nan)
    soft = _mean([t.smoothness for t in tried], math.nan)
    settings = plain(tried[0].recipe)
    pictures = "".join(
        f'<img loading="lazy" src="{quote(t.picture)}" alt="{html.escape(t.unit)}" '
        f'title="{html.escape(f"{t.unit}: {t.objective:.4g}, {t.result}")}">'
        for t in tried
    )
    words = "\n".join(f"{name}: {_word(value)}" for name, value in settings.items())
    return (
        f'<tr data-number="{number}" data-recipe="{html.escape(json.dumps(settings))}">'
        f'<td data-sort="0"><input type="checkbox"> <input type="text" size="10" placeholder="name"></td>'
        f'<td class="n" data-sort="{number}">{number}</td>'
        f'<td class="n" data-sort="{objective}">{objective:.4g}</td><td class="n" data-sort="{soft}">{soft:.3f}</td>'
        f'<td data-sort="{number}">{pictures}</td>'
        f'<td data-sort="{number}"><code>{html.escape(words)}</code></td></tr>\n'
    )


def _word(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number:g}" for name, number in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _mean(values: Sequence[float], without: float) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else without
