/// <reference types="vitest/config" />
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import tailwind from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const HUB = process.env.CLAWLINK_HUB ?? 'http://127.0.0.1:8000'
// scripts/build_ui.py names a folder and puts it in its place when it is whole.
const OUT = process.env.CLAWLINK_UI_OUT ?? 'dist'

/** Puts .br and .gz beside each file that gains by it: the hub serves them as they are and compresses nothing itself. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle() {
      for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|svg|json)$/.test(entry.name)) continue
        const path = join(entry.parentPath, entry.name)
        const bytes = readFileSync(path)
        if (bytes.length < 1024) continue
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
      }
    },
  }
}

/** The interface speaks English: what the controls say in thirty other languages stays out (a third of their weight). */
function englishOnly(): Plugin {
  return {
    name: 'english-only',
    load: (id) => (/\/react-(aria|stately)[^?]*\/intl\/.*\/(?!en-US)[a-z]{2}-[A-Z]{2}\.m?js$/.test(id) ? 'export default undefined' : null),
  }
}

export default defineConfig(({ mode }) => ({
  plugins: [englishOnly(), mode === 'test' ? [] : tanstackRouter(), react(), tailwind(), compressed()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    manifest: true,
    sourcemap: false,
    // Browsers that cannot preload fetch a little later; they need no code for it.
    modulePreload: { polyfill: false },
    outDir: OUT,
    emptyOutDir: true,
    rolldownOptions: {
      output: {
        // What every page stands on, the controls of the kit, and the small pieces that nearly all pages have: files that stay the same
        // while the pages change.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'controls', test: /node_modules\/(@?react-aria|@?react-stately|@internationalized)/ },
            { name: 'frame', test: /src\/kit\/(Button|Menu|Page|Status|states|toast)\.tsx$|lucide-react\/dist\/esm\/icons\/(check|chevron-down|circle-(alert|check|dashed|x)|ellipsis|external-link|lock|pencil|plus|refresh-cw|trash-2|triangle-(alert|exclamation-point)|x)\.mjs$/ },
            { name: 'ground', test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store|@tanstack\/(?!react-virtual|virtual-core)[\w-]+)\// },
          ],
        },
      },
    },
  },
  // The hub refuses pages of other origins and names it does not know: the proxy speaks to it as its own page would.
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/api', '/docs', '/redoc', '/manual', '/openapi.json', '/health'].map((path) => [
        path,
        {
          target: HUB,
          ws: path === '/api',
          changeOrigin: true,
          headers: { origin: HUB },
          configure: (proxy) => {
            const plain = (request: { removeHeader(name: string): void }) => request.removeHeader('sec-fetch-site')
            proxy.on('proxyReq', plain)
            proxy.on('proxyReqWs', plain)
          },
        },
      ]),
    ),
  },
  // A page made anew for each file took most of the tests' time.
  test: { environment: 'jsdom', isolate: false, include: ['tests/**/*.test.{ts,tsx}'], setupFiles: ['tests/setup.ts'] },
}))
