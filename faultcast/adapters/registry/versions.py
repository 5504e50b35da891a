"""Versions of a registered model: what was learnt, what was decided about it, and why."""

from dataclasses import dataclass

from faultcast.adapters.registry.client import MlflowClient, MlflowException, ModelVersion, is_absent
from faultcast.adapters.registry.runs import ARTIFACT, DIGEST
from faultcast.errors import NotFound

VERDICT, WHY = "faultcast.verdict", "faultcast.why"
_LONGEST = 4_000
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """One version. `verdict` is "" where none was given; `created_at` is in unix seconds."""

    version: str
    run_id: str
    digest: str
    verdict: str
    why: str
    created_at: float
    aliases: tuple[str, ...]


class Versions:
    """Reads and writes the versions of registered models."""

    def __init__(self, client: MlflowClient) -> None:
        self._client = client

    def of(self, model: str, version: str) -> VersionInfo:
        """One version.

        Raises:
            NotFound: there is none of that number; the message says which there are.
        """
        known = self.all(model)
        found = next((one for one in known if one.version == version), None)
        if found is None:
            there = ", ".join(one.version for one in known)
            raise NotFound(f"{model} has no version {version!r}, found {there or 'none'}. See `faultcast models`.")
        return found

    def all(self, model: str) -> list[VersionInfo]:
        """Every version of a model, oldest first; none where nothing was registered."""
        aliases = self.aliases(model)
        found = self._client.search_model_versions(f"name = '{model}'")
        return sorted((_info(one, aliases) for one in found), key=lambda one: int(one.version))

    def aliases(self, model: str) -> dict[str, str]:
        """Alias -> the version that it points to."""
        try:
            return {name: str(version) for name, version in self._client.get_registered_model(model).aliases.items()}
        except MlflowException as error:
            if not is_absent(error):
                raise
            return {}

    def with_digest(self, model: str, digest: str) -> str:
        """The version of this very model; "" if it is none yet."""
        return next((one.version for one in self.all(model) if one.digest == digest), "")

    def create(self, model: str, run: str, digest: str, verdict: str, why: str) -> str:
        """A new version of the model that a run logged; it appears with all that is said of it."""
        try:
            self._client.create_registered_model(model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        source = f"{self._client.get_run(run).info.artifact_uri}/{ARTIFACT}"
        tags = {DIGEST: digest} | _said(verdict, why)
        return str(self._client.create_model_version(model, source, run, tags=tags).version)

    def judge(self, model: str, version: str, verdict: str, why: str) -> None:
        """Write down the newest verdict on a version that exists."""
        for key, value in _said(verdict, why).items():
            self._client.set_model_version_tag(model, version, key, value)


def _said(verdict: str, why: str) -> dict[str, str]:
    return {VERDICT: verdict, WHY: why[:_LONGEST]} if verdict else {}


def _info(found: ModelVersion, aliases: dict[str, str]) -> VersionInfo:
    version = str(found.version)
    return VersionInfo(
        version=version,
        run_id=str(found.run_id),
        digest=found.tags.get(DIGEST, ""),
        verdict=found.tags.get(VERDICT, ""),
        why=found.tags.get(WHY, ""),
        created_at=found.creation_timestamp / 1000,
        aliases=tuple(sorted(name for name, points_to in aliases.items() if points_to == version)),
    )
