import type { IncomingMessage } from 'node:http'
import { type Answer, emptyAnswer, jsonAnswer } from './answer.ts'
import { buildContent, readText } from './content.ts'
import { listPage } from './list.ts'
import { mediaAnswer } from './media.ts'
import { invalid } from './refusal.ts'
import { applyFields, bucketResource, objectResource, parseJsonObject, parseSettings } from './resource.ts'
import { checkName, type Preconditions, parsePreconditions, type Store } from './store.ts'
import type { Target } from './target.ts'

const NONE: Preconditions = {
  ifGenerationMatch: undefined,
  ifGenerationNotMatch: undefined,
  ifMetagenerationMatch: undefined,
}

/** Everything but uploads. */
export async function answerObjects(
  store: Store,
  target: Target,
  request: IncomingMessage,
  body: AsyncIterable<Uint8Array>,
  pageSize: number,
): Promise<Answer> {
  const { kind, bucket, name, query } = target
  const masked = (value: unknown): Answer => jsonAnswer(200, applyFields(value, query.get('fields')))
  const text = await readText(body)
  switch (kind) {
    case 'get':
    case 'media': {
      const found = store.find(bucket, name, parsePreconditions(query))
      if (found === undefined) return emptyAnswer(304)
      return kind === 'get' ? masked(objectResource(found)) : mediaAnswer(found, request.headers)
    }
    case 'delete':
      store.remove(bucket, name, parsePreconditions(query))
      return emptyAnswer(204)
    case 'list':
      return masked(listPage(store.bucket(bucket), query, pageSize))
    case 'patch':
      return patch(store, target, parseJsonObject(text))
    case 'rewrite':
      return rewrite(store, target)
    case 'compose':
      return compose(store, target, parseJsonObject(text))
    case 'get-bucket':
      return masked(bucketResource(store.bucket(bucket)))
    default:
      return createBucket(store, parseJsonObject(text))
  }
}

function patch(store: Store, { bucket, name, query }: Target, changes: Readonly<Record<string, unknown>>): Answer {
  const found = store.find(bucket, name, parsePreconditions(query))
  if (found === undefined) return emptyAnswer(304)
  const { metadata, ...others } = changes
  const merged = metadata === null ? null : { ...found.settings.metadata, ...(metadata as object | undefined) }
  const kept = Object.entries(merged ?? {}).filter(([, value]) => value !== null)
  const settings = parseSettings({ ...found.settings, ...others, metadata: Object.fromEntries(kept) }, query)
  return jsonAnswer(200, objectResource(store.patch(found, settings)))
}

function rewrite(store: Store, { bucket, name, query, to }: Target): Answer {
  const found = store.find(bucket, name, NONE)
  if (found === undefined || to === undefined) throw invalid('Nothing to rewrite.')
  checkName(to.name)
  const { pieces, size, crc32c, md5Hash, settings } = found
  const content = { pieces, size, crc32c, md5Hash }
  const made = store.publish(to.bucket, to.name, content, settings, parsePreconditions(query))
  const rewritten = { kind: 'storage#rewriteResponse', totalBytesRewritten: String(size), objectSize: String(size) }
  return jsonAnswer(200, { ...rewritten, done: true, resource: objectResource(made) })
}

function compose(store: Store, { bucket, name, query }: Target, request: Readonly<Record<string, unknown>>): Answer {
  checkName(name)
  const sources = request['sourceObjects']
  if (!Array.isArray(sources) || sources.length === 0 || sources.length > 32)
    throw invalid('Compose needs 1 to 32 source objects.')
  const builder = buildContent()
  for (const source of sources as readonly { readonly name?: unknown }[]) {
    for (const piece of store.find(bucket, String(source.name), NONE)?.pieces ?? []) builder.append(piece)
  }
  const settings = parseSettings((request['destination'] ?? {}) as Record<string, unknown>, query)
  return jsonAnswer(
    200,
    objectResource(store.publish(bucket, name, builder.finish(), settings, parsePreconditions(query))),
  )
}

function createBucket(store: Store, { name, billing }: Readonly<Record<string, unknown>>): Answer {
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$/.test(name))
    throw invalid('Invalid bucket name.')
  const requesterPays = (billing as { readonly requesterPays?: unknown } | undefined)?.requesterPays === true
  return jsonAnswer(200, bucketResource(store.createBucket(name, requesterPays)))
}
