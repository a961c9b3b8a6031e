import { JSON_TEXT, type PickleContender, V8 } from '../contenders/pickles.ts'

/** A value to be measured, and what pickle has to keep to. */
export interface DataSet {
  readonly name: string
  readonly value: unknown
  /** Operations per turn. */
  readonly count: number
  /** Rounds before the first that counts: until the engine has compiled what is hot. JSON and v8 are compiled from the start. */
  readonly warmUps: number
  /** Who measures against whom; `undefined` without targets. */
  readonly base: PickleContender
  readonly limits: { readonly size?: number; readonly encode?: number; readonly decode?: number }
  /** Whether slow peers and those that write text take part. */
  readonly peers: boolean
}

const CITIES = ['Berlin', 'Paris', 'Rome', 'Lisbon', 'Oslo']
const MB = 1024 * 1024

function record(index: number): object {
  return {
    id: index,
    name: `name ${index}`,
    email: `user${index}@example.com`,
    active: index % 3 === 0,
    score: index * 1.37,
    city: CITIES[index % CITIES.length],
    created: 1_795_305_600_000 + index,
    visits: index % 7,
    ratio: index / 7,
    note: null,
  }
}

function response(items: number): unknown {
  return plain({
    page: 1,
    total: items,
    items: Array.from({ length: items }, (_, index) => ({
      id: `item_${index.toString(36)}`,
      type: index % 2 === 0 ? 'article' : 'video',
      attributes: {
        title: `The title of item ${index}`,
        body: `Lorem ipsum dolor sit amet, consectetur adipiscing elit, number ${index}.`,
        published: index % 2 === 0,
        rating: index / 3,
        createdAt: new Date(1_795_305_600_000 + index * 1000).toISOString(),
      },
      tags: ['news', 'world', `tag ${index % 10}`],
      author: { id: index % 50, name: `Author ${index % 50}`, address: { city: CITIES[index % 5], zip: '10115' } },
    })),
  })
}

/** As it comes from a socket. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}

function mix(size: number): unknown {
  return Array.from({ length: size }, (_, index) => ({
    map: new Map<unknown, unknown>([
      ['a', index],
      [index, `text ${index}`],
      ['at', new Date(1_795_305_600_000 + index)],
    ]),
    set: new Set<unknown>([index, `item ${index}`, index + 0.5]),
    date: new Date(1_795_305_600_000 + index * 1000),
  }))
}

/** All data sets but those of large buffers, which have children of their own. */
export function dataSets(quick: boolean): readonly DataSet[] {
  const rows = quick ? 10_000 : 100_000
  const records = plain(Array.from({ length: rows }, (_, index) => record(index)))
  const strings = Array.from({ length: 20_000 }, (_, index) => `text number ${index} `.repeat(1 + (index % 12)))
  const floats = Float64Array.from({ length: (64 * MB) / 8 }, (_, index) => index / 2)
  return [
    {
      name: 'API response 1 KB',
      value: response(2),
      count: 500,
      warmUps: 60,
      base: JSON_TEXT,
      limits: { encode: 2, decode: 2 },
      peers: true,
    },
    {
      name: 'API response 1 MB',
      value: response(2600),
      count: 1,
      warmUps: 20,
      base: JSON_TEXT,
      limits: { encode: 1.2, decode: 1 },
      peers: true,
    },
    {
      name: `${rows} records`,
      value: records,
      count: 1,
      warmUps: 3,
      base: JSON_TEXT,
      limits: { size: 0.45, encode: 1, decode: 0.6 },
      peers: true,
    },
    { name: 'strings 2 MB', value: strings, count: 1, warmUps: 5, base: JSON_TEXT, limits: {}, peers: true },
    {
      name: 'Map, Set, Date',
      value: mix(3000),
      count: 1,
      warmUps: 20,
      base: V8,
      limits: { encode: 1.2, decode: 1.2 },
      peers: true,
    },
    {
      name: 'Float64Array 64 MB',
      value: floats,
      count: 1,
      warmUps: 2,
      base: V8,
      limits: { encode: 0.5 },
      peers: false,
    },
  ]
}
