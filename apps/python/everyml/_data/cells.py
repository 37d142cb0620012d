"""Cells of object columns: what the engine makes of values that are not plain numbers, truths and texts."""

from __future__ import annotations

import datetime
import enum
import numbers
import os
import sys
from typing import Any

import numpy as np

from .._errors import DataError, UnsupportedError

_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_DAY = 86_400_000_000


def quoted(name: str) -> str:
    """A name as messages show it."""
    return '"' + repr(name)[1:-1] + '"'


def data_error(code: str, sentence: str) -> DataError:
    error = DataError(sentence)
    error.code = code
    return error


def cell_error(value: Any, name: str, row: int) -> UnsupportedError:
    error = UnsupportedError(
        f"column {quoted(name)}, row {row}: argument must be a string or a real number, not {type(value).__name__!r}"
    )
    error.code = "data.cell_type"
    return error


def complex_error(name: str) -> DataError:
    return data_error("data.complex", f"Complex data not supported: column {quoted(name)} holds complex numbers.")


def convert(value: Any, name: str, row: int) -> Any:
    """The cell as None, bool, int, float, str, or (microseconds since 1970,) for a moment.

    ========================================  =====================================================
    ``pd.NA``, ``NaT``, NaN, ``np.ma.masked`` missing
    NumPy's scalars                           as Python's
    ``Decimal``                               number; its own text where a double loses digits
    ``Fraction`` and other real numbers       number
    ``date``, ``datetime``, ``datetime64``    moment in UTC; one without zone is taken as UTC
    ``Period``                                the moment of its beginning
    ``time``                                  text, such as 13:45:00
    ``timedelta``, ``timedelta64``            number of seconds
    ``Enum``                                  its name (members that are texts or whole numbers are these)
    ``UUID``, ``Interval``, paths             text
    ``bytes``                                 text, which must be UTF-8
    ========================================  =====================================================

    Anything else, containers first of all, is a TypeError that names column and row.
    """
    if value is np.ma.masked:
        return None
    if isinstance(value, np.generic):
        return _scalar(value, name, row)
    if isinstance(value, datetime.date):
        return _moment(value)
    if isinstance(value, datetime.timedelta):
        return None if value != value else value.total_seconds()
    if isinstance(value, datetime.time):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _decoded(bytes(value), name, row)
    if isinstance(value, complex):
        raise complex_error(name)
    return _rarer(value, name, row)


def _moment(value: datetime.date) -> tuple[int] | None:
    if value != value:  # NaT is a datetime by its type
        return None
    if isinstance(value, datetime.datetime):
        if value.utcoffset() is not None:
            value = value.astimezone(datetime.timezone.utc)
        return (int((value.replace(tzinfo=None) - _EPOCH) // _MICROSECOND),)
    return ((value.toordinal() - _EPOCH.toordinal()) * _DAY,)


def _scalar(value: np.generic, name: str, row: int) -> Any:
    kind = value.dtype.kind
    if kind == "M":
        return None if np.isnat(value) else (int(value.astype("datetime64[us]").astype(np.int64)),)
    if kind == "m":
        return None if np.isnat(value) else float(value / np.timedelta64(1, "s"))
    if kind == "c":
        raise complex_error(name)
    if kind == "f":
        return float(value)
    if kind in "biu":
        return value.item()
    if kind == "S":
        return _decoded(bytes(value), name, row)
    raise cell_error(value, name, row)


def _decoded(value: bytes, name: str, row: int) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise data_error(
            "data.utf8", f"column {quoted(name)}, row {row}: the bytes are not UTF-8; decode them first"
        ) from None


def _rarer(value: Any, name: str, row: int) -> Any:
    """Types of modules that may not have been imported: then no value can be of them."""
    decimal = sys.modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        if not value.is_finite():
            return None if value.is_nan() else float(value)
        number = float(value)
        return number if decimal.Decimal(repr(number)) == value else str(value)
    if isinstance(value, numbers.Real):
        return float(value)
    kind = type(value)
    if kind.__name__ == "NAType":
        return None
    if kind.__module__.partition(".")[0] == "pandas":
        if kind.__name__ == "Period":
            return _moment(value.to_timestamp())
        if kind.__name__ == "Interval":
            return str(value)
    uuid = sys.modules.get("uuid")
    if uuid is not None and isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        return _decoded(path, name, row) if isinstance(path, bytes) else path
    raise cell_error(value, name, row)
