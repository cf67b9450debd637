# METADATA
# title: De poort voor wat in een cluster komt
# description: >-
#   Wat schema's niet zien: of wat naar elkaar verwijst er ook is, of een pod zo weinig mag als kan, en of verkeer precies
#   is. `input.objects` zijn de objecten van een overlay zoals ze naar het cluster gaan; `input.given` is wat er volgens
#   `given.yaml` van die overlay al is. Elke regel vult `deny` met `rule`, `object` en `message`.
package uitrol

import rego.v1

problem(rule, object, message) := {"rule": rule, "object": name_of(object), "message": message}

name_of(object) := sprintf("%v/%v", [object.kind, object.metadata.name])

of_kind(kind) := [object | some object in input.objects; object.kind == kind]

named(kind, name) if {
	some object in of_kind(kind)
	object.metadata.name == name
}

given(what) := object.get(object.get(input, "given", {}), what, [])

# Wat pods maakt, met het sjabloon daarvan.
workloads := [workload |
	some workload in input.objects
	workload.kind in {"Deployment", "StatefulSet", "DaemonSet", "Job"}
]

labels_of(workload) := object.get(workload.spec.template.metadata, "labels", {})

pod_of(workload) := workload.spec.template.spec

containers_of(pod) := array.concat(object.get(pod, "initContainers", []), pod.containers)

# De poorten die de containers van een pod noemen, elk met zijn protocol.
ports_of(pod) := [{"name": object.get(port, "name", ""), "number": port.containerPort, "protocol": protocol_of(port)} |
	some container in containers_of(pod)
	some port in object.get(container, "ports", [])
]

protocol_of(port) := object.get(port, "protocol", "TCP")

# Een poort wordt genoemd bij zijn naam of zijn nummer.
is_port(declared, port) if port == declared.name

is_port(declared, port) if port == declared.number

listens(pod, port, protocol) if {
	some declared in ports_of(pod)
	is_port(declared, port)
	declared.protocol == protocol
}

# Een selector zoals Kubernetes hem leest: alles moet kloppen, en een lege kiest alles.
selects(selector, labels) if {
	every key, value in object.get(selector, "matchLabels", {}) {
		object.get(labels, key, null) == value
	}
	every expression in object.get(selector, "matchExpressions", []) {
		holds(expression, labels)
	}
}

holds(expression, labels) if {
	expression.operator == "In"
	object.get(labels, expression.key, null) in expression.values
}

holds(expression, labels) if {
	expression.operator == "NotIn"
	not object.get(labels, expression.key, null) in expression.values
}

holds(expression, labels) if {
	expression.operator == "Exists"
	expression.key in object.keys(labels)
}

holds(expression, labels) if {
	expression.operator == "DoesNotExist"
	not expression.key in object.keys(labels)
}

selected(selector) := [workload | some workload in workloads; selects(selector, labels_of(workload))]
