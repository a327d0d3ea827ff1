package clawlink_test

import rego.v1

asked(role, action, weekday, hour) := {
	"actor": {"role": role},
	"action": action,
	"time": {"weekday": weekday, "hour": hour},
}

test_looking_is_always_allowed := {
	"input": asked("viewer", "task:view", "sunday", 3),
	"allow": true,
}

test_work_begins_on_weekdays := {
	"input": asked("developer", "task:submit", "monday", 7),
	"allow": true,
}

test_no_work_begins_in_the_evening := {
	"input": asked("developer", "task:submit", "monday", 19),
	"allow": false,
}

test_no_work_begins_on_sundays := {
	"input": asked("developer", "task:submit", "sunday", 12),
	"allow": false,
	"reason": "Things change on weekdays from 7 to 19, UTC.",
}

test_administrators_are_excepted := {
	"input": asked("admin", "task:submit", "sunday", 3),
	"allow": true,
}
