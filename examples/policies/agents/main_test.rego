package clawlink_test

import rego.v1

work(agent, project) := {
	"action": "agent:execute",
	"resource": {"agent": agent},
	"project": {"id": 1, "key": project},
}

test_an_approved_agent_works := {"input": work("goose", "WEB"), "allow": true}

test_another_does_not := {
	"input": work("homegrown", "WEB"),
	"allow": false,
	"reason": "This agent is not approved.",
}

test_on_pay_claude_works := {"input": work("claude", "PAY"), "allow": true}

test_on_pay_no_other_does := {
	"input": work("goose", "PAY"),
	"allow": false,
	"reason": "On PAY only claude works.",
}

test_what_is_no_work_of_agents_is_not_touched := {
	"input": {"action": "task:view", "resource": {}, "project": null},
	"allow": true,
}
