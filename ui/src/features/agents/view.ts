// What every view of the draft is given.

import type { AgentTold, ConfigurationTold } from '@/api/schema'
import type { Draft } from './draft'

export interface DraftView {
  agent: AgentTold
  layer: ConfigurationTold
  draft: Draft
  change(some: Partial<Draft>): void
  /** What is wrong with which field. */
  fields: Record<string, string | undefined>
  isReadOnly: boolean
}
