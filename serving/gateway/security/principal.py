"""Who asks, and what each role may do."""

from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    """What a route asks of its caller."""

    OPEN = "open"
    """Nothing: probes, the page's files, documentation. Nothing that was learnt from a repository."""
    READ = "read"
    PREDICT = "predict"
    FEEDBACK = "feedback"
    OPERATE = "operate"


class Role(StrEnum):
    """What a person or a machine is to the gateway."""

    VIEWER = "viewer"
    """Looks."""
    REVIEWER = "reviewer"
    """Looks, asks for predictions, votes, and corrects labels."""
    OPERATOR = "operator"
    """All of that, and decides which model answers."""
    SERVICE = "service"
    """A machine's account, such as CI's: predictions alone."""


GRANTS: dict[Role, frozenset[Need]] = {
    Role.VIEWER: frozenset({Need.READ}),
    Role.SERVICE: frozenset({Need.PREDICT}),
    Role.REVIEWER: frozenset({Need.READ, Need.PREDICT, Need.FEEDBACK}),
    Role.OPERATOR: frozenset({Need.READ, Need.PREDICT, Need.FEEDBACK, Need.OPERATE}),
}
"""The table of roles; which route needs what is in `table.py`."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `id` is a pseudonym: it may be logged and kept, and is the same from request to request."""

    id: str
    roles: frozenset[Role]
    kind: str = "user"
    """user (a token of the issuer), key (an API key), local (embedded) or anonymous."""

    def may(self, need: Need) -> bool:
        """Tell whether its roles grant that."""
        return need is Need.OPEN or any(need in GRANTS[role] for role in self.roles)


LOCAL = Principal("local", frozenset({Role.OPERATOR}), "local")
"""Whoever reaches loopback, as long as no authentication is asked for."""
