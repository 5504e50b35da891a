"""MLflow: every training run, every model version, who is champion, and how that came to be.

door.py         Registry, the one way in
client.py       MLflow's client and errors;  runs.py  training runs;  versions.py  what was learnt and decided
aliases.py      champion, challenger, shadow: moved one process at a time
promotions.py   the log: who, when, why, from what, and back;  tell.py  the aliases, for a server that has no MLflow

Registering is ordered so that a crash leaves nothing half done in sight: the artifact is complete first, then the
version exists with its verdict, then the promotion is written down, then the alias moves, in one transaction, and
last that it is done is written down. Doing it again finds what is already there.
"""

from faultcast.adapters.registry.aliases import Alias
from faultcast.adapters.registry.digest import folder_digest
from faultcast.adapters.registry.door import ChampionInfo, Registry
from faultcast.adapters.registry.promotions import Promotion
from faultcast.adapters.registry.versions import VersionInfo

__all__ = ["Alias", "ChampionInfo", "Promotion", "Registry", "VersionInfo", "folder_digest"]
