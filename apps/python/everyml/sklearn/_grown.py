"""What trees and all that is made of them share under scikit-learn's names."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from .. import _core, _inputs
from .._run import seed_of
from ._plain import Plain, weighed_by_class


class Grown(Plain):
    """What is drawn follows random_state, and sizes that are shares become numbers of rows."""

    _learns: dict[str, Any] | None = None

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        mine = self.__dict__
        mine["_seed"] = seed_of(getattr(self, "random_state", 0))
        try:
            rows = super()._learn_one(X, y, self._weighted(y, sample_weight), classes)
        finally:
            mine.pop("_learns", None)
        return rows

    def _weighted(self, y: Any, sample_weight: Any) -> Any:
        return sample_weight

    def _seen(self, rows: Any, y: Any, weights: Any) -> None:
        names = rows.engine_names() if isinstance(rows, _inputs.Numbers) else rows.names
        names = _inputs.default_names(rows.columns) if names is None else list(names)
        self.__dict__["_learns"] = {"read": rows, "rows": rows.rows, "names": names, "y": y, "weights": weights}
        self.__dict__["max_features_"] = self._features_tried(getattr(self, "max_features", None), rows.columns)

    def _features_tried(self, wanted: Any, columns: int) -> int:
        if wanted is None:
            return columns
        if isinstance(wanted, str):
            if wanted not in ("sqrt", "log2"):
                raise self._refuse("max_features", wanted, "'sqrt', 'log2', a number, a share or None")
            return max(1, int(math.sqrt(columns) if wanted == "sqrt" else math.log2(columns)))
        if isinstance(wanted, numbers.Integral) and not isinstance(wanted, bool) and wanted >= 1:
            return min(int(wanted), columns)
        if isinstance(wanted, numbers.Real) and not isinstance(wanted, (bool, numbers.Integral)) and 0 < wanted <= 1:
            return max(1, int(wanted * columns))
        raise self._refuse("max_features", wanted, "'sqrt', 'log2', a number from 1, a share up to 1.0, or None")

    def _count(self, name: str, least: int) -> float:
        """A number of rows, given as it is or as a share of them."""
        value, rows = getattr(self, name), self.__dict__["_learns"]["rows"]
        if isinstance(value, numbers.Integral) and not isinstance(value, bool) and value >= least:
            return float(value)
        if isinstance(value, numbers.Real) and not isinstance(value, (bool, numbers.Integral)) and 0 < value <= 1:
            return float(max(least, math.ceil(value * rows)))
        raise self._refuse(name, value, f"a whole number of at least {least}, or a share of the rows up to 1.0")

    def _min_leaf(self) -> float:
        share, known = self.min_weight_fraction_leaf, self.__dict__["_learns"]
        if not isinstance(share, numbers.Real) or isinstance(share, bool) or not 0 <= share <= 0.5:
            raise self._refuse("min_weight_fraction_leaf", share, "a number from 0 to 0.5")
        total = known["rows"] if known["weights"] is None else float(np.sum(known["weights"]))
        return max(self._count("min_samples_leaf", 1), float(share) * total)

    def _decrease(self) -> float:
        value = self.min_impurity_decrease
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not value >= 0:
            raise self._refuse("min_impurity_decrease", value, "a number of at least 0")
        return float(value)

    @property
    def n_outputs_(self) -> int:
        self._require_fitted()
        return self.__dict__.get("_outputs", 1)


def decision_paths(estimator: Any, X: Any) -> tuple[Any, np.ndarray]:
    """Which nodes of which tree each row of X comes by: a sparse matrix of ones, [rows, nodes of all trees], and the first
    column of each tree, [trees + 1]. Nodes are numbered in pre-order, leaves among them."""
    from scipy.sparse import csr_matrix

    features, fitted = estimator._rows(X), estimator._fitted
    leaves = _core.leaves(fitted, features, estimator._run())
    first, ways = [0], []
    for tree in range(leaves.shape[1]):
        lengths, nodes = (np.asarray(one, dtype=np.int64) for one in _core.tree_ways(fitted, tree))
        ways.append(np.split(nodes + first[-1], np.cumsum(lengths)[:-1]))
        first.append(first[-1] + int(nodes.max()) + 1)
    rows = [np.concatenate([ways[tree][leaf] for tree, leaf in enumerate(row)]) for row in leaves]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    ones = np.ones(len(columns), dtype=np.int64)
    return csr_matrix((ones, columns, ends), shape=(len(leaves), first[-1])), np.array(first, dtype=np.int64)


class Important:
    @property
    def feature_importances_(self) -> np.ndarray:
        return self._require_fitted().attribute("feature_importances")  # type: ignore[attr-defined]


class GrownClasses(Grown):
    #: The texts of class_weight that the engine itself understands.
    _balances: tuple[str, ...] = ()

    @property
    def n_classes_(self) -> Any:
        classes = self.classes_
        return [len(one) for one in classes] if isinstance(classes, list) else len(classes)

    def _weighted(self, y: Any, sample_weight: Any) -> Any:
        wanted = getattr(self, "class_weight", None)
        if not isinstance(wanted, str) or wanted in self._balances:
            return weighed_by_class(self, y, sample_weight)
        if wanted != "balanced":
            raise self._refuse("class_weight", wanted, "None, 'balanced' or a dict")
        labels = _inputs._vector(y, type(self).__name__)
        classes, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        own = _inputs.weights(sample_weight, len(labels))
        even = (len(labels) / (len(classes) * counts))[codes]
        return even if own is None else own * even
