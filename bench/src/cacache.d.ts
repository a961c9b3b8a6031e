// What the benchmark uses of cacache, which brings no types.
declare module 'cacache' {
  interface Info {
    readonly integrity: string
  }
  interface Get {
    (cache: string, key: string): Promise<{ readonly data: Buffer }>
    info(cache: string, key: string): Promise<Info | null>
  }
  const cacache: {
    put(cache: string, key: string, data: Buffer): Promise<unknown>
    readonly get: Get
    readonly rm: {
      entry(cache: string, key: string, options: { readonly removeFully: boolean }): Promise<unknown>
      content(cache: string, integrity: string): Promise<unknown>
    }
    ls(cache: string): Promise<Record<string, Info>>
  }
  export default cacache
}
