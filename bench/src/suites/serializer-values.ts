/** A value to be written, and how many times in a turn. */
export interface Sample {
  readonly name: string
  readonly value: unknown
  readonly repeats: number
}

/** An object of an API, about 1 KB of JSON. */
function order(index: number): object {
  return {
    id: `ord_${(index * 7919).toString(36).padStart(12, '0')}`,
    object: 'order',
    created: 1_760_000_000 + index * 37,
    currency: 'eur',
    amount: 1999 + (index % 500) * 10,
    paid: index % 3 !== 0,
    description: `Subscription ${index}, billed monthly, with a note that says a little more than it has to`,
    customer: {
      id: `cus_${index.toString(36).padStart(14, '0')}`,
      name: index % 10 === 0 ? `Zoë Müller ${index}` : `Taylor Smith ${index}`,
      email: `customer-${index}@mail.example`,
      address: { line1: `${index} Long Street`, line2: null, city: 'Springfield', country: 'DE', postal: '10115' },
    },
    lines: Array.from({ length: 3 }, (_, line) => ({
      id: `li_${index * 3 + line}`,
      sku: `sku-${(index + line) % 97}`,
      title: `An article that people order, number ${line}`,
      quantity: line + 1,
      price: 9.99 * (line + 1),
    })),
    tags: ['priority', 'gift', index % 2 === 0 ? 'web' : 'app'],
    metadata: { source: 'checkout', campaign: `spring-${index % 12}`, score: index / 7 },
  }
}

function row(index: number): object {
  return {
    id: index,
    name: `user ${index}`,
    email: `u${index}@mail.example`,
    active: index % 2 === 0,
    score: index * 1.5,
    city: 'Springfield',
    at: '2026-01-01T00:00:00Z',
  }
}

function line(index: number): string {
  const text = `${index}: the quick brown fox jumps over the lazy dog. `.repeat(1 + (index % 8))
  return index % 8 === 0 ? `${text}grüße, 你好` : text
}

/** What is measured. */
export function sampleValues(quick: boolean): readonly Sample[] {
  const rows = quick ? 20_000 : 100_000
  return [
    { name: '1 KB object', value: order(1), repeats: quick ? 500 : 2000 },
    {
      name: '1 MB of objects',
      value: { data: Array.from({ length: 900 }, (_, index) => order(index)), more: false },
      repeats: quick ? 1 : 4,
    },
    {
      name: `${rows.toLocaleString('en-US')} rows`,
      value: Array.from({ length: rows }, (_, index) => row(index)),
      repeats: 1,
    },
    {
      name: '10,000 strings',
      value: Array.from({ length: 10_000 }, (_, index) => line(index)),
      repeats: quick ? 2 : 8,
    },
  ]
}
