/** How this device shows the hub, and its keys. Nothing here leaves the browser. */
import { useQuery } from '@tanstack/react-query'
import { BookOpen, Code, Monitor, Moon, Rows3, Rows4, Sun, Waves, type LucideIcon } from 'lucide-react'
import { ask } from '@/api/client'
import { join } from '@/kit/look'
import { setDensity, setMotion, setTheme, useDensity, useMotion, useTheme, type Density, type Motion, type Theme } from '@/kit/theme'
import { Section } from './Section'
import { Shortcuts } from './Shortcuts'

export function Appearance() {
  const theme = useTheme()
  const density = useDensity()
  const motion = useMotion()
  return (
    <>
      <Section title="Appearance" about="Kept on this device.">
        <Choose<Theme>
          label="Theme"
          value={theme}
          onChange={setTheme}
          choices={[
            ['light', 'Light', Sun],
            ['dark', 'Dark', Moon],
            ['system', 'As the system', Monitor],
          ]}
        />
        <Choose<Density>
          label="Density"
          value={density}
          onChange={setDensity}
          choices={[
            ['comfortable', 'Comfortable', Rows3],
            ['compact', 'Compact', Rows4],
          ]}
        />
        <Choose<Motion>
          label="Motion"
          value={motion}
          onChange={setMotion}
          choices={[
            ['system', 'As the system', Monitor],
            ['none', 'None', Waves],
          ]}
        />
      </Section>
      <Section title="Shortcuts" about="Single keys are dead while you type. A key can be changed, turned off, and given back.">
        <Shortcuts />
      </Section>
      <About />
    </>
  )
}

interface ChooseProps<V extends string> {
  label: string
  value: V
  onChange(value: V): void
  choices: ReadonlyArray<[V, string, LucideIcon]>
}

/** One of few, all of them seen: radio buttons that look like segments. */
function Choose<V extends string>({ label, value, onChange, choices }: ChooseProps<V>) {
  return (
    <fieldset className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3">
      <legend className="contents">
        <span className="font-medium">{label}</span>
      </legend>
      <div className="flex flex-wrap rounded-6 border border-line p-0.5 max-sm:w-full">
        {choices.map(([one, name, Icon]) => (
          <label
            key={one}
            className={join(
              'flex h-7 items-center justify-center gap-2 rounded-4 px-3 font-medium pointer-coarse:h-11 max-sm:flex-1 has-focus-visible:outline-2 has-focus-visible:outline-accent',
              one === value ? 'bg-accent-soft text-accent-text' : 'text-fg-2 hover:text-fg',
            )}
          >
            <input type="radio" name={label} value={one} checked={one === value} onChange={() => onChange(one)} className="sr-only" />
            <Icon size={16} aria-hidden className="max-sm:hidden" />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

const LINKS: ReadonlyArray<[string, string, string, LucideIcon]> = [
  ['/docs', 'HTTP interface', 'Each route, to try here', Code],
  ['/redoc', 'Reference', 'The same, to read', BookOpen],
]

function About() {
  const { data, error } = useQuery(ask('GET /health'))
  return (
    <Section title="About" about="This hub.">
      <dl className="grid grid-cols-[7rem_1fr] gap-x-4 gap-y-1 px-4 py-3">
        <dt className="text-fg-2">coderClawLink</dt>
        <dd className="tabular-nums">{error ? 'The hub does not answer.' : (data?.version ?? '…')}</dd>
        <dt className="text-fg-2">Database</dt>
        <dd>{data ? (data.database === 'postgresql' ? 'PostgreSQL' : 'SQLite') : '…'}</dd>
        <dt className="text-fg-2">Events kept</dt>
        <dd className="tabular-nums">{data ? data.events.toLocaleString('en') : '…'}</dd>
      </dl>
      {LINKS.map(([href, name, about, Icon]) => (
        <a key={href} href={href} className="flex min-h-11 items-center gap-3 px-4 py-2 hover:bg-hover">
          <Icon size={16} aria-hidden className="text-fg-3" />
          <span className="font-medium">{name}</span>
          <span className="text-12 text-fg-2">{about}</span>
        </a>
      ))}
    </Section>
  )
}
