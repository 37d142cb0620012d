"""What all estimators share. Their classes are made in _classes.py from what the registry says of each algorithm."""

from __future__ import annotations

import copy
import html
import warnings
from typing import Any

import numpy as np

from . import _core, _inputs, _scikit, _targets
from ._errors import DataError, ParameterError
from ._paths import path_of
from ._run import seed_of, threads_of, truth

#: Settings of every class beside those of its algorithm.
COMMON = {"random_state": 0, "n_jobs": None, "encode": "auto", "progress": None}
COMMON_HELP = {
    "random_state": "Seed of all random choices: the same seed and data give the same model, at any number of threads. "
    "None draws a new one from NumPy's global state.",
    "n_jobs": "Threads at most; None and -1 are all that the process may use. The answer does not depend on it.",
    "encode": '"auto" takes numbers as they are and tables with other columns through the encoder; "always" encodes '
    'everything as the command does; "never" refuses what is not a number.',
    "progress": "None, True for a bar on the terminal or in the notebook, or a callable progress(stage, fraction) with "
    "fraction from 0 to 1; what it raises ends the work.",
}

#: Names that scikit-learn's users know; every other attribute is its name with an underscore behind it.
SPELLING = {
    "coefficients": "coef_",
    "centres": "cluster_centers_",
    "iterations": "n_iter_",
    "means": "theta_",
    "variances": "var_",
    "class_prior": "class_prior_",
}
_WHOLE = {"n_iter_", "rank_", "clusters_", "training_rows_"}


class EncodeWarning(UserWarning):
    """New rows held something that the rows of fit did not."""


def spelled(name: str) -> str:
    return SPELLING.get(name, name + "_")


class Learned:
    """An attribute of the fitted model: it is read there and cannot be set."""

    def __init__(self, name: str) -> None:
        self.name, self.__doc__ = name, "What the fitted model holds."

    def __get__(self, estimator: Any, kind: Any = None) -> Any:
        return self if estimator is None else estimator.__getattr__(self.name)

    def __set__(self, estimator: Any, value: Any) -> None:
        raise AttributeError(
            f"{self.name} of {type(estimator).__name__} is what the fitted model holds and cannot be set: fit again for "
            "another."
        )


