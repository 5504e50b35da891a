"""Idioms of the shop's Python code, indented by four spaces a level."""

from faultcast.demo.vocabulary import Idiom

IDIOMS: tuple[Idiom, ...] = (
    Idiom(
        "parsing",
        """
@field_parts = [part.strip() for part in str(@noun["@field"]).split("<<,|;>>")]
? if len(@field_parts) < @n:
?     raise ValueError(f"expected @n parts of @field, found {len(@field_parts)}")
@noun["@field"] = @field_parts[<<0|1>>]
""",
    ),
    Idiom(
        "parsing",
        """
match = re.match(r"(\\d<<+|*>>)-(\\w+)", str(@noun["@field"]))
? if match is None:
?     return None
@noun["@field_number"] = int(match.group(<<1|2>>))
""",
    ),
    Idiom(
        "parsing",
        """
for row in csv.reader(@noun["@field_lines"], delimiter="<<;|,>>"):
    if len(row) <<>|>=>> @n:
        @noun.setdefault("@field", []).append(row[@n - 1].<<strip|rstrip>>())
""",
    ),
    Idiom(
        "caching",
        """
@field_key = f"@noun:{@noun['id']}:@field"
if @field_key <<in|not in>> cache:
    cache.set(@field_key, @noun["@field"], ttl=<<@big|@n>>)
@noun["@field"] = cache.get(@field_key)
? if @noun["@field"] is None:
?     cache.delete(@field_key)
?     return None
""",
    ),
    Idiom(
        "caching",
        """
cached_@field = cache.get(("@noun", @noun["<<id|number>>"]))
if cached_@field is not None and cached_@field["age"] <<<|<=>> @big:
    return cached_@field["@field"]
cache.set(("@noun", @noun["id"]), {"@field": @noun["@field"], "age": 0})
""",
    ),
    Idiom(
        "concurrency",
        """
with lock_for("@noun", timeout=<<@n|@big>>):
    @field_now = @noun.get("@field", 0)
?     if @field_now is None:
?         raise Conflict("@noun @field is taken")
    @noun["@field"] = @field_now <<+|->> reserved
""",
    ),
    Idiom(
        "concurrency",
        """
with ThreadPoolExecutor(max_workers=<<@n|@big>>) as pool:
    futures = [pool.submit(refresh, entry) for entry in @noun["@field_queue"]]
    for future in as_completed(futures, timeout=@big):
        if future.exception() is <<None|not None>>:
            @noun["@field_done"] = future
""",
    ),
    Idiom(
        "dates",
        """
@field_until = @noun["created"] + timedelta(<<days|hours>>=@n)
if @field_until <<<|<=>> now:
    @noun["@field"] = "expired"
""",
    ),
    Idiom(
        "dates",
        """
@field_day = @noun["@field_at"].astimezone(<<shop_zone|timezone.utc>>).date()
? if @field_day.weekday() > 4:
?     @field_day = next_working_day(@field_day)
@noun["@field_day"] = @field_day
""",
    ),
    Idiom(
        "money",
        """
@field_net = @noun["@field"] * (100 <<-|+>> @noun["rate"]) / 100
? if @field_net < 0:
?     @field_net = 0
@noun["@field_net"] = round(@field_net, <<2|4>>)
""",
    ),
    Idiom(
        "money",
        """
if @noun["@field"] <<>=|>>> @big:
    @noun["shipping"] = <<0|@n>>
elif @noun["@field"] > @n:
    @noun["shipping"] = @n
""",
    ),
    Idiom(
        "network",
        """
for attempt in range(<<@n|@n + 1>>):
    response = client.<<post|put>>("/@nouns/@field", json=@noun, timeout=@big)
    if response.status_code < <<400|500>>:
        break
""",
    ),
    Idiom(
        "storage",
        """
rows = connection.execute(
    "SELECT @field FROM @nouns WHERE @field <<>|>=>> ? ORDER BY id LIMIT @big", (<<@noun["id"]|@noun["number"]>>,)
).fetchall()
? if not rows:
?     return None
@noun["@field"] = rows[<<0|-1>>][0]
""",
    ),
    Idiom(
        "validation",
        """
if not @n <<<=|<>> len(str(@noun["@field"])) <<<=|<>> @big:
    errors.append("@field of the @noun has the wrong length")
""",
    ),
    Idiom(
        "validation",
        """
? if @noun.get("@field") is None:
?     errors.append("@field is missing")
?     return errors
if @noun["@field"] in <<ALLOWED|KNOWN>>_@FIELD:
    @noun["@field_checked"] = True
""",
    ),
    Idiom(
        "plain",
        """
@noun["@field"] = options.get("@field", <<@n|@big>>)
@noun["@field_label"] = f"{@noun['@field']} @field"
""",
    ),
    Idiom(
        "plain",
        """
summary["@field"] = sum(entry["@field"] for entry in @noun["entries"] if entry["@field"] <<>|>=>> @n)
summary["@field_count"] = len(@noun["entries"])
""",
    ),
    Idiom(
        "plain",
        """
ordered = sorted(@noun["entries"], key=lambda entry: entry["@field"], reverse=<<True|False>>)
@noun["top_@field"] = ordered[:@n]
""",
    ),
    Idiom(
        "logging",
        """
logger.info("@noun %s has @field %s", <<@noun["id"], @noun["@field"]|@noun["@field"], @noun["id"]>>)
metrics.count("@noun.@field", @n)
""",
    ),
    Idiom(
        "rendering",
        """
page.append(f"<dt>@field</dt><dd>{@noun['@field']:<<>|<>>@n}</dd>")
page.append(f"<dd class='@field'>{@noun.get('@field_label', '')}</dd>")
""",
    ),
)

HEADS: tuple[str, ...] = (
    '''
def @verb_@noun_@field(@noun, options, limit=<<@n|@big>>):
    """@Verb the @field of one @noun."""
    errors = []
    summary = {}
''',
    '''
def @verb_@field_of_@noun(@noun, options, cache=None, strict=<<True|False>>):
    """@Verb a @noun by its @field."""
    errors = []
    summary = {"strict": strict}
''',
    '''
def @verb_@nouns_by_@field(@noun, options, page=None):
    """@Verb @nouns, grouped by @field."""
    page = [] if page is None else page
    errors, summary = [], {}
''',
)
TAILS: tuple[str, ...] = (
    '\n    summary["@noun"] = @noun\n    return summary\n',
    "\n    return @noun if not errors else None\n",
    '\n    return {"@noun": @noun, "errors": errors, **summary}\n',
)
PREAMBLE = '''"""@Noun handling of the shop."""

import csv
import logging
import re
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta, timezone

logger = logging.getLogger(__name__)
'''
TESTS = (
    """
def test_@verb_@noun_@field():
    @noun = make_@noun(@field=@big)
    assert @verb(@noun)["@field"] == @big
    assert "@field" in @noun
""",
    """
def test_@noun_without_@field_is_@verb():
    @noun = make_@noun(@field=None)
    with pytest.raises(ValueError):
        @verb(@noun, limit=@n)
""",
)
TEST_PREAMBLE = "import pytest\n\nfrom tests.factories import *  # noqa: F403\n"
