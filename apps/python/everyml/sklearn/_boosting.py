"""Both kinds of gradient boosting under scikit-learn's names."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from .. import _core
from .._errors import ParameterError
from ._grown import Grown, GrownClasses, Important


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
