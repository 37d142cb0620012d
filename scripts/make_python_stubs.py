"""Writes what type checkers and editors know of the package: make_python_stubs.py [--check]

everyml/__init__.pyi from the registry, everyml/sklearn/__init__.pyi from the table of scikit-learn's names. With --check nothing is
written, and a difference is a failure.
"""

import pathlib
import sys

from everyml import _DOORS, _ERRORS, _classes, _estimator

FOLDER = pathlib.Path(__file__).parent.parent / "apps/python/everyml"

NAMES_HEAD = """\
# Written by scripts/make_python_stubs.py from sklearn/_table.py; do not edit.
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from . import Estimator

"""

HEAD = """\
# Written by scripts/make_python_stubs.py from the registry; do not edit.
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from . import metrics as metrics, model_selection as model_selection, sklearn as sklearn
"""

ESTIMATOR = """\
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
"""


def methods_of(kind: type) -> list[str]:
    """The public methods of a class that are not those of every estimator, in order of their definition."""
    import inspect

    lines = []
    seen = set(dir(_estimator.Estimator)) | {"set_fit_request"}
    for base in kind.__mro__:
        if not base.__module__.startswith(("everyml._", "everyml.sklearn._")) or base is _estimator.Estimator:
            continue
        for name, member in vars(base).items():
            if name.startswith("_") or name in seen or not inspect.isfunction(member):
                continue
            seen.add(name)
            signature = str(inspect.signature(member)).replace("'", "").replace("np.ndarray", "NDArray[Any]")
            signature = signature.replace("$UNCHANGED$", "...").replace(": Any = ...", ": bool | str | None = ...")
            if name in ("fit", "partial_fit") or name.startswith("set_"):
                signature = signature.replace("-> Any", "-> Self")
            lines.append(f"    def {name}{signature}: ...")
    return lines


def class_stub(name: str, entry: dict) -> list[str]:
    kind = _classes.make(name, entry)
    lines = [f"class {name}(Estimator):", f'    """{entry["title"]}: {entry["summary"]}."""']
    for param in entry["params"]:
        lines.append(f"    {param['name']}: {_classes.type_of(param)}")
    for one in entry["attributes"]:
        spelled = _estimator.spelled(one["name"])
        lines.append(f"    {spelled}: {'int' if spelled in _estimator._WHOLE else 'Any'}")
    if entry["target"] == "classes":
        lines.append("    classes_: NDArray[Any]")
    if entry["target"] == "none":
        lines.append("    labels_: NDArray[np.int32]")
    arguments = [f"{p['name']}: {_classes.type_of(p)} = ..." for p in entry["params"]]
    arguments += [
        "random_state: Any = ...",
        "n_jobs: int | None = ...",
        'encode: Literal["auto", "always", "never"] = ...',
        "progress: bool | Callable[[str, float], Any] | None = ...",
    ]
    lines += [
        "    def __init__(",
        "        self,",
        "        *,",
        *(f"        {one}," for one in arguments),
        "    ) -> None: ...",
    ]
    return lines + methods_of(kind) + [""]


def stub() -> str:
    doors = [
        f"from .{module} import {name} as {name}" for name, module in sorted(_DOORS.items(), key=lambda d: (d[1], d[0]))
    ]
    errors = [f"from ._errors import {name} as {name}" for name in _ERRORS]
    lines = [HEAD, *errors, *doors, "", "__version__: str", "", ESTIMATOR]
    for name, entry in _classes.entries().items():
        lines += class_stub(name, entry)
    lines.append("def all_estimators() -> list[type[Estimator]]: ...")
    return "\n".join(lines) + "\n"


def names_stub() -> str:
    """Of the classes under scikit-learn's names."""
    from everyml.sklearn._table import CLASSES

    from everyml import sklearn as names

    lines = [NAMES_HEAD]
    for name, row in CLASSES.items():
        kind = getattr(names, name)
        lines += [f"class {name}(Estimator):", f'    """{kind.__doc__.splitlines()[0]}"""']
        lines += [f"    {param}: Any" for param in row.params]
        attributes = [*row.attributes, *row.computed]
        if kind._entry["target"] == "classes":
            attributes.append("classes_")
        lines += [f"    {attribute}: Any" for attribute in dict.fromkeys(attributes)]
        arguments = [f"{param}: Any = ..." for param in row.positional] + ["*"]
        arguments += [f"{param}: Any = ..." for param in row.params if param not in row.positional]
        lines += ["    def __init__(", "        self,", *(f"        {one}," for one in arguments), "    ) -> None: ..."]
        lines += [*methods_of(kind), ""]
    lines.append("def all_estimators() -> list[type[Estimator]]: ...")
    return "\n".join(lines) + "\n"


def main() -> int:
    wrong = [check(FOLDER / "__init__.pyi", stub()), check(FOLDER / "sklearn" / "__init__.pyi", names_stub())]
    return 1 if any(wrong) else 0


def check(place: pathlib.Path, written: str) -> int:
    """Writes the file, or with --check says how it differs: 1 when it does."""
    if "--check" not in sys.argv[1:]:
        place.write_text(written)
        return 0
    kept = place.read_text() if place.exists() else ""
    if kept == written:
        return 0
    import difflib

    sys.stdout.writelines(difflib.unified_diff(kept.splitlines(True), written.splitlines(True), "kept", "written"))
    print("the stubs are not those of the registry: run scripts/make_python_stubs.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
