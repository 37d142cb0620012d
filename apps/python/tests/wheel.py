"""Builds the wheel as `pip install .` does and uses it where there is nothing but NumPy: wheel.py SOURCE FOLDER

Prints the size of the wheel and the time of an import. The compiler's cache is used where there is one.
"""

import os
import pathlib
import shutil
import subprocess
import sys

LARGEST_WHEEL = 20e6

USE = r"""
import importlib.abc, sys, time
class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"sklearn", "scipy", "pandas", "polars", "pyarrow", "joblib", "tqdm"}:
            raise ImportError(name + " is not there")
sys.meta_path.insert(0, Nothing())
begin = time.perf_counter()
import numpy
middle = time.perf_counter()
import everyml
end = time.perf_counter()
print(f"import: numpy {1e3 * (middle - begin):.0f} ms, everyml {1e3 * (end - middle):.0f} ms")
assert "build" in everyml.__file__ and "target" in everyml.__file__, everyml.__file__
X = numpy.random.default_rng(0).normal(size=(60, 3))
for kind in everyml.all_estimators():
    model = kind()
    target = {"classes": X[:, 0] > 0, "numbers": X[:, 0]}.get(model._entry["target"])
    model.fit(X, target) if target is not None else model.fit(X)
    assert len(model.predict(X)) == 60
    assert repr(model) and model._repr_html_() and kind.__doc__
result = everyml.learn({"x": X[:, 0], "kind": ["a", "b", "c"] * 20, "y": X[:, 0] > 0}, target="y", progress=None)
print(result.sentence)
"""


def main() -> int:
    source, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for old in (folder, source / "build" / "wheel"):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = {
        "cmake.build-type": "RelWithDebInfo",
        "cmake.define.CMAKE_CXX_FLAGS_RELWITHDEBINFO": "-O2 -g1",
        "install.strip": "true",
        # As deep as the developer's build, and with its compiler's name: else the cache would know nothing of it.
        "build-dir": str(source / "build" / "wheel"),
    }
    if shutil.which("ccache"):
        settings["cmake.define.CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"
        settings["cmake.define.CMAKE_CXX_COMPILER"] = shutil.which("c++")
    options = [f"--config-settings={name}={value}" for name, value in settings.items()]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    environment = dict(os.environ, CCACHE_NOHASHDIR="1")
    environment.setdefault("CCACHE_BASEDIR", str(source))
    subprocess.run(
        [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, *options, source],
        check=True,
        env=environment,
    )
    (wheel,) = folder.glob("*.whl")
    size = wheel.stat().st_size
    print(f"{wheel.name}: {size / 1e6:.1f} MB")
    assert size < LARGEST_WHEEL, size
    target = folder / "target"
    subprocess.run([*pip, "install", "-q", "--no-deps", "--target", target, wheel], check=True)
    subprocess.run([sys.executable, "-c", USE], check=True, cwd=folder, env={**environment, "PYTHONPATH": str(target)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
