"""k-means under scikit-learn's names."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import _core, _estimator, _inputs, _scikit
from .._errors import DataError, ParameterError
from ._plain import Plain, warn


class Centres(Plain):
    def _runs(self) -> int:
        runs = self.n_init
        if runs == "auto":
            return 10 if isinstance(self.init, str) and self.init == "random" or callable(self.init) else 1
        if not isinstance(runs, (int, np.integer)) or isinstance(runs, bool) or runs < 1:
            raise self._refuse("n_init", runs, "a whole number of at least 1 or 'auto'")
        return int(runs)

    def _own_settings(self) -> dict[str, Any]:
        self.__dict__["_n_init"] = self._runs()
        if not isinstance(self.init, str):
            return {}
        if self.init not in ("k-means++", "random"):
            raise self._refuse("init", self.init, "'k-means++', 'random', an array of centres or a function")
        return {"initial": self.init, "restarts": self._n_init}

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        self.__dict__["_seed"] = _estimator.seed_of(self.random_state)
        if isinstance(self.init, str):
            rows = super()._learn_one(X, y, sample_weight)
        else:
            rows = self._learn_from(X, sample_weight)
        return rows

    def _told(self, error: DataError) -> DataError:
        if error.code != "data.too_few_rows":
            return error
        rows = str(error).rsplit(" ", 1)[-1]
        told = DataError(f"n_samples={rows} should be >= n_clusters={self.n_clusters}.")
        told.code = error.code
        return told

    def _learn_from(self, X: Any, sample_weight: Any) -> Any:
        """The best run from centres that were given, or that a function gives."""
        settings = self._changed()
        rows = _inputs.read(X, "never")
        if rows.rows < self.n_clusters:
            raise DataError(f"n_samples={rows.rows} should be >= n_clusters={self.n_clusters}.")
        weights = _inputs.weights(sample_weight, rows.rows)
        names = rows.engine_names()
        runs = self._n_init
        if not callable(self.init) and runs > 1:
            warnings.warn(
                f"Explicit initial center position passed: performing only one init in {type(self).__name__} instead "
                f"of n_init={runs}.",
                RuntimeWarning,
                stacklevel=6,
            )
            runs = 1
        draws = np.random.RandomState(self._seed % 2**32)
        best = None
        for _ in range(runs):
            first = self.init(X, self.n_clusters, random_state=draws) if callable(self.init) else self.init
            fitted = _core.fit_centres(
                settings, rows.features, names, self._first(first, rows.columns), weights, self._run()
            )
            if best is None or fitted.attribute("inertia") < best.attribute("inertia"):
                best = fitted
        mine = self.__dict__
        mine.update(_fitted=best, _takes="numbers", n_features_in_=rows.columns)
        mine.pop("feature_names_in_", None)
        if rows.names is not None:
            mine["feature_names_in_"] = np.array(rows.names, dtype=object)
        return rows

    def _first(self, centres: Any, columns: int) -> np.ndarray:
        array = np.ascontiguousarray(centres, dtype=np.float64)
        if array.ndim != 2 or array.shape[0] != self.n_clusters:
            raise ParameterError(
                f"The shape of the initial centers {array.shape} does not match the number of clusters "
                f"{self.n_clusters}."
            )
        if array.shape[1] != columns:
            raise ParameterError(
                f"The shape of the initial centers {array.shape} does not match the number of features of the data "
                f"{columns}."
            )
        return array.ravel()

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Finds clusters in rows X [rows, columns]; y is ignored. Returns the estimator."""
        super().fit(X, y, sample_weight)
        found = len(np.unique(self.labels_))
        if found < self.n_clusters:
            warn(
                f"Number of distinct clusters ({found}) found smaller than n_clusters ({self.n_clusters}). Possibly "
                "due to duplicate points in X."
            )
        return self

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The negative of the weighted sum of squared distances of the rows of X to their centres."""
        features = self._rows(X)
        nearest = self._fitted.transform(features, self._run()).min(axis=1)
        weights = _inputs.weights(sample_weight, len(nearest))
        return -float(np.sum(nearest**2 if weights is None else weights * nearest**2))

    def set_score_request(self, *, sample_weight: Any = "$UNCHANGED$") -> Any:
        """Asks scikit-learn's meta-estimators to hand sample_weight to score."""
        return _scikit.request(self, "score", {"sample_weight": sample_weight})
