"""Results of bench/quality.py, kept as lines of JSON, and the tables made from them."""

from __future__ import annotations

import json
import os

from .quality_sets import SETS
from .quality_tools import CHAPTERS

TIE = 1e-6
# Figure: what it is called, and whether less is better.
MEASURES = {"loss": ("log loss, or RMSE of numbers", True), "score": ("AUC (one versus rest), or R2", False)}


def read(path: str) -> list[dict]:
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.strip()]


def keep(path: str, line: dict) -> None:
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "a") as file:
        file.write(json.dumps(line) + "\n")


def key(line: dict) -> tuple:
    return tuple(line[name] for name in ("chapter", "set", "seed", "fold", "tool", "version"))


def newest(lines: list[dict], seeds: list[int]) -> list[dict]:
    """Of each tool the runs of the version that ran last; of runs made twice the last."""
    version = {line["tool"]: line["version"] for line in lines}
    kept = {key(line): line for line in lines if line["seed"] in seeds and line["version"] == version[line["tool"]]}
    return list(kept.values())


def means(lines: list[dict], chapter: str, figure: str) -> dict[str, dict[str, float]]:
    """set -> tool -> mean over the folds (and seeds); only sets that all tools have in full."""
    values: dict[str, dict[str, list[float]]] = {}
    for line in lines:
        if line["chapter"] == chapter and figure in line:
            values.setdefault(line["set"], {}).setdefault(line["tool"], []).append(line[figure])
    tools = {tool for one in values.values() for tool in one}
    out = {}
    for name, one in values.items():
        most = max(len(list_) for list_ in one.values())
        if set(one) == tools and all(len(list_) == most for list_ in one.values()):
            out[name] = {tool: sum(list_) / len(list_) for tool, list_ in one.items()}
    return out


def ranks(values: dict[str, float], less_is_better: bool) -> dict[str, float]:
    """1 is best; values that differ by no more than TIE from the first of their group share the mean of their places."""
    order = sorted(values, key=lambda tool: values[tool] if less_is_better else -values[tool])
    out: dict[str, float] = {}
    at = 0
    while at < len(order):
        end = at + 1
        while end < len(order) and abs(values[order[end]] - values[order[at]]) <= TIE:
            end += 1
        for tool in order[at:end]:
            out[tool] = (at + 1 + end) / 2
        at = end
    return out


def mean_ranks(table: dict[str, dict[str, float]], less_is_better: bool) -> dict[str, float]:
    by_set = [ranks(values, less_is_better) for values in table.values()]
    return {tool: sum(one[tool] for one in by_set) / len(by_set) for tool in by_set[0]} if by_set else {}


def tool_order(tools) -> list[str]:
    ours = sorted((tool for tool in tools if tool.startswith("everyml")), key=len)
    return ours + sorted(tool for tool in tools if not tool.startswith("everyml"))


def table_text(table: dict[str, dict[str, float]], less_is_better: bool) -> list[str]:
    tools = tool_order(next(iter(table.values())))
    lines = ["| set | " + " | ".join(tools) + " |", "| --- |" + " --- |" * len(tools)]
    for one in SETS:
        if one.name not in table:
            continue
        values = table[one.name]
        best = min(values.values()) if less_is_better else max(values.values())
        cells = [f"**{values[t]:.5g}**" if abs(values[t] - best) <= TIE else f"{values[t]:.5g}" for t in tools]
        lines.append(f"| {one.name} | " + " | ".join(cells) + " |")
    mean = mean_ranks(table, less_is_better)
    lines.append("| mean rank | " + " | ".join(f"{mean[tool]:.2f}" for tool in tools) + " |")
    return lines


def chapter_text(lines: list[dict], chapter: str) -> list[str]:
    out = [f"## {chapter[0].upper()}{chapter[1:]}", ""]
    for figure, (title, less) in MEASURES.items():
        table = means(lines, chapter, figure)
        if table:
            out += [f"{title[0].upper()}{title[1:]}:", "", *table_text(table, less), ""]
    cpu: dict[str, float] = {}
    for line in lines:
        if line["chapter"] == chapter:
            cpu[line["tool"]] = cpu.get(line["tool"], 0.0) + line["cpu"]
    told = ", ".join(f"{tool} {cpu[tool]:.0f}" for tool in tool_order(cpu))
    return [*out, f"CPU seconds of all fits and answers together (one thread): {told}.", ""]


def tables(lines: list[dict], seeds: list[int]) -> str:
    lines = newest(lines, seeds)
    out: list[str] = []
    for chapter in CHAPTERS:
        if any(line["chapter"] == chapter for line in lines):
            out += chapter_text(lines, chapter)
    versions = {line["tool"].split()[0]: line["version"] for line in lines}
    return "\n".join([*out, "Versions: " + ", ".join(f"{t} {versions[t]}" for t in tool_order(versions)) + "."])
