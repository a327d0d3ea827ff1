# People look whenever they like; agents begin to work and things change only in office hours (UTC), administrators excepted.
package clawlink

import rego.v1

default allow := false

allow if { input.action in {"task:view", "project:read", "agent:list", "skill:list"} }

allow if { input.actor.role == "admin" }

allow if { is_office_hour }

is_office_hour if {
	not input.time.weekday in {"saturday", "sunday"}
	input.time.hour >= 7
	input.time.hour < 19
}

reason := "Things change on weekdays from 7 to 19, UTC." if { not allow }
