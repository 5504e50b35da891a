"""Idioms of the storefront's JavaScript, written without semicolons and indented by four spaces a level."""

from faultcast.demo.vocabulary import Idiom

IDIOMS: tuple[Idiom, ...] = (
    Idiom(
        "parsing",
        """
const @fieldParts = String(@noun.@field).split('<<,|;>>')
? if (@fieldParts.length < @n) {
?     return null
? }
@noun.@field = @fieldParts[<<0|1>>]
""",
    ),
    Idiom(
        "parsing",
        """
const @fieldNumber = Number.<<parseInt|parseFloat>>(@noun.@field)
if (Number.isNaN(@fieldNumber) || @fieldNumber <<<|<=>> 0) {
    return @noun
}
""",
    ),
    Idiom(
        "caching",
        """
const @fieldKey = `@noun-${@noun.id}-@field`
if (<<store.has|!store.has>>(@fieldKey)) {
    store.set(@fieldKey, @noun.@field, @big)
}
? if (store.isStale(@fieldKey)) {
?     store.remove(@fieldKey)
? }
""",
    ),
    Idiom(
        "concurrency",
        """
const @fieldResults = await Promise.<<all|allSettled>>(@noun.entries.map((entry) => load(entry.@field)))
? if (signal.aborted) {
?     return null
? }
@noun.@field = @fieldResults[<<0|@n>>]
""",
    ),
    Idiom(
        "concurrency",
        """
if (pending.has(@noun.id) <<&&|||>> !options.force) {
    return pending.get(@noun.id)
}
pending.set(@noun.id, fetch('/@nouns/@field'))
""",
    ),
    Idiom(
        "dates",
        """
const @fieldUntil = new Date(@noun.@field)
@fieldUntil.set<<Date|UTCDate>>(@fieldUntil.getDate() + @n)
@noun.@field = @fieldUntil.toISOString()
""",
    ),
    Idiom(
        "money",
        """
const @fieldCents = Math.<<round|floor>>(@noun.@field * 100)
if (@fieldCents <<>|>=>> @big) {
    @noun.free = true
}
""",
    ),
    Idiom(
        "network",
        """
const @fieldResponse = await fetch(`/api/@nouns/${@noun.id}?limit=<<@n|@big>>`)
? if (!@fieldResponse.ok) {
?     throw new Error('loading @field failed')
? }
@noun.@field = await @fieldResponse.json()
""",
    ),
    Idiom(
        "validation",
        """
if (@noun.@field === <<undefined|null>> || @noun.@field.length <<>|>=>> @big) {
    errors.push('@field of the @noun is wrong')
}
""",
    ),
    Idiom(
        "rendering",
        """
rows.push(`<li class="@field">${@noun.@field <<??|||>> '@n'}</li>`)
rows.push(`<li>${@noun.@fieldLabel}</li>`)
""",
    ),
    Idiom(
        "rendering",
        """
element.classList.toggle('@noun-@field', @noun.@field <<>|>=>> @n)
element.dataset.@field = @noun.@field
""",
    ),
    Idiom(
        "plain",
        """
@noun.@field = options.@field ?? <<@n|@big>>
@noun.@fieldLabel = `${@noun.@field} @field`
""",
    ),
    Idiom(
        "plain",
        """
for (const entry of @noun.entries.slice(<<0|1>>, @big)) {
    rows.push(entry.@field)
}
""",
    ),
    Idiom("logging", "\ntrack('@noun.@field', { id: @noun.<<id|number>>, value: @noun.@field })\n"),
)

HEADS: tuple[str, ...] = (
    """
export async function @verb@Noun@Field(@noun, options, limit = <<@n|@big>>) {
    const errors = []
    const rows = []
""",
    """
export async function @verb@FieldOf@Noun(@noun, { store, signal, ...options } = {}) {
    const errors = []
    const rows = []
""",
)
TAILS: tuple[str, ...] = (
    "\n    return { @noun, errors, rows }\n}\n",
    "\n    return errors.length ? null : @noun\n}\n",
)
PREAMBLE = (
    "// @Noun handling of the storefront\n\nimport { load, track } from './lib.js'\n\nconst pending = new Map()\n"
)
TESTS = (
    """
test('@verb @field of a @noun', async () => {
    const @noun = make@Noun({ @field: @big })
    expect((await @verb(@noun)).@field).toBe(@big)
})
""",
)
TEST_PREAMBLE = "import { expect, test } from 'vitest'\n"
