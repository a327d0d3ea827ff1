import { createFileRoute } from '@tanstack/react-router'
import { BY, SINCE, type By, type Since } from '@/features/usage/spans'
import { UsagePage } from '@/features/usage/UsagePage'

interface Search {
  tab?: 'budgets' | undefined
  by?: By | undefined
  since?: Since | undefined
}

export const Route = createFileRoute('/usage')({
  component: UsagePage,
  validateSearch: ({ tab, by, since }: Record<string, unknown>): Search => ({
    tab: tab === 'budgets' ? tab : undefined,
    by: BY.find((one) => one === by),
    since: SINCE.find((one) => one === since),
  }),
})
