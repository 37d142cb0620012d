"""Committees of estimators of everyml, under scikit-learn's names."""

from __future__ import annotations

import copy
import numbers
from typing import Any

import numpy as np

from .. import _estimator
from ._grown import Grown


class Committee(Grown):
    def _text(self, name: str, member: Any) -> str:
        """A member as the engine is told of it."""
        if isinstance(member, type) or not isinstance(member, _estimator.Estimator):
            raise self._refuse(name, member, "made of estimators of everyml or everyml.sklearn")
        if getattr(member, "class_weight", None) is not None:
            raise self._refuse(name, member, "without class_weight; give fit a sample_weight")
        known = self.__dict__["_learns"]
        # Members keep their own settings as they are; sizes that are shares are of these rows.
        member = copy.copy(member)
        member._seen(known["read"], known["y"], known["weights"])
        return member._typed()

    def _texts(self) -> list[str] | None:
        """The members; None for the engine's own."""
        given = self.estimators
        if given is None:
            return None
        pairs = isinstance(given, (list, tuple)) and all(
            isinstance(one, (list, tuple)) and len(one) == 2 for one in given
        )
        if not pairs or not given:
            raise self._refuse("estimators", given, "a list of pairs of a name and an estimator")
        names = [name for name, _ in given]
        if len(set(names)) != len(names):
            raise self._refuse("estimators", names, "pairs whose names are unique")
        left = [member for _, member in given if not (isinstance(member, str) and member == "drop")]
        if not left:
            raise self._refuse("estimators", given, "such that at least one is not 'drop'")
        return [self._text("estimators", member) for member in left]

    def __sklearn_clone__(self) -> Any:
        return type(self)(**{name: copy.deepcopy(value) for name, value in self.get_params(deep=False).items()})


class Bagged(Committee):
    _learner = "decision-tree-classifier"

    def _own_settings(self) -> dict[str, Any]:
        known = self.__dict__["_learns"]
        return {
            "learner": self._learner if self.estimator is None else self._text("estimator", self.estimator),
            "rows": 1.0 if self.max_samples is None else self._part("max_samples", known["rows"]),
            "features": self._part("max_features", len(known["names"])),
        }

    def _features_tried(self, wanted: Any, columns: int) -> int:
        return columns

    def _part(self, name: str, all_of_them: int) -> float:
        value = getattr(self, name)
        if isinstance(value, numbers.Integral) and not isinstance(value, bool) and 1 <= value <= all_of_them:
            return int(value) / all_of_them
        if isinstance(value, numbers.Real) and not isinstance(value, (bool, numbers.Integral)) and 0 < value <= 1:
            return float(value)
        raise self._refuse(name, value, f"a number from 1 to {all_of_them}, or a share up to 1.0")

    def _oob_error(self) -> float:
        error = self._require_fitted().attribute("oob_error") if self.oob_score else None
        if error is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'oob_score_'")
        return error


class BaggedClasses(Bagged):
    @property
    def n_classes_(self) -> int:
        return len(self.classes_)

    @property
    def oob_score_(self) -> float:
        return 1 - self._oob_error()


class BaggedNumbers(Bagged):
    _learner = "decision-tree-regressor"

    def _learn_one(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        rows = super()._learn_one(X, y, sample_weight, classes)
        self.__dict__["_spread"] = float(np.var(np.asarray(y, dtype=float)))
        return rows

    @property
    def oob_score_(self) -> float:
        error = self._oob_error()
        return 1 - error / self.__dict__["_spread"]


class Ballot(Committee):
    def _own_settings(self) -> dict[str, Any]:
        weights, members = self.weights, self._texts()
        if members is None:
            return {"weights": weights or []}
        if weights is not None:
            kept = [one for one, (_, member) in zip(weights, self.estimators) if not isinstance(member, str)]
            if len(weights) != len(self.estimators):
                raise self._refuse("weights", weights, f"one number for each of {len(self.estimators)} estimators")
            weights = [float(one) for one in kept]
        return {"members": members, "weights": weights or []}


class VotingOfClasses(Ballot):
    pass


class VotingOfNumbers(Ballot):
    pass


class Stacked(Committee):
    _last = "logistic-regression"

    def _own_settings(self) -> dict[str, Any]:
        folds = 5 if self.cv is None else self.cv
        if not isinstance(folds, numbers.Integral) or isinstance(folds, bool) or folds < 2:
            raise self._refuse("cv", self.cv, "None or a number of folds from 2")
        last, members = self.final_estimator, self._texts()
        return {
            **({} if members is None else {"members": members}),
            "blend": "learner",
            "final_learner": self._last if last is None else self._text("final_estimator", last),
            "folds": int(folds),
        }


class StackedClasses(Stacked):
    pass


class StackedNumbers(Stacked):
    _last = "ridge"
