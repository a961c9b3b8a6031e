import { randomUUID } from 'node:crypto'
import { buildContent, type ContentBuilder } from './content.ts'
import { invalid, refusal } from './refusal.ts'
import type { ObjectSettings, Preconditions, StoredObject } from './store.ts'

/** A non-final chunk must be a multiple of this, and what arrived of a broken one is kept down to it. */
export const CHUNK_UNIT: number = 256 * 1024

/** A resumable upload. */
export interface Session {
  readonly id: string
  readonly bucket: string
  readonly name: string
  readonly settings: ObjectSettings
  readonly conditions: Preconditions
  readonly announced: Readonly<Record<string, unknown>>
  /** What the answer at the end shall hold. */
  readonly fields: string | null
  /** From x-upload-content-length. */
  readonly total: number | undefined
  readonly content: ContentBuilder
  outcome: StoredObject | 'cancelled' | undefined
}

/** The uploads that were started. */
export interface Sessions {
  /** Not finished and not cancelled. */
  readonly open: number
  start(of: Omit<Session, 'id' | 'content' | 'outcome'>): Session
  /** 404 for an unknown one, 499 for a cancelled one. */
  find(id: string | null): Session
  /** Forgets all that are open: 410 from then on. */
  lose(): void
}

/** Without any sessions. */
export function createSessions(): Sessions {
  const sessions = new Map<string, Session>()
  const lost = new Set<string>()
  return {
    get open() {
      return [...sessions.values()].filter(({ outcome }) => outcome === undefined).length
    },
    start(of) {
      const session: Session = { ...of, id: randomUUID(), content: buildContent(), outcome: undefined }
      sessions.set(session.id, session)
      return session
    },
    find(id) {
      const session = sessions.get(id ?? '')
      if (lost.has(id ?? '')) throw refusal(410, 'gone', 'The upload session is gone.')
      if (session === undefined) throw refusal(404, 'notFound', 'No such upload session.')
      if (session.outcome === 'cancelled') throw refusal(499, 'cancelled', 'The upload session was cancelled.')
      return session
    },
    lose() {
      for (const { id, outcome } of sessions.values()) {
        if (outcome !== undefined) continue
        sessions.delete(id)
        lost.add(id)
      }
    },
  }
}

/** A `content-range` of an upload. Half-open; `undefined` where it has a star. */
export interface UploadRange {
  /** `undefined`: a status query. */
  readonly start: number | undefined
  readonly end: number | undefined
  readonly total: number | undefined
}

/** Reads `content-range`; without one the body is the whole object. 400 when it contradicts itself. */
export function parseUploadRange(header: string | undefined): UploadRange {
  if (header === undefined) return { start: 0, end: undefined, total: undefined }
  const query = /^bytes \*\/(\*|\d{1,15})$/.exec(header)
  if (query !== null) return { start: undefined, end: undefined, total: number(query[1]) }
  const parts = /^bytes (\d{1,15})-(\*|\d{1,15})\/(\*|\d{1,15})$/.exec(header)
  if (parts === null) throw invalid('Failed to parse Content-Range header.')
  const [start = 0, last, total] = parts.slice(1).map(number)
  const end = last === undefined ? undefined : last + 1
  const contradicts = (end !== undefined && end <= start) || (total !== undefined && (end ?? start) > total)
  if (contradicts) throw invalid('Failed to parse Content-Range header.')
  return { start, end, total }
}

function number(text: string | undefined): number | undefined {
  return text === undefined || text === '*' ? undefined : Number(text)
}
