import type { MetadataSources } from '@shoal/release'

/** Sources that hold some files and answer for nothing else. */
export function fromFiles(
  files: Readonly<Record<string, Uint8Array>>,
  onRequest: (file: string) => void = () => undefined,
): MetadataSources {
  return {
    gather(file) {
      onRequest(file)
      const bytes = files[file]
      return Promise.resolve(bytes === undefined ? [] : [bytes])
    },
    async fetch(file, _bytesMax, accept) {
      onRequest(file)
      const bytes = files[file]
      if (bytes === undefined) throw new Error(`nobody has ${file}`)
      await Promise.resolve(accept(bytes))
    },
  }
}
