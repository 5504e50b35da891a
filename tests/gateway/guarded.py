"""A small app behind the real door, as a caller sees it."""

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from faultcast.settings import Settings
from serving.gateway.security import Security
from serving.gateway.security.table import RULES

ADDRESS = ("192.0.2.7", 4711)


def guarded(home, client_address=ADDRESS, **chosen):
    """A client of an app with every route of the table, each of which tells who asks."""

    async def tell(request):
        principal = await security.principal(request)
        return JSONResponse({"id": principal.id, "roles": sorted(principal.roles), "kind": principal.kind})

    security = Security.of(Settings(home=home, **chosen))
    app = Starlette(routes=[Route(rule.template, tell, methods=[rule.method]) for rule in RULES])
    client = TestClient(security.wrap(app), base_url="http://gateway.example", client=client_address)
    client.security = security
    return client


def bearer(credential):
    return {"Authorization": f"Bearer {credential}"}
