"""Several targets learned together, as y of two dimensions: [rows, targets]."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core, _inputs
from ._errors import DataError


def columns_of(y: Any) -> tuple[list[Any], list[str]] | None:
    """The columns of y and their names where there are two or more; None for what is one target."""
    if y is None or isinstance(y, (str, bytes)):
        return None
    if _inputs.is_sparse(y):
        if y.shape[1] < 2:
            return None
        raise TypeError("A sparse y is not supported: give one label or number per row and target.")
    if _inputs.is_frame(y) and hasattr(y, "columns"):
        names = [str(name) for name in y.columns]
        if len(names) < 2:
            return None
        return [y[name] for name in y.columns], _distinct(names)
    array = y
    if not isinstance(y, np.ndarray):
        if not _is_nested(y):
            return None
        array = _inputs._series_values(y)
    if array.ndim != 2 or array.shape[1] < 2:
        return None
    if np.ma.is_masked(array):
        raise DataError(f"Input y contains NaN: row {int(np.ma.getmaskarray(array).any(axis=1).argmax())} is masked.")
    return [np.ascontiguousarray(array[:, i]) for i in range(array.shape[1])], _numbered(array.shape[1])


def _is_nested(y: Any) -> bool:
    if hasattr(y, "ndim"):
        return y.ndim == 2
    if isinstance(y, (list, tuple)):
        return bool(y) and isinstance(y[0], (list, tuple, np.ndarray))
    return hasattr(y, "__array__")


def _numbered(count: int) -> list[str]:
    return [f"y{i}" for i in range(count)]


def _distinct(names: list[str]) -> list[str]:
    return names if len(set(names)) == len(names) and all(names) else _numbered(len(names))


def values(estimator: Any, features: Any) -> np.ndarray:
    """Numbers: [rows, targets]."""
    return _core.answers(estimator._fitted, features, estimator._run())


def shares(estimator: Any, features: Any) -> list[np.ndarray]:
    """Probabilities of the classes of each target: [rows, classes] each."""
    return parted(values(estimator, features), estimator.classes_)


def parted(table: np.ndarray, classes: list[np.ndarray]) -> list[np.ndarray]:
    """Columns of the classes of all targets, by target."""
    ends = np.cumsum([len(names) for names in classes])
    return [np.ascontiguousarray(part) for part in np.split(table, ends[:-1], axis=1)]


def likeliest(parts: list[np.ndarray], classes: list[np.ndarray]) -> np.ndarray:
    """The likeliest class of each target: [rows, targets]; objects where the targets' labels are of several types."""
    columns = [names[part.argmax(axis=1)] for part, names in zip(parts, classes, strict=True)]
    if len({column.dtype.kind for column in columns}) > 1:
        columns = [column.astype(object) for column in columns]
    return np.stack(columns, axis=1)


def exact_matches(truth: Any, answers: np.ndarray, sample_weight: Any) -> float:
    """The share of rows in which the class of every target is right."""
    found = columns_of(truth)
    if found is None or len(found[0]) != answers.shape[1] or len(found[0][0]) != len(answers):
        raise DataError(f"y must have the shape of the predictions, {answers.shape}")
    right = np.ones(len(answers), dtype=bool)
    for place, column in enumerate(found[0]):
        right &= np.asarray(column) == answers[:, place]
    weights = _inputs.weights(sample_weight, len(answers))
    return float(np.average(right, weights=weights))


def mean_r2(truth: Any, answers: np.ndarray, sample_weight: Any) -> float:
    """The mean of the targets' R^2."""
    from .metrics import r2_score

    found = columns_of(truth)
    if found is None or len(found[0]) != answers.shape[1]:
        raise DataError(f"y must have the shape of the predictions, {answers.shape}")
    scores = [
        r2_score(column, np.ascontiguousarray(answers[:, place]), sample_weight=sample_weight)
        for place, column in enumerate(found[0])
    ]
    return float(np.mean(scores))


class Targets:
    """Estimators that also take y of shape (rows, targets): predict then answers (rows, targets), and predict_proba a list
    of one table for each target."""

    @property
    def n_outputs_(self) -> int:
        """Number of targets of fit."""
        self._require_fitted()  # type: ignore[attr-defined]
        return self.__dict__.get("_outputs", 1)
