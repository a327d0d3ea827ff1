/** All keys that act, by heading: press a new one, turn it off, take back its own. */
import { Keyboard, Power, RotateCcw } from 'lucide-react'
import { useEffect, useEffectEvent, useState } from 'react'
import { Button, IconButton, Key } from '@/kit/Button'
import { keysOf, nameOf, rebind, useKnownHotkeys, written, type Hotkey } from '@/kit/hotkeys'
import { takenBy } from './taken'

export function Shortcuts() {
  const { hotkeys, chosen } = useKnownHotkeys()
  const [caught, setCaught] = useState<string | null>(null) // whose new key is awaited
  const groups = [...Map.groupBy(hotkeys, ({ group }) => group)].toSorted(([a], [b]) => a.localeCompare(b))
  return (
    <>
      {groups.map(([group, list]) => (
        <section key={group} aria-label={group} className="px-4 py-3">
          <h3 className="mb-1 text-12 font-medium text-fg-3">{group}</h3>
          <ul>
            {list.map((hotkey) => (
              <Line
                key={hotkey.id}
                hotkey={hotkey}
                isOwn={!(hotkey.id in chosen)}
                rival={takenBy(hotkey, hotkeys, keysOf)}
                isCaught={caught === hotkey.id}
                onCatch={() => setCaught(hotkey.id)}
                onEnd={() => setCaught(null)}
              />
            ))}
          </ul>
        </section>
      ))}
      <p className="px-4 py-3 text-12 text-fg-3">The keys of pages that were not opened on this device yet are listed once they were.</p>
    </>
  )
}

interface LineProps {
  hotkey: Hotkey
  isOwn: boolean
  rival: Hotkey | undefined
  isCaught: boolean
  onCatch(): void
  onEnd(): void
}

function Line({ hotkey, isOwn, rival, isCaught, onCatch, onEnd }: LineProps) {
  const keys = keysOf(hotkey)
  return (
    <li className="flex min-h-row flex-wrap items-center gap-x-2">
      <span className="min-w-0 flex-1">
        {hotkey.label}
        {rival && <span className="ml-2 text-12 text-warn">Also “{rival.label}”</span>}
      </span>
      {isCaught ? (
        <Catch hotkey={hotkey} onEnd={onEnd} />
      ) : (
        <>
          <Button kind="quiet" aria-label={`Change the key of ${hotkey.label}`} onPress={onCatch}>
            {keys ? written(keys).map((step, index) => <Key key={index}>{step}</Key>) : <span className="text-fg-3">Off</span>}
          </Button>
          {isOwn ? (
            <IconButton name={`Turn off the key of ${hotkey.label}`} icon={Power} onPress={() => rebind(hotkey.id, '')} />
          ) : (
            <IconButton name={`Take back the key of ${hotkey.label}`} icon={RotateCcw} onPress={() => rebind(hotkey.id, null)} />
          )}
        </>
      )}
    </li>
  )
}

const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta'])
const NEXT_MS = 1000

/** One key, or two one after the other within a second. Escape and the focus leaving end it. */
function Catch({ hotkey, onEnd }: { hotkey: Hotkey; onEnd(): void }) {
  const [first, setFirst] = useState('')
  const take = useEffectEvent((event: KeyboardEvent) => {
    if (MODIFIERS.has(event.key)) return
    event.preventDefault()
    event.stopPropagation()
    if (event.key === 'Escape' || event.key === 'Tab') return onEnd()
    const name = nameOf(event)
    if (first || name.includes('+')) {
      rebind(hotkey.id, first ? `${first} ${name}` : name)
      return onEnd()
    }
    setFirst(name)
  })
  const finish = useEffectEvent(() => {
    rebind(hotkey.id, first)
    onEnd()
  })
  useEffect(() => {
    const hear = (event: KeyboardEvent) => take(event)
    addEventListener('keydown', hear, true)
    return () => removeEventListener('keydown', hear, true)
  }, [])
  useEffect(() => {
    if (!first) return
    const timer = setTimeout(() => finish(), NEXT_MS)
    return () => clearTimeout(timer)
  }, [first])
  return (
    <span role="status" className="flex h-control items-center gap-2 rounded-6 bg-accent-soft px-3 text-accent-text">
      <Keyboard size={16} aria-hidden />
      {first ? (
        <>
          {written(first).map((step, index) => (
            <Key key={index}>{step}</Key>
          ))}
          and perhaps another
        </>
      ) : (
        'Press a key; Esc leaves it'
      )}
    </span>
  )
}
