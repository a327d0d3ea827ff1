/** Servers of tools: each a program that is started, or an address. */
import { Plus, Trash2 } from 'lucide-react'
import { Button, IconButton } from '@/kit/Button'
import { Select, TextField } from '@/kit/Field'
import { fresh, type Server } from './draft'
import type { DraftView } from './view'

export function McpServers({ draft, change, fields, isReadOnly }: DraftView) {
  const rows = draft.mcp_servers
  const edit = (id: number, some: Partial<Server>) => change({ mcp_servers: rows.map((row) => (row.id === id ? { ...row, ...some } : row)) })
  const wrong = Object.entries(fields).find(([name]) => name.startsWith('mcp_servers'))?.[1]
  return (
    <div className="flex flex-col gap-2 sm:col-span-2">
      {rows.length === 0 && <p className="text-fg-3">No servers of tools.</p>}
      {rows.map((row, index) => {
        const extra = Object.keys(row.way === 'url' ? row.headers : row.env)
        return (
          <div key={row.id} className="flex flex-wrap items-start gap-2 rounded-8 border border-line p-2 sm:flex-nowrap">
            <TextField label={`Name of server ${index + 1}`} hideLabel placeholder="name" value={row.name} onChange={(name) => edit(row.id, { name })} isReadOnly={isReadOnly} className="min-w-24 flex-1 sm:max-w-40" />
            <Select
              label={`How ${row.name || `server ${index + 1}`} is reached`}
              hideLabel
              className="w-28"
              value={row.way}
              onChange={(way) => edit(row.id, { way })}
              isDisabled={isReadOnly}
              choices={[
                { value: 'command', label: 'Program' },
                { value: 'url', label: 'Address' },
              ]}
            />
            <TextField
              label={row.way === 'url' ? 'Address' : 'Program with arguments'}
              hideLabel
              placeholder={row.way === 'url' ? 'https://…' : 'program --argument'}
              value={row.target}
              onChange={(target) => edit(row.id, { target })}
              isReadOnly={isReadOnly}
              className="min-w-40 flex-[2]"
              hint={extra.length > 0 && `With ${row.way === 'url' ? 'headers' : 'variables'} ${extra.join(', ')}: change them as text.`}
            />
            {!isReadOnly && <IconButton name={`Remove ${row.name || `server ${index + 1}`}`} icon={Trash2} onPress={() => change({ mcp_servers: rows.filter(({ id }) => id !== row.id) })} />}
          </div>
        )
      })}
      {wrong && (
        <p role="alert" className="text-12 text-bad">
          {wrong}
        </p>
      )}
      {!isReadOnly && (
        <Button
          icon={Plus}
          className="self-start"
          onPress={() => change({ mcp_servers: [...rows, { id: fresh(), name: '', way: 'command', target: '', env: {}, headers: {}, type: 'http' }] })}
        >
          Add a server
        </Button>
      )}
    </div>
  )
}
