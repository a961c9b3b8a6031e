/**
 * So many Unicode properties (`\p{L}`) all regular expressions of one value may have. Engines make the set of each one anew, which
 * takes V8 up to 150 microseconds: without a limit, 20 seconds for a megabyte.
 */
export const MAX_UNICODE_PROPERTIES = 10_000

const PROPERTY = /\\p\{(RGI_|Basic_Emoji|Emoji_Keycap)?/gi
/** A property of strings takes up to two milliseconds. */
const OF_STRINGS = 16

/** How many Unicode properties a regular expression has; those of strings count for more. */
export function unicodeProperties(source: string, flags: string): number {
  let count = 0
  if (!/[uv]/.test(flags)) return count
  for (const [, isOfStrings] of source.matchAll(PROPERTY)) {
    count += isOfStrings === undefined ? 1 : OF_STRINGS
    if (count > MAX_UNICODE_PROPERTIES) break
  }
  return count
}
