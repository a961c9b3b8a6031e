const TRAILER_BYTES = 179

/** The header line and the payload of a record. */
export function parseRecord(record: Uint8Array): { readonly line: Uint8Array; readonly payload: Uint8Array } {
  const end = record.indexOf(10) + 1
  return { line: record.subarray(0, end), payload: record.subarray(end, record.byteLength - TRAILER_BYTES) }
}
