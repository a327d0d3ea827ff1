/** Who are you? By password, by passkey, or by somebody whom the hub believes. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, LogIn } from 'lucide-react'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { Methods, SignedInAs } from '@/api/schema'
import { giveUp } from '@/api/signing'
import { Button } from '@/kit/Button'
import { CommandLine } from '@/kit/Copy'
import { TextField } from '@/kit/Field'
import { Loaded } from '@/kit/states'
import { knowsPasskeys, usePasskeyNow } from '@/nouns/passkey'
import { Providers } from '@/nouns/Providers'
import { hearTabs, tellTabs } from '@/nouns/tabs'
import { useWait } from './wait'

export interface SignInProps {
  /** Who sat here before, and has something on the page. */
  before?: string | undefined
  /** Where to go from a provider, which is another site. Without it, it is opened beside this page, which holds what was typed. */
  returnTo?: string | undefined
  onSignedIn(user: string): void
}

export function SignIn(props: SignInProps) {
  return (
    <Loaded query={{ ...ask('GET /api/auth/methods'), staleTime: 0 }} what="How to sign in">
      {(methods) => <Offered methods={methods} {...props} />}
    </Loaded>
  )
}

function Offered({ methods, before, returnTo, onSignedIn }: SignInProps & { methods: Methods }) {
  const [wrong, setWrong] = useState('')
  const isLocal = methods.mode === 'local'
  // On a hub of one machine nobody signs in here: what it refused, it refused for good, and its page says why.
  useEffect(() => {
    if (isLocal) giveUp('sign-in')
  }, [isLocal])
  useSignedInElsewhere(onSignedIn)
  if (isLocal) return <p className="text-center text-fg-2">This hub belongs to whoever is signed in on its machine: open it there, at localhost. Nobody signs in here.</p>
  if (!methods.has_administrator) return <First />
  const ways = { wrong, setWrong, onSignedIn }
  const { providers } = methods
  const hasPasskeys = methods.methods.includes('passkey') && knowsPasskeys()
  return (
    <div className="flex flex-col gap-4">
      {wrong && (
        <p role="alert" className="rounded-8 bg-bad-soft px-3 py-2 break-words text-bad">
          {wrong}
        </p>
      )}
      <ByPassword {...ways} before={before} />
      {(hasPasskeys || providers.length > 0) && (
        <>
          <p className="flex items-center gap-3 text-12 text-fg-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">or</p>
          <div className="flex flex-col gap-2">
            {hasPasskeys && <ByPasskey {...ways} />}
            <Providers all={providers} returnTo={returnTo} />
          </div>
        </>
      )}
    </div>
  )
}

interface Way {
  setWrong(text: string): void
  onSignedIn(user: string): void
}

function ByPassword({ setWrong, onSignedIn, before = '' }: Way & { before?: string | undefined }) {
  const [user, setUser] = useState(before)
  const [password, setPassword] = useState('')
  const [seconds, note] = useWait()
  const field = useRef<HTMLDivElement>(null)
  const enter = useMutation({
    mutationFn: () => call('POST /api/auth/sign-in', { body: { user: user.trim(), password } }),
    onMutate: () => setWrong(''),
    onSuccess: ({ user }: SignedInAs) => (tellTabs(), onSignedIn(user)),
    onError(error) {
      note(error)
      setWrong(error instanceof ApiError && error.status === 429 ? 'Too many failures. Wait, and try once more with care.' : error.message)
      setPassword('')
      field.current?.querySelector<HTMLInputElement>('input[type=password]')?.focus()
    },
  })
  const isReady = user.trim() !== '' && password !== '' && seconds === 0 && !enter.isPending
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (isReady) enter.mutate()
  }
  return (
    <div ref={field}>
      <form className="flex flex-col gap-3" onSubmit={send}>
        <TextField label="User name or e-mail" name="username" autoComplete="username webauthn" autoCorrect="off" spellCheck="false" autoFocus={!before} value={user} onChange={setUser} maxLength={320} />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" autoFocus={before !== ''} value={password} onChange={setPassword} maxLength={1000} />
        <Button type="submit" kind="primary" icon={LogIn} isDisabled={!isReady} className="mt-1">
          {seconds > 0 ? `Wait ${seconds} s` : enter.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </div>
  )
}

function ByPasskey({ setWrong, onSignedIn }: Way) {
  const enter = useMutation({
    mutationFn: async () => call('POST /api/auth/sign-in/passkey', { body: { credential: await usePasskeyNow() } }),
    onMutate: () => setWrong(''),
    onSuccess: ({ user }: SignedInAs) => (tellTabs(), onSignedIn(user)),
    onError: (error) => setWrong(error.message),
  })
  return (
    <Button icon={KeyRound} isDisabled={enter.isPending} onPress={() => enter.mutate()}>
      {enter.isPending ? 'Waiting for the passkey…' : 'Sign in with a passkey'}
    </Button>
  )
}

/** Another tab of this browser has signed in, perhaps at a provider: this one goes on too. */
function useSignedInElsewhere(onSignedIn: (user: string) => void) {
  const client = useQueryClient()
  const { data } = useQuery(ask('GET /api/auth/methods'))
  useEffect(() => {
    const look = () => void client.invalidateQueries({ queryKey: ['GET /api/auth/methods'] })
    const end = hearTabs(look)
    addEventListener('focus', look)
    return () => {
      end()
      removeEventListener('focus', look)
    }
  }, [client])
  const isIn = data?.signed_in ?? false
  useEffect(() => {
    if (isIn) call('GET /api/me').then(({ user }) => onSignedIn(user ?? ''), () => {})
  }, [isIn])
}

/** A hub of a team that was started for the first time. */
function First() {
  return (
    <div className="flex flex-col gap-3 rounded-12 border border-line bg-surface p-4">
      <h2 className="text-14">Nobody can sign in yet</h2>
      <p className="text-fg-2">The first administrator is made on the hub's own machine, by whoever runs it. The password is asked for there.</p>
      <CommandLine>clawlink user create NAME --admin</CommandLine>
      <p className="text-12 text-fg-2">Then sign in here, and invite the others.</p>
    </div>
  )
}
