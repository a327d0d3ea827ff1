/** Light, dark or as the system; roomy or compact; moving or still. Kept on this device; public/theme.js sets them before the first paint. */
import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'
export type Density = 'comfortable' | 'compact'
export type Motion = 'system' | 'none'

const dark = matchMedia('(prefers-color-scheme: dark)')
const ears = new Set<() => void>()

function kept<T extends string>(name: string, known: readonly T[], otherwise: T): T {
  try {
    const value = localStorage.getItem(`clawlink.${name}`) as T
    return known.includes(value) ? value : otherwise
  } catch {
    return otherwise
  }
}

function keep(name: string, value: string) {
  try {
    localStorage.setItem(`clawlink.${name}`, value)
  } catch {
    // A browser that keeps nothing still shows it until the tab closes.
  }
}

let theme = kept<Theme>('theme', ['system', 'light', 'dark'], 'system')
let density = kept<Density>('density', ['comfortable', 'compact'], 'comfortable')
let motion = kept<Motion>('motion', ['system', 'none'], 'system')

function show() {
  const root = document.documentElement
  root.dataset.theme = theme === 'dark' || (theme === 'system' && dark.matches) ? 'dark' : 'light'
  root.dataset.density = density
  root.dataset.motion = motion
  for (const ear of ears) ear()
}

dark.addEventListener('change', show)

export function setTheme(next: Theme) {
  keep('theme', (theme = next))
  show()
}

export function setDensity(next: Density) {
  keep('density', (density = next))
  show()
}

export function setMotion(next: Motion) {
  keep('motion', (motion = next))
  show()
}

const listen = (ear: () => void) => (ears.add(ear), () => void ears.delete(ear))

export const useTheme = (): Theme => useSyncExternalStore(listen, () => theme)
export const useDensity = (): Density => useSyncExternalStore(listen, () => density)
export const useMotion = (): Motion => useSyncExternalStore(listen, () => motion)
/** What is shown now, for what draws with its own colours. */
export const useIsDark = (): boolean => useSyncExternalStore(listen, () => document.documentElement.dataset.theme === 'dark')
