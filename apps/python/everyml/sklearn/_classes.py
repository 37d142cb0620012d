"""Makes the classes of everyml.sklearn from the rows of _table.py."""

from __future__ import annotations

from typing import Any

from .. import _classes
from . import _models
from ._rows import Param, Row


def make(name: str, row: Row) -> type:
    """The class of one row."""
    entry = _classes.entries()[_classes.class_name(row.ours)]
    defaults = {param: value.default for param, value in row.params.items()}
    kind = getattr(_models, row.kind)
    # Only what theirs can do: no updates of a learner that has no partial_fit there.
    without = {"intervals"} if row.ours == "naive-bayes" else {"intervals", "update"}
    can = [one for one in entry["capabilities"] if one not in without]
    namespace: dict[str, Any] = {
        "__module__": "everyml.sklearn",
        "__qualname__": name,
        "__doc__": documentation(name, row, entry),
        "__init__": _classes.initializer(defaults, row.positional),
        # Their warm_start promises the model of all rounds, which a fit from the start gives too.
        "_entry": {**entry, "capabilities": can, "continues": False, "answers_levels": False},
        "_row": row,
        "_defaults": defaults,
        "_attributes": row.attributes,
    }
    return type(name, (kind, *_classes.bases_of(namespace["_entry"])), namespace)


def sentence(param: Param, entry: dict[str, Any]) -> str:
    """What a parameter does here."""
    if param.ours is not None:
        known = {one["name"]: one["help"] for one in entry["params"]}
        return f"{known[param.ours]} {param.why}".strip()
    what = param.why[0].upper() + param.why[1:]
    if param.handled or param.values is None:
        return what + "."
    return f"{' or '.join(map(repr, param.values))}: {param.why}."


def documentation(name: str, row: Row, entry: dict[str, Any]) -> str:
    lines = [f"scikit-learn's {name} on the engine's {row.ours}.", "", entry["summary"] + ".", "", "Parameters"]
    lines.append("----------")
    for theirs, param in row.params.items():
        lines += [f"{theirs} : default {param.default!r}", _classes._wrap(sentence(param, entry), "    ")]
    lines += ["", "Attributes", "----------"]
    helps = {one["name"]: one["help"] for one in entry["attributes"]}
    for theirs, ours in row.attributes.items():
        lines += [theirs, _classes._wrap(helps[ours], "    ")]
    for theirs, what in row.computed.items():
        lines += [theirs, _classes._wrap(what[0].upper() + what[1:] + ".", "    ")]
    for theirs, what in _classes._fixed_attributes(entry):
        if theirs not in row.computed:
            lines += [theirs, _classes._wrap(what, "    ")]
    return "\n".join(lines + [""])
