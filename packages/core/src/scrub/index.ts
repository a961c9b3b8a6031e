export {
  type ScrubCounts,
  type ScrubFinding,
  type ScrubOptions,
  type ScrubOutcome,
  type ScrubProgress,
  type ScrubReport,
  scrub,
} from './scrub.ts'
