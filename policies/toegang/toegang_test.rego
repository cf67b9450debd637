package toegang_test

import data.toegang
import rego.v1

# Een kleine tabel; dat data.json zelf klopt, toetst de suite aan docs/access.md.
rights := {
	"Lees": {"verzekeraar": "eigen", "aanbieder": "eigen", "auditor": "alle"},
	"Lijst": {"verzekeraar": "lijst", "aanbieder": "lijst", "auditor": "alle"},
	"Besluit": {"verzekeraar": "eigen"},
	"Meld": {"aanbieder": "eigen"},
}

ours := "06010101"

theirs := "06019999"

later := "06012222"

hospital := {
	"organisation": ours,
	"roles": ["aanbieder"],
	"codes": [],
	"providers": [ours],
	"represents": {},
}

insurer := {
	"organisation": "9101",
	"roles": ["verzekeraar"],
	"codes": ["9101"],
	"providers": [],
	"represents": {"2027": [ours], "2028": [later]},
}

both := {
	"organisation": "concern",
	"roles": ["aanbieder", "verzekeraar"],
	"codes": ["9101"],
	"providers": [ours],
	"represents": {"2027": [theirs]},
}

nobody := {"organisation": "x", "roles": [], "codes": ["x"], "providers": [], "represents": {}}

with_role(role) := object.union(nobody, {"roles": [role]})

ask(method, caller, providers, parties, year) := decision if {
	decision := toegang.decision with data.toegang.rechten as rights
		with input as {"method": method, "caller": caller, "providers": providers, "parties": parties, "year": year}
}

allowed := {"allow": true}

denied := {"allow": false}

test_closed_by_default if {
	ask("Onbekend", with_role("auditor"), [ours], [], 0) == denied
	ask("Lees", nobody, [ours], [], 0) == denied
	ask("Lees", with_role("beleid"), [ours], [], 0) == denied
	toegang.decision == denied with input as {}
}

test_development_may_do_anything if {
	ask("Onbekend", with_role("ontwikkeling"), [], [], 0) == allowed
}

test_an_auditor_sees_everyone_and_changes_nothing if {
	ask("Lees", with_role("auditor"), [theirs], [], 2027) == allowed
	ask("Lijst", with_role("auditor"), ["-"], [], 0) == allowed
	ask("Meld", with_role("auditor"), [ours], [], 0) == denied
}

test_a_hospital_is_about_itself if {
	ask("Lees", hospital, [ours], [], 0) == allowed
	ask("Meld", hospital, [ours], [], 2027) == allowed
	ask("Lees", hospital, [theirs], [], 0) == denied
	ask("Lees", hospital, [ours, theirs], [], 0) == denied
	ask("Lees", hospital, ["-"], [], 0) == denied
	ask("Lees", hospital, ["?"], [], 0) == denied
	ask("Lees", hospital, [], [], 0) == denied
}

test_a_list_of_everyone_gives_ones_own if {
	ask("Lijst", hospital, ["-"], [], 0) == {"allow": true, "visible": [ours]}
	ask("Lijst", hospital, [], [], 0) == {"allow": true, "visible": [ours]}
	ask("Lijst", hospital, [ours], [], 0) == allowed
	ask("Lijst", hospital, [theirs], [], 0) == denied
	ask("Lijst", hospital, ["-", theirs], [], 0) == denied
	ask("Lijst", hospital, ["-"], ["9101"], 0) == denied
	ask("Lijst", object.union(hospital, {"providers": []}), ["-"], [], 0) == denied
}

test_an_insurer_represents_by_year if {
	ask("Lees", insurer, [ours], [], 2027) == allowed
	ask("Lees", insurer, [ours], [], 2028) == denied
	ask("Lees", insurer, [later], [], 2028) == allowed
	ask("Lees", insurer, [later], [], 0) == allowed
	ask("Lees", insurer, [ours], [], -1) == denied
	ask("Lees", insurer, [theirs], [], 0) == denied
	ask("Lijst", insurer, ["-"], [], 2027) == {"allow": true, "visible": [ours]}
	ask("Lijst", insurer, [], [], 0) == {"allow": true, "visible": [ours, later]}
}

test_nobody_acts_for_another_party if {
	ask("Besluit", insurer, [ours], ["9101"], 2027) == allowed
	ask("Besluit", insurer, [ours], ["9102"], 2027) == denied
	ask("Besluit", insurer, [ours], ["?"], 2027) == denied
	ask("Lees", insurer, [], ["9101"], 2027) == allowed
	ask("Lees", insurer, [], ["9102"], 2027) == denied
}

test_a_provider_is_a_party_by_its_agb_code if {
	ask("Lees", hospital, [ours], [ours], 2027) == allowed
	ask("Lees", hospital, [ours], [theirs], 2027) == denied
	every_one := object.union(hospital, {"providers": ["-"]})
	ask("Lees", every_one, [theirs], [theirs], 2027) == allowed
	ask("Lees", every_one, [theirs], ["9101"], 2027) == denied
}

test_every_role_has_its_own if {
	ask("Meld", both, [ours], [], 0) == allowed
	ask("Meld", both, [theirs], [], 0) == denied
	ask("Besluit", both, [theirs], ["9101"], 2027) == allowed
	ask("Besluit", both, [ours], ["9101"], 2027) == denied
	ask("Lijst", both, ["-"], [], 2027) == {"allow": true, "visible": [ours, theirs]}
}

test_who_represents_everyone if {
	every_one := object.union(insurer, {"represents": {"2027": ["-"]}})
	ask("Lees", every_one, [theirs], [], 2027) == allowed
	ask("Lees", every_one, ["?"], [], 2027) == denied
	ask("Lees", every_one, ["-"], [], 2027) == allowed
	ask("Lijst", every_one, [], [], 2027) == allowed
	ask("Lees", every_one, [theirs], [], 2026) == denied
}
