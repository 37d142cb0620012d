"""Rows of the classes of trees and of isolation forest; see _table.py."""

from __future__ import annotations

from typing import Any

from ._rows import JOBS, RANDOM, Param, Row, choice, number, truth, whole

_CLASS_CRITERION = choice(gini="gini", entropy="entropy", log_loss="entropy")
_NO_COST = Param(0.0, values=(0.0,), why="pruning by cost belongs to single trees")
_NO_BOUNDS = Param(None, values=(None,), why="HistGradientBoosting takes bounds on the direction of a column")
_CLASS_WEIGHT = Param(None, handled=True, why="None, 'balanced' or a dict of weights")
_VERBOSE = Param(0, handled=True, why="above 0 shows a bar")
_WARM = Param(
    False, values=(False, True), why="a fit always grows all trees, and the same seed gives the same first ones"
)


def _whole_or_none(value: Any) -> Any:
    return None if value is None else whole(value)


def _sizes(min_leaf: str, min_split: str) -> dict[str, Param]:
    """How small nodes may be."""
    return {
        "min_samples_split": Param(2, handled=True, stands_for=min_split, why="rows, or a share of them"),
        "min_samples_leaf": Param(1, handled=True, stands_for=min_leaf, why="rows, or a share of them"),
        "min_weight_fraction_leaf": Param(
            0.0, handled=True, stands_for=min_leaf, why="a share of the weight of all rows"
        ),
    }


def _features(default: Any, ours: str) -> Param:
    return Param(default, handled=True, stands_for=ours, why="'sqrt', 'log2', a number, a share, or None for all")


def _decrease() -> Param:
    return Param(0.0, handled=True, stands_for="min_gain", why="the least drop of the criterion, in parts of all rows")


# Single trees


def _tree(ours: str, kind: str, criterion: Param, splitter: str, features: Any, more: dict[str, Param]) -> Row:
    return Row(
        ours=ours,
        module="tree",
        kind=kind,
        params={
            "criterion": criterion,
            "splitter": Param(splitter, "splitter", choice(best="best", random="random")),
            "max_depth": Param(None, "max_depth", _whole_or_none),
            **_sizes("min_leaf", "min_split"),
            "max_features": _features(features, "max_features"),
            "random_state": RANDOM,
            "max_leaf_nodes": Param(None, "max_leaves", _whole_or_none),
            "min_impurity_decrease": _decrease(),
            **more,
            "ccp_alpha": Param(
                0.0, handled=True, stands_for="alpha", why="the price of a leaf, in units of the criterion"
            ),
            "monotonic_cst": _NO_BOUNDS,
        },
        attributes={"feature_importances_": "feature_importances"},
        computed={
            "max_features_": "the number of features tried at each split",
            "n_outputs_": "1",
            **({"n_classes_": "number of classes"} if kind == "TreeOfClasses" else {}),
        },
        missing=("tree_", "decision_path"),
    )


def _tree_rows() -> dict[str, Row]:
    classes = Param("gini", "criterion", _CLASS_CRITERION)
    values = Param(
        "squared_error",
        "criterion",
        choice(squared_error="squared", friedman_mse="squared", absolute_error="absolute", poisson="poisson"),
    )
    weight = {"class_weight": _CLASS_WEIGHT}
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


# Boosting

_ROUNDS = Param(100, "rounds", whole)
_RATE = Param(0.1, "learning_rate", number)
_PLAIN_TREES = {
    "min_samples_split": Param(2, values=(2,), why="min_samples_leaf bounds the size of nodes"),
    "min_samples_leaf": Param(1, handled=True, stands_for="min_leaf_rows", why="rows, or a share of them"),
    "min_weight_fraction_leaf": Param(
        0.0, handled=True, stands_for="min_leaf_rows", why="a share of the weight of all rows"
    ),
    "max_depth": Param(3, "depth", _whole_or_none),
    "min_impurity_decrease": Param(
        0.0, values=(0.0,), why="everyml's min_gain is in units of the loss, not of the impurity"
    ),
    "init": Param(None, values=(None,), why="the start is the best constant"),
    "random_state": RANDOM,
    "max_features": _features(None, "column_share_node"),
}
_STOP = {
    "warm_start": _WARM,
    "validation_fraction": Param(
        0.1, handled=True, stands_for="validation_share", why="the part of the rows kept back"
    ),
    "n_iter_no_change": Param(None, handled=True, stands_for="patience", why="None: all rounds, and no rows kept back"),
    "tol": Param(1e-4, why="a round counts as better when its loss is lower; the best one is kept"),
    "ccp_alpha": _NO_COST,
}
_STAGED_MISSING = ("estimators_", "init_", "train_score_", "oob_improvement_", "oob_scores_", "oob_score_")


