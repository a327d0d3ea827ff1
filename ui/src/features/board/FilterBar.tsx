/** Which tasks are shown: words, and a chip for each filter. All of it stands in the address. */
import { ChevronDown, Search, X } from 'lucide-react'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import { Button } from 'react-aria-components'
import type { LabelTold, Priority, ProjectTold, TaskStatus } from '@/api/schema'
import { Key } from '@/kit/Button'
import { useHotkey } from '@/kit/hotkeys'
import { join } from '@/kit/look'
import { Menu, MenuItem } from '@/kit/Menu'
import { PRIORITY, TASK_STATUS } from '@/nouns/TaskStatus'
import { clean, isFiltered, type BoardSearch, type Filters } from './filters'

export interface FilterBarProps {
  search: BoardSearch
  projects: readonly ProjectTold[]
  agents: readonly string[]
  labels: ReadonlyArray<Pick<LabelTold, 'name'>>
  onChange(search: BoardSearch): void
}

export function FilterBar({ search, projects, agents, labels, onChange }: FilterBarProps) {
  const set = (part: { [Name in keyof Filters]: Filters[Name] | undefined }) => onChange(clean({ ...search, ...part }))
  const free = labels.filter(({ name }) => !search.label?.includes(name))
  return (
    <div role="search" aria-label="Filter" className="flex min-w-0 shrink-0 items-center gap-1.5 overflow-x-auto border-b border-line bg-surface px-4 py-2">
      <Words value={search.q ?? ''} onChange={(q) => set({ q: q || undefined })} />
      <Chip label="Project" value={search.project} choices={projects.map(({ key, name }) => ({ id: key, label: `${name} (${key})` }))} onChange={(project) => set({ project })} />
      <Chip label="Agent" value={search.agent} choices={[...agents.map((id) => ({ id, label: id })), { id: 'none', label: 'No agent' }]} onChange={(agent) => set({ agent })} />
      <Chip label="Status" value={search.status} shown={search.status && TASK_STATUS[search.status].label} choices={(Object.keys(TASK_STATUS) as TaskStatus[]).map((id) => ({ id, label: TASK_STATUS[id].label }))} onChange={(status) => set({ status: status as TaskStatus | undefined })} />
      <Chip label="Priority" value={search.priority} shown={search.priority && PRIORITY[search.priority].label} choices={(Object.keys(PRIORITY) as Priority[]).map((id) => ({ id, label: PRIORITY[id].label }))} onChange={(priority) => set({ priority: priority as Priority | undefined })} />
      {search.label?.map((name) => (
        <Chip key={name} label="Label" value={name} choices={[]} onChange={() => set({ label: search.label!.length > 1 ? search.label!.filter((one) => one !== name) : undefined })} />
      ))}
      {free.length > 0 && <Chip label={search.label ? 'And label' : 'Label'} value={undefined} choices={free.map(({ name }) => ({ id: name, label: name }))} onChange={(name) => name && set({ label: [...(search.label ?? []), name] })} />}
      {isFiltered(search) && (
        <button type="button" className="h-7 shrink-0 rounded-full px-2.5 text-12 font-medium text-accent-text hover:bg-hover pointer-coarse:h-11" onClick={() => onChange(clean({ project: search.project, view: search.view }))}>
          Clear filters
        </button>
      )}
    </div>
  )
}

/** What is typed shows at once; what it means for the cards follows when there is time. */
function Words({ value, onChange }: { value: string; onChange(value: string): void }) {
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(value)
  const late = useDeferredValue(text)
  const told = useRef(value)
  useEffect(() => {
    if (late === told.current) return
    told.current = late
    onChange(late)
  }, [late])
  useEffect(() => {
    if (value === told.current) return
    told.current = value
    setText(value)
  }, [value])
  useHotkey({ id: 'board.filter', keys: '/', label: 'Filter', group: 'Board' }, () => input.current?.focus())
  return (
    <label className="flex h-7 w-44 shrink-0 items-center gap-1.5 rounded-full border border-line-strong bg-surface pr-1 pl-2.5 focus-within:outline-2 focus-within:outline-accent pointer-coarse:h-11">
      <Search size={14} aria-hidden className="shrink-0 text-fg-3" />
      <input
        ref={input}
        type="search"
        aria-label="Filter by words"
        placeholder="Filter"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && (text ? setText('') : input.current?.blur())}
        className="min-w-0 flex-1 bg-transparent outline-none placeholder:text-fg-3 [&::-webkit-search-cancel-button]:hidden"
      />
      {text === '' && (
        <span className="pointer-coarse:hidden">
          <Key>/</Key>
        </span>
      )}
    </label>
  )
}

interface ChipProps {
  label: string
  value: string | undefined
  shown?: string | undefined
  choices: ReadonlyArray<{ id: string; label: string }>
  onChange(value: string | undefined): void
}

const PILL = 'inline-flex h-7 shrink-0 items-center gap-1 rounded-full border text-12 font-medium whitespace-nowrap pointer-coarse:h-11'

function Chip({ label, value, shown = value, choices, onChange }: ChipProps) {
  if (value === undefined)
    return (
      <Menu
        label={label}
        trigger={
          <Button className={join(PILL, 'border-line px-2.5 text-fg-2 hover:border-line-strong hover:text-fg')}>
            {label}
            <ChevronDown size={12} aria-hidden />
          </Button>
        }
      >
        {choices.map((one) => (
          <MenuItem key={one.id} onAction={() => onChange(one.id)}>
            {one.label}
          </MenuItem>
        ))}
      </Menu>
    )
  return (
    <span className={join(PILL, 'border-transparent bg-accent-soft pl-2.5 text-accent-text')}>
      {label}: <span className="max-w-40 truncate">{shown}</span>
      <button type="button" aria-label={`Remove the filter ${label}: ${shown}`} className="flex size-6 items-center justify-center rounded-full hover:bg-hover pointer-coarse:size-11" onClick={() => onChange(undefined)}>
        <X size={12} aria-hidden />
      </button>
    </span>
  )
}
