/** What stands over the page: a dialog in the middle (a full sheet on a phone), a side panel, and the question "are you sure?". */
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Dialog as Content, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { Button, IconButton } from './Button'
import { join } from './look'

export interface DialogProps {
  title: string
  isOpen: boolean
  onClose(): void
  /** `side`: a panel at the right edge. */
  place?: 'middle' | 'side'
  wide?: boolean
  /** The buttons below, the one that is wanted last. */
  actions?: ReactNode
  role?: 'dialog' | 'alertdialog'
  children: ReactNode
}

export function Dialog({ title, isOpen, onClose, place = 'middle', wide = false, actions, role = 'dialog', children }: DialogProps) {
  const side = place === 'side'
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => open || onClose()}
      isDismissable={role === 'dialog'}
      className={join('overlay fixed inset-0 z-40 flex', side ? 'justify-end' : 'items-end justify-center sm:items-start sm:pt-[12vh]')}
    >
      <Modal
        className={join(
          'flex w-full flex-col bg-raised shadow-float outline-none max-sm:h-dvh',
          side ? 'h-dvh sm:w-[min(40rem,90vw)]' : join('sm:max-h-[76vh] sm:rounded-12', wide ? 'sm:w-[min(52rem,92vw)]' : 'sm:w-[min(32rem,92vw)]'),
        )}
      >
        <Content role={role} className="flex min-h-0 flex-1 flex-col outline-none">
          <header className="flex items-center gap-2 border-b border-line py-2 pr-2 pl-4">
            <Heading slot="title" className="flex-1 text-14 font-semibold">
              {title}
            </Heading>
            <IconButton name="Close" icon={X} onPress={onClose} />
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
          {actions && <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-3">{actions}</footer>}
        </Content>
      </Modal>
    </ModalOverlay>
  )
}

export interface ConfirmProps {
  title: string
  isOpen: boolean
  onClose(): void
  onConfirm(): void
  /** The verb on the button, such as "Delete project". */
  verb: string
  isDangerous?: boolean
  children: ReactNode
}

/** The focus stands on what destroys nothing. */
export function Confirm({ verb, onConfirm, isDangerous = true, onClose, ...rest }: ConfirmProps) {
  const actions = (
    <>
      <Button autoFocus onPress={onClose}>
        Cancel
      </Button>
      <Button
        kind={isDangerous ? 'danger' : 'primary'}
        onPress={() => {
          onConfirm()
          onClose()
        }}
      >
        {verb}
      </Button>
    </>
  )
  return <Dialog role="alertdialog" onClose={onClose} actions={actions} {...rest} />
}
