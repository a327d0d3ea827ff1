"""Workspaces: what an agent's attempt works on, how its work becomes commits, and what contains it while it works.

Above: `node.execute`, which makes an attempt, and `node.supervise`, which starts processes inside a sandbox. Below: errors.
Everything an agent left behind is data here, never an instruction: no program, hook or filter of its tree is run.
`store` says what lies where, `git` is the only caller of git, `mirror`, `snapshot`, `beginning`, `memory`, `checkout`, `salvage`,
`delivery`, `diff`, `quota` and `folders` are the verbs, `sandbox/` is the wall around the agent.
"""
