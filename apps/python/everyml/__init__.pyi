# Written by scripts/make_python_stubs.py from the registry; do not edit.
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from . import metrics as metrics, model_selection as model_selection, sklearn as sklearn

from ._errors import DataError as DataError
from ._errors import Error as Error
from ._errors import FileError as FileError
from ._errors import FormatError as FormatError
from ._errors import ParameterError as ParameterError
from ._errors import ResourceError as ResourceError
from ._errors import UnsupportedError as UnsupportedError
from ._data.read import Table as Table
from ._data.read import read_csv as read_csv
from ._data.read import read_sql as read_sql
from ._data.read import read_table as read_table
from ._estimator import EncodeWarning as EncodeWarning
from ._workflow import DoctorReport as DoctorReport
from ._workflow import Evaluation as Evaluation
from ._workflow import LearnResult as LearnResult
from ._workflow import Model as Model
from ._workflow import doctor as doctor
from ._workflow import fit as fit
from ._workflow import learn as learn
from ._workflow import load as load
from ._workflow import map as map

__version__: str

class Estimator:
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    @property
    def summary_(self) -> dict[str, Any]: ...
    def save(self, path: Any, overwrite: bool = False) -> None: ...
    def to_bytes(self) -> bytes: ...
    def get_metadata_routing(self) -> Any: ...
    def set_fit_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...
    def _repr_html_(self) -> str: ...

