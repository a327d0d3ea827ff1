/** Who one is to a team's hub, and signing out. In the sidebar a menu, on a phone lines of the sheet. */
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { LogOut, MonitorX, UserCog } from 'lucide-react'
import { useState } from 'react'
import { call } from '@/api/client'
import type { Me } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { join } from '@/kit/look'
import { Menu, MenuItem, MenuSection } from '@/kit/Menu'
import { toastError } from '@/kit/toast'
import { initials } from '@/nouns/Person'
import { ROLES } from '@/nouns/roles'

/** All that this tab knows goes with the session: the page begins anew. */
const leave = () => location.assign('/')

export default function Account({ me, isFolded = false, onPhone = false }: { me: Me; isFolded?: boolean; onPhone?: boolean }) {
  const [isAsked, setAsked] = useState(false)
  const navigate = useNavigate()
  const signOut = useMutation({ mutationFn: () => call('POST /api/auth/sign-out'), onSuccess: leave, onError: toastError })
  const everywhere = useMutation({ mutationFn: () => call('POST /api/auth/sign-out-everywhere'), onSuccess: leave, onError: toastError })
  const name = me.user ?? me.name
  const role = ROLES[me.role].label
  const mark = (
    <span aria-hidden className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-12 leading-none font-medium tracking-tighter text-accent-text">
      {initials(name)}
    </span>
  )
  return (
    <>
      {onPhone ? (
        <div className="mt-2 flex items-center gap-3 border-t border-line px-3 pt-2">
          {mark}
          <span className="min-w-0 flex-1 truncate">
            {name} <span className="text-12 text-fg-2">{role}</span>
          </span>
          <Button kind="quiet" icon={LogOut} onPress={() => signOut.mutate()}>
            Sign out
          </Button>
        </div>
      ) : (
        <Menu
          label="You"
          trigger={
            <Button kind="quiet" aria-label={`${name}, ${role}: your account`} className={join('mt-auto h-11 min-w-0', isFolded ? 'w-control px-0' : 'w-full justify-start px-1! text-left')}>
              {mark}
              {!isFolded && (
                <span className="flex min-w-0 flex-col">
                  <span className="truncate leading-4 text-fg">{name}</span>
                  <span className="truncate text-12 leading-4 font-normal text-fg-2">{role}</span>
                </span>
              )}
            </Button>
          }
        >
          <MenuSection title={`${name}, ${role.toLowerCase()}`}>
            <MenuItem icon={UserCog} onAction={() => void navigate({ to: '/settings', search: { tab: 'sign-in' } })}>
              Your account
            </MenuItem>
            <MenuItem icon={LogOut} onAction={() => signOut.mutate()}>
              Sign out
            </MenuItem>
            <MenuItem icon={MonitorX} isDangerous onAction={() => setAsked(true)}>
              Sign out everywhere
            </MenuItem>
          </MenuSection>
        </Menu>
      )}
      <Confirm title="Sign out everywhere?" verb="Sign out everywhere" isOpen={isAsked} onClose={() => setAsked(false)} onConfirm={() => everywhere.mutate()}>
        All your sessions end, in each browser and terminal, this one too. Runs go on, and tokens stay good until you revoke them.
      </Confirm>
    </>
  )
}
