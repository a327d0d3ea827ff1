import { createFileRoute } from '@tanstack/react-router'
import { SignedIn } from '@/features/sign-in/SignedIn'

export const Route = createFileRoute('/signed-in')({ component: SignedIn })
