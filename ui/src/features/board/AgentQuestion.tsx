/** Who shall work on what was put into In progress: an agent, which starts at once, or nobody yet. */
import { Play } from 'lucide-react'
import { useState } from 'react'
import type { CardTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { AgentPicker, useUsualAgent } from '@/nouns/AgentPicker'

export interface AgentQuestionProps {
  cards: readonly CardTold[]
  onClose(): void
  /** null: only move. */
  onChoose(agent: string | null): void
}

export function AgentQuestion({ cards, onClose, onChoose }: AgentQuestionProps) {
  const usual = useUsualAgent()
  const meant = cards[0]?.agent ?? null
  const [chosen, setChosen] = useState<string | null>(null)
  const agent = chosen ?? meant ?? usual
  const what = cards.length === 1 ? cards[0]!.key : `${cards.length} tasks`
  return (
    <Dialog
      title={`Who works on ${what}?`}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={() => onChoose(null)}>Only move</Button>
          <Button kind="primary" icon={Play} isDisabled={!agent} onPress={() => onChoose(agent)}>
            {cards.length === 1 ? 'Move and start' : `Move and start ${cards.length} runs`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <p className="text-fg-2">The agent is given the title and the description, and works on a branch of its own.</p>
        <AgentPicker value={agent} onChange={setChosen} />
      </div>
    </Dialog>
  )
}
