"""Metrics with scikit-learn's names, arguments and answers; the engine does the mathematics.

Labels may be numbers, texts or booleans in any container; weights are non-negative, one per row, and a weight of k is k
copies of the row. Errors are ValueError or TypeError with a sentence. Where scikit-learn's answer is a convention of
its own (average precision without a positive row, a label of -1 in a clustering), it is followed; the function says so.
"""

from __future__ import annotations

from ._areas import average_precision_score, roc_auc_score
from ._classes import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    fbeta_score,
    matthews_corrcoef,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
    zero_one_loss,
)
from ._clusters import (
    adjusted_rand_score,
    calinski_harabasz_score,
    completeness_score,
    davies_bouldin_score,
    homogeneity_completeness_v_measure,
    homogeneity_score,
    normalized_mutual_info_score,
    silhouette_samples,
    silhouette_score,
    v_measure_score,
)
from ._costs import cost_minimal_classes, cost_minimal_threshold, cost_threshold, expected_cost
from ._inputs import UndefinedMetricWarning
from ._lists import average_precision_at, dcg_score, ndcg_score, precision_at, reciprocal_rank
from ._named import bootstrap_interval, corrected_resampled_t_test, metric_list, paired_bootstrap, score
from ._numbers import (
    explained_variance_score,
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)
from ._scores import (
    brier_score_loss,
    expected_calibration_error,
    log_loss,
    precision_recall_curve,
    roc_curve,
)

__all__ = [
    "UndefinedMetricWarning",
    "accuracy_score",
    "adjusted_rand_score",
    "average_precision_at",
    "average_precision_score",
    "balanced_accuracy_score",
    "bootstrap_interval",
    "brier_score_loss",
    "calinski_harabasz_score",
    "cohen_kappa_score",
    "completeness_score",
    "confusion_matrix",
    "corrected_resampled_t_test",
    "cost_minimal_classes",
    "cost_minimal_threshold",
    "cost_threshold",
    "davies_bouldin_score",
    "dcg_score",
    "expected_calibration_error",
    "expected_cost",
    "explained_variance_score",
    "f1_score",
    "fbeta_score",
    "homogeneity_completeness_v_measure",
    "homogeneity_score",
    "log_loss",
    "matthews_corrcoef",
    "max_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_gamma_deviance",
    "mean_pinball_loss",
    "mean_poisson_deviance",
    "mean_squared_error",
    "median_absolute_error",
    "metric_list",
    "ndcg_score",
    "normalized_mutual_info_score",
    "paired_bootstrap",
    "precision_at",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "precision_score",
    "r2_score",
    "recall_score",
    "reciprocal_rank",
    "roc_auc_score",
    "roc_curve",
    "root_mean_squared_error",
    "score",
    "silhouette_samples",
    "silhouette_score",
    "v_measure_score",
    "zero_one_loss",
]

for _name in __all__:
    globals()[_name].__module__ = __name__
