export { checkValue, refusalMessage, type ValueCheck } from './check.ts'
export type { BuiltInType, ValueRules } from './rules.ts'
