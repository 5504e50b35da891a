"""Trackers: issues, pull requests, reviews, check runs and findings, collected into the state folder.

shape       what a tracker is: listings, answered page by page
github gitlab bitbucket jira sonarqube sarif    six of that shape; `choose` picks one by its name (`naming`)
transport   HTTPS with patience: pinned address, limits obeyed (`limits`), the token nowhere but on the wire
journal     what was collected so far, a line a page; `collect` walks, resumes and asks conditionally
tables      records <-> Parquet; `issues` makes of them what labels want to know

What speaks HTTP (`choose`, `transport` and the six) needs the extra `ingest` and is imported by its own name, so that
tables can be read without it.
"""

from faultcast.adapters.trackers.collect import Collected, collect
from faultcast.adapters.trackers.naming import check_name, state_of
from faultcast.adapters.trackers.records import CheckRun, Finding, Issue, PullRequest, Record, Review
from faultcast.adapters.trackers.shape import Answer, Listing, Tracker, Validators
from faultcast.adapters.trackers.tables import load_issues, read

__all__ = [
    "Answer",
    "CheckRun",
    "Collected",
    "Finding",
    "Issue",
    "Listing",
    "PullRequest",
    "Record",
    "Review",
    "Tracker",
    "Validators",
    "check_name",
    "collect",
    "load_issues",
    "read",
    "state_of",
]
