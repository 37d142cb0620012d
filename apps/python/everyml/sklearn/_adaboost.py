"""AdaBoost under scikit-learn's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ._grown import Grown, Important


class AdaBoosted(Important, Grown):
    _depth = 1
    _trees = "DecisionTreeClassifier"

    def _own_settings(self) -> dict[str, Any]:
        one = self.estimator
        if one is None:
            return {"depth": self._depth}
        if type(one).__name__ != self._trees:
            raise self._refuse("estimator", one, f"None or a {self._trees} of some max_depth")
        return {"depth": 1_000_000 if one.max_depth is None else one.max_depth}

    def _stages(self, X: Any) -> Any:
        """After each round: (trees so far, sum of the trees [rows, outputs])."""
        features, fitted = self._rows(X), self._fitted
        for count in range(1, _core.tree_count(fitted) + 1):
            yield count, _core.tree_sums(fitted, features, 0, count, self._run())

    def staged_score(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """score(X, y) after each round."""
        from ..metrics import accuracy_score, r2_score

        metric = accuracy_score if hasattr(self, "classes_") else r2_score
        for answers in self.staged_predict(X):
            yield metric(y, answers, sample_weight=sample_weight)


class AdaBoostClasses(AdaBoosted):
    @property
    def n_classes_(self) -> int:
        return len(self.classes_)

    def staged_decision_function(self, X: Any) -> Any:
        """decision_function(X) after each round."""
        votes, classes = self.estimator_weights_, len(self.classes_)
        for count, sums in self._stages(X):
            shares = sums / votes[:count].sum()
            standing = shares - (1 - shares) / (classes - 1)
            yield standing[:, 1] if classes == 2 else standing

    def staged_predict_proba(self, X: Any) -> Any:
        """predict_proba(X) after each round."""
        classes = len(self.classes_)
        for standing in self.staged_decision_function(X):
            scores = np.column_stack([-standing, standing]) if classes == 2 else standing
            powers = np.exp(scores / (classes - 1) - (scores / (classes - 1)).max(axis=1, keepdims=True))
            yield powers / powers.sum(axis=1, keepdims=True)

    def staged_predict(self, X: Any) -> Any:
        """predict(X) after each round."""
        for shares in self.staged_predict_proba(X):
            yield self.classes_[shares.argmax(axis=1)]


class AdaBoostNumbers(AdaBoosted):
    _depth, _trees = 3, "DecisionTreeRegressor"

    def staged_predict(self, X: Any) -> Any:
        """predict(X) after each round: the weighted median of the trees so far."""
        features, fitted, votes = self._rows(X), self._fitted, self.estimator_weights_
        answers: list[np.ndarray] = []
        for tree in range(_core.tree_count(fitted)):
            answers.append(_core.tree_sums(fitted, features, tree, tree + 1, self._run())[:, 0])
            values = np.column_stack(answers)
            order = np.argsort(values, axis=1, kind="stable")
            reached = np.cumsum(votes[order], axis=1)
            place = (reached >= 0.5 * reached[:, -1:]).argmax(axis=1)
            rows = np.arange(len(values))
            yield values[rows, order[rows, place]]
