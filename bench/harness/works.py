"""What is measured: one Work per row of the tables in RESULTS.md.

A work names its data, what is done with it, the sides (a tool, the name of a mode, its settings) and the least ratio that is
asked for. Peers stand here with their defaults and with the fastest settings that their documentation names; the ratio is
against the fastest one that reaches the target quality. A new family adds its works to WORKS and, for a new tool, a class in
bench/peers/worker.py.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Data:
    """A set of generate_data: `name` with `rows` training rows and `test` rows of another seed."""

    name: str
    rows: int
    test: int
    columns: int = 2000  # of "wide"


@dataclasses.dataclass(frozen=True)
class Side:
    tool: str
    mode: str
    settings: dict
    anchor: bool = False  # its quality is the target of all others
    form: str = "dense"  # how the features are handed over: dense, categories, sparse


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    title: str
    action: str  # fit, predict, row, shap, cv
    sizes: dict[str, Data]
    metric: str  # auc, accuracy, log_loss, rmse, ndcg, agreement
    sides: tuple[Side, ...]
    target: float  # everyml is to be at least so many times faster
    slack: float = 0.0005  # how far below the anchor's quality still counts as equal
    repeat: dict[str, int] = dataclasses.field(default_factory=dict)  # runs within one process, per size
    chapter: str = "Boosting"


def lightgbm(mode: str = "defaults", anchor: bool = False, form: str = "dense", **settings) -> Side:
    return Side("lightgbm", mode, settings, anchor, form)


def xgboost(mode: str = "defaults", form: str = "dense", **settings) -> Side:
    return Side("xgboost", mode, settings, form=form)


def catboost(mode: str = "defaults", form: str = "dense", **settings) -> Side:
    return Side("catboost", mode, settings, form=form)


def sklearn(mode: str, estimator: str, form: str = "dense", **settings) -> Side:
    return Side("sklearn", mode, {"estimator": estimator, **settings}, form=form)


def everyml(algorithm: str, mode: str = "", form: str = "dense", **settings) -> Side:
    return Side("everyml", mode or "defaults", {"algorithm": algorithm, **settings}, form=form)


BOOSTED = "gradient-boosting-classifier"
# Quantised gradients, narrow histograms and a fixed direction of reading are what LightGBM's guide on speed names.
QUANTISED = {"use_quantized_grad": True, "num_grad_quant_bins": 4, "quant_train_renew_leaf": True, "max_bin": 63}


def boosting_sides(leaves: int, rounds: int, form: str = "dense", categories: str = "") -> tuple[Side, ...]:
    """The three tools and everyml with the same budget of trees, leaves and rate."""
    shared = {"rounds": rounds, "learning_rate": 0.1}
    lgb = {**shared, "num_leaves": leaves}
    xgb = {**shared, "max_leaves": leaves, "max_depth": 0, "grow_policy": "lossguide", "tree_method": "hist"}
    depth = max(1, (leaves + 1).bit_length() - 1)
    cat = {**shared, "depth": min(depth, 16), "boosting_type": "Plain", "bootstrap_type": "No"}
    ours = {"rounds": rounds, "learning_rate": 0.1, "leaves": leaves}
    form_of = categories or form
    return (
        lightgbm("defaults", anchor=True, form=form_of, **lgb),
        lightgbm("quantised, 63 bins, by rows", form=form_of, force_row_wise=True, **lgb, **QUANTISED),
        lightgbm("quantised, 63 bins, by columns", form=form_of, force_col_wise=True, **lgb, **QUANTISED),
        xgboost("hist, by leaf", form=form_of, **xgb),
        xgboost("hist, by leaf, 63 bins", form=form_of, max_bin=63, **xgb),
        catboost("symmetric", form=form_of, **cat),
        catboost("symmetric, 32 borders", form=form_of, border_count=32, **cat),
        everyml(BOOSTED, "by leaf", form=form_of, **ours),
        everyml(BOOSTED, "by leaf, 63 bins", form=form_of, bins=63, **ours),
    )


HIGGS = {"small": Data("synhiggs", 50_000, 20_000), "full": Data("synhiggs", 1_000_000, 200_000)}
FOREST_NEEDS = {"n_estimators": 100}

WORKS = (
    Work("boosting", "SYNHIGGS x 28, 100 trees of 255 leaves", "fit", HIGGS, "auc", boosting_sides(255, 100), 1.5),
    Work(
        "boosting-large",
        "SYNHIGGS 1e7 x 28, 100 trees of 255 leaves",
        "fit",
        {"small": Data("synhiggs", 100_000, 20_000), "full": Data("synhiggs", 10_000_000, 200_000)},
        "auc",
        boosting_sides(255, 100),
        1.5,
    ),
    Work(
        "categories",
        "SYNAIRLINE x 8, five columns of categories, 100 trees of 255 leaves",
        "fit",
        {"small": Data("synairline", 50_000, 20_000), "full": Data("synairline", 1_000_000, 200_000)},
        "auc",
        boosting_sides(255, 100, categories="categories"),
        1.2,
    ),
    Work(
        "wide",
        "WIDE 2e5 x 2000, 100 trees of 63 leaves",
        "fit",
        {"small": Data("wide", 10_000, 5_000, 200), "full": Data("wide", 200_000, 50_000, 2000)},
        "auc",
        boosting_sides(63, 100),
        1.2,
    ),
    Work(
        "sparse",
        "SPARSE-OHE, 40 fields as flags, 100 trees of 255 leaves",
        "fit",
        {"small": Data("sparse", 20_000, 10_000), "full": Data("sparse", 1_000_000, 100_000)},
        "auc",
        boosting_sides(255, 100, form="sparse"),
        1.2,
    ),
    Work(
        "multiclass",
        "SYNMNIST 6e4 x 784, ten classes, 50 rounds of 31 leaves",
        "fit",
        {"small": Data("synmnist", 3_000, 1_000), "full": Data("synmnist", 60_000, 10_000)},
        "accuracy",
        boosting_sides(31, 50),
        1.2,
        slack=0.002,
    ),
    Work(
        "small",
        "1,000 x 10, everyone's defaults",
        "fit",
        {"small": Data("wide", 1_000, 1_000, 10), "full": Data("wide", 1_000, 1_000, 10)},
        "auc",
        (
            lightgbm(anchor=True, rounds=100),
            xgboost(rounds=100, tree_method="hist"),
            catboost(),
            sklearn("histogram boosting", "HistGradientBoostingClassifier"),
            everyml(BOOSTED),
        ),
        1.0,
        slack=0.02,
        repeat={"small": 10, "full": 20},
    ),
    Work(
        "forest",
        "random forest, SYNHIGGS x 28, 100 full trees",
        "fit",
        {"small": Data("synhiggs", 20_000, 20_000), "full": Data("synhiggs", 1_000_000, 200_000)},
        "auc",
        (
            dataclasses.replace(sklearn("full trees", "RandomForestClassifier", **FOREST_NEEDS), anchor=True),
            Side("sklearnex", "256 bins", {"estimator": "RandomForestClassifier", **FOREST_NEEDS}),
            Side(
                "ydf",
                "full trees",
                {
                    "learner": "RandomForestLearner",
                    "num_trees": 100,
                    "max_depth": -1,
                    "min_examples": 1,
                    "compute_oob_performances": False,
                    "winner_take_all": False,
                },
            ),
            everyml("random-forest-classifier", "full trees", trees=100),
        ),
        1.2,
        slack=0.002,
        chapter="Forests",
    ),
    Work(
        "extra-trees",
        "extra trees, SYNHIGGS x 28, 100 full trees",
        "fit",
        {"small": Data("synhiggs", 20_000, 20_000), "full": Data("synhiggs", 1_000_000, 200_000)},
        "auc",
        (
            dataclasses.replace(sklearn("full trees", "ExtraTreesClassifier", **FOREST_NEEDS), anchor=True),
            Side("sklearnex", "256 bins", {"estimator": "ExtraTreesClassifier", **FOREST_NEEDS}),
            everyml("extra-trees-classifier", "full trees", trees=100),
        ),
        1.2,
        slack=0.002,
        chapter="Forests",
    ),
    Work(
        "adaboost",
        "AdaBoost, 50 stumps, SYNHIGGS 2e5 x 28",
        "fit",
        {"small": Data("synhiggs", 20_000, 20_000), "full": Data("synhiggs", 200_000, 200_000)},
        "accuracy",
        (
            dataclasses.replace(sklearn("stumps", "AdaBoostClassifier", n_estimators=50), anchor=True),
            everyml("adaboost-classifier", "stumps", rounds=50),
        ),
        50,
        slack=0.002,
        chapter="Committees",
    ),
    Work(
        "ranking",
        "SYNLTR x 136, 100 trees of 63 leaves, NDCG@10",
        "fit",
        {"small": Data("synltr", 20_000, 10_000), "full": Data("synltr", 720_000, 120_000)},
        "ndcg",
        (
            lightgbm("lambdarank", anchor=True, rounds=100, num_leaves=63, learning_rate=0.1),
            xgboost(
                "rank:ndcg",
                rounds=100,
                max_leaves=63,
                max_depth=0,
                grow_policy="lossguide",
                learning_rate=0.1,
                tree_method="hist",
            ),
            everyml(
                "gradient-boosting-ranker",
                "lambdamart",
                rounds=100,
                leaves=63,
                learning_rate=0.1,
            ),
        ),
        1.0,
        slack=0.001,
    ),
)


def predict_work(name: str, title: str, target: float, trees: int, leaves: int) -> Work:
    """The model is LightGBM's, written once; all sides answer for it but XGBoost, which has its own of that shape."""
    data = {"small": Data("synhiggs", 50_000, 20_000), "full": Data("synhiggs", 1_000_000, 200_000)}
    shape = {"rounds": trees, "num_leaves": leaves, "learning_rate": 0.05}
    return Work(
        name,
        title,
        "predict",
        data,
        "agreement",
        (
            lightgbm("predict", anchor=True, **shape),
            xgboost(
                "inplace_predict, its own model",
                rounds=trees,
                max_leaves=leaves,
                max_depth=0,
                grow_policy="lossguide",
                learning_rate=0.05,
                tree_method="hist",
            ),
            Side("treelite", "gtil", shape),
            Side("tl2cgen", "compiled C", shape),
            Side("lleaves", "compiled LLVM", shape),
            Side("everyml", "imported model", shape),
        ),
        target,
        slack=1e-5,
        repeat={"small": 5, "full": 5},
        chapter="Answers",
    )


