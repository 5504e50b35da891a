"""Everything that can go wrong, as one tree.

    FaultcastError
    ├── PermanentError              the same call will fail again: the input has to change
    │   ├── UsageError              the command line or a setting is wrong             exit 2
    │   ├── RepositoryError         the repository cannot be read                      exit 3
    │   │   ├── NotARepository
    │   │   ├── EmptyRepository
    │   │   ├── ShallowRepository
    │   │   ├── UnknownRevision
    │   │   ├── MissingObject
    │   │   └── UnsafeRepository    refused: a bomb, a forbidden address or protocol
    │   ├── InsufficientSamples     too few labelled changes for what was asked        exit 4
    │   ├── ContractMismatch        a model and the features it is given do not fit    exit 5
    │   ├── UnsafeArtifact          a model file that is not what its manifest says    exit 5
    │   ├── ExportMismatch          the form that serves says another risk             exit 5
    │   ├── BadChange               a change sent for scoring is malformed             exit 2
    │   ├── BadEvent                an event of a stream is malformed                  exit 2
    │   ├── NotPassed               a model whose verdict is not PASS is asked to serve    exit 9
    │   ├── Unauthorized            nobody knows who asks                              exit 1
    │   ├── Forbidden               who asks may not                                   exit 1
    │   └── NotFound                no run, model or report where one was expected     exit 6
    └── TemporaryError              the same call may succeed later
        ├── OutOfSpace              the disk is full                                   exit 7
        ├── Busy                    another run works on the same state                exit 1
        ├── StageFailed             a pipeline stage ended with an error               exit 1
        ├── TooMany                 asked more often than is answered                  exit 1
        └── Unavailable             another system does not answer                     exit 8

Every message says what was found, what was expected and what to do next.
"""

import errno


class FaultcastError(Exception):
    """Root of the tree; `exit_code` is what the command line ends with."""

    exit_code = 1


class PermanentError(FaultcastError):
    """The same call will fail again until its input changes."""


class TemporaryError(FaultcastError):
    """The same call may succeed later."""


class UsageError(PermanentError):
    """The command line or a setting is wrong."""

    exit_code = 2


class RepositoryError(PermanentError):
    """The repository cannot be read."""

    exit_code = 3


class NotARepository(RepositoryError):
    """The location holds no git repository."""


class EmptyRepository(RepositoryError):
    """The repository has no commit yet."""


class ShallowRepository(RepositoryError):
    """The history is cut off, so experience and age would be wrong."""


class UnknownRevision(RepositoryError):
    """The revision does not name a commit of this repository."""


class MissingObject(RepositoryError):
    """An object that the history refers to is absent."""


class UnsafeRepository(RepositoryError):
    """Reading was refused: a bomb, a forbidden protocol or address."""


class InsufficientSamples(PermanentError):
    """Fewer labelled changes than the work needs; both numbers are in the message."""

    exit_code = 4

    def __init__(self, what: str, found: int, needed: int) -> None:
        self.what = what
        self.found = found
        self.needed = needed
        super().__init__(f"Insufficient samples: {found} {what}, at least {needed} are needed")


class ContractMismatch(PermanentError):
    """A model's feature contract differs from the features at hand."""

    exit_code = 5


class UnsafeArtifact(PermanentError):
    """A model file is not what its manifest says, or is of a kind that can run code."""

    exit_code = 5


class ExportMismatch(PermanentError):
    """The form in which a model serves says another risk than the model; it is not exported."""

    exit_code = 5


class BadChange(PermanentError):
    """A change sent for scoring is malformed."""

    exit_code = 2


class BadEvent(PermanentError):
    """An event of a stream is malformed; `rule` is what it broke. The message quotes nothing of its content."""

    exit_code = 2

    def __init__(self, rule: str, detail: str) -> None:
        self.rule = rule
        super().__init__(f"{rule}: {detail}")


class NotPassed(PermanentError):
    """A model whose verdict is not PASS, or that has none, is asked to serve."""

    exit_code = 9


class Unauthorized(PermanentError):
    """Nobody knows who asks: no credentials, or some that are not good. The message never quotes them."""


class Forbidden(PermanentError):
    """Who asks is known and may not."""


class NotFound(PermanentError):
    """No run, model or report where one was expected."""

    exit_code = 6


class OutOfSpace(TemporaryError):
    """The disk is full; finished stages are kept."""

    exit_code = 7

    def __init__(self, where: str = "") -> None:
        place = f" at {where}" if where else ""
        super().__init__(f"The disk is full{place}. Free some space and run again: finished stages are kept.")


_FULL_WORDS = ("No space left on device", "Disk quota exceeded", "disk is full")
"""How the operating system and SQLite say it; libraries pass these words on, in errors of their own."""


def out_of_space(error: BaseException | str) -> OutOfSpace | None:
    """Return the error to raise instead, if an error, one of its causes or a log's last words tell of a full disk."""
    while isinstance(error, BaseException):
        if isinstance(error, OutOfSpace):
            return error
        if getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return OutOfSpace(str(getattr(error, "filename", None) or ""))
        if any(words in str(error) for words in _FULL_WORDS):
            return OutOfSpace()
        error = error.__cause__ or ""
    return OutOfSpace() if any(words in error for words in _FULL_WORDS) else None


class Busy(TemporaryError):
    """Another run works on the same state."""


class StageFailed(TemporaryError):
    """A pipeline stage ended with an error; the message names the stage and its cause."""


class Unavailable(TemporaryError):
    """Another system does not answer."""

    exit_code = 8


class TooMany(TemporaryError):
    """Asked more often than is answered; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        self.retry_after = retry_after
        super().__init__(message)
