package clawlink_test

import rego.v1

by(proven, owner, action) := {
	"actor": {"proven": proven, "owner": owner},
	"action": action,
}

test_everybody_looks := {"input": by(false, false, "task:view"), "allow": true}

test_who_only_named_somebody_changes_nothing := {
	"input": by(false, false, "project:write"),
	"allow": false,
	"reason": "Sign in as yourself to change this project.",
}

test_people_who_have_signed_in_change_it := {"input": by(true, false, "project:write"), "allow": true}

test_the_owner_changes_it := {"input": by(false, true, "task:submit"), "allow": true}

test_nobody_deletes_it := {
	"input": by(true, true, "project:delete"),
	"allow": false,
	"reason": "This project is not to be deleted.",
}
