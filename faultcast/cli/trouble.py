"""What the operating system refused, said as one of our errors."""

import errno

from faultcast.errors import FaultcastError, OutOfSpace, StageFailed, UsageError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_SQLITE_FULL = "database or disk is full"  # SQLite's words, the only sign it gives


def told(error: FaultcastError | OSError) -> FaultcastError | None:
    """Return the error to tell the user; `None` where nothing better than a traceback can be said."""
    if isinstance(error, OSError):
        where = f" at {error.filename}" if error.filename else ""
        if error.errno in _FULL:
            return _out_of_space(where)
        if error.errno in _REFUSED:
            return UsageError(
                f"{error.strerror}{where}. Give this user the right to it, or set FAULTCAST_HOME to a folder that "
                "can be written."
            )
        return None
    if isinstance(error, StageFailed) and _SQLITE_FULL in str(error):
        return _out_of_space(f" ({str(error).split(' ', 1)[0]}: {_SQLITE_FULL})")
    return error


def _out_of_space(where: str) -> OutOfSpace:
    return OutOfSpace(f"The disk is full{where}. Free some space and run again: finished stages are kept.")