def _boosting(ours: str, kind: str, loss: Param, more: dict[str, Param]) -> Row:
    return Row(
        ours=ours,
        module="ensemble",
        kind=kind,
        params={
            "loss": loss,
            "learning_rate": _RATE,
            "n_estimators": _ROUNDS,
            "subsample": Param(1.0, "row_share", number),
            "criterion": Param("deprecated", why="a tree follows the gradient of the loss"),
            **_PLAIN_TREES,
            **more,
            "verbose": _VERBOSE,
            "max_leaf_nodes": Param(None, handled=True, stands_for="leaves", why="None: as many as the depth allows"),
            **_STOP,
        },
        fixed={"min_leaf_hessian": 0.0, "l2": 0.0},
        attributes={"feature_importances_": "feature_importances"},
        computed={
            "n_estimators_": "rounds that were kept",
            "max_features_": "the number of features tried at each split",
            **({"n_classes_": "number of classes"} if kind == "BoostedClasses" else {}),
        },
        missing=_STAGED_MISSING,
    )


def _hist(ours: str, kind: str, loss: Param, more: dict[str, Param], last: dict[str, Param]) -> Row:
    return Row(
        ours=ours,
        module="ensemble",
        kind=kind,
        positional=("loss",),
        params={
            "loss": loss,
            **more,
            "learning_rate": _RATE,
            "max_iter": _ROUNDS,
            "max_leaf_nodes": Param(31, handled=True, stands_for="leaves", why="None: as many as the depth allows"),
            "max_depth": Param(None, "depth", _whole_or_none),
            "min_samples_leaf": Param(20, "min_leaf_rows", whole),
            "l2_regularization": Param(0.0, "l2", number),
            "max_features": Param(1.0, "column_share_node", number),
            "max_bins": Param(255, "bins", whole),
            "categorical_features": Param(
                "from_dtype", values=("from_dtype", None), why="columns of texts and categories are categories"
            ),
            "monotonic_cst": Param(None, handled=True, why="1, 0 or -1 for each column, or a dict by its name"),
            "interaction_cst": Param(
                None, handled=True, why="None, 'no_interactions', or sets of places of columns that may meet"
            ),
            "warm_start": _WARM,
            "early_stopping": Param("auto", handled=True, why="'auto': from 10,000 rows on"),
            "scoring": Param("loss", values=("loss", None), why="the loss of the rows kept back decides"),
            "validation_fraction": Param(
                0.1, handled=True, stands_for="validation_share", why="the part of the rows kept back"
            ),
            "n_iter_no_change": Param(10, "patience", whole),
            "tol": Param(1e-7, why="a round counts as better when its loss is lower; the best one is kept"),
            "verbose": _VERBOSE,
            "random_state": RANDOM,
            **last,
        },
        computed={
            "n_iter_": "rounds that were kept",
            "do_early_stopping_": "whether rows were kept back",
            "validation_score_": "the negative loss of the rows kept back after each round; empty without",
            "n_trees_per_iteration_": "trees of a round",
        },
        missing=("is_categorical_", "train_score_"),
    )


def _boosting_rows() -> dict[str, Row]:
    numbers = {"squared_error": "squared", "absolute_error": "absolute", "quantile": "quantile"}
    log_loss = Param("log_loss", "objective", choice(log_loss="log-loss"))
    return {
        "GradientBoostingClassifier": _boosting("gradient-boosting-classifier", "BoostedClasses", log_loss, {}),
        "GradientBoostingRegressor": _boosting(
            "gradient-boosting-regressor",
            "BoostedNumbers",
            Param("squared_error", "objective", choice(**numbers)),
            {"alpha": Param(0.9, handled=True, stands_for="levels", why="the level of the loss 'quantile'")},
        ),
        "HistGradientBoostingClassifier": _hist(
            "gradient-boosting-classifier", "HistClasses", log_loss, {}, {"class_weight": _CLASS_WEIGHT}
        ),
        "HistGradientBoostingRegressor": _hist(
            "gradient-boosting-regressor",
            "HistNumbers",
            Param("squared_error", "objective", choice(**numbers, gamma="gamma", poisson="poisson")),
            {"quantile": Param(None, handled=True, stands_for="levels", why="the level of the loss 'quantile'")},
            {},
        ),
    }


