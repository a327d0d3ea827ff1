"""Any git remote without pull requests: the branch is pushed, and the command to look at it is told."""
