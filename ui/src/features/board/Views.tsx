/** Saved views: filters under a name, one's own or shared with all. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Bookmark } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { ask, call } from '@/api/client'
import { Button } from '@/kit/Button'
import { Menu, MenuItem, MenuLine, MenuSection } from '@/kit/Menu'
import { toastError } from '@/kit/toast'
import type { ViewTold } from '@/api/schema'
import { readSearch, type BoardSearch } from './filters'

const SaveView = lazy(() => import('./SaveView').then(({ SaveView }) => ({ default: SaveView })))
const Confirm = lazy(() => import('@/kit/Dialog').then(({ Confirm }) => ({ default: Confirm })))

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
      <Suspense fallback={null}>
        {saving && <SaveView search={search} onClose={() => setSaving(false)} onSaved={again} />}
        {unwanted && (
          <Confirm title="Delete the view?" verb="Delete view" isOpen onClose={() => setUnwanted(null)} onConfirm={() => drop.mutate(unwanted)}>
            {unwanted.shared ? `Everybody loses “${unwanted.name}”.` : `“${unwanted.name}” is only a name for filters; no task is touched.`}
          </Confirm>
        )}
      </Suspense>
    </>
  )
}
