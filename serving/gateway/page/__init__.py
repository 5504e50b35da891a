"""The web page: its files, the data that only it needs, and where that comes from.

routes.py    the page, its assets, `GET /changes` and `GET /changes/{commit}`
history.py   the changes of the last run, read again when another run has ended
listing.py   which of them, in which order, how many
detail.py    one change in depth: files, blocks, what became of it, similar past changes
standing.py  what the last run says of its model: thresholds, figures beside lines added
assets/      HTML, CSS and JavaScript; no framework, nothing inline, nothing from elsewhere
"""

from serving.gateway.page.history import History
from serving.gateway.page.routes import router

__all__ = ["History", "router"]
