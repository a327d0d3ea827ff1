/** The keys that act on this page, by heading. */
import { Key } from './Button'
import { Dialog } from './Dialog'
import { keysOf, useHotkeys, written, type Hotkey } from './hotkeys'

export function HotkeySheet({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const groups = new Map<string, Map<string, Hotkey>>()
  for (const hotkey of useHotkeys()) {
    const group = groups.get(hotkey.group) ?? new Map<string, Hotkey>()
    groups.set(hotkey.group, group.set(hotkey.id, hotkey))
  }
  return (
    <Dialog title="Keyboard" isOpen={isOpen} onClose={onClose} wide>
      <div className="grid gap-6 sm:grid-cols-2">
        {[...groups].map(([title, hotkeys]) => (
          <section key={title}>
            <h2 className="mb-2 text-12 text-fg-3">{title}</h2>
            <dl className="flex flex-col gap-1">
              {[...hotkeys.values()].map((hotkey) => (
                <div key={hotkey.id} className="flex items-center justify-between gap-4">
                  <dt>{hotkey.label}</dt>
                  <dd className="flex gap-1">
                    {keysOf(hotkey) ? written(keysOf(hotkey)).map((step, index) => <Key key={index}>{step}</Key>) : <span className="text-fg-3">Off</span>}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
