/** What the service answers when it will not do what it was asked. */
export interface Refusal {
  readonly status: number
  readonly reason: string
  readonly message: string
}

const BRAND = Symbol('refusal')

/** An Error that ends a request with this answer. */
export function refusal(status: number, reason: string, message: string): Error & Refusal {
  return Object.assign(new Error(message), { [BRAND]: true, status, reason })
}

/** Whether an error is an answer, and no fault of the server itself. */
export function isRefusal(error: unknown): error is Error & Refusal {
  return typeof error === 'object' && error !== null && BRAND in error
}

/** The JSON of an error, as the JSON API gives it. */
export function refusalBody({ status, reason, message }: Refusal): string {
  const error = { code: status, message, errors: [{ message, domain: 'global', reason }] }
  return JSON.stringify({ error })
}

/** 400. */
export function invalid(message: string): Error & Refusal {
  return refusal(400, 'invalid', message)
}

/** 412. */
export function conditionNotMet(): Error & Refusal {
  return refusal(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.')
}

/** 404 of a bucket. */
export function noSuchBucket(): Error & Refusal {
  return refusal(404, 'notFound', 'The specified bucket does not exist.')
}

/** 404 of an object. */
export function noSuchObject(bucket: string, name: string): Error & Refusal {
  return refusal(404, 'notFound', `No such object: ${bucket}/${name}`)
}
