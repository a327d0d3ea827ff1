/** A text with suggestions: whatever is typed counts, the list only helps. */
import { ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, ComboBox, FieldError, Input, Label, ListBox, ListBoxItem, Popover, Text } from 'react-aria-components'
import { floatLook, inputLook, itemLook, join } from './look'

export interface SuggestProps {
  label: string
  /** The label is for screen readers alone. */
  hideLabel?: boolean
  value: string
  onChange(value: string): void
  suggestions: readonly string[]
  placeholder?: string
  hint?: ReactNode
  error?: string | undefined
  isReadOnly?: boolean
  className?: string
}

export function Suggest({ label, hideLabel, value, onChange, suggestions, placeholder, hint, error, isReadOnly = false, className }: SuggestProps) {
  const items = suggestions.map((name) => ({ id: name }))
  return (
    <ComboBox
      allowsCustomValue
      inputValue={value}
      onInputChange={onChange}
      defaultItems={items}
      isReadOnly={isReadOnly}
      isInvalid={error !== undefined}
      className={join('flex flex-col gap-1', className)}
    >
      <Label className={hideLabel ? 'sr-only' : 'text-12 font-medium text-fg-2'}>{label}</Label>
      <div className="relative">
        <Input placeholder={placeholder} className={join(inputLook, 'h-control', items.length > 0 && 'pr-9')} />
        {items.length > 0 && !isReadOnly && (
          <Button className="absolute inset-y-0 right-0 flex w-9 items-center justify-center text-fg-3" aria-label={`Suggestions for ${label}`}>
            <ChevronDown size={16} aria-hidden />
          </Button>
        )}
      </div>
      {hint && !error && (
        <Text slot="description" className="text-12 text-fg-3">
          {hint}
        </Text>
      )}
      <FieldError className="text-12 text-bad">{error}</FieldError>
      <Popover offset={4} className={join(floatLook, 'max-h-80 w-(--trigger-width) overflow-y-auto p-1')}>
        <ListBox<{ id: string }> className="outline-none">
          {(one) => (
            <ListBoxItem id={one.id} textValue={one.id} className={itemLook}>
              {one.id}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
}
