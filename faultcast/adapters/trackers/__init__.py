"""Trackers: issues, pull requests, reviews, check runs and findings, collected into the state folder.

shape       what a tracker is: listings, answered page by page
github gitlab bitbucket jira sonarqube sarif    six of that shape; `choose` picks one
transport   HTTPS with patience: pinned address, limits obeyed (`limits`), the token nowhere but on the wire
journal     what was collected so far, a line a page; `collect` walks, resumes and asks conditionally
tables      records <-> Parquet
"""

from faultcast.adapters.trackers.choose import check_name, state_of, trackers
from faultcast.adapters.trackers.collect import Collected, collect
from faultcast.adapters.trackers.records import CheckRun, Finding, Issue, PullRequest, Record, Review
from faultcast.adapters.trackers.shape import Answer, Listing, Tracker, Validators
from faultcast.adapters.trackers.tables import load_issues, read
from faultcast.adapters.trackers.transport import Clock

__all__ = [
    "Answer",
    "CheckRun",
    "Clock",
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
    "trackers",
]
