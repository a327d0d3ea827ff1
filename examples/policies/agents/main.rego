# Which agents may work: of all, those that are named here; on the project PAY only claude.
package clawlink

import rego.v1

default allow := true

approved := {"claude", "codex", "goose"}

allow := false if {
	input.action == "agent:execute"
	not input.resource.agent in approved
}

allow := false if { is_too_much_for_pay }

is_too_much_for_pay if {
	input.action == "agent:execute"
	input.project.key == "PAY"
	input.resource.agent != "claude"
}

default reason := "This agent is not approved."

reason := "On PAY only claude works." if { is_too_much_for_pay }
