# METADATA
# title: Toegang
# description: >-
#   Wie welke methode mag aanroepen, en over wie. Wat nergens wordt toegestaan, mag niet. Het oordeel gaat alleen over wat
#   het verzoek noemt, niet over wat er bestaat: wie niet mag, komt dus ook niet te weten of er iets is.
#   De rechten per methode en rol staan in data.json: `alle` (over iedereen), `eigen` (alleen over zichzelf of wie hij
#   vertegenwoordigt) en `lijst` (als `eigen`, en wie om alles vraagt krijgt daarvan het eigene).
package toegang

import rego.v1

default decision := {"allow": false}

# `visible` zegt van welke aanbieders het antwoord mag spreken; zonder dat van alle.
decision := {"allow": true} if {
	may_do_anything
} else := {"allow": true} if {
	some role in input.caller.roles
	grant(role) in {"eigen", "lijst"}
	names_own(role)
} else := {"allow": true} if {
	"-" in visible
} else := {"allow": true, "visible": sort(visible)} if {
	count(visible) > 0
}

# Een dienst die niet vraagt wie er belt, luistert alleen op de eigen machine.
may_do_anything if "ontwikkeling" in input.caller.roles

may_do_anything if {
	some role in input.caller.roles
	grant(role) == "alle"
}

grant(role) := data.toegang.rechten[input.method][role]

# Een verzoek dat niemand noemt, is van niemand.
names_own(role) if {
	count(input.providers) + count(input.parties) > 0
	every provider in input.providers {
		is_own(provider, role)
	}
	parties_own
}

parties_own if {
	every party in input.parties {
		is_own_party(party)
	}
}

# Een partij is een verzekeraar (UZOVI-code) of een zorgaanbieder (AGB-code van acht cijfers).
is_own_party(party) if party in input.caller.codes

is_own_party(party) if {
	count(party) == 8
	is_own(party, "aanbieder")
}

is_own(provider, role) if provider in own(role)

is_own(provider, role) if {
	provider != "?"
	"-" in own(role)
}

# Wie met recht op een lijst om alle aanbieders vraagt, ziet daarvan de eigene.
visible := {provider |
	some role in input.caller.roles
	grant(role) == "lijst"
	parties_own
	every named in input.providers {
		named == "-"
	}
	some provider in own(role)
}

own("aanbieder") := {provider | some provider in input.caller.providers}

# Een verzekeraar vertegenwoordigt per jaar; noemt het verzoek geen jaar, dan in enig jaar.
own("verzekeraar") := {provider |
	some year, providers in input.caller.represents
	is_about(year)
	some provider in providers
}

is_about(_) if input.year == 0

is_about(year) if year == sprintf("%d", [input.year])
