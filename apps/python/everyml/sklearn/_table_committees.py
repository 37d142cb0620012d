"""Rows of bagging, voting and stacking; see _table.py."""

from __future__ import annotations

from ._rows import JOBS, RANDOM, Param, Row, choice, truth, whole
from ._table_sizes import VERBOSE, WARM

_MEMBERS = Param(
    None,
    handled=True,
    stands_for="members",
    why="pairs of a name and an estimator of everyml, or 'drop'; None for three that are not alike",
)


def _bagging(ours: str, classes: bool) -> Row:
    return Row(
        ours=ours,
        module="ensemble",
        kind="BaggedClasses" if classes else "BaggedNumbers",
        positional=("estimator", "n_estimators"),
        params={
            "estimator": Param(
                None, handled=True, stands_for="learner", why="None for a decision tree, or one of everyml"
            ),
            "n_estimators": Param(10, "count", whole),
            "max_samples": Param(None, handled=True, stands_for="rows", why="None for all rows, a number or a share"),
            "max_features": Param(1.0, handled=True, stands_for="features", why="a number or a share of the columns"),
            "bootstrap": Param(True, "bootstrap", truth),
            "bootstrap_features": Param(False, values=(False,), why="a member is given a column once"),
            "oob_score": Param(False, values=(False, True), why="the error out of the bag is always at hand"),
            "warm_start": WARM,
            "n_jobs": JOBS,
            "random_state": RANDOM,
            "verbose": VERBOSE,
        },
        computed={"oob_score_": "accuracy, or R squared, of the rows that members had not seen; for oob_score=True"},
        missing=(
            "estimators_",
            "estimators_features_",
            "estimators_samples_",
            "estimator_",
            "oob_decision_function_",
            "oob_prediction_",
            "decision_function",
        ),
    )


_COMMITTEE_MISSING = (
    "estimators_",
    "named_estimators",
    "transform",
    "fit_transform",
    "set_output",
    "get_feature_names_out",
)


def _voting(ours: str, classes: bool) -> Row:
    soft = {"voting": Param("hard", "voting", choice(hard="hard", soft="soft"))}
    flat = {"flatten_transform": Param(True, why="there is no transform")}
    return Row(
        ours=ours,
        module="ensemble",
        kind="VotingOfClasses" if classes else "VotingOfNumbers",
        positional=("estimators",),
        params={
            "estimators": _MEMBERS,
            **(soft if classes else {}),
            "weights": Param(None, handled=True, stands_for="weights", why="what the say of each member counts"),
            "n_jobs": JOBS,
            **(flat if classes else {}),
            "verbose": Param(False, handled=True, why="True shows a bar"),
        },
        missing=_COMMITTEE_MISSING,
    )


def _stacking(ours: str, classes: bool) -> Row:
    method = {"stack_method": Param("auto", values=("auto", "predict_proba"), why="members answer with probabilities")}
    return Row(
        ours=ours,
        module="ensemble",
        kind="StackedClasses" if classes else "StackedNumbers",
        positional=("estimators", "final_estimator"),
        params={
            "estimators": _MEMBERS,
            "final_estimator": Param(
                None,
                handled=True,
                stands_for="final_learner",
                why="an estimator of everyml; None for " + ("logistic regression" if classes else "a ridge"),
            ),
            "cv": Param(None, handled=True, stands_for="folds", why="None for 5 folds, or their number"),
            **(method if classes else {}),
            "n_jobs": JOBS,
            "passthrough": Param(False, "passthrough", truth),
            "verbose": VERBOSE,
        },
        missing=("final_estimator_", "stack_method_", "decision_function", *_COMMITTEE_MISSING),
    )


def committee_rows() -> dict[str, Row]:
    return {
        "BaggingClassifier": _bagging("bagging-classifier", True),
        "BaggingRegressor": _bagging("bagging-regressor", False),
        "VotingClassifier": _voting("voting-classifier", True),
        "VotingRegressor": _voting("voting-regressor", False),
        "StackingClassifier": _stacking("stacking-classifier", True),
        "StackingRegressor": _stacking("stacking-regressor", False),
    }
