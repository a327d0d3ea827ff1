// The views of the settings, as they stand in the address.

export const TABS = ['appearance', 'sign-in', 'tokens', 'devices', 'code-host'] as const
export type TabName = (typeof TABS)[number]

/** What has no name is the first. */
export const tabOf = (text: unknown): TabName | undefined => TABS.find((one) => one === text && one !== 'appearance')
