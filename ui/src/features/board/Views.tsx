/** Saved views: filters under a name, one's own or shared with all. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Bookmark } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import { Button } from '@/kit/Button'
import { Confirm, Dialog } from '@/kit/Dialog'
import { Checkbox, TextField } from '@/kit/Field'
import { Menu, MenuItem, MenuLine, MenuSection } from '@/kit/Menu'
import { toast, toastError } from '@/kit/toast'
import type { ViewTold } from '@/api/schema'
import { readSearch, type BoardSearch } from './filters'

export function Views({ search, onChoose }: { search: BoardSearch; onChoose(search: BoardSearch): void }) {
  const client = useQueryClient()
  const { data: views } = useQuery(ask('GET /api/views'))
  const [saving, setSaving] = useState(false)
  const [unwanted, setUnwanted] = useState<ViewTold | null>(null)
  const again = () => client.invalidateQueries({ queryKey: ['GET /api/views'] })
  const drop = useMutation({ mutationFn: (view: ViewTold) => call('DELETE /api/views/{view_id}', { path: { view_id: view.id } }), onSuccess: again, onError: toastError })
  const mine = views?.filter((view) => view.mine) ?? []
  return (
    <>
      <Menu label="Saved views" trigger={<Button kind="quiet" icon={Bookmark} aria-label="Views"><span className="max-sm:hidden">Views</span></Button>}>
        {views?.map((view) => (
          <MenuItem key={view.id} onAction={() => onChoose(readSearch(view.filters))}>
            {view.shared && !view.mine ? `${view.name} (${view.author})` : view.name}
          </MenuItem>
        ))}
        {views?.length ? <MenuLine /> : null}
        <MenuItem onAction={() => setSaving(true)}>Save this view…</MenuItem>
        {mine.length ? (
          <MenuSection title="Delete">
            {mine.map((view) => (
              <MenuItem key={view.id} isDangerous onAction={() => setUnwanted(view)}>
                {view.name}
              </MenuItem>
            ))}
          </MenuSection>
        ) : null}
      </Menu>
      {saving && <SaveView search={search} onClose={() => setSaving(false)} onSaved={again} />}
      <Confirm title="Delete the view?" verb="Delete view" isOpen={unwanted !== null} onClose={() => setUnwanted(null)} onConfirm={() => unwanted && drop.mutate(unwanted)}>
        {unwanted?.shared ? `Everybody loses “${unwanted.name}”.` : `“${unwanted?.name ?? ''}” is only a name for filters; no task is touched.`}
      </Confirm>
    </>
  )
}

function SaveView({ search, onClose, onSaved }: { search: BoardSearch; onClose(): void; onSaved(): void }) {
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