def _adaboost_rows() -> dict[str, Row]:
    def row(ours: str, kind: str, more: dict[str, Param]) -> Row:
        return Row(
            ours=ours,
            module="ensemble",
            kind=kind,
            positional=("estimator",),
            params={
                "estimator": Param(
                    None, handled=True, stands_for="depth", why="None or a decision tree, of which max_depth is taken"
                ),
                "n_estimators": Param(50, "rounds", whole),
                "learning_rate": Param(1.0, "learning_rate", number),
                **more,
                "random_state": Param(None, why="nothing is drawn: trees learn from the weights"),
            },
            attributes={
                "estimator_weights_": "estimator_weights",
                "estimator_errors_": "estimator_errors",
                "feature_importances_": "feature_importances",
            },
            computed={"n_classes_": "number of classes"} if kind == "AdaBoostClasses" else {},
            missing=("estimator_", "estimators_"),
        )

    loss = {"loss": Param("linear", "loss", choice(linear="linear", square="square", exponential="exponential"))}
    return {
        "AdaBoostClassifier": row("adaboost-classifier", "AdaBoostClasses", {}),
        "AdaBoostRegressor": row("adaboost-regressor", "AdaBoostNumbers", loss),
    }


# Committees

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
            "warm_start": _WARM,
            "n_jobs": JOBS,
            "random_state": RANDOM,
            "verbose": _VERBOSE,
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
            "verbose": _VERBOSE,
        },
        missing=("final_estimator_", "stack_method_", "decision_function", *_COMMITTEE_MISSING),
    )


def _committee_rows() -> dict[str, Row]:
    return {
        "BaggingClassifier": _bagging("bagging-classifier", True),
        "BaggingRegressor": _bagging("bagging-regressor", False),
        "VotingClassifier": _voting("voting-classifier", True),
        "VotingRegressor": _voting("voting-regressor", False),
        "StackingClassifier": _stacking("stacking-classifier", True),
        "StackingRegressor": _stacking("stacking-regressor", False),
    }


# Forests


def _forest(ours: str, classes: bool, bootstrap: bool) -> Row:
    criterion = (
        Param("gini", "criterion", _CLASS_CRITERION)
        if classes
        else Param(
            "squared_error", "criterion", choice(squared_error="squared", friedman_mse="squared", poisson="poisson")
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
            "max_depth": Param(None, "max_depth", _whole_or_none),
            **_sizes("min_leaf", "min_split"),
            "max_features": _features("sqrt" if classes else 1.0, "feature_number"),
            "max_leaf_nodes": Param(None, "max_leaves", _whole_or_none),
            "min_impurity_decrease": _decrease(),
            "bootstrap": Param(bootstrap, handled=True, stands_for="sampling", why="False takes all rows"),
            "oob_score": Param(False, handled=True, stands_for="out_of_bag", why="True needs the bootstrap"),
            "n_jobs": JOBS,
            "random_state": RANDOM,
            "verbose": _VERBOSE,
            "warm_start": _WARM,
            **(
                {
                    "class_weight": Param(
                        None, handled=True, why="None, 'balanced', 'balanced_subsample' or a dict of weights"
                    )
                }
                if classes
                else {}
            ),
            "ccp_alpha": _NO_COST,
            "max_samples": Param(None, handled=True, stands_for="share", why="None for all rows, a number or a share"),
            "monotonic_cst": _NO_BOUNDS,
        },
        attributes={"feature_importances_": "feature_importances", "oob_score_": "out_of_bag_score", **out_of_bag},
        computed={"n_outputs_": "1", **({"n_classes_": "number of classes"} if classes else {})},
        missing=("estimators_", "estimator_", "estimators_samples_", "decision_path"),
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
                "verbose": _VERBOSE,
                "warm_start": _WARM,
            },
            computed={"offset_": "what decision_function takes off", "max_samples_": "rows that each tree saw"},
            missing=("estimators_", "estimator_", "estimators_features_", "estimators_samples_"),
        ),
    }


TREES: dict[str, Row] = {
    **_tree_rows(),
    **_forest_rows(),
    **_boosting_rows(),
    **_adaboost_rows(),
    **_committee_rows(),
}
