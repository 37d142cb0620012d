"""The kinds of estimators: classifiers, regressors, clusterers, detectors; see _estimator.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _inputs, _scikit, _targets
from ._estimator import Estimator


class Supervised(Estimator):
    #: Targets of fit.
    _outputs = 1

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Learns from rows X [rows, columns] and their targets y [rows].

        X is a matrix of numbers, a SciPy sparse matrix, or a table (pandas, polars, pyarrow, anything with an Arrow
        stream) with texts, categories, dates, booleans and missing cells as they are. ``sample_weight`` [rows] counts
        each row so many times. Returns the estimator. Raises ValueError or TypeError with a sentence.
        """
        self._learn(X, y, sample_weight)
        return self

    def set_score_request(self, *, sample_weight: Any = "$UNCHANGED$") -> Any:
        """Asks scikit-learn's meta-estimators to hand sample_weight to score."""
        return _scikit.request(self, "score", {"sample_weight": sample_weight})


class Classifier(Supervised):
    _estimator_type = "classifier"

    def _target(self, y: Any, rows: int, classes: Any) -> tuple[Any, Any]:
        who = type(self).__name__
        if classes is None:
            target, known = _inputs.labels(y, who)
        else:
            known = np.unique(np.asarray(classes))
            target = _inputs.known_labels(y, known, who)
        _inputs.same_length(rows, y)
        return target, known

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each row of X: [rows], in the type of the labels of fit."""
        features = self._rows(X)
        if self._outputs > 1:
            return _targets.likeliest(_targets.shares(self, features), self.classes_)
        return self.classes_[self._fitted.decide(features, self._run())]

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class: [rows, classes], in the order of ``classes_``; rows sum to 1. Of several targets a
        list of such tables."""
        features = self._rows(X)
        if self._outputs > 1:
            return _targets.shares(self, features)
        return self._fitted.probabilities(features, self._run())

    def predict_log_proba(self, X: Any) -> Any:
        """The natural logarithm of predict_proba: [rows, classes]; -inf where a probability is 0."""
        shares = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return [np.log(part) for part in shares] if isinstance(shares, list) else np.log(shares)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of rows whose class is predicted right, from 0 to 1. Of several targets all must be right."""
        if self.__dict__.get("_outputs", 1) > 1:
            return _targets.exact_matches(y, self.predict(X), sample_weight)
        from .metrics import accuracy_score

        return accuracy_score(y, self.predict(X), sample_weight=sample_weight)


class Regressor(Supervised):
    _estimator_type = "regressor"

    def _target(self, y: Any, rows: int, classes: Any) -> tuple[Any, Any]:
        target = _inputs.numbers(y, type(self).__name__)
        _inputs.same_length(rows, y)
        return target, None

    def predict(self, X: Any) -> np.ndarray:
        """The number expected for each row of X: [rows], in the target's unit."""
        features = self._rows(X)
        if self._outputs > 1:
            return _targets.values(self, features)
        return self._fitted.values(features, self._run())

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The coefficient of determination R^2 of the predictions, at most 1; the mean of several targets."""
        if self.__dict__.get("_outputs", 1) > 1:
            return _targets.mean_r2(y, self.predict(X), sample_weight)
        from .metrics import r2_score

        return r2_score(y, self.predict(X), sample_weight=sample_weight)


class Clusterer(Estimator):
    _estimator_type = "clusterer"

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Finds clusters in rows X [rows, columns]; y is ignored. Returns the estimator. X as in other estimators."""
        rows = self._learn(X, None, sample_weight)
        features = rows.features if self._takes == "numbers" else self._encoded(self._fitted, rows)
        self.__dict__["labels_"] = self._fitted.assign(features, self._run())
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The cluster of each row of X: [rows], from 0; -1 for none."""
        features = self._rows(X)
        return self._fitted.assign(features, self._run())

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """fit, then the cluster of each row of X: [rows]."""
        return self.fit(X, sample_weight=sample_weight).labels_


class Detector(Estimator):
    _estimator_type = "outlier_detector"

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Learns what rows X [rows, columns] look like; y is ignored. Returns the estimator."""
        self._learn(X, None, sample_weight)
        return self

    def anomaly(self, X: Any) -> np.ndarray:
        """How unusual each row of X is: [rows], between 0 and 1."""
        features = self._rows(X)
        return self._fitted.anomaly(features, self._run())

    def score_samples(self, X: Any) -> np.ndarray:
        """The same with its sign turned, as scikit-learn has it: larger is more usual, [rows]."""
        return -self.anomaly(X)

    @property
    def offset_(self) -> float:
        """What decision_function takes off score_samples. A row at the threshold stands apart, so it lies just beside."""
        return -float(np.nextafter(self._require_fitted().anomaly_threshold, -np.inf))

    def decision_function(self, X: Any) -> np.ndarray:
        """How far each row is on the usual side of the threshold: [rows], below 0 is unusual."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """-1 for rows that stand apart, 1 for the others: [rows]."""
        scores = self.anomaly(X)
        return np.where(scores >= self._fitted.anomaly_threshold, -1, 1)

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """fit, then predict of the same rows: [rows]."""
        return self.fit(X, sample_weight=sample_weight).predict(X)
