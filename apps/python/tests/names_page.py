"""Writes docs/python_names.md: our names beside scikit-learn's, from the registry and the tables of the package.

    PYTHONPATH=build/dev/python python apps/python/tests/names_page.py docs/python_names.md

A test compares the page with what this writes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import everyml.metrics
import everyml.model_selection
from everyml.sklearn import _classes as _sk_classes
from everyml.sklearn._table import CLASSES, Param, Row

import everyml
from everyml import _classes, _estimator

HEAD = """# Our names beside scikit-learn's

Written by `apps/python/tests/names_page.py` from the registry and from the table behind `everyml.sklearn`; a test
compares.

`everyml.sklearn` has scikit-learn's classes by their own names, so that an import is all that changes. The classes of
`everyml` itself are made from the registry. Both are the same engine and take the same tables. A value that is not offered
ends in a `ParameterError` that says what is.

Everywhere different from scikit-learn: missing cells are taken where the algorithm or the encoder can answer for them;
answers are float64 whatever the rows were; sparse rows are kept in float32; the caller's arrays are never overwritten.
"""


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def what_becomes(param: Param, entry: dict[str, Any]) -> tuple[str, str]:
    """(our parameter, how it is taken)."""
    if param.ours is not None:
        return f"`{param.ours}`", _sk_classes.sentence(param, entry)
    ours = f"`{param.stands_for}`" if param.stands_for else ""
    if param.handled:
        return ours, param.why[0].upper() + param.why[1:] + "."
    if param.values is None:
        return ours, f"Any value: {param.why}."
    return ours, f"{' or '.join(f'`{value!r}`' for value in param.values)}: {param.why}."


def class_section(name: str, row: Row) -> list[str]:
    ours = _classes.class_name(row.ours)
    entry = _classes.entries()[ours]
    fixed = ", ".join(f"{key}={value!r}" for key, value in row.fixed.items())
    lines = [f"## {name}", "", f"`everyml.sklearn.{name}` is `everyml.{ours}({fixed})`.", ""]
    lines += ["| scikit-learn's parameter | default | ours | |", "| --- | --- | --- | --- |"]
    for theirs, param in row.params.items():
        parameter, how = what_becomes(param, entry)
        lines.append(f"| `{theirs}` | `{param.default!r}` | {parameter} | {cell(how)} |")
    lines += ["", "| scikit-learn's attribute | ours |", "| --- | --- |"]
    for theirs, core in row.attributes.items():
        lines.append(f"| `{theirs}` | `{_estimator.spelled(core)}` |")
    for theirs, what in row.computed.items():
        lines.append(f"| `{theirs}` | {cell(what)} |")
    own = sorted({_estimator.spelled(one["name"]) for one in entry["attributes"]} - {*row.attributes, *row.computed})
    if own:
        lines += ["", f"Of `everyml.{ours}` alone: {', '.join(f'`{one}`' for one in own)}."]
    if row.missing:
        lines += ["", f"Not offered: {', '.join(f'`{one}`' for one in row.missing)}."]
    return [*lines, ""]


def same_names(module: str, names: list[str], theirs: set[str]) -> list[str]:
    both = [name for name in names if name in theirs]
    own = [name for name in names if name not in theirs]
    shared = ", ".join(f"`{one}`" for one in both)
    lines = [f"## {module}", "", f"By scikit-learn's names and arguments: {shared}.", ""]
    if own:
        lines += ["Ours alone: " + ", ".join(f"`{one}`" for one in own) + ".", ""]
    return lines


def page() -> str:
    """The whole page."""
    import sklearn.metrics
    import sklearn.model_selection

    lines = [HEAD, "| scikit-learn | everyml.sklearn | everyml |", "| --- | --- | --- |"]
    for name, row in CLASSES.items():
        fixed = ", ".join(f"{key}={value!r}" for key, value in row.fixed.items())
        lines.append(f"| `{row.module}.{name}` | `{name}` | `{_classes.class_name(row.ours)}({fixed})` |")
    lines.append("")
    for name, row in CLASSES.items():
        lines += class_section(name, row)
    scores = {*sklearn.metrics.__all__, "UndefinedMetricWarning"}
    lines += same_names("metrics", sorted(everyml.metrics.__all__), scores)
    lines += same_names(
        "model_selection", sorted(everyml.model_selection.__all__), set(sklearn.model_selection.__all__)
    )
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
