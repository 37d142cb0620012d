"""The rows that _table.py and its like are made of: what a parameter of scikit-learn's becomes here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._errors import ParameterError


@dataclass(frozen=True)
class Param:
    """A parameter of theirs: its default and what becomes of its value.

    ``ours`` names the setting of the engine that takes it, after ``convert``; ``why`` adds to what it says. Without
    ``ours``, ``values`` are those that are taken (None: any), for the reason ``why``; a ``handled`` one is read by the class itself.
    """

    default: Any
    ours: str | None = None
    convert: Callable[[Any], Any] | None = None
    values: tuple[Any, ...] | None = None
    why: str = ""
    handled: bool = False
    #: The engine's setting that a handled one ends in, for its sentences.
    stands_for: str = ""

    def settings(self, owner: str, name: str, value: Any) -> dict[str, Any]:
        """What the value says to the engine. ParameterError for a value that is not taken."""
        if self.ours is not None:
            try:
                return {self.ours: self.convert(value) if self.convert else value}
            except ParameterError as error:
                raise ParameterError(f"{owner}: {name} {error}") from None
        if self.values is not None and not any(_alike(value, one) for one in self.values):
            taken = " or ".join(repr(one) for one in self.values)
            raise ParameterError(f"{owner}: {name} must be {taken}, got {value!r}: {self.why}")
        return {}


def _alike(value: Any, one: Any) -> bool:
    return type(value) is type(one) and value == one or isinstance(value, (int, float)) and value == one


@dataclass(frozen=True)
class Row:
    """A class of theirs: the algorithm of the registry behind it, and what stands for what."""

    ours: str
    params: dict[str, Param]
    kind: str = "Plain"
    module: str = ""
    positional: tuple[str, ...] = ()
    fixed: dict[str, Any] = field(default_factory=dict)
    #: Their attribute -> the engine's.
    attributes: dict[str, str] = field(default_factory=dict)
    #: Attributes that the class itself computes from those, with what they are.
    computed: dict[str, str] = field(default_factory=dict)
    #: What theirs has and this has not.
    missing: tuple[str, ...] = ()
    #: Fields of scikit-learn's tags that differ from those of the registry, as "group.field".
    tags: dict[str, Any] = field(default_factory=dict)


def choice(**known: Any) -> Callable[[Any], Any]:
    """Texts of theirs for ours."""

    def convert(value: Any) -> Any:
        if isinstance(value, str) and value in known:
            return known[value]
        raise ParameterError(f"must be {' or '.join(map(repr, known))}, got {value!r}")

    return convert


def number(value: Any) -> Any:
    """A number, for the engine to judge; a list of the same would mean something else there."""
    import numpy as np

    if value is None or isinstance(value, (str, bool)) or np.ndim(value) != 0:
        raise ParameterError(f"must be one number, got {value!r}")
    return float(value)


def whole(value: Any) -> Any:
    import numbers

    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise ParameterError(f"must be a whole number, got {value!r}")
    return int(value)


def truth(value: Any) -> bool:
    import numpy as np

    if not isinstance(value, (bool, np.bool_)):
        raise ParameterError(f"must be True or False, got {value!r}")
    return bool(value)


def priors(value: Any) -> list[float]:
    import numpy as np

    if value is None:
        return []
    array = np.asarray(value, dtype=float)
    if array.ndim != 1 or (array < 0).any():
        raise ParameterError(f"must be one number per class. Priors must be non-negative. Got {value!r}")
    if not np.isclose(array.sum(), 1.0):
        raise ParameterError(f"must sum to 1. The sum of the priors should be 1. Got {value!r}")
    return (array / array.sum()).tolist()


def metric(value: Any) -> str:
    known = {"euclidean": "euclidean", "l2": "euclidean", "manhattan": "manhattan", "cityblock": "manhattan"}
    known |= {"l1": "manhattan", "cosine": "cosine"}
    if isinstance(value, str) and value in known:
        return known[value]
    raise ParameterError(f"must be 'minkowski' or one of {', '.join(map(repr, known))}, got {value!r}")


RANDOM = Param(None, why="the seed of all random choices", handled=True)
JOBS = Param(None, why="threads at most; the answer does not depend on it", handled=True)
