/** A dialog that asks for something and sends it: Enter sends, what the hub refuses stands in it. */
import { useId, type ReactNode } from 'react'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Refusal } from './Part'

export interface FormDialogProps {
  title: string
  /** On the button that sends. */
  verb: string
  isReady: boolean
  isPending: boolean
  /** What was refused and belongs to no field. */
  error: Error | null
  wide?: boolean
  onSend(): void
  onClose(): void
  children: ReactNode
}

export function FormDialog({ title, verb, isReady, isPending, error, wide, onSend, onClose, children }: FormDialogProps) {
  const form = useId()
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      wide={wide}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} isDisabled={!isReady || isPending}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && !isPending) onSend()
        }}
      >
        {children}
        <Refusal error={error} />
      </form>
    </Dialog>
  )
}

/** A secret that is told once: it stands here until the dialog is closed, and nowhere after that. */
export function Once({ title, about, children, onClose }: { title: string; about: ReactNode; children: ReactNode; onClose(): void }) {
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      actions={
        <Button kind="primary" onPress={onClose}>
          Done
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <p className="text-fg-2">{about}</p>
        {children}
      </div>
    </Dialog>
  )
}
