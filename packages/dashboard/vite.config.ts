import { defineConfig } from 'vite'

export default defineConfig({
  // Where the tracker serves it.
  base: '/',
  // The content security policy of the tracker knows 'self' only: nothing may become a data: URL.
  build: { outDir: 'dist', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // `pnpm --filter @shoal/dashboard dev` beside a running tracker.
  server: { proxy: { '/api': 'http://127.0.0.1:7072' } },
})
