"""Frames of any library that offers ``__dataframe__``, the interchange protocol, and no Arrow."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from .._errors import UnsupportedError
from .cells import convert, data_error, quoted

_INT, _UINT, _FLOAT, _BOOL, _STRING, _DATETIME, _CATEGORICAL = 0, 1, 2, 20, 21, 22, 23
_NON_NULLABLE, _USE_NAN, _USE_SENTINEL, _USE_BITMASK, _USE_BYTEMASK = 0, 1, 2, 3, 4
_KINDS = {_INT: "i", _UINT: "u", _FLOAT: "f", _BOOL: "u", _DATETIME: "i", _CATEGORICAL: "i"}


def columns_of(frame: Any) -> tuple[list[str], list[Callable[[str], _core.Column]]]:
    """Names, and makers of a column with a name, of an interchange frame."""
    names = [str(name) for name in frame.column_names()]
    return names, [_maker(frame, i) for i in range(frame.num_columns())]


def _maker(frame: Any, index: int) -> Callable[[str], _core.Column]:
    return lambda name: _column(name, frame, index)


def _column(name: str, frame: Any, index: int) -> _core.Column:
    whole = frame.get_column_by_name(list(frame.column_names())[index]) if frame.num_chunks() < 1 else None
    chunks = [whole] if whole is not None else [part.get_column(index) for part in frame.get_chunks()]
    parts = [_chunk(name, chunk) for chunk in chunks]
    kind, _, form, _ = chunks[0].dtype
    if kind in (_STRING, _CATEGORICAL):
        cells = [cell for part in parts for cell in part]
        return _core.Column.objects(name, cells, convert) if kind == _STRING else _category(name, cells)
    values = np.concatenate([part[0] for part in parts])
    mask = np.concatenate([part[1] for part in parts])
    if kind == _FLOAT:
        values = values.astype(np.float64 if values.dtype.itemsize != 4 else np.float32)
        values[mask] = np.nan
        return _core.Column.numbers(name, values)
    some = mask.view(np.uint8) if mask.any() else None
    if kind == _BOOL:
        return _core.Column.booleans(name, values.view(np.uint8), some)
    if kind == _DATETIME:
        return _dates(name, values, mask, form)
    return _core.Column.whole_numbers(name, values, some)


def _chunk(name: str, column: Any) -> Any:
    """(values, missing) of fixed width; a list of cells of texts and categories."""
    kind, bits, _, _ = column.dtype
    if kind == _STRING:
        return _texts(column)
    if kind not in _KINDS:
        raise UnsupportedError(f"column {quoted(name)} is of type {column.dtype}, which has no place in a table")
    buffers = column.get_buffers()
    size, offset = column.size(), column.offset
    if kind == _BOOL and bits == 1:
        values = _bits(buffers["data"][0], offset, size).astype(np.uint8)
    else:
        _, (_, data_bits, _, _) = buffers["data"][0], buffers["data"][1]
        values = _copied(buffers["data"][0], f"{_KINDS[kind]}{data_bits // 8}", offset, size)
    missing = _missing(column, buffers, values)
    if kind != _CATEGORICAL:
        return values, missing
    levels = _level_texts(name, column.describe_categorical)
    return [None if gone or code < 0 else levels[code] for code, gone in zip(values.tolist(), missing.tolist())]


def _copied(buffer: Any, kind: str, offset: int, size: int) -> np.ndarray:
    """Elements [offset, offset + size) of the buffer, copied out of it."""
    itemsize = np.dtype(kind).itemsize
    if (offset + size) * itemsize > buffer.bufsize:
        raise data_error("table.interchange", "a buffer of the frame is smaller than its column")
    if size == 0:
        return np.empty(0, dtype=kind)
    return np.frombuffer(ctypes.string_at(buffer.ptr + offset * itemsize, size * itemsize), dtype=kind).copy()


def _bits(buffer: Any, offset: int, size: int) -> np.ndarray:
    data = _copied(buffer, "u1", 0, (offset + size + 7) // 8)
    return np.unpackbits(data, bitorder="little")[offset : offset + size].astype(bool)


def _missing(column: Any, buffers: Any, values: np.ndarray | None) -> np.ndarray:
    how, mark = column.describe_null
    size, offset = column.size(), column.offset
    if how == _USE_NAN and values is not None:
        return values != values
    if how == _USE_SENTINEL and values is not None:
        return values == mark
    if how in (_USE_BITMASK, _USE_BYTEMASK) and buffers["validity"] is not None:
        buffer, (_, bits, _, _) = buffers["validity"]
        packed = how == _USE_BITMASK or bits == 1
        flags = _bits(buffer, offset, size) if packed else _copied(buffer, "u1", offset, size) != 0
        return flags == bool(mark)
    return np.zeros(size, dtype=bool)


def _texts(column: Any) -> list[str | None]:
    buffers = column.get_buffers()
    offsets_buffer, (_, bits, _, _) = buffers["offsets"]
    offsets = _copied(offsets_buffer, f"i{bits // 8}", column.offset, column.size() + 1).tolist()
    data = _copied(buffers["data"][0], "u1", 0, offsets[-1]).tobytes() if offsets else b""
    missing = _missing(column, buffers, None).tolist()
    return [None if gone else data[begin:end].decode() for gone, begin, end in zip(missing, offsets[:-1], offsets[1:])]


def _level_texts(name: str, described: Any) -> list[str]:
    if not described["is_dictionary"]:
        raise UnsupportedError(f"column {quoted(name)} has categories without a list of them")
    levels = _chunk(name, described["categories"])
    if isinstance(levels, tuple):
        return [str(value) for value in levels[0].tolist()]
    return ["" if level is None else level for level in levels]


def _category(name: str, cells: list[str | None]) -> _core.Column:
    levels = sorted({cell for cell in cells if cell is not None})
    place = {level: i for i, level in enumerate(levels)}
    codes = np.array([-1 if cell is None else place[cell] for cell in cells], dtype=np.int32)
    return _core.Column.categories(name, codes, levels)


def _dates(name: str, values: np.ndarray, mask: np.ndarray, form: str) -> _core.Column:
    """``form`` is Arrow's: tdD, tdm, tss: and so on."""
    multiply, divide = {
        "tdD": (86_400_000_000, 1),
        "tdm": (1_000, 1),
        "tss": (1_000_000, 1),
        "tsm": (1_000, 1),
        "tsu": (1, 1),
        "tsn": (1, 1_000),
    }[form[:3]]
    wide = values.astype(np.int64)
    wide[mask] = np.iinfo(np.int64).min
    column, _ = _core.Column.dates(name, wide, multiply, divide)
    return column
