/** A list of things to do, from a button. Each: a word, an icon, perhaps its key. Never for more than some dozens. */
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Header, Menu as List, MenuItem as Item, MenuSection as Section, MenuTrigger, Popover, Separator } from 'react-aria-components'
import { Key } from './Button'
import { floatLook, itemLook, join } from './look'

export function Menu({ trigger, children, label }: { trigger: ReactNode; children: ReactNode; label: string }) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover offset={4} className={join(floatLook, 'max-h-80 min-w-48 overflow-y-auto p-1')}>
        <List aria-label={label} className="outline-none">
          {children}
        </List>
      </Popover>
    </MenuTrigger>
  )
}

export interface MenuItemProps {
  icon?: LucideIcon
  hotkey?: string
  isDangerous?: boolean
  isDisabled?: boolean
  onAction?(): void
  href?: string
  children: string
}

export function MenuItem({ icon: Icon, hotkey, isDangerous, children, ...rest }: MenuItemProps) {
  return (
    <Item {...rest} textValue={children} className={join(itemLook, isDangerous && 'text-bad')}>
      {Icon && <Icon size={16} aria-hidden className="shrink-0 text-current opacity-80" />}
      <span className="flex-1">{children}</span>
      {hotkey && <Key>{hotkey}</Key>}
    </Item>
  )
}

export function MenuSection({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Section>
      <Header className="px-2 pt-2 pb-1 text-12 font-medium text-fg-3">{title}</Header>
      {children}
    </Section>
  )
}

export const MenuLine = () => <Separator className="my-1 border-t border-line" />
