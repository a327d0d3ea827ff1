/** What is filled in. `error` is what the hub said of the field (`ApiError.fields`); it stands below and is read out. */
import { Check, ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import {
  Button,
  Checkbox as AriaCheckbox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
  Switch as AriaSwitch,
  Text,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components'
import { floatLook, inputLook, itemLook, join } from './look'

interface Shared {
  label: string
  /** The label is for screen readers alone. */
  hideLabel?: boolean
  hint?: ReactNode
  error?: string | undefined
  className?: string
}

export interface TextFieldProps extends Shared, Omit<AriaTextFieldProps, 'className' | 'children'> {
  placeholder?: string
}

export function TextField({ label, hideLabel, hint, error, className, placeholder, ...rest }: TextFieldProps) {
  return (
    <AriaTextField {...rest} isInvalid={error !== undefined || rest.isInvalid} className={join('flex flex-col gap-1', className)}>
      <Caption hidden={hideLabel}>{label}</Caption>
      <Input placeholder={placeholder} className={join(inputLook, 'h-control')} />
      <Below hint={hint} error={error} />
    </AriaTextField>
  )
}

export interface TextAreaProps extends TextFieldProps {
  rows?: number
}

export function TextArea({ label, hideLabel, hint, error, className, placeholder, rows = 3, ...rest }: TextAreaProps) {
  return (
    <AriaTextField {...rest} isInvalid={error !== undefined || rest.isInvalid} className={join('flex flex-col gap-1', className)}>
      <Caption hidden={hideLabel}>{label}</Caption>
      <AriaTextArea placeholder={placeholder} rows={rows} className={join(inputLook, 'field-sizing-content max-h-80 min-h-20 py-2')} />
      <Below hint={hint} error={error} />
    </AriaTextField>
  )
}

export interface Choice<V extends string> {
  value: V
  label: string
  /** Stands before the label, such as an icon. */
  mark?: ReactNode
  hint?: string
  isDisabled?: boolean
}

export interface SelectProps<V extends string> extends Shared {
  choices: ReadonlyArray<Choice<V>>
  value: V | null
  onChange(value: V): void
  placeholder?: string
  /** What the open list reads while there is nothing to choose, such as before the hub has answered. */
  empty?: string
  isDisabled?: boolean
}

/** It opens even while it is empty, and fills when the choices come: a click that came too early is not lost. */
export function Select<V extends string>({ label, hideLabel, hint, error, className, choices, value, onChange, placeholder, empty = 'Nothing to choose.', isDisabled }: SelectProps<V>) {
  return (
    <AriaSelect
      value={value}
      onChange={(next) => next !== null && onChange(next as V)}
      isDisabled={isDisabled}
      isInvalid={error !== undefined}
      placeholder={placeholder}
      allowsEmptyCollection
      className={join('flex flex-col gap-1', className)}
    >
      <Caption hidden={hideLabel}>{label}</Caption>
      <Button className={join(inputLook, 'flex h-control items-center gap-2 hover:bg-hover')}>
        <SelectValue className="flex flex-1 items-center gap-2 truncate text-left data-[placeholder]:text-fg-3 [&_[slot=description]]:hidden" />
        <ChevronDown size={16} aria-hidden className="shrink-0 text-fg-3" />
      </Button>
      <Below hint={hint} error={error} />
      <Popover offset={4} className={join(floatLook, 'max-h-80 w-(--trigger-width) min-w-48 overflow-y-auto p-1')}>
        <ListBox items={choices.map((choice) => ({ ...choice, id: choice.value }))} className="outline-none" renderEmptyState={() => <p className="px-2 py-1 text-fg-3">{empty}</p>}>
          {(choice) => (
            <ListBoxItem id={choice.value} textValue={choice.label} isDisabled={choice.isDisabled} className={join(itemLook, 'group')}>
              {choice.mark}
              <span className="flex min-w-0 flex-1 flex-col">
                <Text slot="label">{choice.label}</Text>
                {choice.hint && (
                  <Text slot="description" className="text-12 text-fg-3">
                    {choice.hint}
                  </Text>
                )}
              </span>
              <Check size={16} aria-hidden className="invisible shrink-0 group-data-[selected]:visible" />
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}

interface Ticked {
  isSelected: boolean
  onChange(isSelected: boolean): void
  isDisabled?: boolean
  children: ReactNode
}

export function Checkbox({ children, ...rest }: Ticked) {
  return (
    <AriaCheckbox {...rest} className="group flex min-h-6 items-center gap-2 data-[disabled]:opacity-50">
      <span className="flex size-4 shrink-0 items-center justify-center rounded-4 border border-line-strong bg-surface group-data-[focus-visible]:outline-2 group-data-[focus-visible]:outline-accent group-data-[selected]:border-accent group-data-[selected]:bg-accent">
        <Check size={12} aria-hidden className="invisible text-accent-fg group-data-[selected]:visible" />
      </span>
      {children}
    </AriaCheckbox>
  )
}

export function Switch({ children, ...rest }: Ticked) {
  return (
    <AriaSwitch {...rest} className="group flex min-h-control items-center gap-3 data-[disabled]:opacity-50">
      <span className="flex h-5 w-9 shrink-0 items-center rounded-full border border-line-strong bg-sunken p-0.5 transition-colors group-data-[focus-visible]:outline-2 group-data-[focus-visible]:outline-offset-1 group-data-[focus-visible]:outline-accent group-data-[selected]:border-accent group-data-[selected]:bg-accent">
        <span className="size-3.5 rounded-full bg-line-strong transition-transform group-data-[selected]:translate-x-4 group-data-[selected]:bg-accent-fg" />
      </span>
      {children}
    </AriaSwitch>
  )
}

function Caption({ hidden, children }: { hidden?: boolean | undefined; children: ReactNode }) {
  return <Label className={hidden ? 'sr-only' : 'text-12 font-medium text-fg-2'}>{children}</Label>
}

function Below({ hint, error }: { hint?: ReactNode; error?: string | undefined }) {
  return (
    <>
      {hint && !error && (
        <Text slot="description" className="text-12 text-fg-3">
          {hint}
        </Text>
      )}
      <FieldError className="text-12 text-bad">{error}</FieldError>
    </>
  )
}
