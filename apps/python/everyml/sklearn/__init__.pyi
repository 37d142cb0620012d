# Written by scripts/make_python_stubs.py from sklearn/_table.py; do not edit.
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from . import Estimator


class LinearRegression(Estimator):
    """scikit-learn's LinearRegression on the engine's linear-regression."""
    fit_intercept: Any
    copy_X: Any
    tol: Any
    n_jobs: Any
    positive: Any
    coef_: Any
    intercept_: Any
    rank_: Any
    def __init__(
        self,
        *,
        fit_intercept: Any = ...,
        copy_X: Any = ...,
        tol: Any = ...,
        n_jobs: Any = ...,
        positive: Any = ...,
    ) -> None: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class Ridge(Estimator):
    """scikit-learn's Ridge on the engine's ridge."""
    alpha: Any
    fit_intercept: Any
    copy_X: Any
    max_iter: Any
    tol: Any
    solver: Any
    positive: Any
    random_state: Any
    coef_: Any
    intercept_: Any
    n_iter_: Any
    solver_: Any
    def __init__(
        self,
        alpha: Any = ...,
        *,
        fit_intercept: Any = ...,
        copy_X: Any = ...,
        max_iter: Any = ...,
        tol: Any = ...,
        solver: Any = ...,
        positive: Any = ...,
        random_state: Any = ...,
    ) -> None: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class LogisticRegression(Estimator):
    """scikit-learn's LogisticRegression on the engine's logistic-regression."""
    penalty: Any
    C: Any
    l1_ratio: Any
    dual: Any
    tol: Any
    fit_intercept: Any
    intercept_scaling: Any
    class_weight: Any
    random_state: Any
    solver: Any
    max_iter: Any
    verbose: Any
    warm_start: Any
    n_jobs: Any
    coef_: Any
    intercept_: Any
    n_iter_: Any
    classes_: Any
    def __init__(
        self,
        penalty: Any = ...,
        *,
        C: Any = ...,
        l1_ratio: Any = ...,
        dual: Any = ...,
        tol: Any = ...,
        fit_intercept: Any = ...,
        intercept_scaling: Any = ...,
        class_weight: Any = ...,
        random_state: Any = ...,
        solver: Any = ...,
        max_iter: Any = ...,
        verbose: Any = ...,
        warm_start: Any = ...,
        n_jobs: Any = ...,
    ) -> None: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class GaussianNB(Estimator):
    """scikit-learn's GaussianNB on the engine's naive-bayes."""
    priors: Any
    var_smoothing: Any
    class_count_: Any
    class_prior_: Any
    epsilon_: Any
    theta_: Any
    var_: Any
    classes_: Any
    def __init__(
        self,
        *,
        priors: Any = ...,
        var_smoothing: Any = ...,
    ) -> None: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self: ...
    def predict_joint_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class BernoulliNB(Estimator):
    """scikit-learn's BernoulliNB on the engine's naive-bayes."""
    alpha: Any
    force_alpha: Any
    binarize: Any
    fit_prior: Any
    class_prior: Any
    class_count_: Any
    feature_count_: Any
    feature_log_prob_: Any
    class_log_prior_: Any
    classes_: Any
    def __init__(
        self,
        *,
        alpha: Any = ...,
        force_alpha: Any = ...,
        binarize: Any = ...,
        fit_prior: Any = ...,
        class_prior: Any = ...,
    ) -> None: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self: ...
    def predict_joint_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class MultinomialNB(Estimator):
    """scikit-learn's MultinomialNB on the engine's naive-bayes."""
    alpha: Any
    force_alpha: Any
    fit_prior: Any
    class_prior: Any
    class_count_: Any
    feature_count_: Any
    feature_log_prob_: Any
    class_log_prior_: Any
    classes_: Any
    def __init__(
        self,
        *,
        alpha: Any = ...,
        force_alpha: Any = ...,
        fit_prior: Any = ...,
        class_prior: Any = ...,
    ) -> None: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self: ...
    def predict_joint_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class ComplementNB(Estimator):
    """scikit-learn's ComplementNB on the engine's naive-bayes."""
    alpha: Any
    force_alpha: Any
    fit_prior: Any
    class_prior: Any
    norm: Any
    class_count_: Any
    feature_count_: Any
    feature_log_prob_: Any
    class_log_prior_: Any
    feature_all_: Any
    classes_: Any
    def __init__(
        self,
        *,
        alpha: Any = ...,
        force_alpha: Any = ...,
        fit_prior: Any = ...,
        class_prior: Any = ...,
        norm: Any = ...,
    ) -> None: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self: ...
    def predict_joint_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class CategoricalNB(Estimator):
    """scikit-learn's CategoricalNB on the engine's naive-bayes."""
    alpha: Any
    force_alpha: Any
    fit_prior: Any
    class_prior: Any
    min_categories: Any
    class_count_: Any
    class_log_prior_: Any
    category_count_: Any
    feature_log_prob_: Any
    n_categories_: Any
    classes_: Any
    def __init__(
        self,
        *,
        alpha: Any = ...,
        force_alpha: Any = ...,
        fit_prior: Any = ...,
        class_prior: Any = ...,
        min_categories: Any = ...,
    ) -> None: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self: ...
    def predict_joint_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class KNeighborsClassifier(Estimator):
    """scikit-learn's KNeighborsClassifier on the engine's knn-classifier."""
    n_neighbors: Any
    weights: Any
    algorithm: Any
    leaf_size: Any
    p: Any
    metric: Any
    metric_params: Any
    n_jobs: Any
    n_samples_fit_: Any
    effective_metric_: Any
    effective_metric_params_: Any
    outputs_2d_: Any
    classes_: Any
    def __init__(
        self,
        n_neighbors: Any = ...,
        *,
        weights: Any = ...,
        algorithm: Any = ...,
        leaf_size: Any = ...,
        p: Any = ...,
        metric: Any = ...,
        metric_params: Any = ...,
        n_jobs: Any = ...,
    ) -> None: ...
    def kneighbors(self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True) -> Any: ...
    def kneighbors_graph(self, X: Any = None, n_neighbors: int | None = None, mode: str = connectivity) -> Any: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class KNeighborsRegressor(Estimator):
    """scikit-learn's KNeighborsRegressor on the engine's knn-regressor."""
    n_neighbors: Any
    weights: Any
    algorithm: Any
    leaf_size: Any
    p: Any
    metric: Any
    metric_params: Any
    n_jobs: Any
    n_samples_fit_: Any
    effective_metric_: Any
    effective_metric_params_: Any
    def __init__(
        self,
        n_neighbors: Any = ...,
        *,
        weights: Any = ...,
        algorithm: Any = ...,
        leaf_size: Any = ...,
        p: Any = ...,
        metric: Any = ...,
        metric_params: Any = ...,
        n_jobs: Any = ...,
    ) -> None: ...
    def kneighbors(self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True) -> Any: ...
    def kneighbors_graph(self, X: Any = None, n_neighbors: int | None = None, mode: str = connectivity) -> Any: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class KMeans(Estimator):
    """scikit-learn's KMeans on the engine's k-means."""
    n_clusters: Any
    init: Any
    n_init: Any
    max_iter: Any
    tol: Any
    verbose: Any
    random_state: Any
    copy_x: Any
    algorithm: Any
    cluster_centers_: Any
    inertia_: Any
    n_iter_: Any
    labels_: Any
    def __init__(
        self,
        n_clusters: Any = ...,
        *,
        init: Any = ...,
        n_init: Any = ...,
        max_iter: Any = ...,
        tol: Any = ...,
        verbose: Any = ...,
        random_state: Any = ...,
        copy_x: Any = ...,
        algorithm: Any = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self: ...
    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...
    def transform(self, X: Any) -> Any: ...
    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any: ...
    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]: ...
    def set_output(self, *, transform: Any = None) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[Any]: ...

