// The browser's part of coderClawLink: one page, built to files that the hub serves. Nothing stands above.

import './kit/styles.css'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { reloadOnNewBuild } from './app/build'
import { signStyles } from './app/nonce'
import { queryClient } from './app/query'
import { start } from './live/live'

signStyles()
reloadOnNewBuild()
start(queryClient)
createRoot(document.getElementById('app')!).render(<App />)
