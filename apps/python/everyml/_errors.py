"""The errors of everyml. Each message is one sentence: what was wrong, where, and what would be right."""


class Error(Exception):
    """Base of all errors of everyml. ``code`` is stable across versions and meant for programs."""

    code: str = ""


class ParameterError(Error, ValueError, TypeError):
    """A setting or an argument is wrong."""


class DataError(Error, ValueError):
    """The table does not allow what was asked."""


class UnsupportedError(Error, TypeError):
    """Asked of something that cannot do it."""


class FormatError(Error, ValueError):
    """Bytes that are not what they claim to be."""


class ResourceError(Error, RuntimeError):
    """Memory, time or disk ended, or the work was stopped from outside."""


class FileError(ResourceError, OSError):
    """A file cannot be opened, read or written."""


for _error in (Error, ParameterError, DataError, UnsupportedError, FormatError, ResourceError, FileError):
    _error.__module__ = "everyml"
