"""Naive Bayes classifiers under scikit-learn's names."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import _inputs
from .._errors import DataError, ParameterError
from ._plain import Plain
from ._rows import number

#: What theirs raises an alpha to without force_alpha.
_LEAST_ALPHA = 1e-10


class Bayes(Plain):
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """Learns from further rows; the first call names all ``classes`` that will come."""
        if self.__dict__.get("_fitted") is None:
            if classes is None:
                raise DataError("classes must be passed on the first call to partial_fit.")
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise DataError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes_!r}"
            )
        try:
            return super().partial_fit(X, y, classes, sample_weight)
        except DataError as error:
            raise self._told(error) from None

    def _told(self, error: DataError) -> DataError:
        text = str(error)
        if error.code == "data.negative_count" or error.code == "data.category_code" and " is -" in text:
            told = DataError(f"Negative values in data passed to {type(self).__name__} (input X): {text}")
            told.code = error.code
            return told
        if text.startswith("y holds "):
            return DataError(f"The target label(s) in y do not exist in the initial classes: {text}")
        return error

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        try:
            return super()._learn_one(X, y, sample_weight, classes)
        except ParameterError as error:
            if error.code != "parameter.class_priors":
                raise
            told = ParameterError(f"{error}. Number of priors must match number of classes.")
            told.code = error.code
            raise told from None

    def predict_joint_log_proba(self, X: Any) -> np.ndarray:
        """The logarithm of prior times likelihood: [rows, classes]."""
        features = self._rows(X)
        try:
            return self._fitted.log_joint(features, self._run())
        except DataError as error:
            raise self._told(error) from None

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """The natural logarithm of predict_proba: [rows, classes], finite where predict_proba has run out of digits."""
        joint = self.predict_joint_log_proba(X)
        joint -= joint.max(axis=1, keepdims=True)
        return joint - np.log(np.exp(joint).sum(axis=1, keepdims=True))


class Discrete(Bayes):
    def _own_settings(self) -> dict[str, Any]:
        try:
            alpha = number(self.alpha)
        except ParameterError as error:
            raise ParameterError(f"{type(self).__name__}: alpha {error}") from None
        if alpha < _LEAST_ALPHA and not self.force_alpha:
            warnings.warn(
                f"alpha too small will result in numeric errors, setting alpha = {_LEAST_ALPHA:.1e}. Use "
                "`force_alpha=True` to keep alpha unchanged.",
                stacklevel=6,
            )
            alpha = _LEAST_ALPHA
        return {"alpha": alpha}

    @property
    def class_log_prior_(self) -> np.ndarray:
        fitted = self.__dict__.get("_fitted")
        if fitted is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'class_log_prior_'")
        with np.errstate(divide="ignore"):
            return np.log(fitted.attribute("class_prior"))

    def __getattr__(self, name: str) -> Any:
        if name == "feature_all_" and name in self._row.computed and self.__dict__.get("_fitted") is not None:
            return self.feature_count_.sum(axis=0)
        return super().__getattr__(name)


class Flags(Discrete):
    def _prepared(self, X: Any) -> Any:
        limit = self.binarize
        if limit is None or limit == 0 and not isinstance(limit, bool):
            return X
        if isinstance(limit, (bool, str)) or np.ndim(limit) != 0:
            raise self._refuse("binarize", limit, "a number or None")
        if _inputs.is_sparse(X):
            if limit < 0:
                raise self._refuse("binarize", limit, "at least 0 for a sparse matrix")
            X = X.tocsr(copy=True)
            X.data = (X.data > limit).astype(np.float64)
            return X
        if hasattr(X, "iloc"):
            return (X > limit).astype(np.float64)
        return (np.asarray(X) > limit).astype(np.float64)


class Categories(Discrete):
    def _prepared(self, X: Any) -> Any:
        if _inputs.is_sparse(X):
            raise TypeError("CategoricalNB reads dense rows only: a sparse matrix has no categories.")
        if _inputs.is_frame(X):
            return X
        # As theirs: a category is the whole part of a number.
        array = np.asarray(X)
        if array.dtype.kind in "fi" and (array < 0).any():
            raise DataError("Negative values in data passed to CategoricalNB (input X): categories are counted from 0.")
        return np.trunc(array) if array.dtype.kind == "f" else X

    def _per_feature(self, name: str) -> list[np.ndarray]:
        ends = np.cumsum(self.n_categories_)[:-1]
        return [np.ascontiguousarray(part) for part in np.split(self._fitted.attribute(name), ends, axis=1)]

    def __getattr__(self, name: str) -> Any:
        fitted = self.__dict__.get("_fitted")
        if fitted is not None:
            if name == "n_categories_":
                return fitted.attribute("levels").astype(np.int64)
            if name == "category_count_":
                return self._per_feature("level_count")
            if name == "feature_log_prob_":
                return self._per_feature("level_log_prob")
        return super().__getattr__(name)
