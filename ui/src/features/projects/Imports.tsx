/** Tasks from another program's file: tried first, told what would come of it, and only then made. */
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FileUp, Upload } from 'lucide-react'
import { useRef, useState } from 'react'
import { call } from '@/api/client'
import type { ImportTold, ProjectTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Select } from '@/kit/Field'
import { buttonLook, join } from '@/kit/look'
import { Card } from '@/kit/Page'
import { toast } from '@/kit/toast'
import { Preview } from './Preview'

type Source = 'jira' | 'vibe-kanban'
const SOURCES: ReadonlyArray<{ value: Source; label: string; hint: string }> = [
  { value: 'jira', label: 'Jira', hint: 'The CSV export of a filter: Export → Export CSV (all fields)' },
  { value: 'vibe-kanban', label: 'Vibe Kanban', hint: 'Its database file, db.sqlite' },
]
const SECONDS_AT_MOST = 300

function bring(source: Source, project: number, file: File, dry_run: boolean): Promise<ImportTold> {
  const given = { path: { project_id: project }, query: { dry_run }, body: new Blob([file], { type: 'application/octet-stream' }), seconds: SECONDS_AT_MOST }
  return source === 'jira' ? call('POST /api/projects/{project_id}/import/jira', given) : call('POST /api/projects/{project_id}/import/vibe-kanban', given)
}

/** As its name tells. */
export const sourceOf = (name: string): Source | null => (/\.csv$/i.test(name) ? 'jira' : /\.(sqlite3?|db)$/i.test(name) ? 'vibe-kanban' : null)

export default function Imports({ project }: { project: ProjectTold }) {
  const [source, setSource] = useState<Source>('jira')
  const [file, setFile] = useState<File | null>(null)
  const [isOver, setOver] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const attempt = useMutation({ mutationFn: ({ of, file }: { of: Source; file: File }) => bring(of, project.id, file, true) })
  const bringIn = useMutation({ mutationFn: (file: File) => bring(source, project.id, file, false), onSuccess: ({ made }) => toast(`${made.length} ${made.length === 1 ? 'task' : 'tasks'} imported`) })
  const take = (taken: File | undefined) => {
    if (!taken) return
    const of = sourceOf(taken.name) ?? source
    setSource(of)
    setFile(taken)
    bringIn.reset()
    attempt.mutate({ of, file: taken })
  }
  const forget = () => (setFile(null), attempt.reset(), bringIn.reset())
  const wrong = bringIn.error ?? attempt.error
  return (
    <Card className="flex flex-col gap-3">
      <h2 className="text-14 font-semibold">Import</h2>
      <div className="flex flex-wrap items-end gap-3">
        <Select label="From" className="w-52" choices={SOURCES} value={source} onChange={(next) => (setSource(next), forget())} />
        <p className="min-w-60 flex-1 pb-1.5 text-12 text-fg-3">{SOURCES.find(({ value }) => value === source)?.hint}</p>
      </div>
      <div
        onDragOver={(event) => (event.preventDefault(), setOver(true))}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          take(event.dataTransfer.files[0])
        }}
        className={join('flex flex-wrap items-center gap-3 rounded-8 border border-dashed px-4 py-3', isOver ? 'border-accent bg-accent-soft' : 'border-line-strong')}
      >
        <FileUp size={16} aria-hidden className="shrink-0 text-fg-3" />
        <span className="min-w-0 flex-1 break-words text-fg-2">{file ? file.name : 'Drop the file here: nothing is made before you have seen what would be.'}</span>
        <input ref={field} type="file" aria-label="File to import" accept=".csv,.sqlite,.sqlite3,.db" hidden onChange={(event) => (take(event.target.files?.[0]), (event.target.value = ''))} />
        <Button isDisabled={attempt.isPending || bringIn.isPending} onPress={() => field.current?.click()}>
          {file ? 'Another file…' : 'Choose a file…'}
        </Button>
      </div>
      {attempt.isPending && (
        <p role="status" className="text-fg-2">
          The file is sent and read…
        </p>
      )}
      {wrong && (
        <p role="alert" className="rounded-8 bg-bad-soft px-3 py-2 break-words text-bad">
          {wrong.message}
        </p>
      )}
      {file && attempt.data && <Preview told={bringIn.data ?? attempt.data} />}
      {file && attempt.data && (
        <div className="flex flex-wrap justify-end gap-2">
          {bringIn.data ? (
            <Link to="/board" search={{ project: project.key }} className={buttonLook('primary')}>
              To the board
            </Link>
          ) : (
            <>
              <Button onPress={forget}>Cancel</Button>
              <Button kind="primary" icon={Upload} isDisabled={attempt.data.made.length === 0 || bringIn.isPending} onPress={() => bringIn.mutate(file)}>
                {bringIn.isPending ? 'Importing…' : attempt.data.made.length === 1 ? 'Import 1 task' : `Import ${attempt.data.made.length} tasks`}
              </Button>
            </>
          )}
        </div>
      )}
    </Card>
  )
}
