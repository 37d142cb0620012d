# Written by scripts/make_python_stubs.py from sklearn/_table.py; do not edit.
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
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
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
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
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
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
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
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
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
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
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
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
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
    def fit(self, X: Any, y: Any) -> Self: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self: ...
    def kneighbors(self, X: Any, n_neighbors: int | None = None, return_distance: bool = True) -> Any: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
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
    def fit(self, X: Any, y: Any) -> Self: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self: ...
    def kneighbors(self, X: Any, n_neighbors: int | None = None, return_distance: bool = True) -> Any: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
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
    def transform(self, X: Any) -> Any: ...
    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any: ...
    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]: ...
    def set_output(self, *, transform: Any = None) -> Self: ...
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self: ...
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
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
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
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

def all_estimators() -> list[type[Estimator]]: ...
