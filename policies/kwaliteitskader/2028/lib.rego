# METADATA
# scope: package
# title: Bouwstenen van de normen
# description: >-
#   De toetsen waaruit een norm bestaat, en hoe de uitkomsten daarvan samen een oordeel vormen.
#   Een toets is waar, onwaar of onbekend. Wat onbekend is telt nooit als voldaan en nooit als niet voldaan.
package kwaliteitskader.y2028.lib

import rego.v1

# A check is one question held against one threshold, or several of them taken together:
#   {"outcome": "waar" | "onwaar" | "onbekend", "facts": [every fact that was read]}
# A finding is what a norm gives:
#   {"verdict": "VOLDOET" | "VOLDOET_NIET" | "ONBEKEND" | "NIET_VAN_TOEPASSING", "facts": [...]}
# Whatever is left undefined by mistake (a threshold that does not exist, for instance) leaves the finding undefined.
# The caller treats that as an error, so a mistake can never turn into a pass.

# Where a question is asked once, for the location as a whole, instead of per block.
locatie := ""

# The blocks in which the location is open; answers for any other block are never read.
default open_blocks := set()

open_blocks := {block | some block in input.open_blocks} if is_array(input.open_blocks)

default answers := {}

answers := input.answers if is_object(input.answers)

# null when there is no answer.
answer(question, block) := object.get(answers, question, null) if {
	block == ""
} else := object.get(answers, [question, block], null)

# --- one question against one threshold ---

altijd(question, block) := check(question, block, "", value, "= altijd", "altijd", outcome) if {
	value := answer(question, block)
	outcome := object.get({"altijd": "waar", "niet_altijd": "onwaar"}, value, "onbekend")
}

ja(question, block) := check(question, block, "", value, "ja", true, outcome) if {
	value := answer(question, block)
	outcome := object.get({true: "waar", false: "onwaar"}, value, "onbekend")
}

at_least(question, minimum, block) := check(question, block, "", value, condition, minimum, outcome) if {
	value := answer(question, block)
	condition := sprintf(">= %d", [minimum])
	outcome := if_known(is_number(value), value >= minimum)
}

at_most(question, maximum, block) := check(question, block, "", value, condition, maximum, outcome) if {
	value := answer(question, block)
	condition := sprintf("<= %d", [maximum])
	outcome := if_known(is_number(value), value <= maximum)
}

one_of(question, accepted, block) := check(question, block, "", value, condition, accepted, outcome) if {
	value := answer(question, block)
	condition := sprintf("een van %v", [concat(", ", accepted)])
	outcome := if_known(is_string(value), value in accepted)
}

is_not(question, excluded, block) := check(question, block, "", value, condition, excluded, outcome) if {
	value := answer(question, block)
	condition := sprintf("niet %v", [excluded])
	outcome := if_known(is_string(value), value != excluded)
}

# The answer is an object from specialism to {"minuten": ..., "onderbouwde_afwijking": ...}.
arrives_within(question, specialism, maximum) := check(question, locatie, specialism, value, condition, maximum, outcome) if {
	value := object.get(answers, [question, specialism, "minuten"], null)
	condition := sprintf("minuten <= %d", [maximum])
	outcome := if_known(is_number(value), value <= maximum)
}

# Unlike every other answer, an absent one means no here.
justified_exception(question, specialism) := check(question, locatie, specialism, value, "onderbouwde afwijking", true, outcome) if {
	value := object.get(answers, [question, specialism, "onderbouwde_afwijking"], null)
	outcome := object.get({true: "waar"}, value, "onwaar")
}

check(question, block, item, value, condition, threshold, outcome) := {
	"outcome": outcome,
	"facts": [{
		"question": question,
		"block": block,
		"item": item,
		"value": value,
		"condition": condition,
		"threshold": threshold,
		"outcome": outcome,
	}],
}

if_known(false, _) := "onbekend"

if_known(true, true) := "waar"

if_known(true, false) := "onwaar"

# --- several checks together ---

# Onwaar when one is; otherwise onbekend when one is; otherwise waar. At least one check is needed.
all_of(checks) := together(conjunction({c.outcome | some c in checks}), checks)

# Waar when one is; otherwise onbekend when one is; otherwise onwaar. At least one check is needed.
any_of(checks) := together(disjunction({c.outcome | some c in checks}), checks)

together(outcome, checks) := {"outcome": outcome, "facts": [fact | some c in checks; some fact in c.facts]}

conjunction(outcomes) := "onwaar" if {
	"onwaar" in outcomes
} else := "onbekend" if {
	"onbekend" in outcomes
} else := "waar" if {
	"waar" in outcomes
}

disjunction(outcomes) := "waar" if {
	"waar" in outcomes
} else := "onbekend" if {
	"onbekend" in outcomes
} else := "onwaar" if {
	"onwaar" in outcomes
}

# --- from checks to the finding of a norm ---

# A norm that is asked once for the location.
whole_location(c) := {"verdict": verdicts[c.outcome], "facts": c.facts}

verdicts := {"waar": "VOLDOET", "onwaar": "VOLDOET_NIET", "onbekend": "ONBEKEND"}

# A norm that must be met in every open block. `blocks` holds one check for each of them.
per_block(blocks) := not_applicable([]) if {
	count(open_blocks) == 0
} else := whole_location(all_of([c | some c in blocks])) if {
	count(blocks) == count(open_blocks)
}

# The same, for a norm that only applies when the check `applies` is waar.
per_block_when(applies, blocks) := not_applicable([]) if {
	count(open_blocks) == 0
} else := not_applicable(applies.facts) if {
	applies.outcome == "onwaar"
} else := whole_location(applies) if {
	applies.outcome == "onbekend"
} else := {"verdict": finding.verdict, "facts": array.concat(applies.facts, finding.facts)} if {
	finding := per_block(blocks)
}

not_applicable(facts) := {"verdict": "NIET_VAN_TOEPASSING", "facts": facts}
