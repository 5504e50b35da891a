"""Every route of the gateway, every role: who may what, said once more here, by hand."""

from dataclasses import replace
from itertools import product

import pytest
from fastapi.routing import iter_route_contexts
from guarded import bearer, guarded
from starlette.routing import compile_path

from serving.gateway.app import create_app
from serving.gateway.page.history import History
from serving.gateway.page.routes import router as page
from serving.gateway.security.api_keys import ApiKeys
from serving.gateway.security.principal import GRANTS, Need, Role
from serving.gateway.security.table import RULES, TABLE

OPEN = {
    "GET /", "GET /docs", "GET /openapi.json", "GET /page", "GET /assets/{path:path}", "GET /health/live",
    "GET /health/ready", "GET /v2", "GET /v2/health/live", "GET /v2/health/ready", "GET /v1/models", "GET /v2/models",
}  # fmt: skip
READ = {
    "GET /health", "GET /metrics", "GET /models", "GET /model-info", "GET /drift-status", "GET /monitoring/stats",
    "GET /changes", "GET /changes/{commit}", "GET /v1/models/{name}", "GET /v2/models/{name}",
    "GET /v2/models/{name}/ready",
}  # fmt: skip
PREDICT = {
    "POST /predict", "POST /analyze/code", "POST /v1/models/{name}:predict", "POST /v1/models/{name}:explain",
    "POST /v2/models/{name}/infer",
}  # fmt: skip
FEEDBACK, OPERATE = {"POST /feedback"}, {"POST /models/{name}/reload"}
MAY = {
    None: OPEN,
    "viewer": OPEN | READ,
    "service": OPEN | PREDICT,
    "reviewer": OPEN | READ | PREDICT | FEEDBACK,
    "operator": OPEN | READ | PREDICT | FEEDBACK | OPERATE,
}
EVERYTHING = sorted(MAY["operator"])


@pytest.fixture(scope="module")
def routes(parts, tmp_path_factory):
    """(method, template) of every route of the app, the page's included."""
    app = create_app(
        replace(parts, routers=(page(History(tmp_path_factory.mktemp("story"), "story"), parts.forecaster),))
    )
    return {(method, one.path) for one in iter_route_contexts(app.routes) for method in one.methods or {"ANY"}}


def example(template):
    """A path that a template fits."""
    return template.replace("{path:path}", "page/app.js").replace("{name}", "main").replace("{commit}", "c0ffee")


def test_every_route_is_in_the_table_and_nothing_else(routes):
    ruled = {(rule.method, rule.template) for rule in RULES}
    assets = {route for route in routes if route[1].startswith("/assets/")}
    assert len(assets) == 2
    assert routes - assets == ruled - {("GET", "/assets/{path:path}")}


def test_the_table_and_the_router_find_the_same(routes):
    """A path may fit several templates; what is judged must be what is run."""
    ordered = sorted(routes)
    for method, template in ordered:
        path = example(template)
        fitting = {there for other, there in ordered if other == method and compile_path(there)[0].match(path)}
        found = TABLE.find(method, path).rule
        assert found
        assert found.template in fitting | {"/assets/{path:path}"}
        needs = {TABLE.find(method, example(there)).rule.need for there in fitting}
        assert needs == {found.need}


def test_the_table_says_what_is_said_here():
    assert {f"{rule.method} {rule.template}" for rule in RULES} == set(EVERYTHING)
    assert [f"{rule.method} {rule.template}" for rule in RULES if rule.audited] == [*FEEDBACK, *OPERATE]
    assert set(GRANTS) == set(Role)
    assert {need for granted in GRANTS.values() for need in granted} == set(Need) - {Need.OPEN}


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    home = tmp_path_factory.mktemp("guarded")
    headers = {None: {}} | {role: bearer(ApiKeys(home).create(role, role)[1]) for role in Role}
    with guarded(home, auth="required", rate_per_second=0, anonymous_rate_per_second=0) as client:
        yield client, headers


@pytest.mark.parametrize(("role", "route"), product(MAY, EVERYTHING))
def test_who_may_what(clients, role, route):
    client, headers = clients
    method, template = route.split(" ")
    status = client.request(method, example(template), headers=headers[role]).status_code
    assert status == (200 if route in MAY[role] else 403 if role else 401)


KNOWN = {"/models/main/reload": "POST", "/feedback": "POST", "/metrics": "GET"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"])
@pytest.mark.parametrize("path", [*KNOWN, "/internal", "//feedback", "/FEEDBACK"])
def test_other_methods_and_paths_reach_nothing(clients, method, path):
    client, headers = clients
    if KNOWN.get(path) == method:
        return
    for role in MAY:
        refused = client.request(method, f"http://gateway.example{path}", headers=headers[role])
        assert refused.status_code == (401 if role is None else 405 if path in KNOWN else 404)
        assert refused.headers.get("allow") == (KNOWN.get(path) if role else None)


@pytest.mark.parametrize(
    "path",
    [
        "/models/main/reload/", "/models//reload", "/models/main%2Freload", "/models/main/reload;x", "/models/main/./reload",
        "/models/main/x/../reload", "/docs/../models/main/reload", "/assets/../models/main/reload", "/%6dodels/main/reload",
        "/models/main/reload%00", "/models/main/reload%0a", "/models/main/reload?x=/docs", "/models/main/reload#/docs",
        "/assets/%2e%2e/models/main/reload", "/models/main/RELOAD",
    ],
)  # fmt: skip
def test_no_spelling_of_a_path_gets_a_viewer_to_reload(clients, path):
    client, headers = clients
    for extra in ({}, {"X-HTTP-Method-Override": "POST"}, {"X-Original-URL": "/models/main/reload"}):
        status = client.post(path, headers=headers[Role.VIEWER] | extra).status_code
        assert status in {403, 404, 405}


def test_whoever_may_look_may_ask_for_the_head_alone(clients):
    client, headers = clients
    assert client.head("/models", headers=headers[Role.VIEWER]).status_code in {200, 405}
    assert client.head("/models", headers=headers[Role.SERVICE]).status_code == 403
    assert client.head("/models").status_code == 401
