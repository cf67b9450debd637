# Verkeer is precies.
package uitrol

import rego.v1

deny contains {"rule": "default-deny", "object": "NetworkPolicy", "message": "geen die alles in de namespace dichtzet"} if {
	closing := [policy | some policy in of_kind("NetworkPolicy"); closes(policy)]
	count(closing) == 0
}

closes(policy) if {
	policy.spec.podSelector == {}
	{"Ingress", "Egress"} == {kind | some kind in policy.spec.policyTypes}
	not policy.spec.ingress
	not policy.spec.egress
}

# Een selector met een verschrijving kiest niemand, en dan geldt wat er staat voor niemand.
deny contains problem("network-pods", policy, "geldt voor geen enkele pod") if {
	some policy in of_kind("NetworkPolicy")
	count(selected(policy.spec.podSelector)) == 0
}

deny contains problem("network-peer", policy, sprintf("pods %v zijn er niet", [peer.podSelector])) if {
	some policy in of_kind("NetworkPolicy")
	some peer in peers_of(policy)
	not peer.namespaceSelector
	count(selected(peer.podSelector)) == 0
}

deny contains problem("network-peer", policy, sprintf("namespaces %v staan niet in given.yaml", [peer.namespaceSelector])) if {
	some policy in of_kind("NetworkPolicy")
	some peer in peers_of(policy)
	peer.namespaceSelector
	not namespace_is_given(peer.namespaceSelector)
}

deny contains problem("network-peer", policy, sprintf("adres %v poort %v staat niet in given.yaml", [peer.ipBlock.cidr, port.port])) if {
	some policy in of_kind("NetworkPolicy")
	some rule in object.get(policy.spec, "egress", [])
	some peer in rule.to
	some port in rule.ports
	peer.ipBlock
	not address_is_given(peer.ipBlock.cidr, port.port)
}

deny contains problem("network-exact", policy, "laat verkeer door zonder te zeggen met wie") if {
	some policy in of_kind("NetworkPolicy")
	some rule in rules_of(policy)
	count(object.get(rule, "to", object.get(rule, "from", []))) == 0
}

deny contains problem("network-exact", policy, "laat verkeer door op elke poort") if {
	some policy in of_kind("NetworkPolicy")
	some rule in rules_of(policy)
	count([port | some port in object.get(rule, "ports", []); port.port; not port.endPort]) == 0
}

deny contains problem("network-exact", policy, "laat verkeer door met elke namespace, of met meer dan één adres") if {
	some policy in of_kind("NetworkPolicy")
	some peer in peers_of(policy)
	is_wide(peer)
}

is_wide(peer) if peer.namespaceSelector == {}

is_wide(peer) if peer.podSelector == {}

is_wide(peer) if {
	peer.ipBlock
	not regex.match(`^([0-9.]+/32|[0-9a-f:]+/128)$`, peer.ipBlock.cidr)
}

# Wat genoemd wordt maar niet in policyTypes staat, geldt niet.
deny contains problem("network-types", policy, sprintf("%v staat er, en niet in policyTypes", [kind])) if {
	some policy in of_kind("NetworkPolicy")
	some kind, field in {"Ingress": "ingress", "Egress": "egress"}
	policy.spec[field]
	not kind in policy.spec.policyTypes
}

deny contains problem("network-port", policy, sprintf("poort %v is bij %v niet open", [port.port, name_of(workload)])) if {
	some policy in of_kind("NetworkPolicy")
	some rule in object.get(policy.spec, "ingress", [])
	some port in rule.ports
	some workload in selected(policy.spec.podSelector)
	not listens(pod_of(workload), port.port, protocol_of(port))
}

deny contains problem("network-port", policy, sprintf("poort %v is bij %v niet open", [port.port, name_of(workload)])) if {
	some policy in of_kind("NetworkPolicy")
	some rule in object.get(policy.spec, "egress", [])
	some port in rule.ports
	some peer in rule.to
	not peer.namespaceSelector
	some workload in selected(peer.podSelector)
	not listens(pod_of(workload), port.port, protocol_of(port))
}

# Wie ergens heen mag, moet daar ook binnen mogen; anders is een van beide vergeten.
deny contains problem("network-both", policy, sprintf("%v laat %v niet binnen op poort %v", [name_of(there), name_of(here), port.port])) if {
	some policy in of_kind("NetworkPolicy")
	some here in selected(policy.spec.podSelector)
	some rule in object.get(policy.spec, "egress", [])
	some port in rule.ports
	some peer in rule.to
	not peer.namespaceSelector
	some there in selected(peer.podSelector)
	not lets_in(there, here, port.port)
}

lets_in(there, here, number) if {
	some policy in of_kind("NetworkPolicy")
	selects(policy.spec.podSelector, labels_of(there))
	some rule in object.get(policy.spec, "ingress", [])
	some peer in rule.from
	not peer.namespaceSelector
	selects(peer.podSelector, labels_of(here))
	some port in rule.ports
	port.port == number
}

rules_of(policy) := array.concat(object.get(policy.spec, "ingress", []), object.get(policy.spec, "egress", []))

peers_of(policy) := array.concat(
	[peer | peer := rules_of(policy)[_].to[_]],
	[peer | peer := rules_of(policy)[_].from[_]],
)

namespace_is_given(selector) if {
	some there in given("namespaces")
	object.get(selector, "matchLabels", {}) == there
}

address_is_given(cidr, number) if {
	some there in given("addresses")
	there.cidr == cidr
	there.port == number
}
