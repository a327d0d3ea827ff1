// The views of one agent, as they stand in the address.

export const TABS = ['configuration', 'rules', 'text', 'history', 'nodes'] as const
export type TabName = (typeof TABS)[number]
