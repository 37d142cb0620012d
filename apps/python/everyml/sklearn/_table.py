"""scikit-learn's names beside ours, as data: the classes of everyml.sklearn and docs/python_names.md are made of it."""

from __future__ import annotations

from typing import Any

from ._rows import JOBS, RANDOM, Param, Row, choice, metric, number, priors, truth, whole
from ._table_trees import TREES

__all__ = ["CLASSES", "Param", "Row", "metric", "number"]

_COPY = Param(True, why="the caller's arrays are never changed")
_TOL = Param(1e-4, why="the solver has a tolerance of its own, tighter than the default")
_EXACT = "the answer does not depend on it: every solver finds the one optimum"
_SOLVERS = ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")
_LINEAR = {"coef_": "coefficients", "intercept_": "intercept"}
_MANY = {"target_tags.multi_output": True}

_POSITIVE = Param(False, values=(False,), why="coefficients bound to be positive are not offered")
_FORCE = Param(True, handled=True, why="False raises an alpha below 1e-10 to it, with a warning")
_ALPHA = Param(1.0, handled=True, stands_for="alpha", why="copies of every level or word added to what was counted")
_COUNTS = {"class_count_": "class_count", "feature_count_": "feature_count", "feature_log_prob_": "feature_log_prob"}
_LOG_PRIOR = {"class_log_prior_": "logarithm of class_prior: [classes]"}
_NB_TAGS = {"classifier_tags.poor_score": True}
_POSITIVE_TAGS = {**_NB_TAGS, "input_tags.positive_only": True}


def _steps(value: Any) -> int:
    """Ours goes on to a tighter tolerance, for which their usual number of steps may be too few."""
    return whole(value) if whole(value) < 100 else 10 * whole(value)


def _discrete(likelihood: str, more: dict[str, Param], attributes: dict[str, str], **others: Any) -> Row:
    """One of the naive Bayes classifiers of flags, counts or categories."""
    params = {"alpha": _ALPHA, "force_alpha": _FORCE}
    if "binarize" in more:
        params["binarize"] = more.pop("binarize")
    params["fit_prior"] = Param(True, "prior", lambda value: "learned" if truth(value) else "uniform")
    params["class_prior"] = Param(None, "class_priors", priors)
    return Row(
        ours="naive-bayes",
        module="naive_bayes",
        kind=others.pop("kind", "Discrete"),
        params={**params, **more},
        fixed={"likelihood": likelihood},
        attributes=attributes,
        computed={**_LOG_PRIOR, **others.pop("computed", {})},
        tags=others.pop("tags", _POSITIVE_TAGS),
        **others,
    )


_WEIGHTS = choice(uniform="uniform", distance="distance")


def _neighbors(ours: str, **others: Any) -> Row:
    return Row(
        ours=ours,
        module="neighbors",
        positional=("n_neighbors",),
        params={
            "n_neighbors": Param(5, "neighbors", whole),
            "weights": Param("uniform", "weights", lambda value: "uniform" if value is None else _WEIGHTS(value)),
            "algorithm": Param("auto", values=("auto", "ball_tree", "kd_tree", "brute"), why="every search is exact"),
            "leaf_size": Param(30, why="there are no trees that it could shape"),
            "p": Param(2, handled=True, why="1 or 2: the power of the metric 'minkowski'"),
            "metric": Param("minkowski", handled=True, why="minkowski, euclidean, manhattan or cosine, by all names"),
            "metric_params": Param(None, values=(None,), why="the metrics on offer have no parameters"),
            "n_jobs": JOBS,
        },
        attributes={"n_samples_fit_": "training_rows"},
        computed={
            "effective_metric_": "the metric used",
            "effective_metric_params_": "its parameters: none",
            **others.pop("computed", {}),
        },
        **others,
    )


