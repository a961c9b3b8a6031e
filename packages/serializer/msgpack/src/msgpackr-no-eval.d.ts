// The entry has no types of its own. It neither loads a native addon nor makes functions out of text.
declare module 'msgpackr/index-no-eval' {
  export { Packr, Unpackr } from 'msgpackr'
}
