"""Linear models under scikit-learn's names: what theirs does beyond a change of names."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._errors import DataError, ParameterError
from ._plain import Plain, Targets, warn, weighed_by_class
from ._rows import number


class LeastSquares(Targets):
    def _own_settings(self) -> dict[str, Any]:
        return {"alpha": 0.0} if "_entry" in self.__dict__ else {}

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        rows = super()._learn_one(X, y, sample_weight)
        mine = self.__dict__
        mine["_rank"] = int(self._fitted.attribute("rank"))
        if mine["_rank"] < len(self._fitted.attribute("coefficients")):
            # Of the many solutions theirs is the shortest, and so is that of a penalty of 0.
            mine["_entry"] = {**type(self)._entry, "name": "ridge"}
            try:
                super()._learn_one(X, y, sample_weight)
            finally:
                del mine["_entry"]
        return rows

    @property
    def rank_(self) -> int:
        self._require_fitted()
        return self._rank


class Penalised(Targets):
    _keeps_column = False

    @property
    def n_iter_(self) -> Any:
        models = self._models()
        return None if self.solver in ("svd", "cholesky") else np.ones(len(models), dtype=np.int32)

    @property
    def solver_(self) -> str:
        self._require_fitted()
        return "cholesky" if self.solver == "auto" else self.solver

    def _own_settings(self) -> dict[str, Any]:
        alpha = self.alpha
        if np.ndim(alpha) == 1:
            return {"alpha": float(alpha[self._place if np.size(alpha) > 1 else 0])}
        try:
            return {"alpha": number(alpha)}
        except ParameterError as error:
            raise ParameterError(f"{type(self).__name__}: alpha {error}") from None

    def _require_targets(self, count: int) -> None:
        if np.ndim(self.alpha) == 1 and len(self.alpha) not in (1, count):
            raise ParameterError(
                f"Number of targets and number of penalties do not correspond: {len(self.alpha)} != {count}"
            )


class Logistic(Plain):
    def _own_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {"c": None}
        if self.penalty not in ("deprecated", "l2", None):
            raise self._refuse("penalty", self.penalty, "'l2' or None")
        if self.penalty is not None:
            try:
                strength = number(self.C)
            except ParameterError as error:
                raise ParameterError(f"{type(self).__name__}: C {error}") from None
            settings["c"] = None if strength == np.inf else strength
        if isinstance(self.class_weight, str):
            if self.class_weight != "balanced":
                raise self._refuse("class_weight", self.class_weight, "None, 'balanced' or a dict")
            settings["class_weights"] = "balanced"
        return settings

    def _learn(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        rows = super()._learn(X, y, weighed_by_class(self, y, sample_weight))
        if self._fitted.attribute("converged") == 0:
            warn(
                f"{type(self).__name__} failed to converge after {self.n_iter_[0]} step(s) (max_iter={self.max_iter}): "
                "increase max_iter or scale the data."
            )
        return rows

    def _told(self, error: DataError) -> DataError:
        if error.code != "data.one_class":
            return error
        told = DataError(
            f"{type(self).__name__} needs at least 2 classes in the data, but the data contains only one class: "
            f"{str(error).rsplit(': ', 1)[-1]}"
        )
        told.code = error.code
        return told

    def _centred(self, scores: Any) -> Any:
        # One score per class is known up to a common shift; theirs sum to 0.
        return scores - scores.mean(axis=0) if len(self.classes_) > 2 else scores

    def _figure(self, name: str, attribute: str) -> np.ndarray:
        fitted = self.__dict__.get("_fitted")
        if fitted is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {attribute!r}")
        return fitted.attribute(name)

    @property
    def coef_(self) -> np.ndarray:
        return self._centred(self._figure("coefficients", "coef_"))

    @property
    def intercept_(self) -> np.ndarray:
        return self._centred(np.atleast_1d(self._figure("intercept", "intercept_")))

    @property
    def n_iter_(self) -> np.ndarray:
        return np.array([self._figure("iterations", "n_iter_")], dtype=np.int32)

    def decision_function(self, X: Any) -> np.ndarray:
        """The score of each class: [rows] for two classes, else [rows, classes]."""
        return self._centred(super().decision_function(X).T).T
