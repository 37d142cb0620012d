"""What notebooks show. Every name and value of the user's is escaped; styles stand on the elements, so that they
neither leak into the page nor depend on its own."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

_TABLE = 'style="border-collapse:collapse;margin:.4em 0"'
_CELL = "padding:.2em .8em;text-align:{};vertical-align:top"
_MUTED = "opacity:.65"
_COLORS = {"serious": "#b42318", "warning": "#b54708", "note": "#667085"}


def framed(page: str, title: str, height: int = 720) -> str:
    """A whole page in a frame of its own, apart from the notebook's styles, cookies and scripts."""
    return (
        f'<iframe sandbox="allow-scripts allow-popups" title="{escape(title)}" srcdoc="{escape(page)}" '
        f'style="width:100%;height:{height}px;border:1px solid rgba(128,128,128,.35);border-radius:6px;resize:vertical;'
        'background:#fff" loading="lazy"></iframe>'
    )


def _cell(text: Any, align: str = "left", head: bool = False, style: str = "") -> str:
    tag = "th" if head else "td"
    return f'<{tag} style="{_CELL.format(align)};{style}">{escape(str(text))}</{tag}>'


def _table(head: list[str], rows: list[list[Any]], right: set[int] = frozenset()) -> str:  # type: ignore[assignment]
    def line(cells: list[Any], heading: bool) -> str:
        made = (_cell(cell, "right" if i in right else "left", heading) for i, cell in enumerate(cells))
        return f"<tr>{''.join(made)}</tr>"

    top = f"<thead>{line(head, True)}</thead>" if head else ""
    return f"<table {_TABLE}>{top}<tbody>{''.join(line(row, False) for row in rows)}</tbody></table>"


def number(value: Any, kind: str = "number") -> str:
    if value is not None and kind == "date":
        return str(np.datetime64(int(value), "us").astype("datetime64[D]"))
    if value is None:
        return ""
    if isinstance(value, float) and not 1e4 <= abs(value) < 1e15:
        return f"{value:.4g}"
    return f"{value:,.0f}"


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "yes" if value else "none" if value is None else "no"
    if isinstance(value, list):
        return f"[{', '.join(_plain(one) for one in value)}]"
    return number(value) if isinstance(value, float) else str(value)


def _some(words: list[str], most: int) -> str:
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def evaluation(found: Any) -> str:
    rows = [
        [name, number(one["value"]), f"{number(one['low'])} to {number(one['high'])}"] for name, one in found.items()
    ]
    head, right = ["metric", "value", "95 % interval"], {1}
    if all("chance" in one for one in found.values()):
        head, right = [*head, "a random order"], {1, 3}
        rows = [[*row, number(one["chance"])] for row, one in zip(rows, found.values(), strict=True)]
    return f"<p>Judged on {found.rows:,} rows</p>" + _table(head, rows, right)


def model(self: Any, inspected: dict[str, Any]) -> str:
    target = f" for <b>{escape(self.target)}</b>" if self.target else ""
    facts = []
    if inspected["classes"]:
        facts.append(["classes", _some(inspected["classes"], 12)])
    facts.append(["columns", _some([f"{one['name']} ({one['kind']})" for one in inspected["columns"]], 24)])
    settings = ", ".join(f"{name} = {_plain(value)}" for name, value in inspected["settings"].items())
    if settings:
        facts.append(["settings", settings])
    kept = inspected["metadata"]
    for name in ("metric", "verdict", "rows", "seed"):
        if name in kept:
            facts.append([name, number(kept[name]) if name == "rows" else kept[name]])
    sentence = f'<p style="max-width:60em">{escape(str(kept["sentence"]))}</p>' if kept.get("sentence") else ""
    features = "".join(f"<li>{escape(line)}</li>" for line in inspected["features"][:200])
    return (
        f"<div><p><b>{escape(inspected['title'])}</b>{target}</p>{sentence}{_table([], facts)}"
        f"<details><summary>{len(inspected['features'])} features</summary><ul>{features}</ul></details></div>"
    )


def explanation(self: Any) -> str:
    most = max((abs(one["mean"]) for one in self.importance), default=0) or 1
    rows = []
    for one in self.importance:
        share = round(14 * max(one["mean"], 0) / most, 2)
        bar = f'<div style="width:{share}em;height:.8em;background:#3b7ddd;border-radius:2px;margin-top:.25em"></div>'
        mean = _cell(f"{one['mean']:.4g}", "right")
        shown = f'<td style="{_CELL.format("left")};min-width:14em">{bar}</td>'
        rows.append(f"<tr>{_cell(one['column'])}{mean}{shown}</tr>")
    return (
        f"<div><p>How much worse {escape(self.metric)} gets when a column is shuffled</p>"
        f"<table {_TABLE}><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _finding(one: dict[str, Any]) -> str:
    below = "<br>".join(escape(text) for text in (one["evidence"], one["remedy"]) if text)
    return (
        f'<li style="margin:.35em 0"><b style="color:{_COLORS[one["severity"]]}">{one["severity"]}</b> '
        f'{escape(one["sentence"])}<br><span style="{_MUTED}">{below}</span></li>'
    )


def doctor(name: str, told: dict[str, Any]) -> str:
    findings = "".join(_finding(one) for one in told["findings"])
    columns = [
        [
            one["name"],
            one["kind"],
            one["missing"] or "",
            number(one["distinct"]),
            number(one.get("minimum"), one["kind"]),
            number(one.get("maximum"), one["kind"]),
            _last(one),
        ]
        for one in told["columns"]
    ]
    head = ["column", "kind", "missing", "distinct", "lowest", "highest", "mean, or commonest"]
    return (
        f"<div><p><b>{escape(name)}</b>: {told['rows']:,} rows, {len(told['columns'])} columns</p>"
        f'<ul style="list-style:none;padding:0;max-width:70em">{findings or "<li>Nothing to remark.</li>"}</ul>'
        f"{_table(head, columns, {2, 3, 4, 5})}</div>"
    )


def _last(column: dict[str, Any]) -> str:
    top = column.get("top") or []
    if top:
        return ", ".join(f"{one['value']} ({one['count']:,})" for one in top[:3])
    return number(column.get("median" if column["kind"] == "date" else "mean"), column["kind"])


def territories(map_: list[dict[str, Any]]) -> str:
    parts = []
    for one in map_:
        if "fits" in one:
            mark = ("fits" if one["fits"] else "does not fit") + ("" if one["works"] else ", not built yet")
            text = escape(one["reason"])
            below = f"<br><code>{escape(one['next'])}</code>" if one.get("next") else ""
        else:
            mark = "" if one["works"] else "not built yet"
            text = escape(one["question"])
            below = f'<br><span style="{_MUTED}">{escape(", ".join(one["algorithms"] or one["not_yet"]))}</span>'
        fade = "" if one["works"] and one.get("fits", True) else _MUTED
        parts.append(
            f'<li style="margin:.5em 0;{fade}"><b>{escape(one["name"])}</b> <span style="{_MUTED}">{mark}</span><br>'
            f"{text}{below}</li>"
        )
    return f'<ul style="list-style:none;padding:0;max-width:70em">{"".join(parts)}</ul>'
