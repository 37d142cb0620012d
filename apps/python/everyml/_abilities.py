"""What estimators can do besides fitting and answering, one class for each ability; see _estimator.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _inputs, _scikit
from ._errors import ParameterError
from ._run import share, whole


class Scores:
    def decision_function(self, X: Any) -> np.ndarray:
        """Raw scores before they become probabilities: [rows] for two classes, larger for the second; else
        [rows, classes]."""
        features = self._rows(X)
        return self._fitted.scores(features, self._run())


class Contributions:
    def contributions(self, X: Any) -> np.ndarray:
        """What each feature adds to the answer for each row of X, exactly (SHAP values): [rows, features + 1], and
        [rows, sums, features + 1] for a model of several sums. The last of a row is the base; together they are the
        row's score, probability or value, whichever the model adds up."""
        features = self._rows(X)
        flat = self._fitted.contributions(features, self._run())
        sums = self._fitted.contribution_count
        return flat if sums == 1 else flat.reshape(len(flat), sums, -1)


class Intervals:
    def predict_interval(self, X: Any, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Where a new observation lies with probability ``level`` (in (0, 1)): low [rows] and high [rows]."""
        features = self._rows(X)
        return self._fitted.intervals(features, share(level, "level"), self._run())


class Neighbors:
    def kneighbors(self, X: Any, n_neighbors: int | None = None, return_distance: bool = True) -> Any:
        """The training rows nearest to each row of X, nearest first: distances [rows, n] and row numbers [rows, n]."""
        features = self._rows(X)
        count = whole(self.neighbors if n_neighbors is None else n_neighbors, "n_neighbors", 1)
        distances, rows = self._fitted.neighbors(features, count, self._run())
        return (distances, rows) if return_distance else rows


class Transformer:
    _sklearn_auto_wrap_output_keys = {"transform"}

    def transform(self, X: Any) -> Any:
        """New features of each row of X: [rows, outputs], in the container that set_output asks for."""
        features = self._rows(X)
        return _scikit.wrapped(self, self._fitted.transform(features, self._run()), X)

    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """fit, then transform of the same rows."""
        return self.fit(X, y, sample_weight=sample_weight).transform(X)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the outputs of transform: the class's name in small letters and a number."""
        fitted = self._require_fitted()
        prefix = type(self).__name__.lower()
        return np.array([f"{prefix}{i}" for i in range(fitted.output_count)], dtype=object)

    @property
    def _n_features_out(self) -> int:
        return self._require_fitted().output_count

    def set_output(self, *, transform: Any = None) -> Any:
        """The container of transform's output: "default" (NumPy), "pandas" or "polars"; None changes nothing."""
        if transform is not None:
            if transform not in ("default", "pandas", "polars"):
                raise ParameterError(f'transform must be "default", "pandas" or "polars", got {transform!r}')
            self._sklearn_output_config = {"transform": transform}
        return self


class Updates:
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """Learns from further rows. The first call of a classifier may name all ``classes`` that will come."""
        if self.__dict__.get("_fitted") is None:
            self._learn(X, y, sample_weight, classes)
            return self
        self._require_same(classes)
        features = self._rows(X)
        rows = features.shape[0]
        if "classes_" in self.__dict__:
            target = _inputs.known_labels(y, self.classes_, type(self).__name__)
        else:
            target = _inputs.numbers(y, type(self).__name__)
        _inputs.same_length(rows, y)
        weights = _inputs.weights(sample_weight, rows)
        self.__dict__["_fitted"] = self._fitted.update(features, target, weights, self._run(fitting=True))
        return self

    def set_partial_fit_request(self, *, classes: Any = "$UNCHANGED$", sample_weight: Any = "$UNCHANGED$") -> Any:
        """Asks scikit-learn's meta-estimators to hand these to partial_fit."""
        return _scikit.request(self, "partial_fit", {"classes": classes, "sample_weight": sample_weight})


class Voting:
    """Of learners in which a weight multiplies a row's vote: scikit-learn's sample_weight, which counts a row so many
    times, would mean something else."""

    def fit(self, X: Any, y: Any) -> Any:
        """Learns from rows X [rows, columns] and their targets y [rows]; X and y as in other estimators."""
        self._learn(X, y, None)
        return self

    def set_fit_request(self) -> Any:
        """There is nothing to ask for."""
        return _scikit.request(self, "fit", {})


class VotingUpdates:
    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Any:
        """Learns from further rows. The first call of a classifier may name all ``classes`` that will come."""
        return Updates.partial_fit(self, X, y, classes)
