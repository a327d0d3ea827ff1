/** What is shown now, kept under a name. */
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/api/client'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Checkbox, TextField } from '@/kit/Field'
import { toast } from '@/kit/toast'
import type { BoardSearch } from './filters'

export function SaveView({ search, onClose, onSaved }: { search: BoardSearch; onClose(): void; onSaved(): void }) {
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const save = useMutation({
    mutationFn: () => call('POST /api/views', { body: { name: name.trim(), filters: { ...search }, shared } }),
    onSuccess: () => {
      toast(`View “${name.trim()}” saved`)
      onSaved()
      onClose()
    },
  })
  const canSave = name.trim() !== '' && !save.isPending
  return (
    <Dialog
      title="Save this view"
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" isDisabled={!canSave} onPress={() => save.mutate()}>
            Save view
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (canSave) save.mutate()
        }}
      >
        <TextField label="Name" autoFocus value={name} onChange={setName} error={save.error?.message} maxLength={100} />
        <Checkbox isSelected={shared} onChange={setShared}>
          Everybody sees it
        </Checkbox>
      </form>
    </Dialog>
  )
}
