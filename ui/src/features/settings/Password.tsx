/** A new password for oneself. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { ask, call } from '@/api/client'
import { Button } from '@/kit/Button'
import { TextField } from '@/kit/Field'
import { toast } from '@/kit/toast'
import { NewPassword, weaknessOf } from '@/nouns/NewPassword'
import { Section } from './Section'

export function Password() {
  const client = useQueryClient()
  const { data: me } = useQuery(ask('GET /api/me'))
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useMutation({
    mutationFn: () => call('POST /api/auth/password', { body: { current: current || null, new: next } }),
    async onSuccess() {
      setCurrent('')
      setNext('')
      toast('Password changed. Your other sessions have ended.')
      await client.invalidateQueries({ queryKey: ['GET /api/auth/sessions'] })
    },
  })
  const names = [me?.user]
  const canSend = next !== '' && !weaknessOf(next, names) && !change.isPending
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (canSend) change.mutate()
  }
  return (
    <Section title="Password" about="Who changes it ends all other sessions, in case somebody knew the old one.">
      <form className="flex flex-col gap-3 px-4 py-3" onSubmit={send}>
        <input type="text" name="username" autoComplete="username" value={me?.user ?? ''} readOnly hidden />
        <div className="grid items-start gap-3 sm:grid-cols-2">
          <TextField label="Present password" type="password" autoComplete="current-password" value={current} onChange={setCurrent} hint="Empty if you have none yet." maxLength={1000} />
          <NewPassword label="New password" value={next} onChange={setNext} names={names} />
        </div>
        {change.error && (
          <p role="alert" className="text-bad">
            {change.error.message}
          </p>
        )}
        <Button type="submit" isDisabled={!canSend} className="self-start">
          {change.isPending ? 'Changing…' : 'Change password'}
        </Button>
      </form>
    </Section>
  )
}
