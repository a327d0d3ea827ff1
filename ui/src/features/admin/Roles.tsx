/** What each role is granted, and which operations each permission opens: made from the hub's own description. */
import { Check, Minus } from 'lucide-react'
import { GRANTS, OPENS } from '@/api/roles'
import type { Permission, Role } from '@/api/schema'
import { Cell, Row, Table } from '@/kit/Table'
import { ROLES } from '@/nouns/roles'
import { Part } from './Part'

const WORDS: Record<Permission, string> = {
  'task:submit': 'Give tasks to agents, answer their questions',
  'task:cancel': 'Stop runs',
  'task:view': 'See tasks and runs',
  'agent:list': 'See the agents',
  'agent:execute': 'Let an agent work',
  'agent:configure': 'Configure agents and their rules',
  'skill:list': 'See the skills',
  'skill:execute': 'Let an agent use a skill',
  'skill:install': 'Install skills',
  'project:read': 'See projects and boards',
  'project:write': 'Change projects, tasks, comments',
  'project:delete': 'Delete projects',
  'admin:users': 'People, roles, groups, devices',
  'admin:system': 'The hub: policies, audit, secrets, backup',
}
const NAMES = Object.keys(ROLES) as Role[]
const COLUMNS = [{ label: 'Permission' }, ...NAMES.map((role) => ({ label: ROLES[role].label, className: 'w-28' })), { label: 'Opens', className: 'w-28' }]

export function Roles() {
  return (
    <Part about="A role is given for the whole installation, and by a project for that project, where it may be stronger or weaker. What a role grants, policies, devices and tokens can only narrow.">
      <Table label="Roles and their permissions" columns={COLUMNS} width="min-w-200">
        {(Object.keys(WORDS) as Permission[]).map((permission) => (
          <Row key={permission}>
            <Cell isHead>
              {WORDS[permission]}
              <code className="block text-12 font-normal text-fg-2">{permission}</code>
            </Cell>
            {NAMES.map((role) => (
              <Cell key={role}>
                <Granted isSo={GRANTS[role].includes(permission)} />
              </Cell>
            ))}
            <Cell className="align-top">
              <Opens operations={OPENS[permission]} />
            </Cell>
          </Row>
        ))}
      </Table>
    </Part>
  )
}

const Granted = ({ isSo }: { isSo: boolean }) =>
  isSo ? (
    <span className="inline-flex items-center gap-1 text-12 text-ok">
      <Check size={14} aria-hidden /> Yes
    </span>
  ) : (
    <span className="inline-flex items-center gap-1 text-12 text-fg-3">
      <Minus size={14} aria-hidden /> No
    </span>
  )

function Opens({ operations }: { operations: readonly string[] }) {
  if (operations.length === 0) return <span className="text-12 text-fg-3">Asked within others</span>
  return (
    <details className="text-12">
      <summary className="flex min-h-6 cursor-pointer items-center text-accent-text">
        {operations.length} {operations.length === 1 ? 'route' : 'routes'}
      </summary>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys */}
      <ul tabIndex={0} aria-label="Routes" className="mt-1 max-h-60 overflow-y-auto whitespace-nowrap">
        {operations.map((one) => (
          <li key={one}>
            <code className="text-12">{one}</code>
          </li>
        ))}
      </ul>
    </details>
  )
}