class BaselineClassifier(Estimator):
    """Class shares: Answers the class shares of the training rows whatever the features say; the bar for the rest."""
    strategy: Literal["prior", "majority"]
    class_prior_: Any
    answer_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        strategy: Literal["prior", "majority"] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class BaselineRegressor(Estimator):
    """Mean of the target: Answers the mean or median of the training target for every row; the bar for the rest."""
    strategy: Literal["mean", "median"]
    answer_: Any
    def __init__(
        self,
        *,
        strategy: Literal["mean", "median"] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class LinearRegression(Estimator):
    """Linear regression: A straight line (plane) through the data, with standard errors, p-values and intervals."""
    intercept: bool
    coef_: Any
    intercept_: Any
    standard_errors_: Any
    t_values_: Any
    p_values_: Any
    intercept_standard_error_: Any
    rank_: int
    r2_: Any
    adjusted_r2_: Any
    sigma_: Any
    degrees_of_freedom_: Any
    f_statistic_: Any
    f_p_value_: Any
    def __init__(
        self,
        *,
        intercept: bool = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def predict_interval(self, X: Any, level: float = 0.95) -> tuple[NDArray[Any], NDArray[Any]]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class Ridge(Estimator):
    """Ridge regression: A straight line with small coefficients; how small is chosen by leaving each row out once."""
    alpha: float | None
    alphas: Sequence[float]
    intercept: bool
    coef_: Any
    intercept_: Any
    alpha_: Any
    degrees_of_freedom_: Any
    r2_: Any
    trial_alphas_: Any
    trial_errors_: Any
    def __init__(
        self,
        *,
        alpha: float | None = ...,
        alphas: Sequence[float] = ...,
        intercept: bool = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class LogisticRegression(Estimator):
    """Logistic regression: Probabilities of classes from a weighted sum of the features."""
    c: float | None
    class_weights: Literal["none", "balanced"]
    intercept: bool
    iterations: int
    coef_: Any
    intercept_: Any
    standard_errors_: Any
    intercept_standard_errors_: Any
    n_iter_: int
    converged_: Any
    log_loss_: Any
    null_log_loss_: Any
    mcfadden_r2_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        c: float | None = ...,
        class_weights: Literal["none", "balanced"] = ...,
        intercept: bool = ...,
        iterations: int = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class NaiveBayes(Estimator):
    """Naive Bayes: Multiplies what each column says of each class, with the right likelihood per column."""
    likelihood: Literal["automatic", "gaussian", "bernoulli", "multinomial", "complement", "categorical"]
    alpha: float
    var_smoothing: float
    prior: Literal["learned", "uniform"]
    class_priors: Sequence[float]
    class_prior_: Any
    class_count_: Any
    theta_: Any
    var_: Any
    variance_floor_: Any
    feature_count_: Any
    feature_log_prob_: Any
    levels_: Any
    level_count_: Any
    level_log_prob_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        likelihood: Literal["automatic", "gaussian", "bernoulli", "multinomial", "complement", "categorical"] = ...,
        alpha: float = ...,
        var_smoothing: float = ...,
        prior: Literal["learned", "uniform"] = ...,
        class_priors: Sequence[float] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self: ...
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class KnnClassifier(Estimator):
    """k nearest neighbours: The vote of the training rows most alike."""
    neighbors: int
    weights: Literal["uniform", "distance"]
    metric: Literal["euclidean", "manhattan", "cosine"]
    training_rows_: int
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        neighbors: int = ...,
        weights: Literal["uniform", "distance"] = ...,
        metric: Literal["euclidean", "manhattan", "cosine"] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def kneighbors(self, X: Any, n_neighbors: int | None = None, return_distance: bool = True) -> Any: ...
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class KnnRegressor(Estimator):
    """k nearest neighbours: The mean of the training rows most alike."""
    neighbors: int
    weights: Literal["uniform", "distance"]
    metric: Literal["euclidean", "manhattan", "cosine"]
    training_rows_: int
    def __init__(
        self,
        *,
        neighbors: int = ...,
        weights: Literal["uniform", "distance"] = ...,
        metric: Literal["euclidean", "manhattan", "cosine"] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def kneighbors(self, X: Any, n_neighbors: int | None = None, return_distance: bool = True) -> Any: ...
    def set_partial_fit_request(self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class DecisionTreeClassifier(Estimator):
    """Decision tree: Yes-or-no questions, one after the other, that end in a class."""
    criterion: Literal["gini", "entropy"]
    max_depth: int | None
    max_leaves: int | None
    min_split: float
    min_leaf: float
    min_gain: float
    alpha: float | None
    folds: int
    one_standard_error: bool
    max_features: float | None
    splitter: Literal["best", "random"]
    surrogates: int
    prune_by: Literal["error", "impurity"]
    balanced: bool
    class_weights: Sequence[float]
    leaves_: Any
    depth_: Any
    feature_importances_: Any
    alpha_: Any
    path_alphas_: Any
    path_leaves_: Any
    path_errors_: Any
    path_cv_errors_: Any
    path_cv_deviations_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        criterion: Literal["gini", "entropy"] = ...,
        max_depth: int | None = ...,
        max_leaves: int | None = ...,
        min_split: float = ...,
        min_leaf: float = ...,
        min_gain: float = ...,
        alpha: float | None = ...,
        folds: int = ...,
        one_standard_error: bool = ...,
        max_features: float | None = ...,
        splitter: Literal["best", "random"] = ...,
        surrogates: int = ...,
        prune_by: Literal["error", "impurity"] = ...,
        balanced: bool = ...,
        class_weights: Sequence[float] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
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

class DecisionTreeRegressor(Estimator):
    """Decision tree: Yes-or-no questions, one after the other, that end in a number."""
    criterion: Literal["squared", "absolute", "poisson"]
    max_depth: int | None
    max_leaves: int | None
    min_split: float
    min_leaf: float
    min_gain: float
    alpha: float | None
    folds: int
    one_standard_error: bool
    max_features: float | None
    splitter: Literal["best", "random"]
    surrogates: int
    leaves_: Any
    depth_: Any
    feature_importances_: Any
    alpha_: Any
    path_alphas_: Any
    path_leaves_: Any
    path_errors_: Any
    path_cv_errors_: Any
    path_cv_deviations_: Any
    def __init__(
        self,
        *,
        criterion: Literal["squared", "absolute", "poisson"] = ...,
        max_depth: int | None = ...,
        max_leaves: int | None = ...,
        min_split: float = ...,
        min_leaf: float = ...,
        min_gain: float = ...,
        alpha: float | None = ...,
        folds: int = ...,
        one_standard_error: bool = ...,
        max_features: float | None = ...,
        splitter: Literal["best", "random"] = ...,
        surrogates: int = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class C45(Estimator):
    """C4.5: Questions with as many answers as a category has levels, cut by an error bound."""
    confidence: float
    min_leaf: float
    prune: bool
    raising: bool
    correct_thresholds: bool
    laplace: bool
    group_levels: bool
    leaves_: Any
    nodes_: Any
    nodes_grown_: Any
    depth_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        confidence: float = ...,
        min_leaf: float = ...,
        prune: bool = ...,
        raising: bool = ...,
        correct_thresholds: bool = ...,
        laplace: bool = ...,
        group_levels: bool = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
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

class KMeans(Estimator):
    """k-means: Groups of rows around their means, with a verdict on whether there are groups at all."""
    clusters: int | None
    initial: Literal["k-means++", "random"]
    restarts: int
    max_iterations: int
    tolerance: float
    choice: Literal["gap", "silhouette"]
    max_clusters: int
    cluster_centers_: Any
    clusters_: int
    sizes_: Any
    inertia_: Any
    silhouette_: Any
    n_iter_: int
    converged_: Any
    labels_: NDArray[np.int32]
    def __init__(
        self,
        *,
        clusters: int | None = ...,
        initial: Literal["k-means++", "random"] = ...,
        restarts: int = ...,
        max_iterations: int = ...,
        tolerance: float = ...,
        choice: Literal["gap", "silhouette"] = ...,
        max_clusters: int = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def transform(self, X: Any) -> Any: ...
    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any: ...
    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]: ...
    def set_output(self, *, transform: Any = None) -> Self: ...
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[Any]: ...

class AdaBoostClassifier(Estimator):
    """AdaBoost: Small trees that vote, each taught with more weight on what the ones before got wrong."""
    rounds: int
    learning_rate: float
    depth: int
    max_bins: int
    estimator_weights_: Any
    estimator_errors_: Any
    train_errors_: Any
    margin_quantiles_: Any
    feature_importances_: Any
    class_prior_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        rounds: int = ...,
        learning_rate: float = ...,
        depth: int = ...,
        max_bins: int = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
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
    """AdaBoost for numbers: The weighted median of small trees, each taught with more weight on what went wrong before."""
    rounds: int
    learning_rate: float
    loss: Literal["linear", "square", "exponential"]
    depth: int
    max_bins: int
    estimator_weights_: Any
    estimator_errors_: Any
    feature_importances_: Any
    def __init__(
        self,
        *,
        rounds: int = ...,
        learning_rate: float = ...,
        loss: Literal["linear", "square", "exponential"] = ...,
        depth: int = ...,
        max_bins: int = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class LogitBoost(Estimator):
    """LogitBoost: Small trees added up on the scale of log odds, each one Newton step of logistic regression."""
    rounds: int
    learning_rate: float
    depth: int
    max_bins: int
    train_losses_: Any
    feature_importances_: Any
    class_prior_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        rounds: int = ...,
        learning_rate: float = ...,
        depth: int = ...,
        max_bins: int = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
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

class GradientBoostingClassifier(Estimator):
    """Gradient boosting: Trees that each correct the sum of those before."""
    objective: Literal["log-loss", "one-versus-all"]
    rounds: int
    learning_rate: float
    growth: Literal["leaf", "depth", "symmetric"]
    leaves: int | None
    depth: int | None
    min_leaf_rows: float
    min_leaf_hessian: float
    l1: float
    l2: float
    min_gain: float
    max_delta: float
    bins: int
    gradient_bits: int | None
    sampling: Literal["uniform", "gradient"]
    row_share: float
    top_share: float
    other_share: float
    column_share: float
    column_share_level: float
    column_share_node: float | None
    drop_rate: float
    skip_drop: float
    max_drop: int
    validation_share: float
    patience: int
    validation_metric: str
    rising: Sequence[str]
    falling: Sequence[str]
    interactions: Sequence[str]
    category_encoding: Literal["subsets", "ordered"]
    category_one_hot: int
    category_smooth: float
    category_l2: float
    category_most: int
    linear_leaves: bool
    linear_l2: float
    feature_importances_: Any
    split_importances_: Any
    cover_importances_: Any
    base_score_: Any
    rounds_: Any
    leaf_count_: Any
    validation_loss_: Any
    validation_scores_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        objective: Literal["log-loss", "one-versus-all"] = ...,
        rounds: int = ...,
        learning_rate: float = ...,
        growth: Literal["leaf", "depth", "symmetric"] = ...,
        leaves: int | None = ...,
        depth: int | None = ...,
        min_leaf_rows: float = ...,
        min_leaf_hessian: float = ...,
        l1: float = ...,
        l2: float = ...,
        min_gain: float = ...,
        max_delta: float = ...,
        bins: int = ...,
        gradient_bits: int | None = ...,
        sampling: Literal["uniform", "gradient"] = ...,
        row_share: float = ...,
        top_share: float = ...,
        other_share: float = ...,
        column_share: float = ...,
        column_share_level: float = ...,
        column_share_node: float | None = ...,
        drop_rate: float = ...,
        skip_drop: float = ...,
        max_drop: int = ...,
        validation_share: float = ...,
        patience: int = ...,
        validation_metric: str = ...,
        rising: Sequence[str] = ...,
        falling: Sequence[str] = ...,
        interactions: Sequence[str] = ...,
        category_encoding: Literal["subsets", "ordered"] = ...,
        category_one_hot: int = ...,
        category_smooth: float = ...,
        category_l2: float = ...,
        category_most: int = ...,
        linear_leaves: bool = ...,
        linear_l2: float = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def staged_predict_proba(self, X: Any) -> Iterator[NDArray[Any]]: ...
    def staged_predict(self, X: Any) -> Iterator[NDArray[Any]]: ...
    def continue_from(self, model: Any, X: Any, y: Any, sample_weight: Any = None) -> Any: ...
    def refit(self, X: Any, y: Any, sample_weight: Any = None, decay: float = 0.9) -> Any: ...
    def first_rounds(self, rounds: int) -> Any: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class GradientBoostingRegressor(Estimator):
    """Gradient boosting: Trees that each correct the sum of those before."""
    objective: Literal["squared", "absolute", "huber", "fair", "log-cosh", "quantile", "mape", "expectile", "poisson", "gamma", "tweedie", "cross-entropy", "cox", "aft", "formula"]
    levels: Sequence[float]
    width: float
    power: float
    spread: float
    formula: str
    answer: str
    rounds: int
    learning_rate: float
    growth: Literal["leaf", "depth", "symmetric"]
    leaves: int | None
    depth: int | None
    min_leaf_rows: float
    min_leaf_hessian: float
    l1: float
    l2: float
    min_gain: float
    max_delta: float
    bins: int
    gradient_bits: int | None
    sampling: Literal["uniform", "gradient"]
    row_share: float
    top_share: float
    other_share: float
    column_share: float
    column_share_level: float
    column_share_node: float | None
    drop_rate: float
    skip_drop: float
    max_drop: int
    validation_share: float
    patience: int
    validation_metric: str
    rising: Sequence[str]
    falling: Sequence[str]
    interactions: Sequence[str]
    category_encoding: Literal["subsets", "ordered"]
    category_one_hot: int
    category_smooth: float
    category_l2: float
    category_most: int
    linear_leaves: bool
    linear_l2: float
    feature_importances_: Any
    split_importances_: Any
    cover_importances_: Any
    base_score_: Any
    rounds_: Any
    leaf_count_: Any
    validation_loss_: Any
    validation_scores_: Any
    def __init__(
        self,
        *,
        objective: Literal["squared", "absolute", "huber", "fair", "log-cosh", "quantile", "mape", "expectile", "poisson", "gamma", "tweedie", "cross-entropy", "cox", "aft", "formula"] = ...,
        levels: Sequence[float] = ...,
        width: float = ...,
        power: float = ...,
        spread: float = ...,
        formula: str = ...,
        answer: str = ...,
        rounds: int = ...,
        learning_rate: float = ...,
        growth: Literal["leaf", "depth", "symmetric"] = ...,
        leaves: int | None = ...,
        depth: int | None = ...,
        min_leaf_rows: float = ...,
        min_leaf_hessian: float = ...,
        l1: float = ...,
        l2: float = ...,
        min_gain: float = ...,
        max_delta: float = ...,
        bins: int = ...,
        gradient_bits: int | None = ...,
        sampling: Literal["uniform", "gradient"] = ...,
        row_share: float = ...,
        top_share: float = ...,
        other_share: float = ...,
        column_share: float = ...,
        column_share_level: float = ...,
        column_share_node: float | None = ...,
        drop_rate: float = ...,
        skip_drop: float = ...,
        max_drop: int = ...,
        validation_share: float = ...,
        patience: int = ...,
        validation_metric: str = ...,
        rising: Sequence[str] = ...,
        falling: Sequence[str] = ...,
        interactions: Sequence[str] = ...,
        category_encoding: Literal["subsets", "ordered"] = ...,
        category_one_hot: int = ...,
        category_smooth: float = ...,
        category_l2: float = ...,
        category_most: int = ...,
        linear_leaves: bool = ...,
        linear_l2: float = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def staged_predict(self, X: Any) -> Iterator[NDArray[Any]]: ...
    def continue_from(self, model: Any, X: Any, y: Any, sample_weight: Any = None) -> Any: ...
    def refit(self, X: Any, y: Any, sample_weight: Any = None, decay: float = 0.9) -> Any: ...
    def first_rounds(self, rounds: int) -> Any: ...
    def predict_levels(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class RandomForestClassifier(Estimator):
    """Random forest: Many trees on random rows and features, one vote each."""
    trees: int
    features: Literal["sqrt", "log2", "third", "all"]
    feature_number: int | None
    feature_share: float | None
    min_leaf: float
    min_split: float
    max_depth: int | None
    max_leaves: int | None
    min_gain: float
    sampling: Literal["bootstrap", "subsample", "all"]
    share: float | None
    bins: int
    out_of_bag: bool
    importance: Literal["impurity", "permutation", "corrected"]
    criterion: Literal["gini", "entropy"]
    class_weights: Literal["none", "balanced", "balanced_trees"]
    trees_: Any
    leaves_: Any
    feature_importances_: Any
    permutation_importances_: Any
    corrected_importances_: Any
    out_of_bag_score_: Any
    out_of_bag_errors_: Any
    out_of_bag_probabilities_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        trees: int = ...,
        features: Literal["sqrt", "log2", "third", "all"] = ...,
        feature_number: int | None = ...,
        feature_share: float | None = ...,
        min_leaf: float = ...,
        min_split: float = ...,
        max_depth: int | None = ...,
        max_leaves: int | None = ...,
        min_gain: float = ...,
        sampling: Literal["bootstrap", "subsample", "all"] = ...,
        share: float | None = ...,
        bins: int = ...,
        out_of_bag: bool = ...,
        importance: Literal["impurity", "permutation", "corrected"] = ...,
        criterion: Literal["gini", "entropy"] = ...,
        class_weights: Literal["none", "balanced", "balanced_trees"] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
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

class RandomForestRegressor(Estimator):
    """Random forest: The mean of many trees on random rows."""
    trees: int
    features: Literal["sqrt", "log2", "third", "all"]
    feature_number: int | None
    feature_share: float | None
    min_leaf: float
    min_split: float
    max_depth: int | None
    max_leaves: int | None
    min_gain: float
    sampling: Literal["bootstrap", "subsample", "all"]
    share: float | None
    bins: int
    out_of_bag: bool
    importance: Literal["impurity", "permutation", "corrected"]
    criterion: Literal["squared", "poisson", "absolute"]
    trees_: Any
    leaves_: Any
    feature_importances_: Any
    permutation_importances_: Any
    corrected_importances_: Any
    out_of_bag_score_: Any
    out_of_bag_errors_: Any
    out_of_bag_values_: Any
    def __init__(
        self,
        *,
        trees: int = ...,
        features: Literal["sqrt", "log2", "third", "all"] = ...,
        feature_number: int | None = ...,
        feature_share: float | None = ...,
        min_leaf: float = ...,
        min_split: float = ...,
        max_depth: int | None = ...,
        max_leaves: int | None = ...,
        min_gain: float = ...,
        sampling: Literal["bootstrap", "subsample", "all"] = ...,
        share: float | None = ...,
        bins: int = ...,
        out_of_bag: bool = ...,
        importance: Literal["impurity", "permutation", "corrected"] = ...,
        criterion: Literal["squared", "poisson", "absolute"] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict_interval(self, X: Any, level: float = 0.95) -> tuple[NDArray[Any], NDArray[Any]]: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class ExtraTreesClassifier(Estimator):
    """Extra trees: Many trees with random cuts, one vote each."""
    trees: int
    features: Literal["sqrt", "log2", "third", "all"]
    feature_number: int | None
    feature_share: float | None
    min_leaf: float
    min_split: float
    max_depth: int | None
    max_leaves: int | None
    min_gain: float
    sampling: Literal["bootstrap", "subsample", "all"]
    share: float | None
    bins: int
    out_of_bag: bool
    importance: Literal["impurity", "permutation", "corrected"]
    criterion: Literal["gini", "entropy"]
    class_weights: Literal["none", "balanced", "balanced_trees"]
    trees_: Any
    leaves_: Any
    feature_importances_: Any
    permutation_importances_: Any
    corrected_importances_: Any
    out_of_bag_score_: Any
    out_of_bag_errors_: Any
    out_of_bag_probabilities_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        trees: int = ...,
        features: Literal["sqrt", "log2", "third", "all"] = ...,
        feature_number: int | None = ...,
        feature_share: float | None = ...,
        min_leaf: float = ...,
        min_split: float = ...,
        max_depth: int | None = ...,
        max_leaves: int | None = ...,
        min_gain: float = ...,
        sampling: Literal["bootstrap", "subsample", "all"] = ...,
        share: float | None = ...,
        bins: int = ...,
        out_of_bag: bool = ...,
        importance: Literal["impurity", "permutation", "corrected"] = ...,
        criterion: Literal["gini", "entropy"] = ...,
        class_weights: Literal["none", "balanced", "balanced_trees"] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
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

class ExtraTreesRegressor(Estimator):
    """Extra trees: The mean of many trees with random cuts."""
    trees: int
    features: Literal["sqrt", "log2", "third", "all"]
    feature_number: int | None
    feature_share: float | None
    min_leaf: float
    min_split: float
    max_depth: int | None
    max_leaves: int | None
    min_gain: float
    sampling: Literal["bootstrap", "subsample", "all"]
    share: float | None
    bins: int
    out_of_bag: bool
    importance: Literal["impurity", "permutation", "corrected"]
    criterion: Literal["squared", "poisson", "absolute"]
    trees_: Any
    leaves_: Any
    feature_importances_: Any
    permutation_importances_: Any
    corrected_importances_: Any
    out_of_bag_score_: Any
    out_of_bag_errors_: Any
    out_of_bag_values_: Any
    def __init__(
        self,
        *,
        trees: int = ...,
        features: Literal["sqrt", "log2", "third", "all"] = ...,
        feature_number: int | None = ...,
        feature_share: float | None = ...,
        min_leaf: float = ...,
        min_split: float = ...,
        max_depth: int | None = ...,
        max_leaves: int | None = ...,
        min_gain: float = ...,
        sampling: Literal["bootstrap", "subsample", "all"] = ...,
        share: float | None = ...,
        bins: int = ...,
        out_of_bag: bool = ...,
        importance: Literal["impurity", "permutation", "corrected"] = ...,
        criterion: Literal["squared", "poisson", "absolute"] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict_interval(self, X: Any, level: float = 0.95) -> tuple[NDArray[Any], NDArray[Any]]: ...
    def apply(self, X: Any) -> NDArray[Any]: ...
    def describe(self, tree: int = 0, max_lines: int = 60) -> str: ...
    def rules(self, tree: int = 0) -> list[str]: ...
    def draw(self, tree: int = 0, max_leaves: int = 32) -> str: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class IsolationForest(Estimator):
    """Isolation forest: Rows that a few random cuts set apart are unusual."""
    trees: int
    sample: int
    columns: int
    contamination: float | None
    threshold_: Any
    score_percentiles_: Any
    sample_: Any
    trees_: Any
    labels_: NDArray[np.int32]
    def __init__(
        self,
        *,
        trees: int = ...,
        sample: int = ...,
        columns: int = ...,
        contamination: float | None = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self: ...
    def anomaly(self, X: Any) -> NDArray[Any]: ...
    def score_samples(self, X: Any) -> NDArray[Any]: ...
    def decision_function(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[Any]: ...

class BaggingClassifier(Estimator):
    """Bagging: One learner on many drawn samples of the rows; the answers are averaged."""
    learner: str
    count: int
    rows: float
    bootstrap: bool
    features: float
    oob_error_: Any
    oob_share_: Any
    member_oob_error_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        learner: str = ...,
        count: int = ...,
        rows: float = ...,
        bootstrap: bool = ...,
        features: float = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class BaggingRegressor(Estimator):
    """Bagging for numbers: One learner on many drawn samples of the rows; the answers are averaged."""
    learner: str
    count: int
    rows: float
    bootstrap: bool
    features: float
    oob_error_: Any
    oob_share_: Any
    member_oob_error_: Any
    def __init__(
        self,
        *,
        learner: str = ...,
        count: int = ...,
        rows: float = ...,
        bootstrap: bool = ...,
        features: float = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class VotingClassifier(Estimator):
    """Voting: Different learners, each fitted on all rows, that vote or average their probabilities."""
    members: Sequence[str]
    voting: Literal["soft", "hard"]
    weights: Sequence[float]
    member_weights_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        members: Sequence[str] = ...,
        voting: Literal["soft", "hard"] = ...,
        weights: Sequence[float] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class VotingRegressor(Estimator):
    """Voting for numbers: The weighted mean of different learners, each fitted on all rows."""
    members: Sequence[str]
    weights: Sequence[float]
    member_weights_: Any
    def __init__(
        self,
        *,
        members: Sequence[str] = ...,
        weights: Sequence[float] = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class StackingClassifier(Estimator):
    """Stacking: Different learners and a blend of their answers learned on rows they had not seen."""
    members: Sequence[str]
    final_learner: str
    blend: Literal["non_negative", "greedy", "learner"]
    folds: int
    holdout: float
    passthrough: bool
    member_weights_: Any
    member_losses_: Any
    member_contributions_: Any
    error_correlations_: Any
    disagreement_: Any
    classes_: NDArray[Any]
    def __init__(
        self,
        *,
        members: Sequence[str] = ...,
        final_learner: str = ...,
        blend: Literal["non_negative", "greedy", "learner"] = ...,
        folds: int = ...,
        holdout: float = ...,
        passthrough: bool = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class StackingRegressor(Estimator):
    """Stacking for numbers: Different learners and a blend of their answers learned on rows they had not seen."""
    members: Sequence[str]
    final_learner: str
    blend: Literal["non_negative", "greedy", "learner"]
    folds: int
    holdout: float
    passthrough: bool
    member_weights_: Any
    member_losses_: Any
    member_contributions_: Any
    error_correlations_: Any
    disagreement_: Any
    def __init__(
        self,
        *,
        members: Sequence[str] = ...,
        final_learner: str = ...,
        blend: Literal["non_negative", "greedy", "learner"] = ...,
        folds: int = ...,
        holdout: float = ...,
        passthrough: bool = ...,
        random_state: Any = ...,
        n_jobs: int | None = ...,
        encode: Literal["auto", "always", "never"] = ...,
        progress: bool | Callable[[str, float], Any] | None = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any) -> Self: ...
    def contributions(self, X: Any) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

def all_estimators() -> list[type[Estimator]]: ...
