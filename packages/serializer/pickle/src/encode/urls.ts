import { TAG } from '../tags.ts'
import { writeTag } from '../writer.ts'
import { type Encoding, refuse } from './encoding.ts'
import { linkWaiting } from './links.ts'
import { writeExtras } from './properties.ts'
import { writeParsedText } from './strings.ts'

/** A URL: its text, tag 32. */
export function writeUrl(encoding: Encoding, url: object): void {
  const { links } = encoding
  const text = URL.prototype.toString.call(url)
  links.waiting.push(url)
  if (links.alone.size > 0 && linkWaiting(links)) refuse(encoding, LINKED)
  writeText(encoding, url, text, TAG.uri)
}

/** URLSearchParams: their text. */
export function writeSearchParams(encoding: Encoding, parameters: object): void {
  const { links } = encoding
  const text = URLSearchParams.prototype.toString.call(parameters)
  links.alone.add(parameters)
  linkWaiting(links)
  if (links.ofUrls.has(parameters)) refuse(encoding, LINKED)
  writeText(encoding, parameters, text, TAG.searchParams)
}

const LINKED = 'URL together with its own searchParams, which would come back apart: leave one of them out'

function writeText(encoding: Encoding, object: object, text: string, tag: number): void {
  writeExtras(encoding, object)
  writeTag(encoding.writer, tag)
  writeParsedText(encoding.strings, encoding.writer, text)
}
