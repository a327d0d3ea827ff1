import { expect, test } from 'vitest'
import { difference } from '../../src/features/agents/lines'
import { commandsIn, standingOf } from '../../src/features/agents/standing'
import { lineIn, toml } from '../../src/features/agents/toml'

test('a configuration is written with values first, then tables, then lists of tables', () => {
  const said = { rules: [{ effect: 'deny', command: 'a "b"' }], model: 'm', budget_usd: 2.5, env: { 'odd key': 'x' }, account: null, mcp_servers: [{ name: 'f', args: ['-a'], env: { A: 'b' } }] }
  expect(toml(said)).toBe(
    'model = "m"\nbudget_usd = 2.5\n\n[env]\n"odd key" = "x"\n\n[[rules]]\neffect = "deny"\ncommand = "a \\"b\\""\n\n[[mcp_servers]]\nname = "f"\nargs = ["-a"]\n\n[mcp_servers.env]\nA = "b"\n',
  )
  expect(toml({})).toBe('')
})

test('text of several lines keeps them, and what TOML does not take is escaped', () => {
  expect(toml({ instructions: 'a\\b\n"""\x01"' })).toBe('instructions = """\na\\\\b\n""\\"\\u0001\\""""\n')
})

test('the line of a refusal is found', () => {
  expect(lineIn('configuration, line 3: mode: is not a known key')).toBe(3)
  expect(lineIn('A key in plain text is refused.')).toBeNull()
})

test('two texts differ in the lines that only one of them has', () => {
  const lines = difference('a\nb\nc\n', 'a\nx\nc\nd\n')
  expect(lines.map(({ sign, text }) => sign + text)).toEqual([' a', '-b', '+x', ' c', '+d'])
  expect(difference('', 'a\n')).toEqual([{ sign: '+', text: 'a' }])
})

test('the commands in a sentence are found, and nothing else is', () => {
  expect(commandsIn('Install it with Python 3.12 (pip install openhands==1.58.0) and name its program.')).toEqual(['pip install openhands==1.58.0'])
  expect(commandsIn('Set OPENAI_API_KEY, or install the program and run `auggie login`.')).toEqual(['auggie login'])
  expect(commandsIn("Set ANTHROPIC_API_KEY, or install Claude's program: npm install -g claude@0.5.1.")).toEqual(['npm install -g claude@0.5.1'])
  expect(commandsIn('Set OLLAMA_BASE_URL, e.g. http://localhost:11434.')).toEqual([])
})

test('an agent is available, signed out, offline with its nodes, or missing', () => {
  const found = { version: null, why: null, refused: null, driver: '', reached: '', signed_in: null, model: '', models: [], accounts: [], nodes: [], limit: null, health: [] }
  expect(standingOf({ available: true, metadata: null }).label).toBe('Available')
  expect(standingOf({ available: false, metadata: { ...found, signed_in: false } }).label).toBe('Signed out')
  expect(standingOf({ available: false, metadata: { ...found, health: [{ node: 'n', online: false, available: true, version: null, why: null, reached: '', signed_in: null, limit: null }] } }).label).toBe('Node offline')
  expect(standingOf({ available: false, metadata: found }).label).toBe('Missing')
  expect(standingOf({ available: true, metadata: { ...found, refused: 'Only claude.' } }).label).toBe('Not for you')
})
