"""A requests adapter whose connections go to the address that was checked, whatever the name resolves to later."""

from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, Retry

from faultcast.history.remote import Remote


class PinnedAdapter(HTTPAdapter):
    """Connects to `remote.address`, with the certificate checked against `remote.host`; never retries by itself."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        super().__init__(max_retries=Retry(0, read=False, redirect=False))

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        host = self._remote.host
        super().init_poolmanager(*arguments, **options, server_hostname=host, assert_hostname=host)

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: Any,
        proxies: Any = None,  # noqa: ARG002  there are none
        cert: Any = None,
    ) -> HTTPConnectionPool:
        host, pool = self.build_connection_pool_key_attributes(request, verify, cert)
        pinned = {**host, "host": self._remote.address}
        found: HTTPConnectionPool = self.poolmanager.connection_from_host(**pinned, pool_kwargs=pool)
        return found