class Estimator:
    """Base of all estimators: settings, inputs, attributes, files and scikit-learn's protocols.

    Fitting changes the estimator, so it belongs to one thread; predicting with a fitted one is safe from many.
    """

    _entry: dict[str, Any] = {}
    _defaults: dict[str, Any] = {}
    _attributes: dict[str, str] = {}

    # Settings

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings by name; ``deep`` is there for scikit-learn and changes nothing."""
        return {name: getattr(self, name) for name in sorted(self._defaults)}

    def set_params(self, **params: Any) -> Any:
        """Changes settings by name and returns the estimator. ValueError for a name it does not have."""
        for name in params:
            if name not in self._defaults:
                raise ParameterError(self._unknown(name))
        for name, value in params.items():
            setattr(self, name, value)
        return self

    @classmethod
    def _unknown(cls, name: str) -> str:
        return f"Invalid parameter {name!r} for estimator {cls.__name__}.{cls._valid(name)}"

    @classmethod
    def _valid(cls, name: str) -> str:
        import difflib

        near = [one for one in cls._defaults if one.lower() == name.lower()]
        near = near or difflib.get_close_matches(name, cls._defaults, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"{hint} Valid parameters are: {sorted(cls._defaults)!r}."

    def _refuse_keywords(self, unknown: dict[str, Any]) -> None:
        """What a constructor says of keywords that it does not have."""
        cls, name = type(self), next(iter(unknown))
        raise ParameterError(f"{cls.__name__}() got an unexpected keyword argument {name!r}.{cls._valid(name)}")

    def _changed(self) -> dict[str, Any]:
        """Settings of the algorithm that are not the defaults."""
        mine = self.__dict__
        changed = {name: mine[name] for name, default in self._own.items() if mine[name] is not default}
        for name, value in changed.items():
            held = value if isinstance(value, (list, tuple)) else (value,)
            if any(isinstance(one, Estimator) for one in held):
                texts = [one._typed() if isinstance(one, Estimator) else one for one in held]
                changed[name] = texts[0] if held is not value else texts
        return changed

    def _typed(self) -> str:
        """This estimator as a committee's member is typed: "knn-regressor neighbors=9"."""
        words = [self._entry["name"]]
        for name, value in self._changed().items():
            text = _word(value)
            if not text or any(blank in text for blank in " \t\n"):
                raise ParameterError(f"{name}={value!r} of {type(self).__name__} cannot be said of a member.")
            words.append(f"{name}={text}")
        return " ".join(words)

    _own: dict[str, Any] = {}

    def _run(self, fitting: bool = False) -> Any:
        progress, done = self.progress, None
        if progress is not None and progress is not False:
            from ._progress import callback

            progress = callback(progress, type(self).__name__)
        else:
            progress = done
        # Only fitting draws: predicting leaves NumPy's global state as it is.
        random_state, n_jobs = self.random_state if fitting else 0, self.n_jobs
        return _core.Run(
            threads_of(n_jobs),
            random_state if type(random_state) is int and random_state >= 0 else seed_of(random_state),
            progress,
        )

    # Fitting

    def _learn(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        rows = _inputs.read(X, self.encode)
        several = None
        if self._entry["learns_targets"] and classes is None:
            several = _targets.columns_of(y)
        if several is not None:
            parts = [self._target(column, rows.rows, None) for column in several[0]]
            target, known = [part[0] for part in parts], [part[1] for part in parts]
            known = None if known[0] is None else known
        else:
            target, known = self._target(y, rows.rows, classes)
        weights = _inputs.weights(sample_weight, rows.rows)
        self._seen(rows, y, weights)
        name = _inputs.target_name(y) if target is not None else ""
        algorithm = self._entry["name"]
        if several is not None:
            is_numbers = type(rows) is _inputs.Numbers
            read = (rows.features, rows.engine_names()) if is_numbers else (rows.table,)
            fit = _core.fit_targets_features if is_numbers else _core.fit_targets_table
            fitted = fit(algorithm, self._changed(), *read, target, several[1], weights, self._run(fitting=True))
        elif type(rows) is _inputs.Numbers:
            fitted = _core.fit_features(
                algorithm,
                self._changed(),
                rows.features,
                rows.engine_names(),
                target,
                weights,
                name,
                self._run(fitting=True),
            )
        else:
            run = self._run(fitting=True)
            fitted = _core.fit_table(algorithm, self._changed(), rows.table, target, weights, name, run)
        mine = self.__dict__
        mine["_fitted"] = fitted
        mine["_outputs"] = 1 if several is None else len(several[0])
        mine["_takes"] = "numbers" if type(rows) is _inputs.Numbers else "table"
        mine["n_features_in_"] = rows.columns
        if rows.names is not None:
            mine["feature_names_in_"] = np.array(rows.names, dtype=object)
        else:
            mine.pop("feature_names_in_", None)
        if known is not None:
            mine["classes_"] = known
        return rows

    def _target(self, y: Any, rows: int, classes: Any) -> tuple[Any, Any]:
        return None, None

    def _seen(self, rows: Any, y: Any, weights: Any) -> None:
        """Told of the rows of fit before the settings are asked for."""

    def _require_same(self, classes: Any) -> None:
        """ValueError for other classes than those of the first call."""
        known = self.__dict__.get("classes_")
        if classes is None or known is None:
            return
        given = np.unique(np.asarray(classes))
        if not np.array_equal(given, known):
            raise ParameterError(
                f"classes={given.tolist()} is not the same as on the first call to partial_fit, which had "
                f"{known.tolist()}; leave classes out or give the same."
            )

    # Reading rows for a fitted model

    def _require_fitted(self) -> Any:
        fitted = self.__dict__.get("_fitted")
        if fitted is None:
            raise _scikit.not_fitted(self)
        return fitted

    def _rows(self, X: Any) -> Any:
        """Features of new rows, as the fitted model takes them."""
        fitted = self._require_fitted()
        if self._takes == "numbers":
            known = self.__dict__.get("feature_names_in_")
            rows = _inputs.read_as_numbers(X, None if known is None else list(known))
            if rows is None:
                raise DataError(
                    f"{type(self).__name__} was fitted on numbers alone, and X has other columns; fit it on a table of "
                    'the same columns, or with encode="always".'
                )
            self._check_names(rows)
            if rows.columns != self.n_features_in_:
                raise DataError(
                    f"X has {rows.columns} features, but {type(self).__name__} is expecting {self.n_features_in_} "
                    "features as input."
                )
            return rows.features
        return self._encoded(fitted, _inputs.read_new(X))

    def _encoded(self, fitted: Any, rows: Any) -> Any:
        from ._data.tables import table_for

        names = None
        known = self.__dict__.get("feature_names_in_")
        if rows.names is None or known is None:
            if rows.columns != self.n_features_in_:
                raise DataError(
                    f"X has {rows.columns} features, but {type(self).__name__} is expecting {self.n_features_in_} "
                    "features as input."
                )
            self._warn_names(rows.names)
            names = _inputs.default_names(rows.columns) if known is None else list(known)
        table = table_for(fitted, rows.kept, names)
        self._require_known(fitted, table.columns)
        features, sentences = fitted.encode(table, self._run())
        for sentence in sentences:
            warnings.warn(sentence, EncodeWarning, stacklevel=4)
        return features

    def _require_known(self, fitted: Any, columns: list[str]) -> None:
        known = list(_core.column_kinds(fitted))
        if not known or not set(known).isdisjoint(columns):
            return
        some = ", ".join(repr(name) for name in known[:5]) + (", ..." if len(known) > 5 else "")
        raise DataError(f"X has none of the columns that {type(self).__name__} was fitted on, which are {some}.")

    def _warn_names(self, names: list[str] | None) -> None:
        known = self.__dict__.get("feature_names_in_")
        name = type(self).__name__
        if names is not None and known is None:
            warnings.warn(f"X has feature names, but {name} was fitted without feature names", stacklevel=5)
        elif names is None and known is not None:
            warnings.warn(
                f"X does not have valid feature names, but {name} was fitted with feature names", stacklevel=5
            )

    def _check_names(self, rows: Any) -> None:
        names, known = rows.names, self.__dict__.get("feature_names_in_")
        if names is None and known is None:
            return
        self._warn_names(names)
        if names is None or known is None or list(known) == names:
            return
        message = "The feature names should match those that were passed during fit.\n"
        seen, fitted = set(names), set(known)
        for title, left in (
            ("Feature names unseen at fit time:\n", sorted(seen - fitted)),
            ("Feature names seen at fit time, yet now missing:\n", sorted(fitted - seen)),
        ):
            if left:
                message += title + "".join(f"- {name}\n" for name in left[:5]) + ("- ...\n" if len(left) > 5 else "")
        if seen == fitted:
            message += "Feature names must be in the same order as they were in fit.\n"
        raise DataError(message)

    # Attributes

    def __getattr__(self, name: str) -> Any:
        core = type(self)._attributes.get(name)
        fitted = self.__dict__.get("_fitted")
        if core is not None and fitted is not None:
            value = fitted.attribute(core)
            if value is not None:
                return int(value) if name in _WHOLE else value
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        names = set(super().__dir__()) - set(self._attributes)
        if "_fitted" in self.__dict__:
            names.update(name for name in self._attributes if hasattr(self, name))
        return sorted(names)

    @property
    def summary_(self) -> dict[str, Any]:
        """What the fitted model says of itself, for people: coefficients with their tests, sizes, notes."""
        import json

        return json.loads(self._require_fitted().summary_json())

    # Files

    def save(self, path: Any, overwrite: bool = False) -> None:
        """Writes the model and its encoder as an .everyml file, which the command reads too."""
        self._require_fitted().save(path_of(path), truth(overwrite, "overwrite"))

    def to_bytes(self) -> bytes:
        """The bytes of that file; the same settings, data and seed give the same bytes everywhere."""
        return self._require_fitted().bytes()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        if state.get("_fitted") is not None:
            state["_fitted"] = state["_fitted"].bytes()
        if not isinstance(state.get("progress"), (bool, type(None))):
            state["progress"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if isinstance(state.get("_fitted"), bytes):
            state = {**state, "_fitted": _core.Fitted.from_bytes(state["_fitted"], "pickle")}
        self.__dict__.update(state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        # A progress callable may hold a lock or a window, and a fitted model never changes: both are shared.
        shared = ("_fitted", "_many", "_training", "progress")
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        for name, value in self.__dict__.items():
            made.__dict__[name] = value if name in shared else copy.deepcopy(value, memo)
        return made

    # scikit-learn's protocols

    def __sklearn_clone__(self) -> Any:
        params = self.get_params(deep=False)
        made = type(self)(
            **{name: value if name == "progress" else copy.deepcopy(value) for name, value in params.items()}
        )
        for name in ("_metadata_request", "_sklearn_output_config"):
            if name in self.__dict__:
                setattr(made, name, copy.deepcopy(self.__dict__[name]))
        return made

    def __sklearn_tags__(self) -> Any:
        return _scikit.tags(self)

    def __sklearn_is_fitted__(self) -> bool:
        return self.__dict__.get("_fitted") is not None

    def get_metadata_routing(self) -> Any:
        """The metadata that fit, partial_fit and score take, for scikit-learn's routing."""
        return _scikit.routing(self)

    def set_fit_request(self, *, sample_weight: Any = "$UNCHANGED$") -> Any:
        """Asks scikit-learn's meta-estimators to hand sample_weight to fit (True, False, None or an alias)."""
        return _scikit.request(self, "fit", {"sample_weight": sample_weight})

    # How it shows itself

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, default in self._defaults.items()
            if not _same(getattr(self, name), default)
        ]
        text = f"{type(self).__name__}({', '.join(changed)})"
        return text if len(text) <= N_CHAR_MAX else text[: N_CHAR_MAX - 3] + "..."

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(repr(getattr(self, name)))}</td></tr>"
            for name in self._defaults
        )
        state = "fitted" if self.__sklearn_is_fitted__() else "not fitted"
        return (
            f"<details><summary><b>{html.escape(type(self).__name__)}</b> ({state}): "
            f"{html.escape(self._entry['summary'])}</summary><table>{rows}</table></details>"
        )


def _word(value: Any) -> str:
    """A setting as one word."""
    if value is None:
        return "none"
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return ";".join(_word(one) for one in value)
    return str(value)


def _same(value: Any, default: Any) -> bool:
    try:
        return value is default or bool(type(value) is type(default) and value == default)
    except (TypeError, ValueError):
        return False
