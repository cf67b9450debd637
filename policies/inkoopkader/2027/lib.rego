# METADATA
# scope: package
# title: Bouwstenen van de voorwaarden
# description: >-
#   De toetsen waaruit een voorwaarde bestaat, en hoe de uitkomsten daarvan samen een oordeel vormen.
#   Een toets is waar, onwaar of onbekend. Wat onbekend is houdt een gezamenlijke aanvraag net zo goed tegen als wat
#   niet voldaan is (AMB-45).
package inkoopkader.y2027.lib

import rego.v1

# A check is one thing that has to be so:
#   {"outcome": "waar" | "onwaar" | "onbekend", "shortfalls": [...], "remarks": [...]}
# A shortfall says what is missing, a remark what deserves attention although it does not block; both say who has to act
# and until when:
#   {"location": name or "", "description": text, "actor": who, "due_on": ISO date or ""}
# Whatever is left undefined by mistake (a fact that is not there, for instance) leaves the judgement undefined. The
# caller treats that as an error, so a mistake can never turn into a pass.

aanbieder := "ZORGAANBIEDER"

verzekeraars := "VERZEKERAARS"

samen := "SAMEN"

item(location, description, actor, due_on) := {
	"location": location,
	"description": description,
	"actor": actor,
	"due_on": due_on,
}

# Where something is about the provider, and no location.
whole_provider := ""

no_term := ""

# --- one check ---

met := {"outcome": "waar", "shortfalls": [], "remarks": []}

met_with(remark) := {"outcome": "waar", "shortfalls": [], "remarks": [remark]}

unmet(shortfall) := {"outcome": "onwaar", "shortfalls": [shortfall], "remarks": []}

unknown(shortfall) := {"outcome": "onbekend", "shortfalls": [shortfall], "remarks": []}

# Days are ISO texts, so a text that comes before another is an earlier day.
passed(due_on) if {
	due_on != no_term
	due_on < input.as_of
}

# The provider declared something, at the latest on the day that is judged.
declared(kind, missing) := unmet(item(whole_provider, missing, aanbieder, no_term)) if {
	is_null(input.attestations[kind])
} else := met if {
	input.attestations[kind].attested_on <= input.as_of
} else := unmet(item(whole_provider, missing, aanbieder, no_term)) if {
	input.attestations[kind].attested_on > input.as_of
}

# The same, with the reference of a document (AMB-46).
documented(kind, missing, undocumented) := declared(kind, missing) if {
	declared(kind, missing).outcome != "waar"
} else := unmet(item(whole_provider, undocumented, aanbieder, no_term)) if {
	input.attestations[kind].document == ""
} else := met if {
	declared(kind, missing).outcome == "waar"
	is_string(input.attestations[kind].document)
}

# --- several checks together ---

# Onwaar when one is; otherwise onbekend when one is; otherwise waar. At least one check is needed.
all_of(checks) := {
	"outcome": conjunction({c.outcome | some c in checks}),
	"shortfalls": [shortfall | some c in checks; some shortfall in c.shortfalls],
	"remarks": [remark | some c in checks; some remark in c.remarks],
}

conjunction(outcomes) := "onwaar" if {
	"onwaar" in outcomes
} else := "onbekend" if {
	"onbekend" in outcomes
} else := "waar" if {
	outcomes == {"waar"}
}

# --- from checks to the judgement of a condition ---

judgement(c) := {"status": statuses[c.outcome], "shortfalls": c.shortfalls, "remarks": c.remarks}

statuses := {"waar": "VOLDAAN", "onwaar": "NIET_VOLDAAN", "onbekend": "ONBEKEND"}

not_applicable := {"status": "NIET_VAN_TOEPASSING", "shortfalls": [], "remarks": []}

# A condition that every location has to meet. `checks` holds one check for each of them.
per_location(places, checks) := not_applicable if {
	count(places) == 0
} else := judgement(all_of(checks)) if {
	count(checks) == count(places)
}

# The SEH locations of the provider, and those of them that no decision leaves out of the application (AMB-24).
locations := [location | some location in input.locations] if is_array(input.locations)

applied_for := [location | some location in locations; location.excluded == false] if {
	every location in locations {
		is_boolean(location.excluded)
	}
}
