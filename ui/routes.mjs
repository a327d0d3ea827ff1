/** `npm run routes`: make src/app/routeTree.gen.ts of the files in src/routes; `--check` only tells whether it is current. */
import { readFileSync, writeFileSync } from 'node:fs'
import { Generator, getConfig } from '@tanstack/router-generator'

const config = getConfig({}, process.cwd()) // tsr.config.json, as vite's plugin reads it
const check = process.argv.includes('--check')
const before = readFileSync(config.generatedRouteTree, { encoding: 'utf8', flag: 'a+' })
await new Generator({ config, root: process.cwd() }).run()
const after = readFileSync(config.generatedRouteTree, 'utf8')
if (check && before !== after) {
  writeFileSync(config.generatedRouteTree, before)
  console.error('routeTree.gen.ts is out of date: npm run routes')
  process.exit(1)
}
