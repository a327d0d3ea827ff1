// A policy while it is written: modules by file name, and where in them the hub found a mistake. Pure.

import type { JsonValue } from '@/api/schema'

export type Modules = Readonly<Record<string, string>>

export const NEW: Modules = {
  'main.rego': `# What is allowed. A policy narrows what roles grant, and never widens it.
package clawlink

import rego.v1

default allow := true

allow := false if {
	input.action == "project:delete"
	not input.actor.proven
}

reason := "Only people who have signed in delete projects." if { not allow }
`,
  'main_test.rego': `package clawlink_test

test_nobody_unknown_deletes_a_project := {
	"input": {"action": "project:delete", "actor": {"proven": false}},
	"allow": false,
	"reason": "Only people who have signed in delete projects.",
}
`,
}

export const INPUT = {
  actor: { name: 'ann', user: 'ann', role: 'developer', owner: false, proven: true, device: null, trust: null },
  action: 'task:submit',
  resource: {},
  project: null,
  request: { method: 'POST', path: '/api/runs', address: '127.0.0.1' },
  time: { at: '2026-01-30T12:00:00Z', hour: 12, weekday: 'friday' },
} satisfies Record<string, JsonValue>

export const isSame = (one: Modules, other: Modules): boolean => {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}

export const isTest = (name: string): boolean => name.endsWith('_test.rego')

/** Files that decide first, each followed by its tests. */
export const sorted = (modules: Modules): string[] => Object.keys(modules).sort((a, b) => key(a).localeCompare(key(b)))
const key = (name: string) => (isTest(name) ? `${name.slice(0, -'_test.rego'.length)}.rego~` : name)

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_./-]{0,113}$/

/** "limits" as "limits.rego"; null: no name of a module. */
export function fileNamed(typed: string): string | null {
  const name = typed.trim().replace(/\.rego$/, '')
  return NAME.test(name) && !name.includes('..') ? `${name}.rego` : null
}

/** Where the hub found what it refuses: "main.rego:3: …". */
export function placeIn(refusal: string, names: readonly string[]): { name: string; line: number } | null {
  for (const [, name = '', line = ''] of refusal.matchAll(/([\w./-]+\.rego):(\d+)/g)) {
    const known = names.find((one) => one === name || name.endsWith(`/${one}`))
    if (known) return { name: known, line: Number(line) }
  }
  return null
}

/** What was typed as the input of a policy: the object, or why it is none. */
export function inputOf(text: string): { input: Record<string, JsonValue> } | { wrong: string } {
  try {
    const input: unknown = JSON.parse(text)
    return typeof input === 'object' && input !== null && !Array.isArray(input) ? { input: input as Record<string, JsonValue> } : { wrong: 'It must be an object: { … }.' }
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) }
  }
}
