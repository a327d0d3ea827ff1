// Passkeys: what the browser does with them, between the hub's questions and its answers. Above: signing in, settings.

import { call } from '@/api/client'
import type { JsonValue } from '@/api/schema'

type Credential = Record<string, JsonValue>

/** Older browsers, and pages without TLS, know none. */
export const knowsPasskeys = (): boolean => typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential

/** Have one used. Rejects with a sentence for people. */
export async function usePasskeyNow(): Promise<Credential> {
  const options = await call('POST /api/auth/sign-in/passkey/options')
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON)
  return told(navigator.credentials.get({ publicKey }), publicKey.rpId)
}

/** Have one made. Rejects with a sentence for people. */
export async function makePasskey(): Promise<Credential> {
  const options = await call('POST /api/auth/passkeys/options')
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON)
  return told(navigator.credentials.create({ publicKey }), publicKey.rp.id)
}

async function told(asked: Promise<unknown>, site: string | undefined): Promise<Credential> {
  try {
    return ((await asked) as PublicKeyCredential).toJSON() as unknown as Credential
  } catch (error) {
    throw new Error(why(error, site), { cause: error })
  }
}

function why(error: unknown, site = 'another address'): string {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError') return 'No passkey was used: it was called off, or took too long.'
  if (name === 'SecurityError') return `The passkeys of this hub are bound to ${site}: open it there.`
  if (name === 'InvalidStateError') return 'This device holds a passkey of yours for this hub already.'
  return 'The browser could not use a passkey.'
}
