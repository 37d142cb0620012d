"""What the classes of everyml.sklearn share."""

from __future__ import annotations

import re
import sys
import warnings
from typing import Any

import numpy as np

from .. import _core, _estimator, _inputs, _scikit
from .._errors import DataError, ParameterError
from ._rows import Row


class ConvergenceWarning(UserWarning):
    """The solver was stopped before it reached the optimum."""


def warn(sentence: str) -> None:
    """scikit-learn's own category where it is loaded, so that its callers' filters see it."""
    loaded = sys.modules.get("sklearn.exceptions")
    warnings.warn(sentence, loaded.ConvergenceWarning if loaded else ConvergenceWarning, stacklevel=4)


def in_their_words(error: ParameterError, name: str, row: Row) -> ParameterError:
    """The engine's sentence with the names that the caller knows."""
    text = str(error)
    for theirs, param in row.params.items():
        ours = param.ours or param.stands_for
        if ours:
            text = re.sub(rf"^{row.ours}: {ours}\b", f"{name}: {theirs}", text)
    told = ParameterError(text)
    told.code = error.code
    return told


class Plain:
    """Comes before the bases of _estimator.py and puts their settings, seeds and errors into scikit-learn's words."""

    _row: Row
    encode = "auto"
    random_state: Any = 0
    n_jobs: Any = None

    @property
    def progress(self) -> Any:
        return True if getattr(self, "verbose", 0) else None

    def _changed(self) -> dict[str, Any]:
        name, settings = type(self).__name__, dict(self._row.fixed)
        for theirs, param in self._row.params.items():
            settings.update(param.settings(name, theirs, getattr(self, theirs)))
        settings.update(self._own_settings())
        return settings

    def _own_settings(self) -> dict[str, Any]:
        """Settings of the engine that follow from several parameters."""
        return {}

    def _refuse(self, name: str, value: Any, needed: str) -> ParameterError:
        return ParameterError(f"{type(self).__name__}: {name} must be {needed}, got {value!r}")

    def _run(self, fitting: bool = False) -> Any:
        # Nothing but k-means draws, and it draws at fit alone: predicting leaves NumPy's global state as it is.
        progress: Any = None
        if self.progress:
            from .._progress import callback

            progress = callback(True, type(self).__name__)
        return _core.Run(_estimator.threads_of(self.n_jobs), self.__dict__.get("_seed", 0), progress)

    def __getattr__(self, name: str) -> Any:
        value = super().__getattr__(name)  # type: ignore[misc]
        return np.float64(value) if type(value) is float else value

    def _prepared(self, X: Any) -> Any:
        """X as the engine is to read it."""
        return X

    def _rows(self, X: Any) -> Any:
        self._require_fitted()  # type: ignore[attr-defined]
        return super()._rows(self._prepared(X))  # type: ignore[misc]

    def _learn(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        return self._learn_one(X, y, sample_weight, classes)

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        """Fits one model of the engine."""
        try:
            return super()._learn(self._prepared(X), y, sample_weight, classes)  # type: ignore[misc]
        except ParameterError as error:
            raise in_their_words(error, type(self).__name__, self._row) from None
        except DataError as error:
            raise self._told(error) from None

    def _told(self, error: DataError) -> DataError:
        return error

    def __sklearn_tags__(self) -> Any:
        tags = _scikit.tags(self)
        for path, value in self._row.tags.items():
            *groups, last = path.split(".")
            place = tags
            for group in groups:
                place = getattr(place, group)
            setattr(place, last, value)
        return tags


class Targets(Plain):
    """Of regressors: y may hold several targets, [rows, targets]; each has a model of its own."""

    #: Whether a single column of targets gives answers in a column.
    _keeps_column = True

    def _learn(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        columns = columns_of(y)
        mine = self.__dict__
        mine["_many"], mine["_place"], mine["_flat"] = None, 0, columns is None
        if columns is None:
            return self._learn_one(X, y, sample_weight)
        fits = []
        self._require_targets(len(columns))
        for place, column in enumerate(columns):
            mine["_place"] = place
            rows = self._learn_one(X, column, sample_weight)
            fits.append(mine["_fitted"])
        mine["_many"] = fits
        return rows

    def _require_targets(self, count: int) -> None:
        """Refuses settings that do not fit the number of targets."""

    def _models(self) -> list[Any]:
        fitted = self._require_fitted()  # type: ignore[attr-defined]
        return self.__dict__["_many"] or [fitted]

    def _stacked(self, name: str) -> Any:
        """An attribute of all targets: [targets, ...]."""
        return np.array([model.attribute(name) for model in self._models()])

    def predict(self, X: Any) -> np.ndarray:
        """The number expected for each row of X: [rows], or [rows, targets] after a fit on several."""
        features = self._rows(X)
        answers = [model.values(features, self._run()) for model in self._models()]
        if self.__dict__["_many"] is None or (len(answers) == 1 and not self._keeps_column):
            return answers[0]
        return np.column_stack(answers)

    def __getattr__(self, name: str) -> Any:
        core = self._row.attributes.get(name)
        if core is not None and self.__dict__.get("_many") is not None:
            stacked = self._stacked(core)
            return stacked[0] if name == "coef_" and len(stacked) == 1 and not self._keeps_column else stacked
        return super().__getattr__(name)  # type: ignore[misc]

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()  # type: ignore[misc]
        if state.get("_many"):
            state["_many"] = [model.bytes() for model in state["_many"]]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state.get("_many"):
            state = {**state, "_many": [_core.Fitted.from_bytes(one, "pickle") for one in state["_many"]]}
        super().__setstate__(state)  # type: ignore[misc]


def columns_of(y: Any) -> list[np.ndarray] | None:
    """The columns of a y of two dimensions; None when it has one."""
    if y is None or _inputs.is_sparse(y):
        return None
    array = y if isinstance(y, np.ndarray) else _inputs._series_values(y)
    if array.ndim != 2:
        return None
    if array.shape[1] == 0:
        raise DataError("y has no column.")
    return [np.ascontiguousarray(array[:, place]) for place in range(array.shape[1])]


def weighed_by_class(estimator: Any, y: Any, sample_weight: Any) -> Any:
    """The row weights with those of class_weight in them, where it is a dict."""
    wanted = getattr(estimator, "class_weight", None)
    if wanted is None or isinstance(wanted, str):
        return sample_weight
    if not isinstance(wanted, dict):
        raise estimator._refuse("class_weight", wanted, "None, 'balanced' or a dict")
    labels = _inputs._vector(y, type(estimator).__name__)
    classes = np.unique(labels)
    left = [label for label in classes.tolist() if label not in wanted]
    if left and len(classes) - len(left) != len(wanted):
        raise ParameterError(f"The classes, {left}, are not in class_weight.")
    own = _inputs.weights(sample_weight, len(labels))
    out = np.ones(len(labels)) if own is None else own.copy()
    for label, weight in wanted.items():
        out[labels == label] *= weight
    return out
