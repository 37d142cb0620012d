"""Trees and what is made of them, under scikit-learn's names."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from .. import _core, _estimator, _inputs
from .._errors import ParameterError
from ._plain import Plain, weighed_by_class


class Bunch(dict):
    """A dict whose entries are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Grown(Plain):
    """What is drawn follows random_state, and sizes that are shares become numbers of rows."""

    _learns: dict[str, Any] | None = None

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        mine = self.__dict__
        mine["_seed"] = _estimator.seed_of(getattr(self, "random_state", 0))
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
        return 1


class Important:
    @property
    def feature_importances_(self) -> np.ndarray:
        return self._require_fitted().attribute("feature_importances")  # type: ignore[attr-defined]


class GrownClasses(Grown):
    #: The texts of class_weight that the engine itself understands.
    _balances: tuple[str, ...] = ()

    @property
    def n_classes_(self) -> int:
        return len(self.classes_)

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
        whole = self._impurity() if value > 0 else 0.0
        return min(float(value) / whole, 1e6) if whole > 0 else 0.0

    def _impurity(self) -> float:
        raise NotImplementedError

    def apply(self, X: Any, check_input: bool = True) -> np.ndarray:
        """The leaf that each row of X ends in: [rows], from 0, left to right."""
        return super().apply(X)[:, 0].astype(np.int64)  # type: ignore[misc]

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
        self.__dict__["_keeps"] = self._impurity()
        del self.__dict__["_learns"]
        return rows


class TreeOfClasses(Tree, GrownClasses):
    def _own_settings(self) -> dict[str, Any]:
        return {**super()._own_settings(), "prune_by": "impurity"}

    def _impurity(self) -> float:
        known = self.__dict__["_learns"]
        _, codes = np.unique(_inputs._vector(known["y"], type(self).__name__), return_inverse=True)
        shares = np.bincount(codes, weights=known["weights"]).astype(float)
        shares = shares[shares > 0] / shares.sum()
        if self.criterion == "gini":
            return float(1 - np.sum(shares**2))
        return float(-np.sum(shares * np.log2(shares)))


class TreeOfNumbers(Tree):
    def _impurity(self) -> float:
        known = self.__dict__["_learns"]
        y = np.asarray(_inputs._vector(known["y"], type(self).__name__), dtype=float)
        weights = np.ones(len(y)) if known["weights"] is None else known["weights"]
        mean = np.average(y, weights=weights)
        if self.criterion == "absolute_error":
            order = np.argsort(y)
            half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
            return float(np.average(np.abs(y - y[order][min(half, len(y) - 1)]), weights=weights))
        if self.criterion == "poisson":
            terms = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / mean), 0.0) if mean > 0 else np.zeros(len(y))
            return float(np.average(terms, weights=weights))
        return float(np.average((y - mean) ** 2, weights=weights))


class Boosted(Grown):
    _outputs_axis = False

    def _rounds(self) -> int:
        return int(self._require_fitted().attribute("rounds"))

    @property
    def n_estimators_(self) -> int:
        return self._rounds()

    def _kept_back(self, share: Any) -> float:
        if not isinstance(share, numbers.Real) or isinstance(share, bool) or not 0 < share < 1:
            raise self._refuse("validation_fraction", share, "a share of the rows between 0 and 1")
        return float(share)

    def _levels(self, name: str) -> dict[str, Any]:
        level = getattr(self, name)
        if self.loss != "quantile":
            return {}
        if not isinstance(level, numbers.Real) or isinstance(level, bool) or not 0 < level < 1:
            raise self._refuse(name, level, "between 0 and 1 for the loss 'quantile'")
        return {"levels": [float(level)]}

    def _scores_in_stages(self, X: Any) -> Any:
        features, fitted = self._rows(X), self._fitted
        outputs = _core.tree_count(fitted) // self._rounds()
        for stage in range(1, self._rounds() + 1):
            yield _core.tree_sums(fitted, features, 0, stage * outputs, self._run())


class Gradient(Important, Boosted):
    """GradientBoosting: level by level, to a depth."""

    def _own_settings(self) -> dict[str, Any]:
        tried, columns = self.__dict__["max_features_"], len(self.__dict__["_learns"]["names"])
        most = self.max_leaf_nodes
        if most is not None and (not isinstance(most, numbers.Integral) or isinstance(most, bool) or most < 2):
            raise self._refuse("max_leaf_nodes", most, "a whole number of at least 2 or None")
        best_first = most is not None or self.max_depth is None
        settings = {
            "growth": "leaf" if best_first else "depth",
            "leaves": (int(most) if most is not None else 1_000_000) if best_first else None,
            "min_leaf_rows": self._min_leaf(),
            "column_share_node": tried / columns,
            "validation_share": 0.0,
        }
        patience = self.n_iter_no_change
        if patience is not None:
            if not isinstance(patience, numbers.Integral) or isinstance(patience, bool) or patience < 1:
                raise self._refuse("n_iter_no_change", patience, "a whole number of at least 1 or None")
            settings["validation_share"] = self._kept_back(self.validation_fraction)
            settings["patience"] = int(patience)
        return settings


