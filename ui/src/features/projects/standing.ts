// How a project is named in short, and where its code is. Pure.

import type { ProjectTold } from '@/api/schema'

/** "Billing portal" as "BILLING"; what the hub takes as a key. */
export function keyFor(name: string): string {
  const word = name.normalize('NFKD').toUpperCase().replace(/[^A-Z0-9 _-]/g, '').split(/[ _-]+/).filter(Boolean)
  const key = word.length > 2 ? word.map((one) => one[0]).join('') : (word[0] ?? '')
  return key.replace(/^[^A-Z]+/, '').slice(0, 10)
}

/** For people: as GitHub names it, or where it is. */
export const repositoryOf = ({ github_repo_owner: owner, github_repo_name: name, github_repo_url: url }: ProjectTold): string => (owner && name ? `${owner}/${name}` : (url ?? 'No repository yet'))

/** What was typed, as it is understood: "GitHub: ada/shop". Null while it is nothing yet; the hub judges in the end. */
export function understood(url: string): string | null {
  const text = url.trim()
  if (/^(\/|file:\/\/)/.test(text)) return 'A repository on this machine'
  const [, host, path] = /^(?:https?|ssh):\/\/(?:[^@/]+@)?([^/]+)\/(.+)$/.exec(text) ?? /^[\w.-]+@([\w.-]+):(.+)$/.exec(text) ?? []
  const [owner, name] = (path ?? '').replace(/[?#].*$/, '').split('/').filter(Boolean)
  if (!host || !owner) return null
  if (/^(www\.)?github\.com$/i.test(host) && name) return `GitHub: ${owner}/${name.replace(/\.git$/, '')}`
  return `A repository on ${host.replace(/:\d+$/, '')}`
}

/** The last part of a repository's address, as the name of a folder. */
export const nameFor = (url: string): string => (url.trim().replace(/[?#].*$/, '').replace(/\/+$/, '').replace(/\.git$/, '').split(/[/:]/).at(-1) ?? '').toLowerCase().replace(/[^a-z0-9._-]/g, '-')
