"""How the engine is to run: seed and threads."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._errors import ParameterError


def seed_of(random_state: Any) -> int:
    if random_state is None:
        random_state = np.random.mtrand._rand
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        if not 0 <= random_state < 2**64:
            raise ParameterError(f"random_state must be from 0 to 2^64 - 1, got {random_state}")
        return int(random_state)
    if hasattr(random_state, "randint"):
        return int(random_state.randint(np.iinfo(np.int32).max))
    if hasattr(random_state, "integers"):
        return int(random_state.integers(np.iinfo(np.int32).max))
    raise ParameterError(f"random_state must be a whole number, None or a RandomState, got {random_state!r}")


def threads_of(n_jobs: Any) -> int:
    if n_jobs is None or type(n_jobs) is int and n_jobs == -1:
        return 0
    if isinstance(n_jobs, (int, np.integer)) and not isinstance(n_jobs, bool):
        if n_jobs >= 2**31:
            raise ParameterError(f"n_jobs must be less than 2^31 threads, got {n_jobs}")
        if n_jobs == -1:
            return 0
        if n_jobs > 0:
            return int(n_jobs)
        import os

        if n_jobs < 0:
            return max(1, (os.cpu_count() or 1) + 1 + int(n_jobs))
    raise ParameterError(f"n_jobs must be a number of threads, -1 or None, got {n_jobs!r}")


def whole(value: Any, name: str, least: int, most: int = 2**63 - 1) -> int:
    """A whole number in a range. ParameterError for anything else."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise ParameterError(f"{name} must be a whole number from {least} to {most}, got {value!r}")
    return int(value)


def share(value: Any, name: str) -> float:
    """A number between 0 and 1. ParameterError for anything else."""
    known = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not known or not 0 < value < 1:
        raise ParameterError(f"{name} must be a number between 0 and 1, got {value!r}")
    return float(value)


def truth(value: Any, name: str) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise ParameterError(f"{name} must be True or False, got {value!r}")
    return bool(value)
