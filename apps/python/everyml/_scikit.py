"""scikit-learn's protocols, spoken without importing it: what needs it imports it when asked."""

from __future__ import annotations

import sys
from copy import deepcopy
from typing import Any


class NotFitted(ValueError, AttributeError):
    """The estimator was asked before it was fitted."""


NotFitted.__name__ = NotFitted.__qualname__ = "NotFittedError"
NotFitted.__module__ = "everyml"


def not_fitted(estimator: Any) -> Exception:
    """scikit-learn's own error where it is loaded, so that its callers catch it."""
    loaded = sys.modules.get("sklearn.exceptions")
    kind = loaded.NotFittedError if loaded else NotFitted
    name = type(estimator).__name__
    return kind(f"This {name} instance is not fitted yet: call fit with the rows to learn from first.")


def tags(estimator: Any) -> Any:
    from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags, TransformerTags

    entry = estimator._entry
    kind = {"classes": "classifier", "numbers": "regressor"}.get(entry["target"])
    if kind is None and "assign" in entry["capabilities"]:
        kind = "clusterer"
    if "anomaly" in entry["capabilities"]:
        kind = "outlier_detector"
    # A baseline is there to be beaten.
    poor = entry["complexity"] == 0
    return Tags(
        estimator_type=kind,
        target_tags=TargetTags(required=entry["target"] != "none", multi_output=bool(entry.get("learns_targets"))),
        transformer_tags=TransformerTags() if "transform" in entry["capabilities"] else None,
        classifier_tags=ClassifierTags(poor_score=poor) if kind == "classifier" else None,
        regressor_tags=RegressorTags(poor_score=poor) if kind == "regressor" else None,
        # Texts are taken too, but the tag `string` would promise that cells holding a dict are.
        input_tags=InputTags(sparse=True, allow_nan=True),
    )


def _routed_methods(estimator: Any) -> list[str]:
    methods = ["fit"]
    if hasattr(type(estimator), "partial_fit"):
        methods.append("partial_fit")
    if hasattr(type(estimator), "score"):
        methods.append("score")
    return methods


def routing(estimator: Any) -> Any:
    """The metadata that the methods take; a copy."""
    from sklearn.utils.metadata_routing import MetadataRequest

    kept = estimator.__dict__.get("_metadata_request")
    if kept is not None:
        return deepcopy(kept)
    request = MetadataRequest(owner=type(estimator).__name__)
    for method in _routed_methods(estimator):
        if estimator._entry["weights_are_votes"] and method != "score":
            continue
        getattr(request, method).add_request(param="sample_weight", alias=None)
    if "partial_fit" in _routed_methods(estimator):
        request.partial_fit.add_request(param="classes", alias=None)
    return request


def request(estimator: Any, method: str, wanted: dict[str, Any]) -> Any:
    """What set_fit_request and its like do."""
    from sklearn import get_config

    if not get_config()["enable_metadata_routing"]:
        raise RuntimeError(
            "Metadata routing is off, so there is nothing to ask for; sklearn.set_config(enable_metadata_routing=True) turns "
            "it on."
        )
    requests = routing(estimator)
    for name, value in wanted.items():
        if value != "$UNCHANGED$":
            getattr(requests, method).add_request(param=name, alias=value)
    estimator._metadata_request = requests
    return estimator


def wrapped(estimator: Any, values: Any, source: Any) -> Any:
    """The output of transform in the container that set_output or scikit-learn's configuration asks for."""
    config = estimator.__dict__.get("_sklearn_output_config", {})
    loaded = sys.modules.get("sklearn")
    wanted = config.get("transform") or (loaded.get_config()["transform_output"] if loaded else "default")
    if wanted == "default":
        return values
    names = list(estimator.get_feature_names_out())
    if wanted == "pandas":
        import pandas

        index = source.index if isinstance(source, pandas.DataFrame) else None
        return pandas.DataFrame(values, columns=names, index=index)
    if wanted == "polars":
        import polars

        return polars.DataFrame(values, schema=names, orient="row")
    raise ValueError(f'output config must be "default", "pandas" or "polars", got {wanted!r}')
