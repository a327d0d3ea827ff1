"""GitHub and GitHub Enterprise: reached by REST, heard by webhooks, polled within a budget of calls."""
