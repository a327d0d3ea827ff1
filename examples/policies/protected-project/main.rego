# For one project: nobody deletes it, and what is changed is changed by people who have proven who they are, or by the machine's owner.
package clawlink

import rego.v1

default allow := false

allow if { input.action in {"task:view", "project:read", "agent:list", "skill:list"} }

allow if {
	input.action != "project:delete"
	is_known
}

is_known if { input.actor.proven }

is_known if { input.actor.owner }

default reason := "Sign in as yourself to change this project."

reason := "This project is not to be deleted." if { input.action == "project:delete" }
