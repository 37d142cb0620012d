"""everyml: the whole map of machine learning in one native engine.

Estimators have scikit-learn's manners and take tables as they are::

    from everyml import LogisticRegression
    model = LogisticRegression().fit(frame, frame.pop("survived"))

The main job goes from a table to a trusted model, judged against a baseline::

    result = everyml.learn("titanic.csv", target="survived")
"""

from __future__ import annotations

from typing import Any

from . import _core
from ._errors import DataError, Error, FileError, FormatError, ParameterError, ResourceError, UnsupportedError

__version__: str = _core.version

_ERRORS = ["DataError", "Error", "FileError", "FormatError", "ParameterError", "ResourceError", "UnsupportedError"]
_DOORS = {
    "DoctorReport": "_workflow",
    "EncodeWarning": "_estimator",
    "Evaluation": "_workflow",
    "LearnResult": "_workflow",
    "Model": "_workflow",
    "Table": "_data.read",
    "doctor": "_workflow",
    "fit": "_workflow",
    "learn": "_workflow",
    "load": "_workflow",
    "map": "_workflow",
    "read_csv": "_data.read",
    "read_sql": "_data.read",
    "read_table": "_data.read",
}


def _registry() -> dict[str, Any]:
    from ._classes import entries

    return entries()


def __getattr__(name: str) -> Any:
    if name in _DOORS:
        from importlib import import_module

        value = getattr(import_module(f".{_DOORS[name]}", __name__), name)
    elif name == "__all__":
        value = sorted([*_ERRORS, *_DOORS, *_registry(), "all_estimators", "metrics", "model_selection", "sklearn"])
    elif name in ("metrics", "model_selection", "sklearn"):
        from importlib import import_module

        value = import_module(f".{name}", __name__)
    elif not name.startswith("_") and name in _registry():
        from ._classes import make

        value = make(name, _registry()[name])
    else:
        raise AttributeError(f"module 'everyml' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")} - {"Any", "annotations"})


def all_estimators() -> list[type]:
    """Every estimator class, in the order of the registry."""
    return [getattr(__import__(__name__), name) for name in _registry()]
