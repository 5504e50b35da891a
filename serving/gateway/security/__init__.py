"""Who may ask what, how often and from where; what of it is written down."""

from serving.gateway.security.principal import Need, Principal, Role
from serving.gateway.security.security import Security, check_address, is_required

__all__ = ["Need", "Principal", "Role", "Security", "check_address", "is_required"]
