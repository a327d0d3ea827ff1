/** Files of the task: dropped, pasted or chosen, sent with their progress shown, and taken back out. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Download, File as FileIcon, Paperclip, Trash2, Upload } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { ask, call } from '@/api/client'
import type { AttachmentTold, TaskTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { buttonLook, join } from '@/kit/look'
import { toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'
import { Section } from './Section'
import { pastedName, send, size } from './upload'

interface Sending {
  id: number
  name: string
  /** 0 to 1. */
  part: number
}

let lastSent = 0

export function Attachments({ task }: { task: TaskTold }) {
  const client = useQueryClient()
  const query = ask('GET /api/tasks/{task_id}/attachments', { path: { task_id: task.id } })
  const { data: files, error } = useQuery(query)
  const mayWrite = useMay('project:write', task.project_id)
  const [sending, setSending] = useState<readonly Sending[]>([])
  const [isOver, setOver] = useState(false)
  const [unwanted, setUnwanted] = useState<AttachmentTold | null>(null)
  const input = useRef<HTMLInputElement>(null)

  async function take(given: Iterable<File>) {
    if (!mayWrite) return
    for (const file of given) {
      const id = ++lastSent
      const name = pastedName(file)
      setSending((all) => [...all, { id, name, part: 0 }])
      try {
        await send(task.id, name, file, (part) => setSending((all) => all.map((one) => (one.id === id ? { ...one, part } : one))))
        await client.invalidateQueries({ queryKey: query.queryKey })
      } catch (failure) {
        toastError(failure)
      }
      setSending((all) => all.filter((one) => one.id !== id))
    }
  }
  const onPaste = useEffectEvent((event: ClipboardEvent) => {
    const given = [...(event.clipboardData?.files ?? [])]
    if (!given.length || !mayWrite) return
    event.preventDefault()
    void take(given)
  })
  useEffect(() => {
    const hear = (event: ClipboardEvent) => onPaste(event)
    document.addEventListener('paste', hear)
    return () => document.removeEventListener('paste', hear)
  }, [])
  const drop = useMutation({
    mutationFn: (file: AttachmentTold) => call('DELETE /api/attachments/{attachment_id}', { path: { attachment_id: file.id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: query.queryKey }),
    onError: toastError,
  })

  return (
    <Section title="Attachments" count={files?.length} actions={mayWrite && <IconButton name="Attach a file" icon={Paperclip} onPress={() => input.current?.click()} />}>
      <div
        className={join('flex flex-col gap-1 rounded-8', isOver && 'outline-2 outline-offset-4 outline-accent outline-dashed')}
        onDragOver={(event) => {
          if (!mayWrite || !event.dataTransfer.types.includes('Files')) return
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          void take([...event.dataTransfer.files])
        }}
      >
        {error && <p className="text-bad">{error.message}</p>}
        {files?.map((file) => (
          <div key={file.id} className="flex min-h-11 items-center gap-3 rounded-6 border border-line py-1 pr-1 pl-2">
            {file.media_type.startsWith('image/') ? (
              <img src={`/api/attachments/${file.id}?inline=true`} alt="" loading="lazy" className="size-9 shrink-0 rounded-4 object-cover" />
            ) : (
              <span className="flex size-9 shrink-0 items-center justify-center rounded-4 bg-sunken text-fg-3">
                <FileIcon size={16} aria-hidden />
              </span>
            )}
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{file.name}</span>
              <span className="block truncate text-12 text-fg-3 tabular-nums">
                {size(file.size)} · {file.author}
              </span>
            </span>
            <a href={`/api/attachments/${file.id}`} download={file.name} aria-label={`Download ${file.name}`} className={buttonLook('quiet', true)}>
              <Download size={16} aria-hidden />
            </a>
            {file.may_delete && <IconButton name={`Delete ${file.name}`} icon={Trash2} onPress={() => setUnwanted(file)} />}
          </div>
        ))}
        {sending.map(({ id, name, part }) => (
          <div key={id} className="flex min-h-11 flex-col justify-center gap-1 rounded-6 border border-line px-3">
            <span className="flex gap-2 text-12">
              <span className="min-w-0 flex-1 truncate">{name}</span>
              <span className="tabular-nums">{Math.round(part * 100)} %</span>
            </span>
            <progress aria-label={`Sending ${name}`} max={1} value={part} className="h-1 w-full accent-accent" />
          </div>
        ))}
        <input ref={input} type="file" multiple hidden aria-label="Files" onChange={(event) => void take([...(event.target.files ?? [])]).then(() => input.current && (input.current.value = ''))} />
        {files?.length === 0 && !mayWrite && <p className="text-fg-3">No files.</p>}
        {files?.length === 0 && !sending.length && mayWrite && (
          <Button kind="quiet" icon={Upload} className="-ml-3 self-start" onPress={() => input.current?.click()}>
            Drop files here, paste an image, or choose
          </Button>
        )}
      </div>
      <Confirm title="Delete the file?" verb="Delete file" isOpen={unwanted !== null} onClose={() => setUnwanted(null)} onConfirm={() => unwanted && drop.mutate(unwanted)}>
        {unwanted?.name ?? ''} is gone for everybody, and cannot be brought back.
      </Confirm>
    </Section>
  )
}
