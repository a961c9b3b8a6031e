import { getter } from '../getter.ts'

/** The URLs of a value, and the URLSearchParams: those of a URL change together with it, which two of them apart would not. */
export interface UrlLinks {
  /** URLs that were not asked for their parameters, as long as there are no others. */
  waiting: object[]
  /** The parameters of URLs. */
  readonly ofUrls: Set<unknown>
  /** Parameters that stand in the value by themselves. */
  readonly alone: Set<object>
}

/** Without any. */
export function urlLinks(): UrlLinks {
  return { waiting: [], ofUrls: new Set(), alone: new Set() }
}

/** Whether the parameters of a URL stand by themselves too. */
export function linkWaiting(links: UrlLinks): boolean {
  const found = links.waiting.map((url) => getter(URL.prototype, 'searchParams').call(url) as object)
  links.waiting = []
  for (const parameters of found) links.ofUrls.add(parameters)
  return found.some((parameters) => links.alone.has(parameters))
}