class BoostedClasses(Gradient, GrownClasses):
    def apply(self, X: Any) -> np.ndarray:
        """The leaf of each tree that each row of X ends in: [rows, rounds, classes or 1], from 0, left to right."""
        found = super().apply(X)
        return found.reshape(len(found), self._rounds(), -1).astype(float)

    def staged_decision_function(self, X: Any) -> Any:
        """The scores after each round: an iterator over [rows, classes], or [rows, 1] for two classes."""
        yield from self._scores_in_stages(X)


class BoostedNumbers(Gradient):
    def _own_settings(self) -> dict[str, Any]:
        return {**super()._own_settings(), **self._levels("alpha")}

    def apply(self, X: Any) -> np.ndarray:
        """The leaf of each tree that each row of X ends in: [rows, rounds], from 0, left to right."""
        return super().apply(X).astype(float)  # type: ignore[misc]


class Histogram(Boosted):
    """HistGradientBoosting: the best leaf next."""

    n_estimators_ = None  # it counts rounds as n_iter_

    def _own_settings(self) -> dict[str, Any]:
        most = self.max_leaf_nodes
        if most is not None and (not isinstance(most, numbers.Integral) or isinstance(most, bool) or most < 2):
            raise self._refuse("max_leaf_nodes", most, "a whole number of at least 2 or None")
        return {
            "growth": "leaf",
            "leaves": 1_000_000 if most is None else int(most),
            "validation_share": self._stops(),
            **self._bounds(),
            "interactions": self._sets(),
        }

    def _features_tried(self, wanted: Any, columns: int) -> int:
        return columns

    def _stops(self) -> float:
        rows = self.__dict__["_learns"]["rows"]
        if self.early_stopping not in ("auto", True, False):
            raise self._refuse("early_stopping", self.early_stopping, "'auto', True or False")
        stops = rows > 10000 if self.early_stopping == "auto" else bool(self.early_stopping)
        self.__dict__["do_early_stopping_"] = stops
        if not stops:
            return 0.0
        share = self.validation_fraction
        if isinstance(share, numbers.Integral) and not isinstance(share, bool) and 0 < share < rows:
            return int(share) / rows
        return self._kept_back(share)

    def _bounds(self) -> dict[str, list[str]]:
        given, names = self.monotonic_cst, self.__dict__["_learns"]["names"]
        if given is None:
            return {"rising": [], "falling": []}
        if isinstance(given, dict):
            left = [name for name in given if name not in names]
            if left:
                raise ParameterError(f"monotonic_cst contains unexpected feature names: {left!r}.")
            signs = [given.get(name, 0) for name in names]
        else:
            signs = np.asarray(given).tolist()
            if not isinstance(signs, list) or len(signs) != len(names):
                raise ParameterError(f"monotonic_cst must hold one of 1, 0, -1 for each of {len(names)} columns.")
        if any(sign not in (-1, 0, 1) for sign in signs):
            raise ParameterError("must be either -1, 0 or 1: monotonic_cst must hold 1 (rising), -1 (falling) or 0.")
        return {
            "rising": [name for name, sign in zip(names, signs) if sign == 1],
            "falling": [name for name, sign in zip(names, signs) if sign == -1],
        }

    def _sets(self) -> list[str]:
        given, names = self.interaction_cst, self.__dict__["_learns"]["names"]
        if given is None:
            return []
        if isinstance(given, str):
            if given == "no_interactions":
                return list(names)
            if given == "pairwise":
                return [f"{one}+{other}" for place, one in enumerate(names) for other in names[place + 1 :]]
            raise self._refuse("interaction_cst", given, "None, 'no_interactions', 'pairwise' or sets of places")
        sets = [sorted(set(one)) for one in given]
        for place in [place for one in sets for place in one]:
            if not isinstance(place, numbers.Integral) or not 0 <= place < len(names):
                raise ParameterError(
                    f"Interaction constraints must consist of integer indices in [0, {len(names) - 1}]."
                )
        left = sorted(set(range(len(names))) - {place for one in sets for place in one})
        return ["+".join(names[place] for place in one) for one in [*sets, left] if one]

    @property
    def n_iter_(self) -> int:
        return self._rounds()

    @property
    def n_trees_per_iteration_(self) -> int:
        return _core.tree_count(self._require_fitted()) // self._rounds()

    @property
    def validation_score_(self) -> np.ndarray:
        losses = self._require_fitted().attribute("validation_loss")
        return np.array([]) if losses is None else -losses


class HistClasses(Histogram, GrownClasses):
    n_classes_ = None  # type: ignore[assignment]

    def staged_decision_function(self, X: Any) -> Any:
        """The scores after each round: an iterator over [rows, classes], or [rows] for two classes."""
        for scores in self._scores_in_stages(X):
            yield scores[:, 0] if scores.shape[1] == 1 else scores


class HistNumbers(Histogram):
    def _own_settings(self) -> dict[str, Any]:
        return {**super()._own_settings(), **self._levels("quantile")}


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
