"""How the shop's authors write: what a change is called depends on what it does and on who writes it."""

FEATURES: dict[str, tuple[str, ...]] = {
    "parsing": (
        "Parse @field from @noun imports",
        "Read @field out of supplier files",
        "Accept several @field formats for a @noun",
    ),
    "caching": ("Cache the @field of a @noun", "Keep @noun @field in the cache", "Look up @field in the store first"),
    "concurrency": (
        "Refresh @noun @field in parallel",
        "Take a lock before changing a @noun",
        "Load @nouns concurrently",
    ),
    "dates": (
        "Let a @noun expire by @field",
        "Show the day of a @noun in the shop's time zone",
        "Schedule @nouns by date",
    ),
    "money": ("Charge @field on the @noun", "Round the @field of a @noun", "Free shipping by @field"),
    "network": (
        "Send the @noun to the warehouse",
        "Retry when the @field service is slow",
        "Open the way to the @noun service",
    ),
    "storage": ("Query @nouns by @field", "Store the @field of a @noun", "Keep old @nouns for a while"),
    "validation": ("Check the @field of a @noun", "Refuse a @noun without @field", "Validate @field on input"),
    "plain": ("Add @field to the @noun", "Sum up @field for each @noun", "Sort @nouns by @field"),
    "logging": ("Log the @field of each @noun", "Count @nouns", "More metrics for @nouns"),
    "rendering": ("Show @field on the @noun page", "Style the @noun list", "Render @field next to the @noun"),
}
REWORK = ("Simplify @field handling of the @noun", "Rework how a @noun gets its @field", "Replace the old @field code")
ADJUST = (
    "Change the @field limits of a @noun as agreed",
    "Marketing wants another @field rule for @nouns",
    "Tune @noun @field",
)
TESTS = ("Test @field of @nouns", "More tests for the @noun", "Cover @noun edge cases")
DOCS = ("Describe the @noun", "Explain @field in the guide", "Update the notes about @nouns")
DEPENDENCIES = ("Bump @noun client to @n.@big", "Update dependencies", "Upgrade build tools")
COSMETIC = ("Run the formatter over @noun code", "Tidy up comments", "Sort out whitespace")

TELLING: dict[str, tuple[str, ...]] = {
    "guard": (
        "Fix crash when the @noun has no @field",
        "fix: handle a @noun without @field",
        "bug: missing check of @field",
    ),
    "limit": (
        "Fix off-by-one in the @field of a @noun",
        "fix: wrong @field at the limit",
        "bug: @noun counted once too often",
    ),
    "default": ("Fix wrong default for @noun @field", "fix: default of @field", "bug: @noun ignores its default"),
    "arguments": ("Fix swapped arguments for @noun", "fix: @field and id mixed up", "bug: arguments in wrong order"),
    "range": ("Fix wrong port for @noun", "fix: CIDR range of the @noun service", "bug: @noun service not reachable"),
    "value": ("Fix wrong @field for some @nouns", "fix: broken @field of the @noun", "bug: @noun shows a wrong @field"),
}
SILENT = (
    "Handle rare @nouns",
    "Review follow-up for @field",
    "Use the other @field rule",
    "Make @noun @field behave",
    "Address feedback on @nouns",
)
MISLEADING: dict[str, tuple[str, ...]] = {
    "docs": ("Fix typo in docs", "Fix broken link in the @noun guide"),
    "tests": ("Fix flaky @noun test", "Fix test data of @nouns"),
    "cosmetic": ("Fix indentation", "Fix lint warnings in @noun code", "fix: formatting"),
    "dependencies": ("Fix the build", "Fix version of @noun client"),
}
SENTENCES = (
    "A @noun carries its @field from the first request on.",
    "The @field of a @noun is checked before it is stored.",
    "Support can change the @field of a @noun within @n days.",
    "See the dashboard for @nouns with more than @big in @field.",
    "When a @noun arrives without @field, the import reports it.",
)
BODIES = (
    "Asked for by the support team, who look at this every day.",
    "The old way needed two requests for each @noun.",
    "Tried on the staging shop with @big @nouns.",
    "Part of the @noun work for this quarter.",
)
