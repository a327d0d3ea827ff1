/** What of the audit is shown: words, type, outcome, person, project, time. All of it stands in the address. */
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { ask } from '@/api/client'
import { Button } from '@/kit/Button'
import { Select } from '@/kit/Field'
import { useHotkey } from '@/kit/hotkeys'
import { inputLook, join } from '@/kit/look'
import { Suggest } from '@/kit/Suggest'
import { EVER, isFiltered, SINCE_LABEL } from './asked'
import { OUTCOME } from './Outcome'
import { sumOf } from './Upright'
import { SINCE, STATUSES, type Search, type Since, type Status } from './search'

const ANY = '*'
const TYPED_MS = 300

export interface QueryBarProps {
  search: Search
  /** The beginning of the time that is looked at. */
  since: string | undefined
  onChange(changes: Partial<Search>): void
}

export function QueryBar({ search, since, onChange }: QueryBarProps) {
  const words = useRef<HTMLInputElement>(null)
  useHotkey({ id: 'audit.filter', keys: '/', label: 'Filter', group: 'Audit' }, () => words.current?.focus())
  // The types and the people that there are in this time.
  const { data: types } = useQuery(ask('GET /api/audit/analytics', { query: { by: 'type', since: since ?? EVER } }))
  const { data: people } = useQuery(ask('GET /api/audit/analytics', { query: { by: 'actor', since: since ?? EVER } }))
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const known = types?.counts ?? []
  const listed = search.type && !known.some(({ name }) => name === search.type) ? [{ name: search.type, success: 0, denied: 0, failure: 0 }, ...known] : known
  return (
    <div role="search" aria-label="The audit" className="grid grid-cols-2 items-end gap-2 sm:flex sm:flex-wrap">
      <Typed label="Words" placeholder="Who, what, which thing" value={search.q} box={words} onType={(q) => onChange({ q })} />
      <Select
        hideLabel
        label="Type"
        className="sm:w-48"
        value={search.type ?? ANY}
        onChange={(type) => onChange({ type: type === ANY ? undefined : type })}
        choices={[{ value: ANY, label: 'Any type' }, ...listed.map((one) => ({ value: one.name, label: one.name, hint: sumOf(one).toLocaleString('en') }))]}
      />
      <Select<Status | typeof ANY>
        hideLabel
        label="Outcome"
        className="sm:w-36"
        value={search.status ?? ANY}
        onChange={(status) => onChange({ status: status === ANY ? undefined : status })}
        choices={[{ value: ANY, label: 'Any outcome' }, ...STATUSES.map((value) => ({ value, label: OUTCOME[value].label }))]}
      />
      <Person value={search.person} known={people?.counts.map(({ name }) => name) ?? []} onChange={(person) => onChange({ person })} />
      <Select
        hideLabel
        label="Project"
        className="sm:w-36"
        value={search.project === undefined ? ANY : String(search.project)}
        onChange={(project) => onChange({ project: project === ANY ? undefined : Number(project) })}
        choices={[{ value: ANY, label: 'Any project' }, ...projects.map(({ id, key, name }) => ({ value: String(id), label: key, hint: name }))]}
      />
      <Select<Since>
        hideLabel
        label="Time"
        className="sm:w-44"
        value={search.since ?? 'month'}
        onChange={(next) => onChange({ since: next === 'month' ? undefined : next, at: undefined })}
        choices={SINCE.map((value) => ({ value, label: SINCE_LABEL[value] }))}
      />
      {search.at && (
        <Button icon={X} onPress={() => onChange({ at: undefined })}>
          {search.at.replace('T', ' ')}
          {search.at.length > 10 && ' h'}
        </Button>
      )}
      {isFiltered(search) && (
        <Button kind="quiet" onPress={() => onChange({ q: undefined, type: undefined, status: undefined, person: undefined, project: undefined, at: undefined })}>
          Clear
        </Button>
      )}
    </div>
  )
}

/** The hub is asked when the typing rests. */
function Typed({ label, placeholder, value, box, onType }: { label: string; placeholder: string; value: string | undefined; box: React.RefObject<HTMLInputElement | null>; onType(text: string | undefined): void }) {
  const [text, setText] = useState(value ?? '')
  useEffect(() => setText(value ?? ''), [value])
  useEffect(() => {
    if (text === (value ?? '')) return
    const timer = setTimeout(() => onType(text || undefined), TYPED_MS)
    return () => clearTimeout(timer)
  }, [text, value, onType])
  return (
    <div className="max-sm:col-span-2 sm:w-56">
      <input ref={box} type="search" aria-label={label} placeholder={placeholder} value={text} onChange={(event) => setText(event.target.value)} className={join(inputLook, 'h-control')} />
    </div>
  )
}

function Person({ value, known, onChange }: { value: string | undefined; known: readonly string[]; onChange(person: string | undefined): void }) {
  const [text, setText] = useState(value ?? '')
  useEffect(() => setText(value ?? ''), [value])
  useEffect(() => {
    if (text.trim() === (value ?? '')) return
    const timer = setTimeout(() => onChange(text.trim() || undefined), TYPED_MS)
    return () => clearTimeout(timer)
  }, [text, value, onChange])
  return <Suggest label="Person" hideLabel className="sm:w-36" placeholder="Anybody" value={text} onChange={setText} suggestions={known} />
}
