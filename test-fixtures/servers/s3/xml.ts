/** Text inside an element. Characters that XML cannot hold as they are go as references, as S3 does it. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[<>&"\r\n\t\u0000-\u001f\u007f-\u009f]/g, (char) => {
    const named = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }[char]
    return named ?? `&#x${char.charCodeAt(0).toString(16)};`
  })
}

/** Content of an element: text, several elements, or elements one after the other. */
export type XmlContent = string | number | boolean | XmlElements | readonly XmlContent[]
/** Elements by name; an array repeats its element, `undefined` leaves it out. */
export interface XmlElements {
  readonly [name: string]: XmlContent | undefined
}

/** A document with S3's namespace. */
export function xmlDocument(root: string, content: XmlElements): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${elements(content)}</${root}>`
}

/** An error document. */
export function errorDocument(code: string, message: string, details: Readonly<Record<string, string>> = {}): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${elements({ Code: code, Message: message, ...details })}</Error>`
}

function elements(content: XmlElements): string {
  return Object.entries(content)
    .flatMap(([name, value]) => {
      if (value === undefined) return []
      const all: readonly XmlContent[] = Array.isArray(value) ? value : [value as XmlContent]
      return all.map((each) => `<${name}>${inner(each)}</${name}>`)
    })
    .join('')
}

function inner(content: XmlContent): string {
  return typeof content === 'object' ? elements(content as XmlElements) : escapeXml(String(content))
}

/** The contents of every element of this name, at any depth, one after the other. */
export function elementsOf(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map(
    ([, text]) => text ?? '',
  )
}

/** The text of the first element of this name. */
export function textOf(xml: string, name: string): string | undefined {
  const [text] = elementsOf(xml, name)
  return text?.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, named: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }[named] ?? whole
  })
}
