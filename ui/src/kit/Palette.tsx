/** Everything that can be done here, found by a few letters. Loaded when first opened. */
import { Search } from 'lucide-react'
import { useState } from 'react'
import { Autocomplete, Dialog, Header, Input, Menu, MenuItem, MenuSection, Modal, ModalOverlay, SearchField, useFilter } from 'react-aria-components'
import { Key } from './Button'
import { useAllCommands, type Command } from './commands'
import { written } from './hotkeys'
import { itemLook } from './look'

const SHOWN_AT_MOST = 60

export interface PaletteProps {
  isOpen: boolean
  onClose(): void
  /** What a search finds beside the commands, by what was typed. */
  found?(text: string): Command[]
}

export default function Palette({ isOpen, onClose, found }: PaletteProps) {
  const [text, setText] = useState('')
  const { contains } = useFilter({ sensitivity: 'base' })
  const words = text.trim().split(/\s+/)
  const fitting = useAllCommands().filter((one) => words.every((word) => contains(`${one.label} ${one.also ?? ''} ${one.group}`, word)))
  const shown = [...fitting, ...(found && text.trim() ? found(text.trim()) : [])].slice(0, SHOWN_AT_MOST)
  const groups = [...Map.groupBy(shown, (one) => one.group)]
  const close = () => {
    setText('')
    onClose()
  }
  return (
    <ModalOverlay isOpen={isOpen} onOpenChange={(open) => open || close()} isDismissable className="overlay fixed inset-0 z-40 flex items-start justify-center sm:pt-[12vh]">
      <Modal className="w-full bg-raised shadow-float outline-none max-sm:h-dvh sm:w-[min(36rem,92vw)] sm:rounded-12">
        <Dialog aria-label="Commands" className="flex max-h-[inherit] flex-col outline-none">
          <Autocomplete inputValue={text} onInputChange={setText}>
            <SearchField aria-label="Search commands" autoFocus className="flex h-12 items-center gap-3 border-b border-line px-4">
              <Search size={16} aria-hidden className="text-fg-3" />
              <Input placeholder="Go to, create, change…" className="min-w-0 flex-1 bg-transparent text-14 outline-none placeholder:text-fg-3 [&::-webkit-search-cancel-button]:hidden" />
              <Key>Esc</Key>
            </SearchField>
            <Menu aria-label="Commands" className="max-h-[min(24rem,70dvh)] overflow-y-auto p-1 outline-none" renderEmptyState={() => <p className="p-4 text-center text-fg-3">Nothing of that name.</p>}>
              {groups.map(([group, commands]) => (
                <MenuSection key={group} id={group}>
                  <Header className="px-2 pt-2 pb-1 text-12 font-medium text-fg-3">{group}</Header>
                  {commands.map(({ id, label, icon: Icon, keys, run }) => (
                    <MenuItem
                      key={id}
                      id={id}
                      textValue={label}
                      className={itemLook}
                      onAction={() => {
                        close()
                        run()
                      }}
                    >
                      {Icon && <Icon size={16} aria-hidden className="text-fg-3" />}
                      <span className="flex-1 truncate">{label}</span>
                      {keys && written(keys).map((step, index) => <Key key={index}>{step}</Key>)}
                    </MenuItem>
                  ))}
                </MenuSection>
              ))}
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
