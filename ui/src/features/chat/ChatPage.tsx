/** Conversations with a project: an agent that reads its repository and knows its tasks answers, and may propose what a person confirms. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Compass, FolderGit2, Plus } from 'lucide-react'
import { useState } from 'react'
import { ask, call, keyOf } from '@/api/client'
import type { ChatTold, ProjectTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Select } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { buttonLook, join } from '@/kit/look'
import { Page } from '@/kit/Page'
import { EmptyState, Loaded } from '@/kit/states'
import { toastError } from '@/kit/toast'
import { AgentPicker, useUsualAgent } from '@/nouns/AgentPicker'
import { Beginning } from './Beginning'
import { Composer } from './Composer'
import { Conversation } from './Conversation'

const route = getRouteApi('/chat/$project')
const NEW = ''

export function ChatPage() {
  const { project: named } = route.useParams()
  return (
    <Loaded query={ask('GET /api/projects')} what="The projects">
      {(projects) => {
        const project = projects.find(({ id, key }) => String(id) === named || key.toLowerCase() === named.toLowerCase())
        if (project) return <Chats key={project.id} project={project} projects={projects} />
        return (
          <Page title="Chat">
            <EmptyState
              icon={Compass}
              action={
                <Link to="/projects" className={buttonLook()}>
                  To the projects
                </Link>
              }
            >
              There is no project “{named}”.
            </EmptyState>
          </Page>
        )
      }}
    </Loaded>
  )
}

function Chats({ project, projects }: { project: ProjectTold; projects: ProjectTold[] }) {
  const { thread } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: chats } = useQuery(ask('GET /api/projects/{project_id}/chat', { path: { project_id: project.id } }))
  const open = (id: string | undefined) => void navigate({ search: { thread: id } })
  useHotkey({ id: 'chat.new', keys: 'n', label: 'New conversation', group: 'Chat' }, () => open(undefined))
  return (
    <Page
      isBare
      title="Chat"
      beside={
        <Select
          label="Project"
          hideLabel
          className="w-28 sm:w-40"
          value={project.key}
          choices={projects.map(({ key, name }) => ({ value: key, label: key, hint: name, mark: <FolderGit2 size={16} aria-hidden className="text-fg-3" /> }))}
          onChange={(key) => void navigate({ to: '/chat/$project', params: { project: key }, search: {} })}
        />
      }
      actions={
        <>
          <Select
            label="Conversation"
            hideLabel
            className="w-36 sm:w-44 lg:hidden"
            value={thread ?? NEW}
            onChange={(id) => open(id || undefined)}
            choices={[{ value: NEW, label: 'New conversation' }, ...(chats ?? []).map(({ id, title }) => ({ value: id, label: title }))]}
          />
          <Button icon={Plus} className="max-lg:hidden" isDisabled={thread === undefined} onPress={() => open(undefined)}>
            New conversation
          </Button>
        </>
      }
    >
      <div className="flex min-h-0 flex-1">
        <Threads chats={chats ?? []} open={thread} project={project.key} />
        {thread === undefined ? (
          <New key="new" project={project} onStarted={open} />
        ) : (
          <Loaded query={ask('GET /api/chat/{chat_id}', { path: { chat_id: thread } })} what="The conversation">
            {(chat) => <Conversation key={chat.id} chat={chat} />}
          </Loaded>
        )}
      </div>
    </Page>
  )
}

function Threads({ chats, open, project }: { chats: ChatTold[]; open: string | undefined; project: string }) {
  return (
    <nav aria-label="Conversations" className="hidden w-64 shrink-0 overflow-y-auto border-r border-line bg-surface p-2 lg:block">
      {chats.length === 0 && <p className="p-2 text-fg-3">Your conversations will stand here.</p>}
      <ul className="flex flex-col gap-0.5">
        {chats.map((chat) => (
          <li key={chat.id}>
            <Link
              to="/chat/$project"
              params={{ project }}
              search={{ thread: chat.id }}
              aria-current={chat.id === open ? 'page' : undefined}
              className={join('block rounded-6 px-3 py-2 hover:bg-hover', chat.id === open && 'bg-hover')}
            >
              <span className="block truncate font-medium">{chat.title}</span>
              <span className="text-12 text-fg-2">
                {chat.agent}, <Time at={chat.updated_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function New({ project, onStarted }: { project: ProjectTold; onStarted(id: string): void }) {
  const client = useQueryClient()
  const usual = useUsualAgent()
  const [chosen, setChosen] = useState<string | null>(null)
  const [text, setText] = useState('')
  const [suggested, setSuggested] = useState(0) // a suggestion puts the cursor behind its words
  const start = useMutation({
    mutationFn: () => call('POST /api/projects/{project_id}/chat', { path: { project_id: project.id }, body: { text, agent: chosen ?? usual } }),
    onSuccess: (chat) => {
      client.setQueryData(keyOf('GET /api/chat/{chat_id}', { path: { chat_id: chat.id } }), chat)
      void client.invalidateQueries({ queryKey: ['GET /api/projects/{project_id}/chat'] })
      onStarted(chat.id)
    },
    onError: toastError,
  })
  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <Beginning project={project} onChoose={(words) => (setText(words), setSuggested(suggested + 1))} />
      <Composer
        key={suggested}
        project={project.id}
        text={text}
        onChange={setText}
        isSending={start.isPending}
        onSend={() => start.mutate()}
        label={`Message about ${project.name}`}
        beside={<AgentPicker hideLabel className="w-40" value={chosen ?? usual} onChange={setChosen} />}
      />
    </div>
  )
}
