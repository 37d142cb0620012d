"""Baselines under scikit-learn's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, _inputs
from .._errors import DataError, ParameterError
from ._plain import Plain, Targets
from ._rows import number


class Constant(Plain):
    """The answer does not depend on X, so X may be anything with rows."""

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        rows = super()._learn_one(np.zeros((row_count(X, y), 1)), y, sample_weight, classes)
        mine = self.__dict__
        mine.pop("n_features_in_", None)
        columns = column_count(X)
        if columns is not None:
            mine["n_features_in_"] = columns
        names = _inputs._names_of(X) if X is not None and _inputs.is_frame(X) else None
        if names is not None:
            mine["feature_names_in_"] = np.array(names, dtype=object)
        return rows

    def _rows(self, X: Any) -> Any:
        self._require_fitted()
        return _core.dense(np.zeros((row_count(X, None), 1)))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """As of every estimator; without X its rows are those of y."""
        return super().score(np.zeros((len(y), 1)) if X is None else X, y, sample_weight)


def row_count(X: Any, y: Any) -> int:
    held = y if X is None else X
    if not hasattr(held, "shape") and not hasattr(held, "__len__"):
        held = np.asarray(held)
    shape = getattr(held, "shape", None)
    rows = shape[0] if shape else len(held)
    if rows == 0:
        raise DataError("Found array with 0 sample(s) while a minimum of 1 is required.")
    return rows


def column_count(X: Any) -> int | None:
    """Columns of X; None where it is not a matrix."""
    shape = getattr(X, "shape", None)
    if shape is None and X is not None:
        try:
            shape = np.asarray(X).shape
        except ValueError:
            return None
    return shape[1] if shape is not None and len(shape) >= 2 else None


class ConstantClasses(Constant):
    n_outputs_ = 1
    sparse_output_ = False

    def _own_settings(self) -> dict[str, Any]:
        known = {"prior": "prior", "most_frequent": "majority", "constant": "majority"}
        if self.strategy not in known:
            raise self._refuse("strategy", self.strategy, "'prior', 'most_frequent' or 'constant'")
        # The shares of the classes are those of the labels, whatever the constant.
        return {"strategy": "prior" if "_shares" in self.__dict__ else known[self.strategy]}

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        mine = self.__dict__
        mine["_shares"] = None
        try:
            super()._learn_one(X, y, sample_weight)
            mine["class_prior_"] = self._fitted.attribute("class_prior")
        finally:
            del mine["_shares"]
        known = self.classes_
        if self.strategy == "constant":
            y = np.full(row_count(X, y), self._constant(known), dtype=known.dtype)
        return super()._learn_one(X, y, sample_weight, known)

    def _constant(self, known: np.ndarray) -> Any:
        if self.constant is None:
            raise ParameterError("Constant target value has to be specified when the constant strategy is used.")
        values = np.ravel(np.asarray(self.constant))
        if len(values) != 1:
            raise ParameterError("Constant target value should have shape (1, 1): one value for the one target.")
        if values[0] not in known.tolist():
            raise ParameterError(
                "The constant target value must be present in the training data. You provided "
                f"constant={self.constant}. Possible values are: {known.tolist()}."
            )
        return values[0]

    @property
    def n_classes_(self) -> int:
        return len(self.classes_)


class ConstantNumbers(Constant, Targets):
    _keeps_column = False

    def _own_settings(self) -> dict[str, Any]:
        known = {"mean": "mean", "median": "median", "quantile": "mean", "constant": "mean"}
        if self.strategy not in known:
            raise self._refuse("strategy", self.strategy, "'mean', 'median', 'quantile' or 'constant'")
        return {"strategy": known[self.strategy]}

    def _require_targets(self, count: int) -> None:
        if self.strategy == "constant" and self.constant is not None and np.size(self.constant) != count:
            raise ParameterError(f"Constant target value should have shape ({count}, 1).")

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        # The mean of a constant is the constant.
        if self.strategy == "constant":
            if self.constant is None:
                raise TypeError("Constant target value has to be specified when the constant strategy is used.")
            if self._flat:
                self._require_targets(1)
            y = np.full(len(y), float(np.ravel(self.constant)[self._place]))
        elif self.strategy == "quantile":
            y = np.full(len(y), self._quantile(y, sample_weight))
            sample_weight = None
        return super()._learn_one(X, y, sample_weight)

    def _quantile(self, y: Any, sample_weight: Any) -> float:
        if self.quantile is None:
            raise ParameterError(
                "When using `strategy='quantile', you have to specify the desired quantile in the range [0, 1]."
            )
        level = number(self.quantile)
        if not 0 <= level <= 1:
            raise self._refuse("quantile", self.quantile, "from 0 to 1")
        if sample_weight is not None:
            raise ParameterError(f"{type(self).__name__}: the strategy 'quantile' takes no sample_weight")
        return float(np.quantile(np.asarray(y, dtype=float), level))

    @property
    def n_outputs_(self) -> int:
        return len(self._models())

    @property
    def constant_(self) -> np.ndarray:
        return self._stacked("answer")[None, :]

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """The one number, for each row of X: [rows] or [rows, targets]; with ``return_std`` also as many zeros."""
        answers = super().predict(X)
        return (answers, np.zeros_like(answers)) if return_std else answers
