/** Invitations that nobody has used yet. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { ask, call } from '@/api/client'
import type { Invited } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Time } from '@/kit/figures'
import { Loaded } from '@/kit/states'
import { Cell, Row, Table } from '@/kit/Table'
import { toast, toastError } from '@/kit/toast'
import { ROLES } from '@/nouns/roles'
import { Nothing, Section } from './Part'

const COLUMNS = [{ label: 'For' }, { label: 'Role' }, { label: 'Member of' }, { label: 'Made by' }, { label: 'Ends' }, { label: 'Withdraw', isHidden: true }]

export function Invitations() {
  const client = useQueryClient()
  const withdraw = useMutation({
    mutationFn: ({ id }: Invited) => call('DELETE /api/invitations/{invitation_id}', { path: { invitation_id: id } }),
    onSuccess: () => toast('The invitation is withdrawn'),
    onError: toastError,
    onSettled: () => client.invalidateQueries({ queryKey: ['GET /api/invitations'] }),
  })
  return (
    <Section title="Open invitations" about="Each link is good once, and for 7 days.">
      <Loaded query={ask('GET /api/invitations')} what="The invitations">
        {(invitations) =>
          invitations.length === 0 ? (
            <Nothing>Nobody is invited at the moment.</Nothing>
          ) : (
            <Table label="Open invitations as a table" columns={COLUMNS}>
              {invitations.map((one) => (
                <Row key={one.id}>
                  <Cell isHead>{one.email ?? <span className="text-fg-2">Whoever has the link</span>}</Cell>
                  <Cell>{ROLES[one.role].label}</Cell>
                  <Cell>{one.projects.map(({ key, role }) => `${key} (${ROLES[role].label.toLowerCase()})`).join(', ')}</Cell>
                  <Cell className="text-fg-2">
                    {one.made_by}, <Time at={one.made_at} />
                  </Cell>
                  <Cell className="text-fg-2">
                    <Time at={one.expires_at} />
                  </Cell>
                  <Cell className="text-right">
                    <Button kind="quiet" icon={X} aria-label={`Withdraw the invitation of ${one.email ?? one.id}`} onPress={() => withdraw.mutate(one)}>
                      Withdraw
                    </Button>
                  </Cell>
                </Row>
              ))}
            </Table>
          )
        }
      </Loaded>
    </Section>
  )
}
