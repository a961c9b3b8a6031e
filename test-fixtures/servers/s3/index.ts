export type { Fault, FaultRule, Faults, LoggedRequest } from './faults.ts'
export { type S3Gateway, startGateway } from './gateway.ts'
export { type S3Server, type S3ServerOptions, startS3Server, TEST_ACCOUNT } from './server.ts'
export type { S3Account } from './sigv4.ts'
