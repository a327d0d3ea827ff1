/** What is pressed. An icon alone must be given a name, which it shows when pointed at. */
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button as Pressed, type ButtonProps as PressedProps, Tooltip, TooltipTrigger } from 'react-aria-components'
import { buttonLook, floatLook, join, type Kind } from './look'

export interface ButtonProps extends Omit<PressedProps, 'className' | 'children'> {
  kind?: Kind
  icon?: LucideIcon
  className?: string
  children: ReactNode
}

export function Button({ kind, icon: Icon, className, children, ...rest }: ButtonProps) {
  return (
    <Pressed {...rest} className={join(buttonLook(kind), className)}>
      {Icon && <Icon size={16} aria-hidden />}
      {children}
    </Pressed>
  )
}

export interface IconButtonProps extends Omit<PressedProps, 'className' | 'children'> {
  name: string
  icon: LucideIcon
  kind?: Kind
  className?: string
  /** Shown beside the name, such as "C". */
  hotkey?: string
}

export function IconButton({ name, icon: Icon, kind = 'quiet', className, hotkey, ...rest }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <Pressed {...rest} aria-label={name} className={join(buttonLook(kind, true), className)}>
        <Icon size={16} aria-hidden />
      </Pressed>
      <Tooltip offset={6} className={join(floatLook, 'flex items-center gap-2 px-2 py-1 text-12')}>
        {name}
        {hotkey && <Key>{hotkey}</Key>}
      </Tooltip>
    </TooltipTrigger>
  )
}

/** A key as it is written on the keyboard. */
export function Key({ children }: { children: ReactNode }) {
  return <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-4 border border-line bg-sunken px-1 text-12 text-fg-2">{children}</kbd>
}
