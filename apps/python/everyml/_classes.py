"""Makes the class of each algorithm from what the registry says of it. Nothing about an algorithm is written here."""

from __future__ import annotations

import json
import textwrap
from functools import lru_cache
from typing import Any

from . import _abilities, _core, _estimator, _kinds, _targets, _trees


@lru_cache(maxsize=1)
def entries() -> dict[str, dict[str, Any]]:
    """The registry by class name: "KnnClassifier" is "knn-classifier"."""
    return {class_name(entry["name"]): entry for entry in json.loads(_core.entries_json())}


#: Words that are written with a capital inside.
_PROPER = {"adaboost": "AdaBoost", "logitboost": "LogitBoost"}


def class_name(algorithm: str) -> str:
    return "".join(_PROPER.get(word, word.capitalize()) for word in algorithm.split("-"))


def default_of(param: dict[str, Any]) -> Any:
    value = param["default"]
    return tuple(value) if isinstance(value, list) else value


def bases_of(entry: dict[str, Any]) -> tuple[type, ...]:
    can = set(entry["capabilities"])
    bases: list[type] = []
    for capability, base in (
        ("transform", _abilities.Transformer),
        ("scores", _abilities.Scores),
        ("contributions", _abilities.Contributions),
        ("intervals", _abilities.Intervals),
        ("neighbors", _abilities.Neighbors),
        ("update", _abilities.Updates),
    ):
        if capability in can:
            bases.append(base)
    if entry["learns_targets"]:
        bases.append(_targets.Targets)
    if entry["made_of_trees"]:
        bases.append(_trees.Trees)
    if entry["drawn_as_tree"]:
        bases.append(_trees.Drawn)
    if entry["answers_in_stages"]:
        bases.append(_trees.StagedClasses if entry["target"] == "classes" else _trees.StagedNumbers)
    if entry["continues"]:
        bases.append(_trees.Continues)
    if entry["answers_levels"]:
        bases.append(_trees.Levels)
    if entry["weights_are_votes"]:
        bases.insert(0, _abilities.Voting)
        if "update" in can:
            bases.insert(0, _abilities.VotingUpdates)
    kinds = {"classes": _kinds.Classifier, "numbers": _kinds.Regressor, "none": _kinds.Clusterer}
    kind = _kinds.Detector if "anomaly" in can else kinds[entry["target"]]
    return (*bases, kind)


def make(name: str, entry: dict[str, Any]) -> type:
    """The class of one algorithm."""
    own = {param["name"]: default_of(param) for param in entry["params"]}
    defaults = {**own, **_estimator.COMMON, **(_trees.CONTINUES if entry["continues"] else {})}
    namespace: dict[str, Any] = {
        "__module__": "everyml",
        "__qualname__": name,
        "__doc__": documentation(name, entry),
        "__init__": initializer(defaults, ()),
        "_entry": entry,
        "_own": own,
        "_defaults": defaults,
        "_attributes": {_estimator.spelled(one["name"]): one["name"] for one in entry["attributes"]},
    }
    for attribute in namespace["_attributes"]:
        namespace[attribute] = _estimator.Learned(attribute)
    return type(name, bases_of(entry), namespace)


def initializer(defaults: dict[str, Any], positional: tuple[str, ...]) -> Any:
    """A constructor with these keywords, of which some may be given by their place."""
    # A function of its own with real defaults: signatures and speed are Python's.
    parts = [f"{name}=_d[{name!r}]" for name in positional] + ["*"]
    parts += [f"{name}=_d[{name!r}]" for name in defaults if name not in positional]
    signature = ", ".join(parts)
    body = "\n".join(f"    self.{name} = {name}" for name in defaults)
    scope: dict[str, Any] = {"_d": defaults}
    exec(
        f"def plain(self, {signature}): pass\n"
        f"def __init__(self, {signature}, **_unknown):\n"
        f"    if _unknown: self._refuse_keywords(_unknown)\n{body}\n",
        scope,
    )
    # The signature that is shown is the one without the net for wrong names.
    scope["plain"].__name__ = scope["plain"].__qualname__ = "__init__"
    scope["__init__"].__wrapped__ = scope["plain"]
    return scope["__init__"]


def type_of(param: dict[str, Any]) -> str:
    kinds = {"boolean": "bool", "integer": "int", "number": "float", "text": "str"}
    kind = kinds.get(param["type"])
    if param["type"] == "choice":
        kind = "Literal[" + ", ".join(json.dumps(choice) for choice in param["choices"]) + "]"
    elif param["type"] == "numbers":
        kind = "Sequence[float]"
    elif param["type"] == "texts":
        kind = "Sequence[str]"
    return f"{kind} | None" if param["optional"] else str(kind)


def _wrap(text: str, indent: str) -> str:
    return textwrap.fill(text, 100, initial_indent=indent, subsequent_indent=indent)


def documentation(name: str, entry: dict[str, Any]) -> str:
    lines = [f"{entry['title']}: {entry['summary'][0].lower()}{entry['summary'][1:]}.", "", "Parameters", "----------"]
    for param in entry["params"]:
        lines.append(f"{param['name']} : {type_of(param)}, default {default_of(param)!r}")
        range_text = f" Must be {param['range']}." if param["range"] else ""
        lines.append(_wrap(param["help"] + range_text, "    "))
    more = [(common, default, _estimator.COMMON_HELP[common]) for common, default in _estimator.COMMON.items()]
    if entry["continues"]:
        more += [(one, default, _trees.CONTINUES_HELP[one]) for one, default in _trees.CONTINUES.items()]
    for common, default, text in more:
        lines.append(f"{common} : default {default!r}")
        lines.append(_wrap(text, "    "))
    lines += ["", "Attributes", "----------"]
    for attribute in entry["attributes"]:
        lines.append(_estimator.spelled(attribute["name"]))
        lines.append(_wrap(attribute["help"], "    "))
    for attribute, text in _fixed_attributes(entry):
        lines.append(attribute)
        lines.append(_wrap(text, "    "))
    if entry["references"]:
        lines += ["", "References", "----------"]
        lines += [_wrap("- " + reference, "") for reference in entry["references"]]
    return "\n".join(lines + ["", "Examples", "--------", *example(name, entry), ""])


def _fixed_attributes(entry: dict[str, Any]) -> list[tuple[str, str]]:
    fixed = []
    if entry["target"] == "classes":
        fixed.append(("classes_", "The classes, sorted, in the type of the labels of fit: [classes]."))
    if "assign" in entry["capabilities"]:
        fixed.append(("labels_", "The cluster of each row of fit: [rows]."))
    if entry["learns_targets"]:
        fixed.append(("n_outputs_", "Number of targets of fit; with several classes_ is a list."))
    return fixed + [
        ("n_features_in_", "Columns of X at fit."),
        ("feature_names_in_", "Their names, where X had them: [columns]."),
        ("summary_", "What the fitted model says of itself, for people."),
    ]


def example(name: str, entry: dict[str, Any]) -> list[str]:
    rows = "[[0.0, 1.0], [1.0, 0.5], [2.0, 0.0], [9.0, 8.0], [10.0, 9.0], [11.0, 8.5]]"
    targets = {"classes": '["a", "a", "a", "b", "b", "b"]', "numbers": "[1.0, 2.0, 3.0, 10.0, 11.0, 12.0]"}
    target = targets.get(entry["target"])
    return [
        f">>> from everyml import {name}",
        f">>> X = {rows}",
        f">>> model = {name}().fit(X{', ' + target if target else ''})",
        ">>> answers = model.predict([[1.5, 0.5]])",
    ]
