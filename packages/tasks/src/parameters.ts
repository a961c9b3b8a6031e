import { type JsonObject, json } from '@resultkit/core'
import type { Boundary } from './boundary.ts'
import { isRecord } from './cache-policy.ts'
import { RUN } from './task-promise.ts'

/** A flow's parameters as they leave. */
export interface JsonParameters {
  readonly parameters?: JsonObject | string
  readonly unrepresentable?: readonly string[]
}

/**
 * Parameters as JSON, through `redact`. One that JSON cannot hold exactly is named instead, and so is a promise. Where `redact`
 * gives text that is no JSON object, that text leaves as it is.
 */
export function jsonParameters(input: unknown, boundary: Boundary): JsonParameters {
  if (input === undefined) return {}
  const parameters: Record<string, unknown> = isRecord(input) ? { ...input } : { input }
  const unrepresentable = Object.keys(parameters).filter((name) => jsonText(parameters[name]) === undefined)
  for (const name of unrepresentable) delete parameters[name]
  const text = boundary.redact(JSON.stringify(parameters), 'parameters')
  return { parameters: parsed(text), ...(unrepresentable.length === 0 ? {} : { unrepresentable }) }
}

const strict = json()

function jsonText(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null && RUN in value) return undefined
  try {
    return new TextDecoder().decode(strict.serialize(value) as Uint8Array)
  } catch {
    return undefined
  }
}

function parsed(text: string): JsonObject | string {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? (value as JsonObject) : text
  } catch {
    return text
  }
}
