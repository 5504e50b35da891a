"""What brings in and takes out: `ingest`, `consume`, `forget`."""

from typing import TYPE_CHECKING

from faultcast.cli.arguments.shared import add

if TYPE_CHECKING:
    from faultcast.cli.arguments.shared import Commands


def register(commands: "Commands") -> None:
    """Add these commands."""
    _ingest(commands)
    _consume(commands)
    _forget(commands)


def _ingest(commands: "Commands") -> None:
    parser = add(
        commands,
        "ingest",
        "ingesting",
        "clone repositories and collect issues, pull requests, reviews and check runs",
        "Rate limits are obeyed. A second call asks only for what changed; an interrupted one resumes.\n"
        "Tokens come from the environment: GITHUB_TOKEN and so on, see docs/ingest.md.",
    )
    parser.add_argument(
        "--repositories", required=True, metavar="A,B", help="owner/name, several by commas; a Jira or SonarQube key"
    )
    parser.add_argument("--days", type=float, default=30.0, help="collect what changed in so many days (default: 30)")
    parser.add_argument(
        "--provider",
        choices=("github", "gitlab", "bitbucket", "jira", "sonarqube", "sarif"),
        default="github",
        help="where they are (default: github); sarif: files of static analysis",
    )
    parser.add_argument(
        "--pipeline-type",
        choices=("local", "kafka", "kinesis"),
        default="local",
        help="where it goes: into tables of the state folder (local), or as events to the topic raw-code",
    )
    parser.add_argument("--no-clone", action="store_true", help="collect only; a private repository is cloned by you")


def _consume(commands: "Commands") -> None:
    parser = add(
        commands,
        "consume",
        "ingesting",
        "check the events that `ingest` published and keep them in tables",
        "Reads the topic raw-code; valid events go to validated-*, others to dead-letters with the reason.\n"
        "Killed at any instant, the next call loses nothing and keeps nothing twice; see docs/ingest.md.",
    )
    parser.add_argument(
        "--pipeline-type",
        choices=("kafka", "kinesis"),
        default="kafka",
        help="where events come from (default: kafka; without FAULTCAST_KAFKA_BROKERS the embedded broker)",
    )
    parser.add_argument("--follow", action="store_true", help="wait for more until interrupted")
    parser.add_argument(
        "--from-start", action="store_true", help="read the topic from its beginning; what is known is not kept twice"
    )


def _forget(commands: "Commands") -> None:
    parser = add(
        commands,
        "forget",
        "forgetting",
        "erase an author from the state folder, now and whenever they are read again",
        "What runs make again is removed, what trackers told is rewritten; docs/privacy.md says what is stored.",
    )
    parser.add_argument("author", metavar="AUTHOR", help="a name, an e-mail address, a tracker's login or a pseudonym")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed or rewritten")
