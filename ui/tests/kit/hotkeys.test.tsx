import { render } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { rebind, useHotkey } from '@/kit/hotkeys'

afterEach(() => rebind('x', null))

function Page({ keys, act }: { keys: string; act(): void }) {
  useHotkey({ id: 'x', keys, label: 'X', group: 'X' }, act)
  return <input aria-label="text" />
}

async function pressed(keys: string, typed: string, inField = false): Promise<number> {
  let acted = 0
  const { unmount, getByLabelText } = render(<Page keys={keys} act={() => acted++} />)
  if (inField) getByLabelText('text').focus()
  await userEvent.keyboard(typed)
  unmount()
  return acted
}

test.each([
  ['c', 'c', 1],
  ['?', '?', 1],
  ['/', '/', 1],
  ['g b', 'gb', 1],
  ['g b', 'b', 0],
  ['g b', 'gxb', 0],
  ['mod+k', '{Control>}k{/Control}', 1],
  ['c', '{Control>}c{/Control}', 0],
  ['shift+arrowdown', '{Shift>}{ArrowDown}{/Shift}', 1],
  ['space', ' ', 1],
])('%s acts when %s is pressed: %i', async (keys, typed, times) => {
  expect(await pressed(keys, typed)).toBe(times)
})

test('letters are dead while somebody types, chords are not', async () => {
  expect(await pressed('c', 'c', true)).toBe(0)
  expect(await pressed('mod+k', '{Control>}k{/Control}', true)).toBe(1)
})

test('another key can be chosen, or none', async () => {
  rebind('x', 'n')
  expect(await pressed('c', 'n')).toBe(1)
  expect(await pressed('c', 'c')).toBe(0)
  rebind('x', '')
  expect(await pressed('c', 'c')).toBe(0)
})
