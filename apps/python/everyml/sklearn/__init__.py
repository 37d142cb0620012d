"""scikit-learn's names on this engine: replace the import and nothing else.

    from everyml.sklearn import KMeans, LogisticRegression

Parameters, defaults, methods and attributes are scikit-learn's. A value that is not offered is a ParameterError that
says what is; docs/python_names.md lists everything beside our own names. scikit-learn itself is not imported.
"""

from __future__ import annotations

from typing import Any

from ._classes import make
from ._table import CLASSES

for _name, _row in CLASSES.items():
    globals()[_name] = make(_name, _row)
del _name, _row

__all__ = [*CLASSES, "all_estimators"]


def all_estimators() -> list[type]:
    """Every class of this module."""
    return [globals()[name] for name in CLASSES]


def __getattr__(name: str) -> Any:
    import difflib

    near = difflib.get_close_matches(name, CLASSES, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise AttributeError(f"module 'everyml.sklearn' has no attribute {name!r}{hint}")
