"""Nearest neighbours under scikit-learn's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._errors import DataError, ParameterError
from ._plain import Plain, Targets
from ._rows import metric


class Nearest(Plain):
    def _own_settings(self) -> dict[str, Any]:
        return {"metric": self._metric()}

    def _metric(self) -> str:
        if self.metric == "minkowski":
            powers = {1: "manhattan", 2: "euclidean"}
            if isinstance(self.p, (int, float)) and self.p in powers:
                return powers[self.p]
            raise self._refuse("p", self.p, "1 or 2 for the metric 'minkowski'")
        try:
            return metric(self.metric)
        except ParameterError as error:
            raise ParameterError(f"{type(self).__name__}: metric {error}") from None

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        rows = super()._learn_one(X, y, sample_weight)
        mine = self.__dict__
        mine["effective_metric_"] = self._metric() if self.metric == "minkowski" else self.metric
        mine["effective_metric_params_"] = {}
        mine["_training"] = getattr(rows, "features", None)
        return rows

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state["_training"] = None
        return state

    def __getattr__(self, name: str) -> Any:
        fitted = self.__dict__.get("_fitted")
        if name == "n_samples_fit_" and fitted is not None:
            return int(fitted.attribute("training_rows"))
        return super().__getattr__(name)

    def kneighbors(self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True) -> Any:
        """The training rows nearest to each row of X, nearest first: distances [rows, n] and row numbers [rows, n].
        Without X each training row is asked for its neighbours other than itself."""
        fitted = self._require_fitted()
        count = self._count(n_neighbors)
        if X is None:
            distances, rows = self._of_training(fitted, count)
        else:
            features = self._rows(X)
            if count > self.n_samples_fit_:
                raise self._too_many(count, f"n_samples = {features.shape[0]}")
            distances, rows = fitted.neighbors(features, count, self._run())
        return (distances, rows) if return_distance else rows

    def _count(self, n_neighbors: Any) -> int:
        count = self.n_neighbors if n_neighbors is None else n_neighbors
        if not isinstance(count, (int, np.integer)) or isinstance(count, bool):
            raise ParameterError(f"n_neighbors does not take {type(count)} value, enter integer value")
        if count <= 0:
            raise ParameterError(f"Expected n_neighbors > 0. Got {count}")
        return int(count)

    def _too_many(self, count: int, asked: str) -> ParameterError:
        return ParameterError(
            f"Expected n_neighbors <= n_samples_fit, but n_neighbors = {count}, n_samples_fit = {self.n_samples_fit_}, "
            f"{asked}"
        )

    def _of_training(self, fitted: Any, count: int) -> tuple[np.ndarray, np.ndarray]:
        if self._training is None:
            raise DataError("The rows of fit are not at hand after loading or after a fit on a table; give X.")
        if count >= self.n_samples_fit_:
            raise ParameterError(
                f"Expected n_neighbors < n_samples_fit, but n_neighbors = {count}, n_samples_fit = "
                f"{self.n_samples_fit_}: a row is not its own neighbour"
            )
        distances, rows = fitted.neighbors(self._training, count + 1, self._run())
        itself = rows == np.arange(len(rows))[:, None]
        # Where more copies of a row come before it than are asked for, the first of them is left out.
        itself[~itself.any(axis=1), 0] = True
        shape = (len(rows), count)
        return distances[~itself].reshape(shape), rows[~itself].reshape(shape)

    def kneighbors_graph(self, X: Any = None, n_neighbors: int | None = None, mode: str = "connectivity") -> Any:
        """The neighbours as a sparse matrix [rows, training rows] of ones, or of distances for mode "distance"."""
        from scipy.sparse import csr_matrix

        if mode not in ("connectivity", "distance"):
            raise ParameterError(f'Unsupported mode, must be one of "connectivity", or "distance" but got {mode!r}')
        distances, rows = self.kneighbors(X, n_neighbors)
        values = distances.ravel() if mode == "distance" else np.ones(rows.size)
        starts = np.arange(0, rows.size + 1, rows.shape[1])
        return csr_matrix((values, rows.ravel(), starts), shape=(len(rows), self.n_samples_fit_))


class NearestClasses(Nearest):
    outputs_2d_ = False


class NearestNumbers(Nearest, Targets):
    pass
