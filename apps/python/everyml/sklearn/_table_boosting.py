"""Rows of both kinds of gradient boosting and of AdaBoost; see _table.py."""

from __future__ import annotations

from ._rows import RANDOM, Param, Row, choice, number, whole
from ._table_sizes import CLASS_WEIGHT, NO_COST, VERBOSE, WARM, features_tried, whole_or_none

_ROUNDS = Param(100, "rounds", whole)
_RATE = Param(0.1, "learning_rate", number)
_PLAIN_TREES = {
    "min_samples_split": Param(2, values=(2,), why="min_samples_leaf bounds the size of nodes"),
    "min_samples_leaf": Param(1, handled=True, stands_for="min_leaf_rows", why="rows, or a share of them"),
    "min_weight_fraction_leaf": Param(
        0.0, handled=True, stands_for="min_leaf_rows", why="a share of the weight of all rows"
    ),
    "max_depth": Param(3, "depth", whole_or_none),
    "min_impurity_decrease": Param(
        0.0, values=(0.0,), why="everyml's min_gain is in units of the loss, not of the impurity"
    ),
    "init": Param(None, values=(None,), why="the start is the best constant"),
    "random_state": RANDOM,
    "max_features": features_tried(None, "column_share_node"),
}
_STOP = {
    "warm_start": WARM,
    "validation_fraction": Param(
        0.1, handled=True, stands_for="validation_share", why="the part of the rows kept back"
    ),
    "n_iter_no_change": Param(None, handled=True, stands_for="patience", why="None: all rounds, and no rows kept back"),
    "tol": Param(1e-4, why="a round counts as better when its loss is lower; the best one is kept"),
    "ccp_alpha": NO_COST,
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
            "verbose": VERBOSE,
            "max_leaf_nodes": Param(None, handled=True, stands_for="leaves", why="None: as many as the depth allows"),
            **_STOP,
        },
        fixed={"min_leaf_hessian": 0.0},
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
            "max_depth": Param(None, "depth", whole_or_none),
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
            "warm_start": WARM,
            "early_stopping": Param("auto", handled=True, why="'auto': from 10,000 rows on"),
            "scoring": Param("loss", values=("loss", None), why="the loss of the rows kept back decides"),
            "validation_fraction": Param(
                0.1, handled=True, stands_for="validation_share", why="the part of the rows kept back"
            ),
            "n_iter_no_change": Param(10, "patience", whole),
            "tol": Param(1e-7, why="a round counts as better when its loss is lower; the best one is kept"),
            "verbose": VERBOSE,
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


def boosting_rows() -> dict[str, Row]:
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
            "gradient-boosting-classifier", "HistClasses", log_loss, {}, {"class_weight": CLASS_WEIGHT}
        ),
        "HistGradientBoostingRegressor": _hist(
            "gradient-boosting-regressor",
            "HistNumbers",
            Param("squared_error", "objective", choice(**numbers, gamma="gamma", poisson="poisson")),
            {"quantile": Param(None, handled=True, stands_for="levels", why="the level of the loss 'quantile'")},
            {},
        ),
    }


def adaboost_rows() -> dict[str, Row]:
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