CLASSES: dict[str, Row] = {
    "LinearRegression": Row(
        ours="linear-regression",
        module="linear_model",
        kind="LeastSquares",
        params={
            "fit_intercept": Param(True, "intercept", truth),
            "copy_X": _COPY,
            "tol": Param(1e-6, why="the problem is solved in one go"),
            "n_jobs": JOBS,
            "positive": _POSITIVE,
        },
        attributes={**_LINEAR, "rank_": "rank"},
        missing=("singular_",),
        tags=_MANY,
    ),
    "Ridge": Row(
        ours="ridge",
        module="linear_model",
        kind="Penalised",
        positional=("alpha",),
        params={
            "alpha": Param(1.0, handled=True, stands_for="alpha", why="the penalty: one number, or one per target"),
            "fit_intercept": Param(True, "intercept", truth),
            "copy_X": _COPY,
            "max_iter": Param(None, why=_EXACT),
            "tol": Param(1e-4, why="the problem is solved in one go"),
            "solver": Param("auto", values=("auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga"), why=_EXACT),
            "positive": _POSITIVE,
            "random_state": Param(None, why="nothing is drawn"),
        },
        attributes=_LINEAR,
        computed={
            "n_iter_": "1 per target, for it is solved in one go; None for 'svd' and 'cholesky'",
            "solver_": "the solver that was named, 'cholesky' for 'auto'",
        },
        tags=_MANY,
    ),
    "LogisticRegression": Row(
        ours="logistic-regression",
        module="linear_model",
        kind="Logistic",
        positional=("penalty",),
        params={
            "penalty": Param("deprecated", handled=True, why="'l2' or None"),
            "C": Param(1.0, handled=True, stands_for="c", why="inverse strength of the penalty; infinity for none"),
            "l1_ratio": Param(0.0, values=(0.0, None), why="only the L2 penalty is offered"),
            "dual": Param(False, values=(False,), why="only the primal problem is solved"),
            "tol": _TOL,
            "fit_intercept": Param(True, "intercept", truth),
            "intercept_scaling": Param(1, why="it matters only where the intercept is penalised, and it is not"),
            "class_weight": Param(None, handled=True, why="None, 'balanced' or a dict of weights"),
            "random_state": Param(None, why="nothing is drawn"),
            "solver": Param(
                "lbfgs",
                values=_SOLVERS,
                why="'liblinear' penalises the intercept; the others find the one optimum, as ours does",
            ),
            "max_iter": Param(
                100, "iterations", _steps, why="From 100 on ten for each: ours goes on to a tighter tolerance."
            ),
            "verbose": Param(0, handled=True, why="above 0 shows a bar"),
            "warm_start": Param(
                False,
                values=(False, True),
                why="the optimum does not depend on the start; a run that max_iter ended begins anew",
            ),
            "n_jobs": JOBS,
        },
        computed={
            "coef_": "[1, features] for two classes, else [classes, features]",
            "intercept_": "[1] for two classes, else [classes]",
            "n_iter_": "steps of the solver: [1]",
        },
        missing=("densify", "sparsify", "set_callbacks"),
    ),
    "GaussianNB": Row(
        ours="naive-bayes",
        module="naive_bayes",
        kind="Bayes",
        params={
            "priors": Param(None, "class_priors", priors),
            "var_smoothing": Param(1e-9, "var_smoothing", number),
        },
        fixed={"likelihood": "gaussian"},
        attributes={
            "class_count_": "class_count",
            "class_prior_": "class_prior",
            "epsilon_": "variance_floor",
            "theta_": "means",
            "var_": "variances",
        },
    ),
    "BernoulliNB": _discrete(
        "bernoulli",
        {"binarize": Param(0.0, handled=True, why="cells above it are set; None: cells above 0")},
        _COUNTS,
        kind="Flags",
        tags=_NB_TAGS,
    ),
    "MultinomialNB": _discrete("multinomial", {}, _COUNTS),
    "ComplementNB": _discrete(
        "complement",
        {"norm": Param(False, values=(False,), why="the second normalisation of the weights is not offered")},
        _COUNTS,
        computed={"feature_all_": "sum of feature_count_ over the classes: [features]"},
    ),
    "CategoricalNB": _discrete(
        "categorical",
        {"min_categories": Param(None, values=(None,), why="the categories are those of the rows of fit")},
        {"class_count_": "class_count"},
        kind="Categories",
        computed={
            "category_count_": "per feature, the weight of each category in each class: [classes, categories]",
            "feature_log_prob_": "per feature, the log-probability of each category: [classes, categories]",
            "n_categories_": "categories of each feature: [features]",
        },
        tags={**_POSITIVE_TAGS, "input_tags.categorical": True, "input_tags.sparse": False},
    ),
    "KNeighborsClassifier": _neighbors("knn-classifier", kind="NearestClasses", computed={"outputs_2d_": "False"}),
    "KNeighborsRegressor": _neighbors("knn-regressor", kind="NearestNumbers", tags=_MANY),
    "KMeans": Row(
        ours="k-means",
        module="cluster",
        kind="Centres",
        positional=("n_clusters",),
        params={
            "n_clusters": Param(8, "clusters", whole),
            "init": Param("k-means++", handled=True, why="'k-means++', 'random', the centres, or a function of them"),
            "n_init": Param("auto", handled=True, why="runs: a whole number or 'auto'"),
            "max_iter": Param(300, "max_iterations", whole),
            "tol": Param(1e-4, "tolerance", number),
            "verbose": Param(0, handled=True, why="above 0 shows a bar"),
            "random_state": RANDOM,
            "copy_x": _COPY,
            "algorithm": Param("lloyd", values=("lloyd", "elkan"), why="both take the same steps"),
        },
        attributes={"cluster_centers_": "centres", "inertia_": "inertia", "n_iter_": "iterations"},
        computed={"labels_": "the cluster of each row of fit"},
    ),
    "DummyClassifier": Row(
        ours="baseline-classifier",
        module="dummy",
        kind="ConstantClasses",
        params={
            "strategy": Param("prior", handled=True, why="'prior', 'most_frequent' or 'constant'; nothing is drawn"),
            "random_state": Param(None, why="nothing is drawn"),
            "constant": Param(None, handled=True, why="the class that the strategy 'constant' answers"),
        },
        computed={
            "class_prior_": "share of each class: [classes]",
            "n_classes_": "number of classes",
            "n_outputs_": "1",
            "sparse_output_": "False",
        },
        tags={"classifier_tags.poor_score": True, "no_validation": True},
    ),
    "DummyRegressor": Row(
        ours="baseline-regressor",
        module="dummy",
        kind="ConstantNumbers",
        params={
            "strategy": Param("mean", handled=True, why="'mean', 'median', 'quantile' or 'constant'"),
            "constant": Param(None, handled=True, why="what 'constant' answers: a number, or one per target"),
            "quantile": Param(None, handled=True, why="from 0 to 1, for the strategy 'quantile'"),
        },
        computed={"constant_": "the number answered: [1, targets]", "n_outputs_": "number of targets"},
        missing=("set_predict_request",),
        tags={**_MANY, "regressor_tags.poor_score": True, "no_validation": True},
    ),
    **TREES,
}
