"""Tokens are for the command that asks a tracker; stages of a run have no use for them."""

from faultcast import settings


def test_a_childs_environment_has_no_token() -> None:
    given = {"GITHUB_TOKEN": "t1", "FAULTCAST_JIRA_TOKEN": "t2", "FAULTCAST_HOME": "/state", "PATH": "/bin"}
    assert settings.without_secrets(given) == {"FAULTCAST_HOME": "/state", "PATH": "/bin"}


def test_every_token_password_and_key_is_a_secret() -> None:
    endings, addresses = ("_token", "_password", "_key"), {"cache", "prediction_log"}  # which may hold a password
    assert {name for name in settings.Settings.__slots__ if name.endswith(endings)} | addresses == settings.secrets()