class DummyClassifier(Estimator):
    """scikit-learn's DummyClassifier on the engine's baseline-classifier."""
    strategy: Any
    random_state: Any
    constant: Any
    class_prior_: Any
    n_classes_: Any
    n_outputs_: Any
    sparse_output_: Any
    classes_: Any
    def __init__(
        self,
        *,
        strategy: Any = ...,
        random_state: Any = ...,
        constant: Any = ...,
    ) -> None: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class DummyRegressor(Estimator):
    """scikit-learn's DummyRegressor on the engine's baseline-regressor."""
    strategy: Any
    constant: Any
    quantile: Any
    constant_: Any
    n_outputs_: Any
    def __init__(
        self,
        *,
        strategy: Any = ...,
        constant: Any = ...,
        quantile: Any = ...,
    ) -> None: ...
    def predict(self, X: Any, return_std: bool = False) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class DecisionTreeClassifier(Estimator):
    """scikit-learn's DecisionTreeClassifier on the engine's decision-tree-classifier."""
    criterion: Any
    splitter: Any
    max_depth: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_features: Any
    random_state: Any
    max_leaf_nodes: Any
    min_impurity_decrease: Any
    class_weight: Any
    ccp_alpha: Any
    monotonic_cst: Any
    feature_importances_: Any
    max_features_: Any
    n_outputs_: Any
    n_classes_: Any
    classes_: Any
    def __init__(
        self,
        *,
        criterion: Any = ...,
        splitter: Any = ...,
        max_depth: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_features: Any = ...,
        random_state: Any = ...,
        max_leaf_nodes: Any = ...,
        min_impurity_decrease: Any = ...,
        class_weight: Any = ...,
        ccp_alpha: Any = ...,
        monotonic_cst: Any = ...,
    ) -> None: ...
    def apply(self, X: Any, check_input: bool = True) -> NDArray[Any]: ...
    def decision_path(self, X: Any, check_input: bool = True) -> Any: ...
    def get_depth(self) -> int: ...
    def get_n_leaves(self) -> int: ...
    def cost_complexity_pruning_path(self, X: Any, y: Any, sample_weight: Any = None) -> Bunch: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class DecisionTreeRegressor(Estimator):
    """scikit-learn's DecisionTreeRegressor on the engine's decision-tree-regressor."""
    criterion: Any
    splitter: Any
    max_depth: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_features: Any
    random_state: Any
    max_leaf_nodes: Any
    min_impurity_decrease: Any
    ccp_alpha: Any
    monotonic_cst: Any
    feature_importances_: Any
    max_features_: Any
    n_outputs_: Any
    def __init__(
        self,
        *,
        criterion: Any = ...,
        splitter: Any = ...,
        max_depth: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_features: Any = ...,
        random_state: Any = ...,
        max_leaf_nodes: Any = ...,
        min_impurity_decrease: Any = ...,
        ccp_alpha: Any = ...,
        monotonic_cst: Any = ...,
    ) -> None: ...
    def apply(self, X: Any, check_input: bool = True) -> NDArray[Any]: ...
    def decision_path(self, X: Any, check_input: bool = True) -> Any: ...
    def get_depth(self) -> int: ...
    def get_n_leaves(self) -> int: ...
    def cost_complexity_pruning_path(self, X: Any, y: Any, sample_weight: Any = None) -> Bunch: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class ExtraTreeClassifier(Estimator):
    """scikit-learn's ExtraTreeClassifier on the engine's decision-tree-classifier."""
    criterion: Any
    splitter: Any
    max_depth: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_features: Any
    random_state: Any
    max_leaf_nodes: Any
    min_impurity_decrease: Any
    class_weight: Any
    ccp_alpha: Any
    monotonic_cst: Any
    feature_importances_: Any
    max_features_: Any
    n_outputs_: Any
    n_classes_: Any
    classes_: Any
    def __init__(
        self,
        *,
        criterion: Any = ...,
        splitter: Any = ...,
        max_depth: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_features: Any = ...,
        random_state: Any = ...,
        max_leaf_nodes: Any = ...,
        min_impurity_decrease: Any = ...,
        class_weight: Any = ...,
        ccp_alpha: Any = ...,
        monotonic_cst: Any = ...,
    ) -> None: ...
    def apply(self, X: Any, check_input: bool = True) -> NDArray[Any]: ...
    def decision_path(self, X: Any, check_input: bool = True) -> Any: ...
    def get_depth(self) -> int: ...
    def get_n_leaves(self) -> int: ...
    def cost_complexity_pruning_path(self, X: Any, y: Any, sample_weight: Any = None) -> Bunch: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class ExtraTreeRegressor(Estimator):
    """scikit-learn's ExtraTreeRegressor on the engine's decision-tree-regressor."""
    criterion: Any
    splitter: Any
    max_depth: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_features: Any
    random_state: Any
    min_impurity_decrease: Any
    max_leaf_nodes: Any
    ccp_alpha: Any
    monotonic_cst: Any
    feature_importances_: Any
    max_features_: Any
    n_outputs_: Any
    def __init__(
        self,
        *,
        criterion: Any = ...,
        splitter: Any = ...,
        max_depth: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_features: Any = ...,
        random_state: Any = ...,
        min_impurity_decrease: Any = ...,
        max_leaf_nodes: Any = ...,
        ccp_alpha: Any = ...,
        monotonic_cst: Any = ...,
    ) -> None: ...
    def apply(self, X: Any, check_input: bool = True) -> NDArray[Any]: ...
    def decision_path(self, X: Any, check_input: bool = True) -> Any: ...
    def get_depth(self) -> int: ...
    def get_n_leaves(self) -> int: ...
    def cost_complexity_pruning_path(self, X: Any, y: Any, sample_weight: Any = None) -> Bunch: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class RandomForestClassifier(Estimator):
    """scikit-learn's RandomForestClassifier on the engine's random-forest-classifier."""
    n_estimators: Any
    criterion: Any
    max_depth: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_features: Any
    max_leaf_nodes: Any
    min_impurity_decrease: Any
    bootstrap: Any
    oob_score: Any
    n_jobs: Any
    random_state: Any
    verbose: Any
    warm_start: Any
    class_weight: Any
    ccp_alpha: Any
    max_samples: Any
    monotonic_cst: Any
    feature_importances_: Any
    oob_score_: Any
    oob_decision_function_: Any
    n_outputs_: Any
    n_classes_: Any
    classes_: Any
    def __init__(
        self,
        n_estimators: Any = ...,
        *,
        criterion: Any = ...,
        max_depth: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_features: Any = ...,
        max_leaf_nodes: Any = ...,
        min_impurity_decrease: Any = ...,
        bootstrap: Any = ...,
        oob_score: Any = ...,
        n_jobs: Any = ...,
        random_state: Any = ...,
        verbose: Any = ...,
        warm_start: Any = ...,
        class_weight: Any = ...,
        ccp_alpha: Any = ...,
        max_samples: Any = ...,
        monotonic_cst: Any = ...,
    ) -> None: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def decision_path(self, X: Any) -> tuple[Any, NDArray[Any]]: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class RandomForestRegressor(Estimator):
    """scikit-learn's RandomForestRegressor on the engine's random-forest-regressor."""
    n_estimators: Any
    criterion: Any
    max_depth: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_features: Any
    max_leaf_nodes: Any
    min_impurity_decrease: Any
    bootstrap: Any
    oob_score: Any
    n_jobs: Any
    random_state: Any
    verbose: Any
    warm_start: Any
    ccp_alpha: Any
    max_samples: Any
    monotonic_cst: Any
    feature_importances_: Any
    oob_score_: Any
    oob_prediction_: Any
    n_outputs_: Any
    def __init__(
        self,
        n_estimators: Any = ...,
        *,
        criterion: Any = ...,
        max_depth: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_features: Any = ...,
        max_leaf_nodes: Any = ...,
        min_impurity_decrease: Any = ...,
        bootstrap: Any = ...,
        oob_score: Any = ...,
        n_jobs: Any = ...,
        random_state: Any = ...,
        verbose: Any = ...,
        warm_start: Any = ...,
        ccp_alpha: Any = ...,
        max_samples: Any = ...,
        monotonic_cst: Any = ...,
    ) -> None: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def decision_path(self, X: Any) -> tuple[Any, NDArray[Any]]: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class ExtraTreesClassifier(Estimator):
    """scikit-learn's ExtraTreesClassifier on the engine's extra-trees-classifier."""
    n_estimators: Any
    criterion: Any
    max_depth: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_features: Any
    max_leaf_nodes: Any
    min_impurity_decrease: Any
    bootstrap: Any
    oob_score: Any
    n_jobs: Any
    random_state: Any
    verbose: Any
    warm_start: Any
    class_weight: Any
    ccp_alpha: Any
    max_samples: Any
    monotonic_cst: Any
    feature_importances_: Any
    oob_score_: Any
    oob_decision_function_: Any
    n_outputs_: Any
    n_classes_: Any
    classes_: Any
    def __init__(
        self,
        n_estimators: Any = ...,
        *,
        criterion: Any = ...,
        max_depth: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_features: Any = ...,
        max_leaf_nodes: Any = ...,
        min_impurity_decrease: Any = ...,
        bootstrap: Any = ...,
        oob_score: Any = ...,
        n_jobs: Any = ...,
        random_state: Any = ...,
        verbose: Any = ...,
        warm_start: Any = ...,
        class_weight: Any = ...,
        ccp_alpha: Any = ...,
        max_samples: Any = ...,
        monotonic_cst: Any = ...,
    ) -> None: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def decision_path(self, X: Any) -> tuple[Any, NDArray[Any]]: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class ExtraTreesRegressor(Estimator):
    """scikit-learn's ExtraTreesRegressor on the engine's extra-trees-regressor."""
    n_estimators: Any
    criterion: Any
    max_depth: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_features: Any
    max_leaf_nodes: Any
    min_impurity_decrease: Any
    bootstrap: Any
    oob_score: Any
    n_jobs: Any
    random_state: Any
    verbose: Any
    warm_start: Any
    ccp_alpha: Any
    max_samples: Any
    monotonic_cst: Any
    feature_importances_: Any
    oob_score_: Any
    oob_prediction_: Any
    n_outputs_: Any
    def __init__(
        self,
        n_estimators: Any = ...,
        *,
        criterion: Any = ...,
        max_depth: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_features: Any = ...,
        max_leaf_nodes: Any = ...,
        min_impurity_decrease: Any = ...,
        bootstrap: Any = ...,
        oob_score: Any = ...,
        n_jobs: Any = ...,
        random_state: Any = ...,
        verbose: Any = ...,
        warm_start: Any = ...,
        ccp_alpha: Any = ...,
        max_samples: Any = ...,
        monotonic_cst: Any = ...,
    ) -> None: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def decision_path(self, X: Any) -> tuple[Any, NDArray[Any]]: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class IsolationForest(Estimator):
    """scikit-learn's IsolationForest on the engine's isolation-forest."""
    n_estimators: Any
    max_samples: Any
    contamination: Any
    max_features: Any
    bootstrap: Any
    n_jobs: Any
    random_state: Any
    verbose: Any
    warm_start: Any
    offset_: Any
    max_samples_: Any
    def __init__(
        self,
        *,
        n_estimators: Any = ...,
        max_samples: Any = ...,
        contamination: Any = ...,
        max_features: Any = ...,
        bootstrap: Any = ...,
        n_jobs: Any = ...,
        random_state: Any = ...,
        verbose: Any = ...,
        warm_start: Any = ...,
    ) -> None: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[Any]: ...
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self: ...
    def anomaly(self, X: Any) -> NDArray[Any]: ...
    def score_samples(self, X: Any) -> NDArray[Any]: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...

