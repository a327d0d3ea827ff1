/** One of several views of the same thing. Which one is open belongs into the URL: give `value` and `onChange`. */
import type { ReactNode } from 'react'
import { Tab as AriaTab, TabList, TabPanel, Tabs as AriaTabs } from 'react-aria-components'

export interface Tab {
  id: string
  label: ReactNode
  count?: number | undefined
  content: ReactNode
}

export function Tabs({ label, tabs, value, onChange }: { label: string; tabs: readonly Tab[]; value?: string; onChange?(id: string): void }) {
  return (
    <AriaTabs selectedKey={value} onSelectionChange={(id) => onChange?.(String(id))} className="flex min-h-0 flex-1 flex-col">
      <TabList aria-label={label} className="flex shrink-0 gap-4 overflow-x-auto border-b border-line px-4">
        {tabs.map((tab) => (
          <AriaTab
            key={tab.id}
            id={tab.id}
            className="flex h-control items-center gap-2 border-b-2 border-transparent font-medium whitespace-nowrap text-fg-3 outline-offset-[-2px] data-[hovered]:text-fg data-[selected]:border-accent data-[selected]:text-fg"
          >
            {tab.label}
            {tab.count !== undefined && <span className="text-12 text-fg-3 tabular-nums">{tab.count}</span>}
          </AriaTab>
        ))}
      </TabList>
      {tabs.map((tab) => (
        <TabPanel key={tab.id} id={tab.id} className="min-h-0 flex-1 overflow-y-auto outline-none">
          {tab.content}
        </TabPanel>
      ))}
    </AriaTabs>
  )
}
