// The parts of the administration, as the address names them. Pure.

export const TABS = ['people', 'roles', 'uses', 'devices', 'sign-in', 'programs', 'secrets', 'backup', 'policies'] as const
export type TabName = (typeof TABS)[number]

/** Views of one policy. */
export const VIEWS = ['edit', 'try', 'replay', 'decisions', 'versions'] as const
export type View = (typeof VIEWS)[number]
