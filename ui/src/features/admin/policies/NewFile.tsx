/** One more file of a policy: its name, then it is there. */
import { FilePlus } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '@/kit/Button'
import { TextField } from '@/kit/Field'
import { FormDialog } from '../FormDialog'
import { fileNamed } from './draft'

export function NewFile({ names, onAdd }: { names: readonly string[]; onAdd(name: string): void }) {
  const [isOpen, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const name = fileNamed(typed)
  const isTaken = name !== null && names.includes(name)
  return (
    <>
      <IconButton name="Add a file" icon={FilePlus} onPress={() => (setTyped(''), setOpen(true))} />
      {isOpen && (
        <FormDialog
          title="Add a file"
          verb="Add"
          isReady={name !== null && !isTaken}
          isPending={false}
          error={null}
          onClose={() => setOpen(false)}
          onSend={() => {
            if (name) onAdd(name)
            setOpen(false)
          }}
        >
          <TextField
            autoFocus
            label="Name"
            value={typed}
            onChange={setTyped}
            placeholder="limits.rego"
            error={typed && name === null ? 'Letters, digits, dots and dashes.' : isTaken ? 'There is one of that name.' : undefined}
            hint="One that ends in _test.rego holds tests."
          />
        </FormDialog>
      )}
    </>
  )
}
