/** What can be done with a card (or with all that are selected), opened by its button, the right mouse button or M. One for the whole board. */
import { Bot, Check, ExternalLink, Link2, Trash2 } from 'lucide-react'
import { Menu, Popover } from 'react-aria-components'
import type { CardTold, Priority } from '@/api/schema'
import { floatLook, join } from '@/kit/look'
import { MenuItem, MenuLine, MenuSection } from '@/kit/Menu'
import { toast } from '@/kit/toast'
import { PRIORITY, TASK_STATUS } from '@/nouns/TaskStatus'
import { COLUMNS, columnOf, type Column } from './columns'

export interface CardMenuProps {
  card: CardTold
  anchor: Element
  mayWrite: boolean
  onClose(): void
  onOpen(): void
  onSelect(): void
  onMove(column: Column | 'blocked'): void
  onPriority(priority: Priority): void
  onAgent(): void
  onDelete(): void
}

const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const satisfies Priority[]

export function CardMenu({ card, anchor, mayWrite, onClose, onOpen, onSelect, onMove, onPriority, onAgent, onDelete }: CardMenuProps) {
  const here = columnOf(card)
  const copy = () => void navigator.clipboard.writeText(`${location.origin}/tasks/${card.key}`).then(() => toast('Link copied'))
  return (
    <Popover triggerRef={{ current: anchor }} isOpen onOpenChange={(open) => open || onClose()} offset={4} placement="bottom end" className={join(floatLook, 'max-h-[70dvh] min-w-52 overflow-y-auto p-1')}>
      <Menu aria-label={card.key} autoFocus="first" onClose={onClose} className="outline-none">
        <MenuItem icon={ExternalLink} hotkey="↵" onAction={onOpen}>
          Open
        </MenuItem>
        <MenuItem icon={Check} hotkey="X" onAction={onSelect}>
          Select
        </MenuItem>
        {mayWrite && (
          <MenuSection title="Move to…">
            {[...COLUMNS.filter(({ id }) => id !== here || card.status === 'blocked').map(({ id, label }) => ({ id, label })), ...(card.status === 'blocked' ? [] : [{ id: 'blocked' as const, label: 'Blocked' }])].map(({ id, label }) => (
              <MenuItem key={id} icon={TASK_STATUS[id].icon} onAction={() => onMove(id)}>
                {label}
              </MenuItem>
            ))}
          </MenuSection>
        )}
        {mayWrite && (
          <MenuSection title="Priority">
            {PRIORITIES.filter((one) => one !== card.priority).map((one) => (
              <MenuItem key={one} icon={PRIORITY[one].icon} onAction={() => onPriority(one)}>
                {PRIORITY[one].label}
              </MenuItem>
            ))}
          </MenuSection>
        )}
        <MenuLine />
        {mayWrite && (
          <MenuItem icon={Bot} onAction={onAgent}>
            Start a run…
          </MenuItem>
        )}
        <MenuItem icon={Link2} onAction={copy}>
          Copy link
        </MenuItem>
        {mayWrite && (
          <MenuItem icon={Trash2} isDangerous onAction={onDelete}>
            Delete
          </MenuItem>
        )}
      </Menu>
    </Popover>
  )
}