WORKS += (
    predict_work("predict-500x64", "answers for rows in bulk, 500 trees of 64 leaves", 6, 500, 64),
    predict_work("predict-100x255", "answers for rows in bulk, 100 trees of 255 leaves", 3, 100, 255),
    Work(
        "predict-symmetric",
        "answers for rows in bulk, 1000 symmetric trees of depth 6",
        "predict",
        HIGGS,
        "auc",
        (
            dataclasses.replace(catboost("its own model", rounds=1000, depth=6, learning_rate=0.05), anchor=True),
            everyml(BOOSTED, "its own model", growth="symmetric", rounds=1000, depth=6, learning_rate=0.05),
        ),
        3,
        slack=0.005,
        repeat={"small": 5, "full": 5},
        chapter="Answers",
    ),
    Work(
        "row-500x64",
        "one row at a time, 500 trees of 64 leaves (microseconds)",
        "row",
        HIGGS,
        "agreement",
        (
            lightgbm("C call for single rows", anchor=True, rounds=500, num_leaves=64, learning_rate=0.05),
            Side("everyml", "imported model", {"rounds": 500, "num_leaves": 64, "learning_rate": 0.05}),
        ),
        3,
        slack=1e-5,
        chapter="Answers",
    ),
    Work(
        "shap-500x64",
        "exact TreeSHAP by path, 500 trees of 64 leaves, 1e4 rows",
        "shap",
        {"small": Data("synhiggs", 50_000, 500), "full": Data("synhiggs", 1_000_000, 10_000)},
        "agreement",
        (
            lightgbm("pred_contrib", anchor=True, rounds=500, num_leaves=64, learning_rate=0.05),
            Side("shap", "TreeExplainer", {"rounds": 500, "num_leaves": 64, "learning_rate": 0.05}),
            Side("everyml", "imported model", {"rounds": 500, "num_leaves": 64, "learning_rate": 0.05}),
        ),
        2,
        slack=1e-5,
        repeat={"small": 2, "full": 2},
        chapter="Answers",
    ),
    Work(
        "cv",
        "five folds of 20 settings, 1e5 x 50",
        "cv",
        {"small": Data("wide", 5_000, 1_000, 50), "full": Data("wide", 100_000, 20_000, 50)},
        "log_loss",
        (
            lightgbm("lightgbm.cv", anchor=True, rounds=100),
            lightgbm("lightgbm.cv, quantised, 63 bins", rounds=100, **QUANTISED),
            everyml(BOOSTED, "bins shared", rounds=100),
            everyml(BOOSTED, "bins shared, 63 bins", rounds=100, bins=63),
        ),
        3,
        slack=0.002,
    ),
)