class GradientBoostingClassifier(Estimator):
    """scikit-learn's GradientBoostingClassifier on the engine's gradient-boosting-classifier."""
    loss: Any
    learning_rate: Any
    n_estimators: Any
    subsample: Any
    criterion: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_depth: Any
    min_impurity_decrease: Any
    init: Any
    random_state: Any
    max_features: Any
    verbose: Any
    max_leaf_nodes: Any
    warm_start: Any
    validation_fraction: Any
    n_iter_no_change: Any
    tol: Any
    ccp_alpha: Any
    feature_importances_: Any
    n_estimators_: Any
    max_features_: Any
    n_classes_: Any
    classes_: Any
    def __init__(
        self,
        *,
        loss: Any = ...,
        learning_rate: Any = ...,
        n_estimators: Any = ...,
        subsample: Any = ...,
        criterion: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_depth: Any = ...,
        min_impurity_decrease: Any = ...,
        init: Any = ...,
        random_state: Any = ...,
        max_features: Any = ...,
        verbose: Any = ...,
        max_leaf_nodes: Any = ...,
        warm_start: Any = ...,
        validation_fraction: Any = ...,
        n_iter_no_change: Any = ...,
        tol: Any = ...,
        ccp_alpha: Any = ...,
    ) -> None: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def staged_decision_function(self, X: Any) -> Any: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def staged_predict_proba(self, X: Any) -> Iterator[NDArray[Any]]: ...
    def staged_predict(self, X: Any) -> Iterator[NDArray[Any]]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class GradientBoostingRegressor(Estimator):
    """scikit-learn's GradientBoostingRegressor on the engine's gradient-boosting-regressor."""
    loss: Any
    learning_rate: Any
    n_estimators: Any
    subsample: Any
    criterion: Any
    min_samples_split: Any
    min_samples_leaf: Any
    min_weight_fraction_leaf: Any
    max_depth: Any
    min_impurity_decrease: Any
    init: Any
    random_state: Any
    max_features: Any
    alpha: Any
    verbose: Any
    max_leaf_nodes: Any
    warm_start: Any
    validation_fraction: Any
    n_iter_no_change: Any
    tol: Any
    ccp_alpha: Any
    feature_importances_: Any
    n_estimators_: Any
    max_features_: Any
    def __init__(
        self,
        *,
        loss: Any = ...,
        learning_rate: Any = ...,
        n_estimators: Any = ...,
        subsample: Any = ...,
        criterion: Any = ...,
        min_samples_split: Any = ...,
        min_samples_leaf: Any = ...,
        min_weight_fraction_leaf: Any = ...,
        max_depth: Any = ...,
        min_impurity_decrease: Any = ...,
        init: Any = ...,
        random_state: Any = ...,
        max_features: Any = ...,
        alpha: Any = ...,
        verbose: Any = ...,
        max_leaf_nodes: Any = ...,
        warm_start: Any = ...,
        validation_fraction: Any = ...,
        n_iter_no_change: Any = ...,
        tol: Any = ...,
        ccp_alpha: Any = ...,
    ) -> None: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def staged_predict(self, X: Any) -> Iterator[NDArray[Any]]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class HistGradientBoostingClassifier(Estimator):
    """scikit-learn's HistGradientBoostingClassifier on the engine's gradient-boosting-classifier."""
    loss: Any
    learning_rate: Any
    max_iter: Any
    max_leaf_nodes: Any
    max_depth: Any
    min_samples_leaf: Any
    l2_regularization: Any
    max_features: Any
    max_bins: Any
    categorical_features: Any
    monotonic_cst: Any
    interaction_cst: Any
    warm_start: Any
    early_stopping: Any
    scoring: Any
    validation_fraction: Any
    n_iter_no_change: Any
    tol: Any
    verbose: Any
    random_state: Any
    class_weight: Any
    n_iter_: Any
    do_early_stopping_: Any
    validation_score_: Any
    n_trees_per_iteration_: Any
    classes_: Any
    def __init__(
        self,
        loss: Any = ...,
        *,
        learning_rate: Any = ...,
        max_iter: Any = ...,
        max_leaf_nodes: Any = ...,
        max_depth: Any = ...,
        min_samples_leaf: Any = ...,
        l2_regularization: Any = ...,
        max_features: Any = ...,
        max_bins: Any = ...,
        categorical_features: Any = ...,
        monotonic_cst: Any = ...,
        interaction_cst: Any = ...,
        warm_start: Any = ...,
        early_stopping: Any = ...,
        scoring: Any = ...,
        validation_fraction: Any = ...,
        n_iter_no_change: Any = ...,
        tol: Any = ...,
        verbose: Any = ...,
        random_state: Any = ...,
        class_weight: Any = ...,
    ) -> None: ...
    def staged_decision_function(self, X: Any) -> Any: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def staged_predict_proba(self, X: Any) -> Iterator[NDArray[Any]]: ...
    def staged_predict(self, X: Any) -> Iterator[NDArray[Any]]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class HistGradientBoostingRegressor(Estimator):
    """scikit-learn's HistGradientBoostingRegressor on the engine's gradient-boosting-regressor."""
    loss: Any
    quantile: Any
    learning_rate: Any
    max_iter: Any
    max_leaf_nodes: Any
    max_depth: Any
    min_samples_leaf: Any
    l2_regularization: Any
    max_features: Any
    max_bins: Any
    categorical_features: Any
    monotonic_cst: Any
    interaction_cst: Any
    warm_start: Any
    early_stopping: Any
    scoring: Any
    validation_fraction: Any
    n_iter_no_change: Any
    tol: Any
    verbose: Any
    random_state: Any
    n_iter_: Any
    do_early_stopping_: Any
    validation_score_: Any
    n_trees_per_iteration_: Any
    def __init__(
        self,
        loss: Any = ...,
        *,
        quantile: Any = ...,
        learning_rate: Any = ...,
        max_iter: Any = ...,
        max_leaf_nodes: Any = ...,
        max_depth: Any = ...,
        min_samples_leaf: Any = ...,
        l2_regularization: Any = ...,
        max_features: Any = ...,
        max_bins: Any = ...,
        categorical_features: Any = ...,
        monotonic_cst: Any = ...,
        interaction_cst: Any = ...,
        warm_start: Any = ...,
        early_stopping: Any = ...,
        scoring: Any = ...,
        validation_fraction: Any = ...,
        n_iter_no_change: Any = ...,
        tol: Any = ...,
        verbose: Any = ...,
        random_state: Any = ...,
    ) -> None: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def staged_predict(self, X: Any) -> Iterator[NDArray[Any]]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class AdaBoostClassifier(Estimator):
    """scikit-learn's AdaBoostClassifier on the engine's adaboost-classifier."""
    estimator: Any
    n_estimators: Any
    learning_rate: Any
    random_state: Any
    estimator_weights_: Any
    estimator_errors_: Any
    feature_importances_: Any
    n_classes_: Any
    classes_: Any
    def __init__(
        self,
        estimator: Any = ...,
        *,
        n_estimators: Any = ...,
        learning_rate: Any = ...,
        random_state: Any = ...,
    ) -> None: ...
    def staged_decision_function(self, X: Any) -> Any: ...
    def staged_predict_proba(self, X: Any) -> Any: ...
    def staged_predict(self, X: Any) -> Any: ...
    def staged_score(self, X: Any, y: Any, sample_weight: Any = None) -> Any: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class AdaBoostRegressor(Estimator):
    """scikit-learn's AdaBoostRegressor on the engine's adaboost-regressor."""
    estimator: Any
    n_estimators: Any
    learning_rate: Any
    loss: Any
    random_state: Any
    estimator_weights_: Any
    estimator_errors_: Any
    feature_importances_: Any
    def __init__(
        self,
        estimator: Any = ...,
        *,
        n_estimators: Any = ...,
        learning_rate: Any = ...,
        loss: Any = ...,
        random_state: Any = ...,
    ) -> None: ...
    def staged_predict(self, X: Any) -> Any: ...
    def staged_score(self, X: Any, y: Any, sample_weight: Any = None) -> Any: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class BaggingClassifier(Estimator):
    """scikit-learn's BaggingClassifier on the engine's bagging-classifier."""
    estimator: Any
    n_estimators: Any
    max_samples: Any
    max_features: Any
    bootstrap: Any
    bootstrap_features: Any
    oob_score: Any
    warm_start: Any
    n_jobs: Any
    random_state: Any
    verbose: Any
    oob_score_: Any
    classes_: Any
    def __init__(
        self,
        estimator: Any = ...,
        n_estimators: Any = ...,
        *,
        max_samples: Any = ...,
        max_features: Any = ...,
        bootstrap: Any = ...,
        bootstrap_features: Any = ...,
        oob_score: Any = ...,
        warm_start: Any = ...,
        n_jobs: Any = ...,
        random_state: Any = ...,
        verbose: Any = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class BaggingRegressor(Estimator):
    """scikit-learn's BaggingRegressor on the engine's bagging-regressor."""
    estimator: Any
    n_estimators: Any
    max_samples: Any
    max_features: Any
    bootstrap: Any
    bootstrap_features: Any
    oob_score: Any
    warm_start: Any
    n_jobs: Any
    random_state: Any
    verbose: Any
    oob_score_: Any
    def __init__(
        self,
        estimator: Any = ...,
        n_estimators: Any = ...,
        *,
        max_samples: Any = ...,
        max_features: Any = ...,
        bootstrap: Any = ...,
        bootstrap_features: Any = ...,
        oob_score: Any = ...,
        warm_start: Any = ...,
        n_jobs: Any = ...,
        random_state: Any = ...,
        verbose: Any = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class VotingClassifier(Estimator):
    """scikit-learn's VotingClassifier on the engine's voting-classifier."""
    estimators: Any
    voting: Any
    weights: Any
    n_jobs: Any
    flatten_transform: Any
    verbose: Any
    classes_: Any
    def __init__(
        self,
        estimators: Any = ...,
        *,
        voting: Any = ...,
        weights: Any = ...,
        n_jobs: Any = ...,
        flatten_transform: Any = ...,
        verbose: Any = ...,
    ) -> None: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class VotingRegressor(Estimator):
    """scikit-learn's VotingRegressor on the engine's voting-regressor."""
    estimators: Any
    weights: Any
    n_jobs: Any
    verbose: Any
    def __init__(
        self,
        estimators: Any = ...,
        *,
        weights: Any = ...,
        n_jobs: Any = ...,
        verbose: Any = ...,
    ) -> None: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class StackingClassifier(Estimator):
    """scikit-learn's StackingClassifier on the engine's stacking-classifier."""
    estimators: Any
    final_estimator: Any
    cv: Any
    stack_method: Any
    n_jobs: Any
    passthrough: Any
    verbose: Any
    classes_: Any
    def __init__(
        self,
        estimators: Any = ...,
        final_estimator: Any = ...,
        *,
        cv: Any = ...,
        stack_method: Any = ...,
        n_jobs: Any = ...,
        passthrough: Any = ...,
        verbose: Any = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class StackingRegressor(Estimator):
    """scikit-learn's StackingRegressor on the engine's stacking-regressor."""
    estimators: Any
    final_estimator: Any
    cv: Any
    n_jobs: Any
    passthrough: Any
    verbose: Any
    def __init__(
        self,
        estimators: Any = ...,
        final_estimator: Any = ...,
        *,
        cv: Any = ...,
        n_jobs: Any = ...,
        passthrough: Any = ...,
        verbose: Any = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

def all_estimators() -> list[type[Estimator]]: ...
