/** Opens by itself when the hub wants a proof anew before it does something; that is done then, without being asked for again. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { KeyRound, ShieldCheck } from 'lucide-react'
import { useEffect, useState, type FormEvent } from 'react'
import { ask, call } from '@/api/client'
import { settle } from '@/api/signing'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { TextField } from '@/kit/Field'
import { knowsPasskeys, usePasskeyNow } from '@/nouns/passkey'
import { ByProvider } from '@/nouns/Providers'
import { hearTabs } from '@/nouns/tabs'
import { useWait } from './wait'

export default function StepUp() {
  const { data: methods } = useQuery(ask('GET /api/auth/methods'))
  const [password, setPassword] = useState('')
  const [seconds, note] = useWait()
  const prove = useMutation({
    mutationFn: async (how: 'password' | 'passkey') => call('POST /api/auth/step-up', { body: how === 'password' ? { password } : { credential: await usePasskeyNow() } }),
    onSuccess: () => settle('step-up', true),
    onError(error) {
      note(error)
      setPassword('')
    },
  })
  const isReady = password !== '' && seconds === 0 && !prove.isPending
  const send = (event?: FormEvent) => {
    event?.preventDefault()
    if (isReady) prove.mutate('password')
  }
  const providers = (methods?.providers ?? []).filter(({ kind }) => kind === 'oidc')
  // At a provider, which was opened beside this page.
  useEffect(() => hearTabs(() => settle('step-up', true)), [])
  return (
    <Dialog
      title="Is it you?"
      isOpen
      onClose={() => settle('step-up', false)}
      actions={
        <>
          <Button onPress={() => settle('step-up', false)}>Cancel</Button>
          <Button kind="primary" icon={ShieldCheck} isDisabled={!isReady} onPress={() => send()}>
            {seconds > 0 ? `Wait ${seconds} s` : 'Go on'}
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-4" onSubmit={send}>
        <p className="text-fg-2">What you are about to do needs a proof that it is still you who sits here. It holds for 15 minutes.</p>
        <TextField label="Your password" type="password" autoComplete="current-password" autoFocus value={password} onChange={setPassword} error={prove.error?.message} maxLength={1000} />
        {((methods?.methods.includes('passkey') && knowsPasskeys()) || providers.length > 0) && (
          <div className="flex flex-wrap gap-2">
            {methods?.methods.includes('passkey') && knowsPasskeys() && (
              <Button icon={KeyRound} isDisabled={prove.isPending} onPress={() => prove.mutate('passkey')}>
                Use a passkey
              </Button>
            )}
            {providers.map((provider) => (
              <ByProvider key={provider.name} provider={provider} purpose={{ step_up: true }} verb="Prove it at" />
            ))}
          </div>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
