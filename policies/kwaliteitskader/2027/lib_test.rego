package kwaliteitskader.y2027.lib_test

import rego.v1

import data.kwaliteitskader.y2027.lib

answered(value) := {"open_blocks": ["anw"], "answers": {"vraag": {"anw": value}}}

outcome_altijd(value) := result if {
	result := lib.altijd("vraag", "anw").outcome with input as answered(value)
}

outcome_ja(value) := result if {
	result := lib.ja("vraag", "anw").outcome with input as answered(value)
}

outcome_at_least(value) := result if {
	result := lib.at_least("vraag", 12, "anw").outcome with input as answered(value)
}

outcome_at_most(value) := result if {
	result := lib.at_most("vraag", 12, "anw").outcome with input as answered(value)
}

outcome_one_of(value) := result if {
	result := lib.one_of("vraag", ["a", "b"], "anw").outcome with input as answered(value)
}

outcome_is_not(value) := result if {
	result := lib.is_not("vraag", "geen", "anw").outcome with input as answered(value)
}

test_altijd if {
	outcome_altijd("altijd") == "waar"
	outcome_altijd("niet_altijd") == "onwaar"
	outcome_altijd(null) == "onbekend"
	outcome_altijd(true) == "onbekend"
}

test_ja if {
	outcome_ja(true) == "waar"
	outcome_ja(false) == "onwaar"
	outcome_ja(null) == "onbekend"
	outcome_ja("ja") == "onbekend"
}

test_at_least if {
	outcome_at_least(11) == "onwaar"
	outcome_at_least(12) == "waar"
	outcome_at_least(13) == "waar"
	outcome_at_least(null) == "onbekend"
	outcome_at_least(true) == "onbekend"
	outcome_at_least("12") == "onbekend"
}

test_at_most if {
	outcome_at_most(11) == "waar"
	outcome_at_most(12) == "waar"
	outcome_at_most(13) == "onwaar"
	outcome_at_most(null) == "onbekend"
	outcome_at_most(false) == "onbekend"
	outcome_at_most("12") == "onbekend"
}

test_one_of if {
	outcome_one_of("b") == "waar"
	outcome_one_of("c") == "onwaar"
	outcome_one_of(null) == "onbekend"
	outcome_one_of(1) == "onbekend"
}

test_is_not if {
	outcome_is_not("1") == "waar"
	outcome_is_not("geen") == "onwaar"
	outcome_is_not(null) == "onbekend"
	outcome_is_not(1) == "onbekend"
}

test_a_check_shows_what_it_read if {
	check := lib.at_least("vraag", 12, "anw") with input as answered(13)
	check.facts == [{
		"question": "vraag",
		"block": "anw",
		"item": "",
		"value": 13,
		"condition": ">= 12",
		"threshold": 12,
		"outcome": "waar",
	}]
}

test_each_check_says_what_it_asked if {
	checks := [
		lib.altijd("vraag", "anw"),
		lib.ja("vraag", "anw"),
		lib.at_least("vraag", 12, "anw"),
		lib.at_most("vraag", 12, "anw"),
		lib.one_of("vraag", ["a", "b"], "anw"),
		lib.is_not("vraag", "geen", "anw"),
		lib.arrives_within("vraag", "kno", 30),
		lib.justified_exception("vraag", "kno"),
	]
	[[fact.condition, fact.threshold] | some check in checks; some fact in check.facts] == [
		["= altijd", "altijd"],
		["ja", true],
		[">= 12", 12],
		["<= 12", 12],
		["een van a, b", ["a", "b"]],
		["niet geen", "geen"],
		["minuten <= 30", 30],
		["onderbouwde afwijking", true],
	]
}

