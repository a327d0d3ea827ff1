/** What is done with all that are selected, at the bottom of the board. */
import { Columns3, Tag, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import type { CardTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm, Dialog } from '@/kit/Dialog'
import { TextField } from '@/kit/Field'
import { floatLook, join } from '@/kit/look'
import { Menu, MenuItem } from '@/kit/Menu'
import { LabelDot } from '@/nouns/Label'
import { TASK_STATUS } from '@/nouns/TaskStatus'
import { COLUMNS, type Column } from './columns'

export interface SelectionBarProps {
  cards: readonly CardTold[]
  labels: CardTold['labels']
  onClear(): void
  onMove(column: Column): void
  onLabel(names: { add?: string[]; remove?: string[] }): void
  onDelete(): void
}

export function SelectionBar({ cards, labels, onClear, onMove, onLabel, onDelete }: SelectionBarProps) {
  const [asks, setAsks] = useState<'delete' | 'labels' | null>(null)
  return (
    <div role="toolbar" aria-label="Selected tasks" className={join(floatLook, 'absolute inset-x-2 bottom-3 z-20 mx-auto flex w-fit max-w-[calc(100%-1rem)] flex-wrap items-center gap-1 px-2 py-1.5')}>
      <span className="px-2 font-medium tabular-nums" role="status">
        {cards.length} selected
      </span>
      <Menu label="Move to" trigger={<Button kind="quiet" icon={Columns3}>Move to…</Button>}>
        {COLUMNS.map(({ id, label }) => (
          <MenuItem key={id} icon={TASK_STATUS[id].icon} onAction={() => onMove(id)}>
            {label}
          </MenuItem>
        ))}
      </Menu>
      <Button kind="quiet" icon={Tag} onPress={() => setAsks('labels')}>
        Labels…
      </Button>
      <Button kind="quiet" icon={Trash2} onPress={() => setAsks('delete')}>
        Delete
      </Button>
      <IconButton name="Clear the selection" icon={X} hotkey="Esc" onPress={onClear} />
      <Confirm title={`Delete ${count(cards)}?`} verb={`Delete ${count(cards)}`} isOpen={asks === 'delete'} onClose={() => setAsks(null)} onConfirm={onDelete}>
        Their runs are stopped and go with them. You can undo this for ten minutes.
      </Confirm>
      {asks === 'labels' && <Labels cards={cards} labels={labels} onLabel={onLabel} onClose={() => setAsks(null)} />}
    </div>
  )
}

const count = (cards: readonly CardTold[]) => (cards.length === 1 ? cards[0]!.key : `${cards.length} tasks`)

function Labels({ cards, labels, onLabel, onClose }: Pick<SelectionBarProps, 'cards' | 'labels' | 'onLabel'> & { onClose(): void }) {
  const [fresh, setFresh] = useState('')
  const onAll = (name: string) => cards.every((card) => card.labels.some((one) => one.name === name))
  return (
    <Dialog title={`Labels of ${count(cards)}`} isOpen onClose={onClose} actions={<Button onPress={onClose}>Done</Button>}>
      <ul className="flex flex-col">
        {labels.map(({ name, colour }) => (
          <li key={name}>
            <label className="flex min-h-control items-center gap-3 rounded-6 px-2 hover:bg-hover">
              <input type="checkbox" className="size-4 accent-accent" checked={onAll(name)} onChange={(event) => onLabel(event.target.checked ? { add: [name] } : { remove: [name] })} />
              <LabelDot colour={colour} />
              {name}
            </label>
          </li>
        ))}
      </ul>
      <form
        className="mt-2 flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          if (fresh.trim()) onLabel({ add: [fresh.trim()] })
          setFresh('')
        }}
      >
        <TextField label="New label" value={fresh} onChange={setFresh} className="flex-1" maxLength={50} />
        <Button type="submit" isDisabled={!fresh.trim()}>
          Add
        </Button>
      </form>
    </Dialog>
  )
}
