import {
  concatBytes,
  isResultError,
  type Serializer,
  type StreamSerializer,
  type ValueSerializer,
} from '@resultkit/core'
import { type ContractCase, contractCase } from '../contract-case.ts'
import { broken } from '../expectation.ts'
import { show } from '../show.ts'

/** The case of any serializer. */
export function serializerCase(
  name: string,
  check: (serializer: Serializer) => Promise<void>,
): ContractCase<Serializer> {
  return contractCase(name, [], check)
}

/** The case of a serializer of kind `value`. */
export function valueCase(
  name: string,
  check: (serializer: ValueSerializer) => Promise<void>,
): ContractCase<Serializer> {
  return contractCase(name, ['value'], (serializer) => check(serializer as ValueSerializer))
}

/** The case of a serializer of kind `stream`. */
export function streamCase(
  name: string,
  check: (serializer: StreamSerializer) => Promise<void>,
): ContractCase<Serializer> {
  return contractCase(name, ['stream'], (serializer) => check(serializer as StreamSerializer))
}

/** The bytes of a value; a copy, so that nothing in them is shared with the value. */
export async function serialized(serializer: ValueSerializer, value: unknown): Promise<Uint8Array> {
  const bytes = await serializer.serialize(value)
  return concatBytes(bytes instanceof Uint8Array ? [bytes] : bytes).slice()
}

/** What `work` gives, or `undefined` when it is refused with SERIALIZE; every other failure is a broken promise. */
export async function unlessRefused<Value>(promised: string, work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isResultError(error) && error.code === 'SERIALIZE') return undefined
    throw broken(promised, `it failed with ${show(error)} instead of SERIALIZE`)
  }
}

/** Fails when `work` fails with anything but DESERIALIZE. */
export async function expectValueOrDeserialize(promised: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isResultError(error) || error.code !== 'DESERIALIZE') throw broken(promised, `it failed with ${show(error)}`)
  }
}
