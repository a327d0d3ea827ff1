/** What is to be done, in Markdown. */
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '@/kit/Button'
import { Markdown } from '@/kit/Markdown'
import { useMay } from '@/nouns/may'
import { Section } from './Section'
import { Writing } from './Writing'

export function Description({ text, project, onChange }: { text: string; project: number; onChange(text: string): void }) {
  const [draft, setDraft] = useState<string | null>(null)
  const mayWrite = useMay('project:write', project)
  const keep = () => {
    if (draft !== null && draft.trim() !== text) onChange(draft.trim())
    setDraft(null)
  }
  return (
    <Section title="Description" actions={mayWrite && draft === null && text && <IconButton name="Edit the description" icon={Pencil} onPress={() => setDraft(text)} />}>
      {draft !== null ? (
        <Writing label="Description" verb="Save" rows={8} autoFocus text={draft} onChange={setDraft} onKeep={keep} onLeave={() => setDraft(null)} placeholder="What an agent needs to know: what is wanted, where, and how one sees that it is done." />
      ) : text ? (
        <Markdown text={text} />
      ) : !mayWrite ? (
        <p className="text-fg-3">Nothing is said about it yet.</p>
      ) : (
        <Button kind="quiet" icon={Pencil} className="-ml-3 self-start" onPress={() => setDraft('')}>
          Describe what is to be done
        </Button>
      )}
    </Section>
  )
}