test_each_check_says_where_its_answer_stood if {
	checks := [
		lib.altijd("vraag", "anw"),
		lib.ja("vraag", "anw"),
		lib.at_least("vraag", 12, "anw"),
		lib.at_most("vraag", 12, "anw"),
		lib.one_of("vraag", ["a", "b"], "anw"),
		lib.is_not("vraag", "geen", "anw"),
		lib.arrives_within("vraag", "kno", 30),
		lib.justified_exception("vraag", "kno"),
	]
	[[fact.question, fact.block, fact.item] | some check in checks; some fact in check.facts] == [
		["vraag", "anw", ""],
		["vraag", "anw", ""],
		["vraag", "anw", ""],
		["vraag", "anw", ""],
		["vraag", "anw", ""],
		["vraag", "anw", ""],
		["vraag", "", "kno"],
		["vraag", "", "kno"],
	]
}

test_absent_answer_is_null if {
	lib.answer("vraag", "anw") == null with input as {"answers": {}}
	lib.answer("vraag", "anw") == null with input as {"answers": {"vraag": {"kantooruren": true}}}
	lib.answer("vraag", "anw") == null with input as {"answers": {"vraag": null}}
	lib.answer("vraag", "anw") == null with input as {"answers": {"vraag": true}}
	lib.answer("vraag", "anw") == null with input as {"answers": null}
	lib.answer("vraag", "anw") == null with input as {}
	lib.answer("vraag", lib.locatie) == null with input as {}
	lib.answer("vraag", lib.locatie) == true with input as {"answers": {"vraag": true}}
}

test_open_blocks if {
	lib.open_blocks == {"anw", "kantooruren"} with input as {"open_blocks": ["kantooruren", "anw", "anw"]}
	lib.open_blocks == set() with input as {"open_blocks": []}
	lib.open_blocks == set() with input as {"open_blocks": null}
	lib.open_blocks == set() with input as {}
}

# Kleene's tables: the outcome of two checks, in either order.
test_all_of if {
	both("all", "waar", "waar") == "waar"
	both("all", "waar", "onbekend") == "onbekend"
	both("all", "waar", "onwaar") == "onwaar"
	both("all", "onbekend", "onbekend") == "onbekend"
	both("all", "onbekend", "onwaar") == "onwaar"
	both("all", "onwaar", "onwaar") == "onwaar"
}

test_any_of if {
	both("any", "waar", "waar") == "waar"
	both("any", "waar", "onbekend") == "waar"
	both("any", "waar", "onwaar") == "waar"
	both("any", "onbekend", "onbekend") == "onbekend"
	both("any", "onbekend", "onwaar") == "onbekend"
	both("any", "onwaar", "onwaar") == "onwaar"
}

test_facts_keep_the_order_of_the_checks if {
	lib.all_of([known("waar"), known("onwaar")]).facts == ["waar", "onwaar"]
	lib.any_of([known("onwaar"), known("waar")]).facts == ["onwaar", "waar"]
}

test_no_check_at_all_gives_nothing if {
	not lib.all_of([])
	not lib.any_of([])
}

test_verdicts if {
	lib.whole_location(known("waar")) == {"verdict": "VOLDOET", "facts": ["waar"]}
	lib.whole_location(known("onwaar")) == {"verdict": "VOLDOET_NIET", "facts": ["onwaar"]}
	lib.whole_location(known("onbekend")) == {"verdict": "ONBEKEND", "facts": ["onbekend"]}
}

test_a_block_without_a_check_gives_nothing if {
	not lib.per_block({"anw": known("waar")}) with input as {"open_blocks": ["anw", "kantooruren"]}
	not lib.per_block({}) with input as {"open_blocks": ["anw"]}
}

both("all", a, b) := result if {
	result := lib.all_of([known(a), known(b)]).outcome
	result == lib.all_of([known(b), known(a)]).outcome
}

both("any", a, b) := result if {
	result := lib.any_of([known(a), known(b)]).outcome
	result == lib.any_of([known(b), known(a)]).outcome
}

known(outcome) := {"outcome": outcome, "facts": [outcome]}
