"""Single trees under scikit-learn's names."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from .. import _inputs, _targets
from ._grown import Grown, GrownClasses, Important, decision_paths


class Bunch(dict):
    """A dict whose entries are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Tree(Important, Grown):
    def _own_settings(self) -> dict[str, Any]:
        known = self.__dict__["_learns"]
        tried, columns = self.__dict__["max_features_"], len(known["names"])
        unit = math.log(2) if self.criterion in ("entropy", "log_loss") else 1.0
        settings = {
            "min_leaf": self._min_leaf(),
            "min_split": self._count("min_samples_split", 2),
            "min_gain": self._decrease() * unit,
            # Up to 1 the engine takes a share: half a column is the one that there is at least.
            "max_features": None if tried == columns else float(tried) if tried > 1 else 0.5 / columns,
            "alpha": self._price(),
        }
        return settings

    def _price(self) -> float:
        """ccp_alpha in parts of the impurity of all rows."""
        value = self.ccp_alpha
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not value >= 0:
            raise self._refuse("ccp_alpha", value, "a number of at least 0")
        whole = self._whole_impurity() if value > 0 else 0.0
        return min(float(value) / whole, 1e6) if whole > 0 else 0.0

    def _impurity(self, y: Any, weights: Any) -> float:
        raise NotImplementedError

    def _whole_impurity(self) -> float:
        """That of all rows; the mean of several targets."""
        known = self.__dict__["_learns"]
        several = _targets.columns_of(known["y"])
        columns = [known["y"]] if several is None else several[0]
        return float(np.mean([self._impurity(column, known["weights"]) for column in columns]))

    def apply(self, X: Any, check_input: bool = True) -> np.ndarray:
        """The leaf that each row of X ends in: [rows], from 0, left to right."""
        return super().apply(X)[:, 0].astype(np.int64)  # type: ignore[misc]

    def decision_path(self, X: Any, check_input: bool = True) -> Any:
        """The nodes that each row of X comes by: a sparse matrix of ones, [rows, nodes], in pre-order, leaves among
        them."""
        return decision_paths(self, X)[0]

    def get_depth(self) -> int:
        """Most questions from the root to a leaf."""
        return int(self._require_fitted().attribute("depth"))

    def get_n_leaves(self) -> int:
        """Number of leaves."""
        return int(self._require_fitted().attribute("leaves"))

    def cost_complexity_pruning_path(self, X: Any, y: Any, sample_weight: Any = None) -> Bunch:
        """Prices of a leaf at which the tree gets smaller, ccp_alphas [steps], and the impurity of the leaves of the best
        tree from each on, impurities [steps]."""
        whole = type(self)(**{**self.get_params(deep=False), "ccp_alpha": 0.0})
        whole.__dict__["_keeps"] = True
        whole.fit(X, y, sample_weight)
        scale = whole.__dict__["_keeps"]
        alphas, errors = (whole._fitted.attribute(name) for name in ("path_alphas", "path_errors"))
        return Bunch(ccp_alphas=alphas * scale, impurities=errors * scale)

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        if self.__dict__.get("_keeps") is None:
            return super()._learn_one(X, y, sample_weight, classes)
        rows = super()._learn_one(X, y, sample_weight, classes)
        weights = _inputs.weights(self._weighted(y, sample_weight), rows.rows)
        self.__dict__["_learns"] = {"rows": rows.rows, "y": y, "weights": weights}
        self.__dict__["_keeps"] = self._whole_impurity()
        del self.__dict__["_learns"]
        return rows


class TreeOfClasses(Tree, GrownClasses):
    def _own_settings(self) -> dict[str, Any]:
        return {**super()._own_settings(), "prune_by": "impurity"}

    def _impurity(self, y: Any, weights: Any) -> float:
        _, codes = np.unique(_inputs._vector(y, type(self).__name__), return_inverse=True)
        shares = np.bincount(codes, weights=weights).astype(float)
        shares = shares[shares > 0] / shares.sum()
        if self.criterion == "gini":
            return float(1 - np.sum(shares**2))
        return float(-np.sum(shares * np.log2(shares)))


class TreeOfNumbers(Tree):
    def _impurity(self, y: Any, weights: Any) -> float:
        y = np.asarray(_inputs._vector(y, type(self).__name__), dtype=float)
        weights = np.ones(len(y)) if weights is None else weights
        mean = np.average(y, weights=weights)
        if self.criterion == "absolute_error":
            order = np.argsort(y)
            half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
            return float(np.average(np.abs(y - y[order][min(half, len(y) - 1)]), weights=weights))
        if self.criterion == "poisson":
            terms = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / mean), 0.0) if mean > 0 else np.zeros(len(y))
            return float(np.average(terms, weights=weights))
        return float(np.average((y - mean) ** 2, weights=weights))
