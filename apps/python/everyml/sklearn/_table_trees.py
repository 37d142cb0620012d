"""Rows of single trees, forests and isolation forest, and all that is made of trees; see _table.py."""

from __future__ import annotations

from typing import Any

from ._rows import JOBS, RANDOM, Param, Row, choice, whole
from ._table_boosting import adaboost_rows, boosting_rows
from ._table_committees import committee_rows
from ._table_sizes import (
    CLASS_CRITERION,
    CLASS_WEIGHT,
    NO_BOUNDS,
    NO_COST,
    VERBOSE,
    WARM,
    decrease,
    features_tried,
    sizes,
    whole_or_none,
)


def _tree(ours: str, kind: str, criterion: Param, splitter: str, features: Any, more: dict[str, Param]) -> Row:
    return Row(
        ours=ours,
        module="tree",
        kind=kind,
        params={
            "criterion": criterion,
            "splitter": Param(splitter, "splitter", choice(best="best", random="random")),
            "max_depth": Param(None, "max_depth", whole_or_none),
            **sizes("min_leaf", "min_split"),
            "max_features": features_tried(features, "max_features"),
            "random_state": RANDOM,
            "max_leaf_nodes": Param(None, "max_leaves", whole_or_none),
            "min_impurity_decrease": decrease(),
            **more,
            "ccp_alpha": Param(
                0.0, handled=True, stands_for="alpha", why="the price of a leaf, in units of the criterion"
            ),
            "monotonic_cst": NO_BOUNDS,
        },
        attributes={"feature_importances_": "feature_importances"},
        computed={
            "max_features_": "the number of features tried at each split",
            "n_outputs_": "number of targets",
            **({"n_classes_": "number of classes"} if kind == "TreeOfClasses" else {}),
        },
        missing=("tree_",),
    )


def _tree_rows() -> dict[str, Row]:
    classes = Param("gini", "criterion", CLASS_CRITERION)
    values = Param(
        "squared_error",
        "criterion",
        choice(squared_error="squared", friedman_mse="squared", absolute_error="absolute", poisson="poisson"),
    )
    weight = {"class_weight": CLASS_WEIGHT}
    extra = _tree("decision-tree-regressor", "TreeOfNumbers", values, "random", 1.0, {})
    extra.params["max_leaf_nodes"] = extra.params.pop("max_leaf_nodes")
    for last in ("ccp_alpha", "monotonic_cst"):
        extra.params[last] = extra.params.pop(last)
    return {
        "DecisionTreeClassifier": _tree("decision-tree-classifier", "TreeOfClasses", classes, "best", None, weight),
        "DecisionTreeRegressor": _tree("decision-tree-regressor", "TreeOfNumbers", values, "best", None, {}),
        "ExtraTreeClassifier": _tree("decision-tree-classifier", "TreeOfClasses", classes, "random", "sqrt", weight),
        "ExtraTreeRegressor": extra,
    }


# Forests


def _forest(ours: str, classes: bool, bootstrap: bool) -> Row:
    criterion = (
        Param("gini", "criterion", CLASS_CRITERION)
        if classes
        else Param(
            "squared_error",
            "criterion",
            choice(squared_error="squared", friedman_mse="squared", absolute_error="absolute", poisson="poisson"),
        )
    )
    out_of_bag = (
        {"oob_decision_function_": "out_of_bag_probabilities"} if classes else {"oob_prediction_": "out_of_bag_values"}
    )
    return Row(
        ours=ours,
        module="ensemble",
        kind="ForestOfClasses" if classes else "ForestOfNumbers",
        positional=("n_estimators",),
        params={
            "n_estimators": Param(100, "trees", whole),
            "criterion": criterion,
            "max_depth": Param(None, "max_depth", whole_or_none),
            **sizes("min_leaf", "min_split"),
            "max_features": features_tried("sqrt" if classes else 1.0, "feature_number"),
            "max_leaf_nodes": Param(None, "max_leaves", whole_or_none),
            "min_impurity_decrease": decrease(),
            "bootstrap": Param(bootstrap, handled=True, stands_for="sampling", why="False takes all rows"),
            "oob_score": Param(
                False,
                handled=True,
                stands_for="out_of_bag",
                why="True or a function; needs the bootstrap",
            ),
            "n_jobs": JOBS,
            "random_state": RANDOM,
            "verbose": VERBOSE,
            "warm_start": WARM,
            **(
                {
                    "class_weight": Param(
                        None, handled=True, why="None, 'balanced', 'balanced_subsample' or a dict of weights"
                    )
                }
                if classes
                else {}
            ),
            "ccp_alpha": NO_COST,
            "max_samples": Param(None, handled=True, stands_for="share", why="None for all rows, a number or a share"),
            "monotonic_cst": NO_BOUNDS,
        },
        attributes={"feature_importances_": "feature_importances", "oob_score_": "out_of_bag_score", **out_of_bag},
        computed={"n_outputs_": "number of targets", **({"n_classes_": "number of classes"} if classes else {})},
        missing=("estimators_", "estimator_", "estimators_samples_"),
    )


def _forest_rows() -> dict[str, Row]:
    return {
        "RandomForestClassifier": _forest("random-forest-classifier", True, True),
        "RandomForestRegressor": _forest("random-forest-regressor", False, True),
        "ExtraTreesClassifier": _forest("extra-trees-classifier", True, False),
        "ExtraTreesRegressor": _forest("extra-trees-regressor", False, False),
        "IsolationForest": Row(
            ours="isolation-forest",
            module="ensemble",
            kind="Isolated",
            params={
                "n_estimators": Param(100, "trees", whole),
                "max_samples": Param(
                    "auto", handled=True, stands_for="sample", why="'auto' for 256, a number or a share"
                ),
                "contamination": Param(
                    "auto", handled=True, stands_for="contamination", why="'auto': scores above 0.5"
                ),
                "max_features": Param(1.0, values=(1.0,), why="a tree may cut along every column"),
                "bootstrap": Param(False, values=(False,), why="rows are drawn without replacement"),
                "n_jobs": JOBS,
                "random_state": RANDOM,
                "verbose": VERBOSE,
                "warm_start": WARM,
            },
            computed={"offset_": "what decision_function takes off", "max_samples_": "rows that each tree saw"},
            missing=("estimators_", "estimator_", "estimators_features_", "estimators_samples_"),
        ),
    }


TREES: dict[str, Row] = {
    **_tree_rows(),
    **_forest_rows(),
    **boosting_rows(),
    **adaboost_rows(),
    **committee_rows(),
}
